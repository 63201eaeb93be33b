// The function of a story: it fails on poison and by the story's faults, counts records into a window's state, and notes down what it
// was called with and what came of it.

import type { Clock } from "../ports/clock.ts";
import type { Answer, Call } from "../ports/invoker.ts";
import type { Position } from "../ports/source.ts";
import { type errorReasons, msOf } from "./fault.ts";
import type { Faults } from "./faults.ts";
import type { Happening, SeenWindow } from "./history.ts";
import type { SeededRandom } from "./seeded-random.ts";
import { answerAt } from "./virtual-stream.ts";

const TIMEOUT_MS = 15_000;
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

export interface SeenEvent {
  readonly unit: string;
  readonly positions: readonly Position[];
  readonly window: SeenWindow | null;
}

/** What comes of a call, decided when it begins. */
interface Fate {
  readonly kind: "answers" | "throws" | "timesOut";
  readonly reason: (typeof errorReasons)[number];
  readonly tookMs: number;
}

const sound: Omit<Fate, "tookMs"> = { kind: "answers", reason: "threw" };

export function createStoryFunction(
  world: StoryFunctionWorld,
): (call: Call, life: number, signal: AbortSignal) => Promise<Answer> {
  const { clock, random, faults, note } = world;
  let callCount = 0;

  function fateNow(): Fate {
    if (faults.strike("time-out", FUNCTION) !== null) return { ...sound, kind: "timesOut", tookMs: TIMEOUT_MS };
    const slow = faults.strike("slow-handler", FUNCTION);
    const tookMs = slow === null ? random.between("took", 1, 40) : msOf(slow.for_s);
    const error = faults.strike("handler-error", FUNCTION);
    if (error === null) return { ...sound, tookMs };
    return { kind: "throws", reason: error.reason ?? "threw", tookMs };
  }

  function refusalNow(): Answer | null {
    if (faults.strike("throttle", FUNCTION) !== null) return { kind: "refused", reason: "throttled", message: "" };
    const fault = faults.strike("service-fault", FUNCTION);
    return fault === null ? null : { kind: "refused", reason: fault.reason ?? "fault", message: "" };
  }

  return (call, life, signal) => {
    const refusal = refusalNow();
    if (refusal !== null) return answerAt(clock, clock.nowMs(), () => refusal);
    const text = call.text();
    const event = seenEventFrom(text);
    const number = callCount++;
    const { requestId } = call;
    const eventBytes = Buffer.byteLength(text);
    note({ kind: "called", call: number, life, requestId, ...event, eventBytes, atMs: clock.nowMs() });
    const fate = fateNow();
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
      const cancel = clock.wakeAt(clock.nowMs() + fate.tookMs, () => {
        const { answer, failedFrom } = outcomeOf(event, fate, call.isAnswerWanted);
        end(answer, failedFrom);
      });
      signal.addEventListener("abort", onAbort);
    });
  };

  function outcomeOf(
    event: SeenEvent,
    fate: Fate,
    isAnswerWanted: boolean,
  ): { readonly answer: Answer; readonly failedFrom: number } {
    const { tookMs } = fate;
    const bad = event.positions.findIndex((position) => world.recordAt(position).isPoison);
    if (fate.kind !== "answers" || (bad >= 0 && !world.isReporting)) {
      const reason = fate.kind === "timesOut" ? "timedOut" : fate.reason;
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

  function answerText({ positions, window }: SeenEvent, failedFrom: number): string {
    const failed = positions[failedFrom];
    const failures = failed === undefined ? {} : { batchItemFailures: [{ itemIdentifier: failed }] };
    if (window === null) return failed === undefined ? "null" : JSON.stringify(failures);
    const counted = positions.slice(0, failedFrom).map((position) => world.recordAt(position).number);
    return JSON.stringify({ state: { counted: [...window.counted, ...counted] }, ...failures });
  }
}

interface EventText {
  readonly Records: readonly { readonly eventID: string; readonly kinesis: { readonly sequenceNumber: string } }[];
  readonly shardId?: string;
  readonly window?: { readonly start: string; readonly end: string };
  readonly state?: { readonly counted?: readonly number[] };
  readonly isFinalInvokeForWindow?: boolean;
}

/** An event as a story's function sees it. */
export function seenEventFrom(text: string): SeenEvent {
  const event: EventText = JSON.parse(text);
  const [first] = event.Records;
  const { window } = event;
  return {
    unit: event.shardId ?? first?.eventID.slice(0, first.eventID.indexOf(":")) ?? "",
    positions: event.Records.map(({ kinesis }) => kinesis.sequenceNumber),
    window:
      window === undefined
        ? null
        : {
            startMs: Date.parse(window.start),
            endMs: Date.parse(window.end),
            isFinal: event.isFinalInvokeForWindow === true,
            counted: event.state?.counted ?? [],
          },
  };
}
