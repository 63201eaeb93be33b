// Why nothing arrives, or nothing more: the first reason that holds, from how the mapping stands in the journal. Terminal views and
// `millrace explain MAPPING` say the same.

import { errorText } from "../line-state.ts";
import { counted, localTime, oneLine, shortArn, shortId, shortPosition, shownMs, shownNumber } from "../shown-forms.ts";
import type { Of } from "./batch-story.ts";
import type { MappingStory, UnitStory } from "./mapping-story.ts";
import { familyOfSettings } from "./record-facts.ts";
import { hasPlaces, shownPlace, sourceFamily, sourceWord, topicOf } from "../source-family.ts";
import { type QueueFacts, whyOfQueue } from "./queue-why.ts";
import { isRefusal } from "./verdict.ts";

export type WhyCode =
  | "gone"
  | "stopped"
  | "disabled"
  | "paused"
  | "source-unreachable"
  | "no-poller"
  /** Of topics: other members of the group have all partitions. */
  | "group-taken"
  /** Of topics: no poller has been let into the group yet. */
  | "group-awaited"
  | "no-thread"
  | "throttled"
  | "function-missing"
  | "held"
  | "destination"
  | "running"
  | "source-ended"
  | "latest"
  | "no-records"
  | "filtered"
  | "assembling"
  | "nothing-new"
  /** Of queues and brokers. */
  | "at-limit"
  | "group-held"
  | "receiving"
  | "hidden"
  | "delayed"
  | "dead-letter";

export interface Why {
  readonly code: WhyCode;
  readonly text: string;
  /** Whether records come to the function as they should. */
  readonly isFine: boolean;
}

const because = (code: WhyCode, text: string): Why => ({ code, text, isFine: false });

/**
 * `isServerRunning`: whether a server has the state directory now; the journal of one that was killed does not say. `queue`: what lies in
 * the mapping's queue; null: it has none, or nobody could be asked.
 */
export function whyNothingArrives(story: MappingStory, isServerRunning: boolean, queue: QueueFacts | null = null): Why {
  const isPlaced = hasPlaces(sourceFamily(story.settings));
  const stopped = isServerRunning
    ? null
    : because("stopped", `no server runs: it goes on ${isPlaced ? "from its checkpoint " : ""}with the next start`);
  const before = ofWish(story) ?? stopped ?? ofTrouble(story);
  if (before !== null) return before;
  return isPlaced ? (ofState(story) ?? ofCalls(story) ?? ofReading(story)) : whyOfQueue(story, queue);
}

/** What somebody wanted so. */
function ofWish({ state }: MappingStory): Why | null {
  const since = state === null ? "" : ` since ${localTime(state.sinceMs)}`;
  switch (state?.name) {
    case "Gone":
      return because("gone", `it is deleted${since}`);
    case "Disabled":
    case "Disabling":
      return because("disabled", `it is ${state.name}${since} (${state.reason}): no poller reads for it`);
    case "Deleting":
      return because("gone", `it is being deleted${since}`);
    default:
      return null;
  }
}

function ofTrouble({ isPaused, problems, settings }: MappingStory): Why | null {
  const family = sourceFamily(settings);
  const [problem] = problems.values();
  if (problem !== undefined) {
    const source = family === "stream" ? "source" : sourceWord(family);
    const used = hasPlaces(family) ? "retry" : "receive";
    const when = problem.nextTryMs === null ? "again and again" : `again from ${shownMs(problem.nextTryMs)} on`;
    const disables =
      problem.disablingReason === undefined ? "" : `; Disabled with ${problem.disablingReason} if it lasts`;
    const next = `tried ${when}, and no ${used} is used up${disables}`;
    return because("source-unreachable", `the ${source} cannot be read: ${oneLine(problem.detail)}; ${next}`);
  }
  return isPaused ? because("paused", "it is paused before its next batch; its State stays Enabled") : null;
}

/** A group gives each partition to one of its members (M-202, M-203). */
function ofGroup({ shares, awaiting, settings, uuid }: MappingStory): Why | null {
  const all = [...shares.values()];
  const [awaited] = awaiting.values();
  if (awaited !== undefined && all.length === 0) {
    const since = `its group ${groupOf(settings) ?? uuid} has not let it in since ${localTime(awaited.sinceMs)}`;
    const former = "a member that was killed counts until its session is over, up to 30 s of ours";
    return because("group-awaited", `${since}: ${former}; then it reads on behind what was committed`);
  }
  if (topicOf(settings) === null || all.length === 0 || all.some(({ partitionCount }) => partitionCount > 0))
    return null;
  const others = `other members of its group ${groupOf(settings) ?? uuid} have all partitions of ${topicOf(settings)}`;
  return because("group-taken", `${others}: they read the records, and go on until they leave the group`);
}

