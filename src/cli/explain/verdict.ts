// What a batch's story comes to, for one record of it or for a part: the first verdict that holds. It judges by the journal alone, and
// says what it goes by.

import { errorText } from "../line-state.ts";
import { counted, localTime, oneLine, shownMs } from "../shown-forms.ts";
import { hasPlaces, isBisected, itemOf, sourceFamily } from "../source-family.ts";
import {
  type Attempt,
  attemptsOf,
  type BatchStory,
  type End,
  firstOpen,
  givenUpParts,
  type Of,
  type Part,
  partsOf,
} from "./batch-story.ts";

export type VerdictCode =
  | "undecided"
  | "cut-off"
  | "fine"
  | "clock"
  | "throttling"
  | "limit"
  | "record"
  | "function"
  | "batch"
  | "destination"
  | "returned";

export interface Verdict {
  readonly code: VerdictCode;
  readonly text: string;
}

/**
 * `path`: the parts that what is asked about went through, the whole batch first; `end`: how it ended in the last of them. `isWhole`:
 * all of that part is meant, and not one record of it. Of a part that was split the first piece decides that is open or was given up.
 */
export function verdictOf(story: BatchStory, path: readonly Part[], end: End, isWhole: boolean): Verdict {
  const asked = path.at(-1) ?? story.root;
  if (end === "open") {
    const open = firstOpen(asked);
    return undecided(story, open, open.attempts.at(-1)?.ended ?? null);
  }
  if (end === "returned") return returned(story);
  const [first, ...others] = isWhole ? givenUpParts(asked) : [asked];
  if (end === "done" || first === undefined || first.gaveUp === null) return fine(story, path, isWhole);
  const verdict = givenUp(story, first, path);
  if (others.length === 0) return verdict;
  const too = `${counted(others.length, "other part")} ${others.length === 1 ? "was" : "were"} given up, too`;
  return { ...verdict, text: `${verdict.text}; ${too}` };
}

/** A queue's batch is not tried again: each of its messages is, in whatever batch it comes next (Q-11, Q-14). */
function returned(story: BatchStory): Verdict {
  const last = attemptsOf(story).at(-1)?.ended ?? null;
  if (last !== null && isRefusal(last)) {
    const text = `throttling: it was ${last.outcome} until its messages' visibility left no time for a call`;
    return { code: "throttling", text };
  }
  const limit = last === null ? null : limitOf(last);
  if (limit !== null) return { code: "limit", text: `the limit: ${limit}; its messages come back` };
  const backCount = story.returned?.recordCount ?? story.root.recordCount;
  if (backCount < story.root.recordCount) {
    const text = `the report: ${counted(backCount, "message")} of ${story.root.recordCount} failed and ${backCount === 1 ? "comes" : "come"} back, the others are deleted`;
    return { code: "returned", text };
  }
  const one = story.root.recordCount === 1;
  const shared = one ? "" : "; ReportBatchItemFailures would keep those that did not fail from coming again";
  return { code: "returned", text: `it failed: ${one ? "its message comes" : "all its messages come"} back${shared}` };
}

/** Of a part that was given up itself. */
function givenUp(story: BatchStory, part: Part, path: readonly Part[]): Verdict {
  const last = part.attempts.at(-1)?.ended ?? null;
  if (part.reported?.answer === "refused") {
    const text = `the destination: it refused the document, ${oneLine(part.reported.detail)}; the document is lost`;
    return { code: "destination", text };
  }
  if (part.gaveUp?.condition === "RecordAgeExceeded") return clock(story, part);
  if (last !== null && isRefusal(last)) return throttling(path.includes(part) ? path : [...path, part]);
  const limit = last === null ? null : limitOf(last);
  if (limit !== null) return { code: "limit", text: `the limit: ${limit}` };
  return ofFailure(story, part);
}

function undecided(story: BatchStory, part: Part, last: Of<"decided"> | null): Verdict {
  if (story.isPastRecording) return { code: "cut-off", text: "not decided: the recording ended before the batch did" };
  if (story.isCutOff) {
    const again = isPlaced(story) ? "it is delivered again from the checkpoint" : "its messages are delivered again";
    const text = `not decided: its process ended before the batch did; ${again}`;
    return { code: "cut-off", text };
  }
  const running = part.attempts.at(-1);
  if (running !== undefined && running.ended === null) {
    const text = `not decided yet: attempt ${running.started.attempt} runs since ${localTime(running.started.atMs)}`;
    return { code: "undecided", text };
  }
  if (last === null || last.retryAfterMs === null)
    return { code: "undecided", text: "not decided yet: it waits for what is before it in its lane" };
  const next = isRefusal(last) ? last.attempt : last.attempt + 1;
  const at = localTime(last.atMs + last.retryAfterMs);
  return {
    code: "undecided",
    text: `not decided yet: attempt ${next} in ${shownMs(last.retryAfterMs)}, at ${at}${isRefusal(last) ? `; it was ${last.outcome}, which is not counted` : ""}`,
  };
}

function fine(story: BatchStory, path: readonly Part[], isWhole: boolean): Verdict {
  const asked = path.at(-1) ?? story.root;
  const isSplit = isWhole && asked.parts.length > 0;
  const all = isSplit ? [...path.slice(0, -1), ...partsOf(asked)] : path;
  const attempts = all.flatMap((each) => each.attempts);
  const refusals = attempts.filter(({ ended }) => ended !== null && isRefusal(ended));
  if (refusals.length > 0) return throttling(all);
  const failures = attempts.filter(({ ended }) => ended !== null && ended.verdict !== "done");
  const { name } = asked;
  const succeeded = isSplit ? "all of it succeeded in parts" : `succeeded in batch ${name}`;
  if (story.met !== null && failures.length === 0 && (isSplit || path.length > 1 || asked.attemptsBefore > 0))
    return {
      code: "fine",
      text: `fine in the end: ${succeeded}${isSplit ? "" : ` ${lastAttempt(asked)}`}`,
    };
  const text =
    failures.length === 0
      ? `fine: batch ${name} succeeded at its first attempt`
      : `fine in the end: it failed ${times(failures.length)} among others, and ${succeeded}`;
  return { code: "fine", text };
}

