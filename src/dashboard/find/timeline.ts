// The course of what was found, a step a line, oldest first: put, filter, each batch with its attempts, and the end. Made of what
// `millrace explain` tells; nothing is decided here.

import { firstOpen, type Of, type Part, partsOf } from "../../cli/explain/batch-story.ts";
import type { BatchQuestion } from "../../cli/explain/batch-text.ts";
import type { Explained } from "../../cli/explain/explained.ts";
import type { Delivery, MessageStory } from "../../cli/explain/message-story.ts";
import { errorText } from "../../cli/line-state.ts";
import {
  counted,
  firstFrame,
  oneLine,
  shortArn,
  shownLane,
  shownMs,
  shownNumber,
  shownPlaces,
  shownSource,
} from "../../cli/shown-forms.ts";
import type { FoundStep } from "../frame-answers.ts";

/** So many steps are told; of more the first and the last. */
const MOST_STEPS = 400;

/** Empty: it has no course, and its text says all. */
export function timelineOf({ about }: Explained): readonly FoundStep[] {
  if (about === undefined) return [];
  const steps = stepsOf(about);
  const leftOut = steps.length - MOST_STEPS;
  if (leftOut <= 0) return steps;
  const half = MOST_STEPS / 2;
  const gap = step(null, "none", `${counted(leftOut, "step")} left out`, "millrace explain tells them all");
  return [...steps.slice(0, half), gap, ...steps.slice(-half)];
}

function stepsOf(about: NonNullable<Explained["about"]>): readonly FoundStep[] {
  switch (about.kind) {
    case "batch":
      return batchSteps(about.question);
    case "message":
      return messageSteps(about.message);
    case "invocation":
      return about.attempts.map((each) => {
        const next = each.retryAfterMs === null ? (each.condition ?? "") : `again after ${shownMs(each.retryAfterMs)}`;
        const sign = each.verdict === "done" && each.outcome === "ok" ? "done" : signOf(each.verdict, each.outcome);
        return step(each.atMs, sign, `attempt ${each.attempt}: ${outcomeText(each)}`, next, each.requestId);
      });
  }
}

function step(
  atMs: number | null,
  sign: FoundStep["sign"],
  what: string,
  detail = "",
  requestId: string | null = null,
): FoundStep {
  return { atMs, sign, what, detail, requestId };
}

// --- A batch, and a record in it ----------------------------------------------------------------------------------------

function batchSteps(question: BatchQuestion): readonly FoundStep[] {
  const { story, focus, path } = question;
  const isOfRecord = focus.kind === "record";
  const parts = isOfRecord ? path : [...partsOf(story.root)];
  const steps = [
    ...(isOfRecord ? arrivalSteps(question) : []),
    ...(story.closed === null ? [] : [closedStep(story.closed, isOfRecord ? focus.place : null)]),
    ...toldOnce(parts.flatMap((part) => partSteps(part)).toSorted((one, other) => (one.atMs ?? 0) - (other.atMs ?? 0))),
    ...(story.deleted === null ? [] : [deletedStep(story.deleted)]),
    ...(story.returned === null ? [] : [returnedStep(story.returned)]),
  ];
  const waiting = story.endedAtMs === null ? [stillStep(question)] : [];
  return [...steps, ...waiting, ...question.others.map((text) => step(null, "none", "also", text))];
}

function arrivalSteps({ story, focus }: BatchQuestion): readonly FoundStep[] {
  if (focus.kind !== "record") return [];
  const where = `${shownSource(story.settings)}, ${focus.unit ?? shownLane(story.lane, false)}`;
  const key = focus.key === null ? "" : `key ${oneLine(focus.key)}`;
  const put = step(focus.arrivedAtMs, "none", `put into ${where}`, key);
  if (focus.passed === null) return [put];
  return [put, step(focus.arrivedAtMs, "done", "the filter lets it through", focus.passed)];
}

function closedStep(closed: Of<"batch-closed">, place: number | null): FoundStep {
  const window = closed.windowMs === null ? "" : `, its window open for ${shownMs(closed.windowMs)}`;
  const what = `batch ${closed.batch} closed by ${closed.closedBy}: ${counted(closed.recordCount, "record")}`;
  const at = place === null ? "" : `record ${shownNumber(place)} of it; `;
  return step(closed.atMs, "none", what, `${at}${shownNumber(closed.payloadBytes)} bytes${window}`);
}

/** An error that comes again and again is told in full the first time. */
function toldOnce(steps: readonly PartStep[]): readonly FoundStep[] {
  let before = "";
  return steps.map(({ error, ...each }) => {
    const isAgain = error !== "" && error === before;
    if (error !== "") before = error;
    const detail = [isAgain ? "the same error" : error, each.detail].filter((text) => text !== "").join(", ");
    return { ...each, detail };
  });
}

interface PartStep extends FoundStep {
  readonly error: string;
}