function groupOf(settings: MappingStory["settings"]): string | null {
  const { AmazonManagedKafkaEventSourceConfig: managed, SelfManagedKafkaEventSourceConfig: own } = settings;
  const group: unknown = Reflect.get(Object(managed ?? own), "ConsumerGroupId");
  return typeof group === "string" ? group : null;
}

function ofState(story: MappingStory): Why | null {
  const { state } = story;
  const taken = ofGroup(story);
  if (taken !== null) return taken;
  if (story.units.size > 0) return null;
  const instead = isOfTable(story) ? `, or ${SWITCHED_OFF}` : "";
  return because("no-poller", `no poller has begun to read for it: it is ${state?.name ?? "not there"}${instead}`);
}

const SWITCHED_OFF = "the stream of its table has been switched off";

const isOfTable = ({ settings }: MappingStory): boolean => familyOfSettings(settings) === "dynamodb";

function ofCalls(story: MappingStory): Why | null {
  const [waiting] = story.noThread.values();
  if (waiting !== undefined) {
    const { runningCount, requestId, functionName } = waiting;
    const busy = `${counted(runningCount, "function thread")} ${runningCount === 1 ? "runs" : "run"}, as many as maxFunctionThreads allows`;
    return because("no-thread", `no thread is free: ${busy}; request ${shortId(requestId)} of ${functionName} waits`);
  }
  const [held] = story.held.values();
  if (held !== undefined) return heldText(story, held);
  const [running] = story.running.values();
  if (running !== undefined) {
    const since = `request ${shortId(running.requestId)} runs since ${localTime(running.atMs)}`;
    return { code: "running", text: `batch ${running.batch} is being processed: ${since}`, isFine: true };
  }
  return null;
}

/** Which of a topic's partitions a batch has: the others go on (M-207). */
function partitionsOf({ batches }: MappingStory, { lane }: Of<"decided">): string {
  const units = (batches.get(lane)?.partitions ?? []).map(({ unit }) => unit);
  if (units.length === 0) return "its partitions are";
  return units.length > 3
    ? `${shownNumber(units.length)} partitions are`
    : `${units.join(", ")} ${units.length === 1 ? "is" : "are"}`;
}

function heldText(story: MappingStory, held: Of<"decided">): Why {
  const { settings } = story;
  const lane = shownPlace(held.lane, sourceFamily(settings), Number(settings["ParallelizationFactor"] ?? 1) > 1);
  const again = held.retryAfterMs === null ? "" : `, again in ${shownMs(held.retryAfterMs)}`;
  if (held.outcome === "function missing")
    return because("function-missing", `the function is not there: ${oneLine(held.error?.message ?? "")}${again}`);
  if (isRefusal(held)) {
    const why = held.outcome === "throttled" ? "the function is throttled" : `the call failed (${held.outcome})`;
    return because("throttled", `${lane} waits with batch ${held.batch}: ${why}${again}, not counted as an attempt`);
  }
  const error = held.error === null ? held.outcome : oneLine(errorText(held.error));
  const tried = held.verdict === "retry" ? `, attempt ${held.attempt} failed${again}` : ", its parts are tried";
  const family = sourceFamily(settings);
  const what = family === "topic" ? `${partitionsOf(story, held)} held` : `${lane} is held`;
  return because("held", `${what} by batch ${held.batch}${tried}: ${error}`);
}

/** What is given up while nothing takes it is lost (O-15): it says more than that nothing has come since. */
function ofDestination(story: MappingStory): Why | null {
  const { isRefused, lastRefused } = story;
  if (!isRefused || lastRefused === null) return null;
  return because(
    "destination",
    `${lostText(lastRefused, story)}; what is given up next is lost, too, while that is so`,
  );
}

