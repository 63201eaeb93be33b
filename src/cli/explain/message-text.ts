// A message's story as text and for `--json`: a row a receive, what followed it below, and how it ended. Pure.

import { errorText } from "../line-state.ts";
import { type Screen, type Signs, signsOf } from "../screen.ts";
import { settingsText } from "../settings-text.ts";
import { counted, localTime, oneLine, shortArn, shortId, shownMs } from "../shown-forms.ts";
import { type SourceFamily, shownPlace } from "../source-family.ts";
import type { TextOptions } from "./batch-text.ts";
import { type Delivery, type DeliveryEnd, endOfDelivery, type MessageStory } from "./message-story.ts";
import { closing, headline, labelled, nextLines } from "./story-forms.ts";
import { isRefusal } from "./verdict.ts";

type MessageEnd = DeliveryEnd | "filtered" | "dead letter" | "unsupported" | "let go";

/** Of very many receives the last are told. */
const MOST_ROWS = 20;
const TITLES: Readonly<Record<MessageEnd, string>> = {
  deleted: "DELETED",
  acknowledged: "ACKNOWLEDGED",
  missed: "NOT DELETED",
  returned: "COMES BACK",
  poison: "GIVEN UP",
  open: "NOT DECIDED YET",
  "cut off": "CUT OFF",
  filtered: "FILTERED",
  "dead letter": "DEAD LETTER",
  unsupported: "NOT SUPPORTED",
  "let go": "COMES BACK",
};

export function messageText(story: MessageStory, isServerRunning: boolean, options: TextOptions): string {
  const { screen, isFull } = options;
  const signs = signsOf(screen);
  const end = endOfMessage(story, isServerRunning);
  const [[, first] = ["", null]] = story.mappings;
  const ends = [...story.mappings.values()].map(({ settings }) => endsText(settings)).join(", then ");
  const left = isFull ? 0 : story.deliveries.length - MOST_ROWS;
  const shown = left > 0 ? story.deliveries.slice(-MOST_ROWS) : story.deliveries;
  const lines = [
    ...headline(`message ${idText(story.id, isFull)}  ${ends}`, TITLES[end], options),
    ...(first === null ? [] : labelled("settings", settingsText(first.settings), screen)),
    "",
    ...(shown.length === 0 ? [] : [rowText(HEADER)]),
    ...(left > 0 ? [`  ${signs.waits} ${counted(left, "receive")} before`] : []),
    ...shown.flatMap((delivery) => deliveryLines(delivery, story, { isServerRunning, screen, isFull })),
    ...(shown.length === 0 ? [] : [""]),
    ...labelled("ended", endText(story, end), screen),
    ...errorLines(story, screen),
    ...closing("verdict", verdictText(story, end), screen),
    ...nextLines(nextCommands(story, options), screen, options),
  ];
  return `${lines.join("\n")}\n`;
}

/** A UUID is cut as other ids are; what a broker's client made up is told by its end. */
const idText = (id: string, isFull: boolean): string =>
  !isFull && /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(id) ? shortId(id) : id;

export function messageJson(story: MessageStory, isServerRunning: boolean): object {
  return {
    kind: "message",
    messageId: story.id,
    end: endOfMessage(story, isServerRunning),
    deliveries: story.deliveries.map((delivery) => ({
      mapping: delivery.mapping,
      receivedAtMs: delivery.receivedAtMs,
      receiveCount: delivery.receiveCount,
      lane: delivery.closed.lane,
      batch: delivery.closed.batch,
      place: delivery.place,
      recordCount: delivery.closed.recordCount,
      attempts: delivery.attempts.map(({ started, ended }) => ({ started, ended })),
      end: endOf(delivery, story, isServerRunning),
      returned: delivery.returned,
      deleted: delivery.deleted,
      gaveUp: delivery.gaveUp,
    })),
    letGo: story.letGo,
    passedOver: story.passedOver === null ? null : { atMs: story.passedOver.atMs, why: story.why },
    deadLetter: story.deadLetter,
    unsupported: story.unsupported,
  };
}

/** How it ended, or how it stands: what came last. */
function endOfMessage(story: MessageStory, isServerRunning: boolean): MessageEnd {
  const { deadLetter, deliveries, passedOver, unsupported } = story;
  if (unsupported !== null) return "unsupported";
  const last = deliveries.at(-1);
  const lastAtMs = last?.closed.atMs ?? Number.NEGATIVE_INFINITY;
  if (passedOver !== null && passedOver.atMs >= lastAtMs) return "filtered";
  // It may be received again from the queue for dead letters, by a mapping of that.
  if (deadLetter !== null && deadLetter.atMs >= lastAtMs) return "dead letter";
  return last === undefined ? "let go" : endOf(last, story, isServerRunning);
}

