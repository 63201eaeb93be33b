// The function of a story: it fails on poison and by the story's faults, counts records into a window's state, and notes down what it
// was called with and what came of it.

import type { Clock } from "../ports/clock.ts";
import type { Answer, Call, FunctionErrorReason } from "../ports/invoker.ts";
import type { Position } from "../ports/source.ts";
import { callFate } from "./fault-fates.ts";
import type { Faults } from "./faults.ts";
import type { Happening } from "./history.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { type SeenCall, seenEventFrom } from "./seen-event.ts";
import type { CallFate } from "./virtual-functions.ts";
import { answerAt } from "./virtual-stream.ts";

const TIMEOUT_MS = 15_000;
/** The number of no record. */
const NO_RECORD = -1;
const VERSION = "$LATEST";
/** The only function of a story. */
const FUNCTION = "story";

export interface StoryFunctionWorld {
  readonly clock: Clock;
  readonly random: SeededRandom;
  readonly isReporting: boolean;
  readonly note: (happening: Happening) => void;
  readonly faults: Faults;
  readonly recordAt: (position: Position) => { readonly number: number; readonly isPoison: boolean };
}

/** Of a call that its function sees. */
type Fate = Exclude<CallFate, { readonly kind: "refused" }>;

export function createStoryFunction(
  world: StoryFunctionWorld,
): (call: Call, life: number, signal: AbortSignal) => Promise<Answer> {
  const { clock, random, faults, note } = world;
  let callCount = 0;

  return (call, life, signal) => {
    const fate = callFate(faults, FUNCTION);
    if (fate.kind === "refused")
      return answerAt(clock, clock.nowMs(), () => ({ kind: "refused", reason: fate.reason, message: "" }));
    const text = call.text();
    const event = storyEventFrom(text);
    const number = callCount++;
    const { requestId } = call;
    const eventBytes = Buffer.byteLength(text);
    note({ kind: "called", call: number, life, requestId, ...event, eventBytes, atMs: clock.nowMs() });
    const tookMs = tookOf(fate);
    return new Promise((resolve) => {
      const end = (answer: Answer, failedFrom: number): void => {
        cancel();
        signal.removeEventListener("abort", onAbort);
        note({
          kind: "returned",
          call: number,
          failedFrom,
          isCounted: answer.kind !== "refused",
          atMs: clock.nowMs(),
        });
        resolve(answer);
      };
      // A stop's grace is over: the invocation is cut off, and counts for nothing.
      const onAbort = (): void => end({ kind: "refused", reason: "fault", message: "stopped" }, 0);
      const cancel = clock.wakeAt(clock.nowMs() + tookMs, () => {
        const { answer, failedFrom } = outcomeOf(event, { fate, tookMs }, call.isAnswerWanted);
        end(answer, failedFrom);
      });
      signal.addEventListener("abort", onAbort);
    });
  };

  function tookOf(fate: Fate): number {
    if (fate.kind === "hangs") return TIMEOUT_MS;
    return fate.extraMs > 0 ? fate.extraMs : random.between("took", 1, 40);
  }

  function outcomeOf(
    event: SeenCall,
    { fate, tookMs }: { readonly fate: Fate; readonly tookMs: number },
    isAnswerWanted: boolean,
  ): { readonly answer: Answer; readonly failedFrom: number } {
    const bad = event.positions.findIndex((position) => world.recordAt(position).isPoison);
    if (fate.kind !== "runs" || (bad >= 0 && !world.isReporting)) {
      const reason = reasonOf(fate);
      const error = { errorType: "Error", message: "the story says so", trace: [] };
      return {
        answer: { kind: "functionError", reason, ...error, executedVersion: VERSION, tookMs },
        failedFrom: 0,
      };
    }
    const failedFrom = bad < 0 ? event.positions.length : bad;
    return {
      answer: {
        kind: "returned",
        json: isAnswerWanted ? answerText(event, failedFrom) : null,
        executedVersion: VERSION,
        tookMs,
      },
      failedFrom,
    };
  }

  function answerText({ positions, window }: SeenCall, failedFrom: number): string {
    const failed = positions[failedFrom];
    const failures = failed === undefined ? {} : { batchItemFailures: [{ itemIdentifier: failed }] };
    if (window === null) return failed === undefined ? "null" : JSON.stringify(failures);
    const counted = positions.slice(0, failedFrom).map((position) => world.recordAt(position).number);
    // Without progress the window keeps the state that it had (W-16): this one must never be seen again.
    const wrong = failedFrom === 0 && failed !== undefined ? [NO_RECORD] : [];
    return JSON.stringify({ state: { counted: [...window.counted, ...counted, ...wrong] }, ...failures });
  }
}

function reasonOf(fate: Fate): FunctionErrorReason {
  if (fate.kind === "hangs") return "timedOut";
  return fate.kind === "fails" ? fate.reason : "threw";
}

/** An event as a story's function and its bucket see it: of a Kinesis stream. */
export const storyEventFrom = (text: string): SeenCall => seenEventFrom(text, { unitOf: () => null, isCounting: true });