const attemptCount = ({ attempts, attemptsBefore }: Part): number => attempts.length + attemptsBefore;

function lastAttempt({ attempts }: Part): string {
  const number = attempts.at(-1)?.started.attempt ?? 1;
  return number === 1 ? "at its first attempt" : `at attempt ${number}`;
}

function clock(story: BatchStory, part: Part): Verdict {
  const seconds = story.settings["MaximumRecordAgeInSeconds"];
  const limit = typeof seconds === "number" && seconds >= 0 ? ` of ${seconds} s (MaximumRecordAgeInSeconds)` : "";
  const tried = attemptCount(part) === 0 ? "before it was invoked" : `after ${counted(attemptCount(part), "attempt")}`;
  return { code: "clock", text: `the clock: it was older than the most${limit}, ${tried}` };
}

function throttling(path: readonly Part[]): Verdict {
  const refused = path.flatMap(({ attempts }) => attempts).filter(({ ended }) => ended !== null && isRefusal(ended));
  const words = [...new Set(refused.map(({ ended }) => ended?.outcome ?? ""))].join(" or ");
  const waitedMs = refused.reduce((sum, { ended }) => sum + (ended?.retryAfterMs ?? 0), 0);
  const code = "throttling" as const;
  return {
    code,
    text: `throttling: ${counted(refused.length, "call")} ${words}, not counted as attempts; they cost ${shownMs(waitedMs)}`,
  };
}

function limitOf(last: Of<"decided">): string | null {
  switch (last.outcome) {
    case "timed out":
      return `the function's Timeout; the last attempt ended after ${shownMs(last.tookMs)}`;
    case "out of memory":
      return "the function's MemorySize";
    case "too large":
      return "the event would be larger than the 6,291,456 bytes that an invocation takes";
    default:
      return null;
  }
}

function ofFailure(story: BatchStory, part: Part): Verdict {
  const failures = part.attempts.map(({ ended }) => ended).filter((each) => each !== null);
  const failedCount = failures.length + part.attemptsBefore;
  const texts = new Set(failures.map(({ error, outcome }) => (error === null ? outcome : errorText(error))));
  const others = story.root.recordCount - part.recordCount;
  const doneCount = doneRecordCount(story);
  if (part.recordCount === 1 && others > 0 && doneCount > 0) {
    const alone = `it failed alone ${failedCount} times of ${failedCount}`.replace(
      /^it failed alone 1 times of 1$/,
      "it failed alone",
    );
    const known = part.attemptsBefore === 0 ? "" : " in the file";
    const errors = `${texts.size === 1 ? "with one error" : `with ${texts.size} errors`}${known}`;
    const rest =
      doneCount >= others
        ? others === 1
          ? "the other succeeded without it"
          : `the other ${others} each succeeded without it`
        : `${doneCount} of the other ${others} succeeded without it`;
    return { code: "record", text: `the record: ${alone} ${errors}, and ${rest}` };
  }
  if (story.closed?.tumbling?.end !== undefined && story.closed.tumbling.end !== null) {
    const text = `the final call: it failed ${times(failedCount)}; the window's state is lost, and what follows starts from {}`;
    return { code: "batch", text };
  }
  if (!story.isMappingSound && !hasSuccess(story))
    return {
      code: "function",
      text: `the function: no batch of the mapping succeeded in that minute${story.met === null ? "" : ", as far as the file goes"}`,
    };
  if (part.recordCount === 1)
    return {
      code: "record",
      text: `the record: alone in its batch it failed ${times(failedCount)}, while other batches of the mapping succeeded`,
    };
  const isReporting = Array.isArray(story.settings["FunctionResponseTypes"]);
  if (!isBisected(sourceFamily(story.settings))) {
    const text = `the batch: its ${part.recordCount} ${itemOf(sourceFamily(story.settings))}s were given up together; a smaller BatchSize would have tried them apart`;
    return { code: "batch", text };
  }
  const ways = isReporting
    ? "BisectBatchOnFunctionError would have tried the others without the one that fails"
    : "BisectBatchOnFunctionError or ReportBatchItemFailures would tell which record it is";
  return { code: "batch", text: `the batch: its ${part.recordCount} records were given up together; ${ways}` };
}

const isPlaced = ({ settings }: BatchStory): boolean => hasPlaces(sourceFamily(settings));

const hasSuccess = (story: BatchStory): boolean =>
  attemptsOf(story).some(({ ended }) => ended?.verdict === "done" || ended?.verdict === "rest");

/** Records of the batch whose part succeeded. */
function doneRecordCount(story: BatchStory): number {
  let count = 0;
  for (const part of partsOf(story.root)) {
    const last: Attempt | undefined = part.attempts.at(-1);
    if (last?.ended?.verdict === "done") count += part.recordCount;
    if (last?.ended?.verdict === "rest") count += part.recordCount - (part.parts[0]?.recordCount ?? 0);
  }
  return count;
}

/** Throttles and faults use no attempt up (E-4, E-5). */
export const isRefusal = ({ outcome }: Of<"decided">): boolean =>
  outcome === "throttled" || outcome === "fault" || outcome === "function missing" || outcome === "not started";

export function times(count: number): string {
  const words = ["never", "once", "twice", "three times", "four times", "five times", "six times", "seven times"];
  return words[count] ?? `${count.toLocaleString("en-US")} times`;
}