/** `sqs:nope refused what was given up (there is no queue nope): 3 records are lost, the last with batch 1 at …`. */
export function lostText(last: Of<"reported">, { counts }: MappingStory): string {
  const are = counts.refused === 1 ? "is" : "are";
  const lost = `${counted(counts.refused, "record")} ${are} lost, the last with batch ${last.batch} at ${localTime(last.atMs)}`;
  return `${shortArn(last.destination)} refused what was given up (${oneLine(last.detail)}): ${lost}`;
}

/** A table's stream that is switched off, by its table's end too, is over for good: switched on again it is another one. */
function ofEnd(story: MappingStory): Why | null {
  const units = [...story.units.values()];
  if (!isOfTable(story) || units.length === 0 || units.some(({ isEnded }) => !isEnded)) return null;
  const what = "if the table has a stream now, it is another one, with an ARN of its own";
  return because("source-ended", `${SWITCHED_OFF}, and all that it held has ended: ${what}`);
}

function ofReading(story: MappingStory): Why {
  const units = [...story.units.values()];
  const refused = ofDestination(story) ?? ofEnd(story);
  if (story.counts.read === 0) return refused ?? ofEmptyUnits(units);
  const before = refused ?? ofRead(story);
  if (!isIdleSinceStart(units, story)) return before;
  const text = `${IDLE_SINCE_START}; before, ${before.text.replace(/; nothing has come since$/, "")}`;
  return { ...before, code: refused?.code ?? "nothing-new", text };
}

/** Opened anew, and nothing has come since; under load the live view hears of some reads only, but calls tell, too. */
function isIdleSinceStart(units: readonly UnitStory[], { lastInvoked }: MappingStory): boolean {
  const live = units.filter(({ isEnded }) => !isEnded);
  return (
    live.length > 0 &&
    live.every(
      ({ lastRead, isReopened, opened }) =>
        isReopened && lastRead === null && (lastInvoked?.atMs ?? 0) <= (opened?.atMs ?? 0),
    )
  );
}

const IDLE_SINCE_START = "it goes on from its checkpoint, and no record has come since";

/** Something was read since the journal begins. */
function ofRead(story: MappingStory): Why {
  const { counts, lastFiltered } = story;
  if (counts.filtered >= counts.read) {
    const last =
      lastFiltered === null
        ? ""
        : `, the last (${shortPosition(lastFiltered.position)}) because ${oneLine(lastFiltered.why)}`;
    return because(
      "filtered",
      `${shownNumber(counts.filtered)} of ${counted(counts.read, "record")} passed over by the filter${last}`,
    );
  }
  const waitingCount = [...story.units.values()].reduce((sum, unit) => sum + unit.waitingCount, 0);
  if (waitingCount > 0) {
    const text = `${counted(waitingCount, "record")} ${waitingCount === 1 ? "waits" : "wait"} until a batch is full or its window is over`;
    return { code: "assembling", text, isFine: true };
  }
  const { lastDone, lastGaveUp } = story;
  if (lastGaveUp !== null && (lastDone === null || lastDone.atMs < lastGaveUp.atMs))
    return because(
      "nothing-new",
      `the last batch, ${lastGaveUp.batch}, was given up at ${localTime(lastGaveUp.atMs)} (${lastGaveUp.condition}); nothing has come since`,
    );
  const last = lastDone === null ? "" : `the last batch, ${lastDone.batch}, succeeded at ${localTime(lastDone.atMs)}; `;
  return { code: "nothing-new", text: `${last}nothing has come since`, isFine: true };
}

function ofEmptyUnits(units: readonly UnitStory[]): Why {
  const placed = units.map((unit) => unit.placed).filter((each) => each !== null);
  const earlierCount = placed.reduce((sum, each) => sum + each.earlierCount, 0);
  if (earlierCount > 0) {
    const were = earlierCount === 1 ? "1 record was" : `${shownNumber(earlierCount)} records were`;
    return because("latest", `it starts at LATEST: ${were} there before, and none has come since`);
  }
  const opened = units.map((unit) => unit.opened).filter((each) => each !== null);
  // A starting position is a checkpoint, too, before anything is read (H-2): only the first start tells of it.
  if (placed.length === 0 && opened.some(({ after }) => after !== null))
    return { code: "nothing-new", text: IDLE_SINCE_START, isFine: true };
  return placed.length > 0 || opened.some(({ startedFrom }) => startedFrom === "latest")
    ? because("latest", "it starts at LATEST, and no record has come since")
    : because("no-records", "the stream has no records at all");
}