function partSteps(part: Part): readonly PartStep[] {
  const { gaveUp, reported } = part;
  const name = part.places === null ? part.name : `${part.name} (${shownPlaces(part.places)})`;
  const attempts = part.attempts.map(({ started, ended }) => {
    const which = `${name}, attempt ${started.attempt}`;
    if (ended === null) return { ...step(started.atMs, "waits", `${which} runs`, "", started.requestId), error: "" };
    const what = `${which}: ${outcomeText(ended)}`;
    const sign = signOf(ended.verdict, ended.outcome);
    return { ...step(started.atMs, sign, what, nextText(ended), started.requestId), error: errorOf(ended) };
  });
  const ends = [];
  if (gaveUp !== null) {
    const where =
      gaveUp.destination === null ? "no destination: only the journal has it" : shortArn(gaveUp.destination);
    ends.push(step(gaveUp.atMs, "gave-up", `${name} given up: ${gaveUp.condition}`, where));
  }
  if (reported !== null) {
    const isThere = reported.answer === "delivered";
    const what = isThere ? "its document was delivered" : "its document was refused";
    ends.push(
      step(reported.atMs, isThere ? "done" : "gave-up", what, `${shortArn(reported.destination)} ${reported.detail}`),
    );
  }
  return [...attempts, ...ends.map((each) => ({ ...each, error: "" }))];
}

function stillStep({ story }: BatchQuestion): FoundStep {
  const open = firstOpen(story.root);
  const last = open.attempts.at(-1)?.ended ?? null;
  if (story.isCutOff)
    return step(null, "waits", "cut off", story.isPastRecording ? "the recording ended" : "it is delivered again");
  if (last === null || last.retryAfterMs === null) return step(null, "waits", `${open.name} is not decided yet`);
  const nextAtMs = last.atMs + last.retryAfterMs;
  return step(nextAtMs, "waits", `${open.name}, attempt ${last.attempt + 1} is due`);
}

function errorOf({ error }: Of<"decided">): string {
  if (error === null) return "";
  const at = firstFrame(error.trace);
  return `${oneLine(errorText(error))}${at === null ? "" : ` at ${at}`}`;
}

function nextText(ended: Of<"decided">): string {
  const parts = ended.next.map(({ recordCount }) => recordCount).join(" + ");
  if (ended.verdict === "bisect") return `split ${parts}`;
  if (ended.verdict === "rest") return `the rest goes on: ${parts}`;
  return ended.retryAfterMs === null ? "" : `again after ${shownMs(ended.retryAfterMs)}`;
}

const outcomeText = ({ outcome, tookMs }: { readonly outcome: string; readonly tookMs: number }): string =>
  `${outcome} in ${shownMs(tookMs)}`;

function signOf(verdict: Of<"decided">["verdict"], outcome: Of<"decided">["outcome"]): FoundStep["sign"] {
  if (outcome === "throttled") return "throttled";
  if (verdict === "done") return "done";
  return verdict === "give up" ? "gave-up" : "failed";
}

function deletedStep({ atMs, recordCount, missedCount }: Of<"deleted">): FoundStep {
  const missed =
    missedCount === 0 ? "" : `${counted(missedCount, "message")} were no longer there, or not ours any more`;
  return step(atMs, "done", `${counted(recordCount, "message")} deleted from the queue`, missed);
}

function returnedStep({ atMs, recordCount, why, visibleAgainAtMs }: Of<"returned">): FoundStep {
  const again = visibleAgainAtMs <= atMs ? "at once" : `after ${shownMs(visibleAgainAtMs - atMs)}`;
  return step(atMs, "failed", `${counted(recordCount, "message")} let go: ${why}`, `comes back ${again}`);
}

// --- A message ----------------------------------------------------------------------------------------------------------

function messageSteps(story: MessageStory): readonly FoundStep[] {
  const { passedOver, deadLetter, unsupported } = story;
  const steps = [
    ...story.deliveries.flatMap(deliverySteps),
    ...story.letGo.map(returnedStep),
    ...(passedOver === null
      ? []
      : [step(passedOver.atMs, "none" as const, "the filter passed it over", story.why ?? "")]),
    ...(unsupported === null ? [] : [step(unsupported.atMs, "gave-up" as const, "not supported", unsupported.why)]),
    ...(deadLetter === null
      ? []
      : [
          step(
            deadLetter.atMs,
            "gave-up" as const,
            `moved to the queue for dead letters ${deadLetter.queue}`,
            `received ${deadLetter.receiveCount} times`,
          ),
        ]),
  ];
  return steps.toSorted((one, other) => (one.atMs ?? 0) - (other.atMs ?? 0));
}

function deliverySteps(delivery: Delivery): readonly FoundStep[] {
  const { closed, place, receivedAtMs, receiveCount, attempts, returned, deleted, gaveUp } = delivery;
  const which = receiveCount === null ? "" : `receive ${receiveCount}`;
  return [
    step(receivedAtMs, "none", "received", which),
    closedStep(closed, place),
    ...attempts.map(({ started, ended }) =>
      ended === null
        ? step(started.atMs, "waits", `attempt ${started.attempt} runs`, "", started.requestId)
        : step(
            started.atMs,
            signOf(ended.verdict, ended.outcome),
            `attempt ${started.attempt}: ${outcomeText(ended)}`,
            [errorOf(ended), nextText(ended)].filter((text) => text !== "").join(", "),
            started.requestId,
          ),
    ),
    ...(returned === null ? [] : [returnedStep(returned)]),
    ...(deleted === null
      ? []
      : [
          delivery.isMissed
            ? step(deleted.atMs, "failed", "could not be deleted any more", "it may come again")
            : step(deleted.atMs, "done", "deleted from the queue"),
        ]),
    ...(gaveUp === null ? [] : [step(gaveUp.atMs, "gave-up", `settled as poison: ${gaveUp.condition}`)]),
  ];
}