function endOf(delivery: Delivery, story: MessageStory, isServerRunning: boolean): DeliveryEnd {
  return endOfDelivery(delivery, familyOf(delivery, story), !isServerRunning || delivery !== story.deliveries.at(-1));
}

const familyOf = ({ mapping }: Delivery, { mappings }: MessageStory): SourceFamily =>
  mappings.get(mapping)?.family ?? "queue";

function endsText(settings: Readonly<Record<string, unknown>>): string {
  const text = (name: string): string => (typeof settings[name] === "string" ? shortArn(settings[name]) : "?");
  return `${text("EventSourceArn")} -> ${text("FunctionArn")}`;
}

// --- A row a receive ----------------------------------------------------------------------------------------------------

const HEADER = ["receive", "at", "batch", "place", "took", "outcome", "request"];
const WIDTHS = [7, 12, 5, 10, 6, 17, 0];
/** Figures end where their column ends. */
const RIGHT = new Set([2, 4]);

const rowText = (cells: readonly string[]): string =>
  `  ${cells.map((cell, at) => (RIGHT.has(at) ? cell.padStart(WIDTHS[at] ?? 0) : cell.padEnd(WIDTHS[at] ?? 0))).join("  ")}`.trimEnd();

function deliveryLines(
  delivery: Delivery,
  story: MessageStory,
  { isServerRunning, screen, isFull }: { isServerRunning: boolean; screen: Screen; isFull: boolean },
): readonly string[] {
  const signs = signsOf(screen);
  const { closed, place, attempts, receivedAtMs, receiveCount } = delivery;
  const last = attempts.at(-1);
  const took = last?.ended === null || last === undefined ? "" : shownMs(last.ended.tookMs);
  const request = last === undefined ? "" : isFull ? last.started.requestId : shortId(last.started.requestId);
  const number = receiveCount ?? story.deliveries.indexOf(delivery) + 1;
  const row = rowText([
    String(number),
    localTime(receivedAtMs),
    closed.batch,
    `${place} of ${closed.recordCount}`,
    took,
    outcomeText(delivery, signs),
    request,
  ]);
  const then = thenText(delivery, endOf(delivery, story, isServerRunning), familyOf(delivery, story));
  return then === "" ? [row] : [row, ...labelled("", `${signs.lastBranch} ${then}`, screen)];
}

function outcomeText({ attempts }: Delivery, signs: Signs): string {
  const last = attempts.at(-1);
  if (last === undefined) return `${signs.waits} not called`;
  if (last.ended === null) return `${signs.waits} running`;
  const { outcome } = last.ended;
  const sign = isRefusal(last.ended) ? signs.throttled : last.ended.verdict === "done" ? signs.done : signs.failed;
  return sign === outcome ? outcome : `${sign} ${outcome}`;
}

/** What followed; empty where the outcome says it. */
function thenText(delivery: Delivery, end: DeliveryEnd, family: SourceFamily): string {
  const { returned, deleted, closed, receivedAtMs, attempts } = delivery;
  const refusals = attempts.filter(({ ended }) => ended !== null && isRefusal(ended)).length;
  const parts: string[] = [];
  const where = shownPlace(closed.lane, family, false);
  if (closed.atMs > receivedAtMs)
    parts.push(
      `${shownMs(closed.atMs - receivedAtMs)} until ${where === "" ? "its batch" : `${where}'s batch`} closed`,
    );
  if (refusals > 0)
    parts.push(`${counted(refusals, "call")} refused, which ${refusals === 1 ? "is" : "are"} not counted`);
  if (end === "returned" && returned !== null) parts.push(returnedText(returned));
  if (end === "missed") parts.push("it could not be deleted any more: it may come again");
  if (end === "deleted" && deleted !== null && attempts.at(-1)?.ended?.verdict === "return")
    parts.push("it did not fail: deleted");
  if (end === "cut off") parts.push("not ended: its process or connection did, and it comes again");
  if (end === "poison") parts.push("settled as poison");
  return parts.join("; ");
}

function returnedText({ why, visibleAgainAtMs, atMs }: NonNullable<Delivery["returned"]>): string {
  const how =
    why === "failed" ? "the batch failed" : why === "reported" ? "it was reported as failed" : `let go, ${why}`;
  const when = visibleAgainAtMs <= atMs ? "visible again at once" : `visible again at ${localTime(visibleAgainAtMs)}`;
  return `${how}: ${when}`;
}

// --- The end ------------------------------------------------------------------------------------------------------------

