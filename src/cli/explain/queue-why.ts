// Why nothing arrives from a queue or a broker, or nothing more: the first reason that holds, from how the mapping stands in the journal
// and, where it could be asked, from what lies in the queue.

import { counted, localTime, oneLine, shortId, shownMs, shownNumber } from "../shown-forms.ts";
import { sourceFamily } from "../source-family.ts";
import type { MappingStory } from "./mapping-story.ts";
import type { Why, WhyCode } from "./mapping-why.ts";

/** What lies in a mapping's queue now. */
export interface QueueFacts {
  readonly visibleCount: number;
  /** Received, and not visible again. */
  readonly hiddenCount: number;
  /** Not visible yet. */
  readonly delayedCount: number;
}

const because = (code: WhyCode, text: string): Why => ({ code, text, isFine: false });
const fine = (code: WhyCode, text: string): Why => ({ code, text, isFine: true });

/** Of a mapping that is Enabled, not paused, and whose server runs. `facts`: null where nobody could be asked. */
export function whyOfQueue(story: MappingStory, facts: QueueFacts | null): Why {
  return ofPollers(story) ?? ofCalls(story) ?? ofMessages(story, facts) ?? ofPast(story);
}

function ofPollers({ noThread, state, lastScaled, units, settings }: MappingStory): Why | null {
  const [waiting] = noThread.values();
  if (waiting !== undefined) {
    const busy = `${counted(waiting.runningCount, "function thread")} ${waiting.runningCount === 1 ? "runs" : "run"}`;
    const what =
      waiting.requestId === "" ? "its pollers receive nothing" : `request ${shortId(waiting.requestId)} waits`;
    return because("no-thread", `no thread is free: ${busy}, as many as maxFunctionThreads allows; ${what}`);
  }
  const isQueue = sourceFamily(settings) === "queue";
  if (isQueue ? lastScaled !== null : units.size > 0) return null;
  return because("no-poller", `no poller has begun to receive for it: it is ${state?.name ?? "not there"}`);
}

function ofCalls(story: MappingStory): Why | null {
  const [held] = story.held.values();
  if (held !== undefined) {
    const again = held.retryAfterMs === null ? "" : `, again in ${shownMs(held.retryAfterMs)}`;
    const why = held.error === null ? held.outcome : `${held.outcome}: ${oneLine(held.error.message)}`;
    if (held.outcome === "function missing") return because("function-missing", `the function is not there${again}`);
    const isRefused = held.outcome === "throttled" || held.outcome === "fault";
    return because(
      isRefused ? "throttled" : "held",
      `batch ${held.batch} waits: ${why}${again}${isRefused ? "; no receive is used up" : ""}`,
    );
  }
  const runningCount = story.running.size;
  const [running] = story.running.values();
  if (running === undefined) return null;
  const most = mostCalls(story.settings);
  if (most !== null && runningCount >= most)
    return because(
      "at-limit",
      `${counted(runningCount, "call")} run, as many as MaximumConcurrency allows; what comes waits in the queue`,
    );
  const more = runningCount === 1 ? "" : `, one of ${shownNumber(runningCount)}`;
  return fine(
    "running",
    `batch ${running.batch} is being processed: request ${shortId(running.requestId)} runs since ${localTime(running.atMs)}${more}`,
  );
}

/** What the queue still has, that nobody is given now. */
function ofMessages(story: MappingStory, facts: QueueFacts | null): Why | null {
  if (facts === null) return null;
  const { visibleCount, hiddenCount, delayedCount } = facts;
  if (visibleCount > 0) {
    if (isFifo(story.settings) && hiddenCount > 0)
      return because(
        "group-held",
        `${counted(visibleCount, "message")} ${visibleCount === 1 ? "waits" : "wait"} behind their groups: ${inFlight(hiddenCount)}, and a group goes on once they are deleted or visible again`,
      );
    const paused = story.lastScaled?.why === "errors" ? ": calls failed, so it receives less often for a while" : "";
    return fine(
      "receiving",
      `${counted(visibleCount, "message")} ${visibleCount === 1 ? "is" : "are"} visible and will be received${paused}`,
    );
  }
  if (hiddenCount > 0) {
    const { lastReturned } = story;
    const next =
      lastReturned === null
        ? "received by a call that failed or runs, or by somebody else"
        : `the last came back from batch ${lastReturned.batch ?? "none"}, visible at ${localTime(lastReturned.visibleAgainAtMs)}`;
    return because(
      "hidden",
      `${inFlight(hiddenCount)}, hidden until ${hiddenCount === 1 ? "its" : "their"} visibility is over: ${next}`,
    );
  }
  if (delayedCount > 0)
    return because(
      "delayed",
      `${counted(delayedCount, "message")} ${delayedCount === 1 ? "is" : "are"} delayed, and not visible yet`,
    );
  return null;
}

const inFlight = (count: number): string => `${counted(count, "message")} ${count === 1 ? "is" : "are"} in flight`;

function ofPast(story: MappingStory): Why {
  const { counts, lastDeadLetter, lastDone, lastFiltered, lastGaveUp, lastReturned } = story;
  if (counts.read === 0) return because("no-records", "no message has come");
  if (counts.filtered >= counts.read) {
    const last = lastFiltered === null ? "" : `, the last because ${oneLine(lastFiltered.why)}`;
    return because(
      "filtered",
      `${shownNumber(counts.filtered)} of ${counted(counts.read, "message")} passed over by the filter${last}`,
    );
  }
  const doneAtMs = lastDone?.atMs ?? Number.NEGATIVE_INFINITY;
  if (lastDeadLetter !== null && lastDeadLetter.atMs > doneAtMs)
    return because(
      "dead-letter",
      `the last message, ${shortId(lastDeadLetter.messageId)}, went to ${lastDeadLetter.queue} at ${localTime(lastDeadLetter.atMs)} after ${counted(lastDeadLetter.receiveCount, "receive")}; nothing has come since`,
    );
  if (lastGaveUp !== null && lastGaveUp.atMs > doneAtMs)
    return because(
      "nothing-new",
      `the last batch, ${lastGaveUp.batch}, was settled as poison at ${localTime(lastGaveUp.atMs)} (${lastGaveUp.condition}); nothing has come since`,
    );
  if (lastReturned !== null && lastReturned.atMs > doneAtMs) {
    const { batch, recordCount, visibleAgainAtMs } = lastReturned;
    const whose = batch === null ? "what was let go" : `batch ${batch} failed, and what it held`;
    return because(
      "hidden",
      `${whose} is visible again at ${localTime(visibleAgainAtMs)}: ${counted(recordCount, "message")}`,
    );
  }
  const last = lastDone === null ? "" : `the last batch, ${lastDone.batch}, succeeded at ${localTime(lastDone.atMs)}; `;
  return fine("nothing-new", `${last}nothing has come since`);
}

function mostCalls(settings: MappingStory["settings"]): number | null {
  const config = settings["ScalingConfig"];
  const most: unknown =
    typeof config === "object" && config !== null ? Reflect.get(config, "MaximumConcurrency") : null;
  return typeof most === "number" ? most : null;
}

const isFifo = (settings: MappingStory["settings"]): boolean => String(settings["EventSourceArn"]).endsWith(".fifo");