function endText(story: MessageStory, end: MessageEnd): string {
  const { deadLetter, passedOver, unsupported, why, deliveries, letGo } = story;
  const last = deliveries.at(-1);
  switch (end) {
    case "dead letter":
      return deadLetter === null
        ? ""
        : `moved to the queue ${deadLetter.queue} at ${localTime(deadLetter.atMs)}, after ${counted(deadLetter.receiveCount, "receive")}`;
    case "filtered":
      return `passed over by the filter at ${localTime(passedOver?.atMs ?? 0)}, and deleted unseen${why === null ? "" : `: ${oneLine(why)}`}`;
    case "unsupported":
      return `settled as poison at ${localTime(unsupported?.atMs ?? 0)}: ${oneLine(unsupported?.why ?? "")}`;
    case "deleted":
      return `deleted at ${localTime(last?.deleted?.atMs ?? 0)}, after ${counted(deliveries.length, "receive")}`;
    case "acknowledged":
      return `acknowledged at ${localTime(last?.attempts.at(-1)?.ended?.atMs ?? 0)}`;
    case "missed":
      return "its call succeeded, but it could not be deleted any more: it is delivered again, or somebody else has it";
    case "returned":
      return last?.returned === undefined || last.returned === null ? "" : `not yet: ${returnedText(last.returned)}`;
    case "let go": {
      const [latest] = letGo.slice(-1);
      return latest === undefined ? "not yet" : `not yet: it was in no batch; ${returnedText(latest)}`;
    }
    case "poison":
      return `settled as poison at ${localTime(last?.gaveUp?.atMs ?? 0)} (${last?.gaveUp?.condition ?? ""}): the dead letters of its broker have it, if its queue has any`;
    case "open":
      return "not yet: its batch waits or runs";
    case "cut off":
      return "not yet: its process ended before its batch did, and it is delivered again";
  }
}

function verdictText(story: MessageStory, end: MessageEnd): string {
  // A broker's message is called for again and again within one delivery (R-402, R-403).
  const failed = story.deliveries
    .flatMap(({ attempts }) => attempts)
    .filter(({ ended }) => ended !== null && ended.verdict !== "done" && !isRefusal(ended)).length;
  const among = story.deliveries.some(({ closed }) => closed.recordCount > 1);
  const shared = among ? "; ReportBatchItemFailures would tell which of a batch fails" : "";
  switch (end) {
    case "dead letter":
      return failed === 0
        ? "the redrive policy: it was received as often as its queue allows, and no call of its failed"
        : `the redrive policy: ${counted(failed, "call")} with it failed, and its queue allows no more receives${shared}`;
    case "filtered":
      return "the filter: no pattern of the mapping lets it through";
    case "deleted":
    case "acknowledged":
      return failed === 0
        ? "fine: its first call succeeded"
        : `fine in the end: ${counted(failed, "call")} with it failed before`;
    case "poison":
      return `the message or the function: ${counted(failed, "call")} with it failed${among ? ", in batches with others" : ""}`;
    case "unsupported":
      return "the message: no function can be given one of this kind";
    case "missed":
      return "the clock: its visibility was over before it was deleted, or somebody else received it";
    case "returned":
    case "let go":
    case "open":
    case "cut off":
      return failed === 0 ? "not decided yet" : `not decided yet: ${counted(failed, "call")} with it failed so far`;
  }
}

function errorLines({ deliveries }: MessageStory, screen: Screen): readonly string[] {
  const counts = new Map<string, number>();
  for (const { attempts } of deliveries)
    for (const { ended } of attempts) {
      if (ended === null || ended.error === null) continue;
      const text = oneLine(errorText(ended.error));
      counts.set(text, (counts.get(text) ?? 0) + 1);
    }
  const texts = [...counts].map(([text, count]) => `${count === 1 ? "" : `${count} times `}${text}`);
  return texts.slice(0, 5).flatMap((text, index) => labelled(index === 0 ? "error" : "", text, screen));
}

function nextCommands(
  { deliveries, mappings }: MessageStory,
  { command }: TextOptions,
): readonly (readonly [string, string])[] {
  const last = deliveries.at(-1);
  const mapping = last?.mapping ?? [...mappings.keys()][0] ?? "";
  const request = last?.attempts.at(-1)?.started.requestId;
  return [
    ...(request === undefined
      ? []
      : [[`${command} logs --request ${shortId(request)}`, "what the function wrote"] as const]),
    ...(last === undefined
      ? []
      : [[`${command} explain ${shortId(mapping)}/${last.closed.batch}`, "the last batch's story"] as const]),
    [`${command} explain ${shortId(mapping)}`, "how the mapping stands now"],
  ];
}
