// The world's functions: an invoker over two forms of them. One answers at once and says how long it took; the other runs code that
// takes its time in the world. Time-outs, reserved concurrency and missing functions are here, so that a function tells nothing but its
// own behaviour.
//
// VF1 A run begins in an event of its own, and the world stands until it lets go: of several that begin in one instant, one is at work
// at a time, in the order of their calls. Else their order would be the machine's.

import type { Clock } from "../ports/clock.ts";
import type { Answer, Call, FunctionErrorReason, Invoker } from "../ports/invoker.ts";
import { createOutsideWork, type OutsideWork, type Where } from "./outside-work.ts";
import { wakeAfter } from "./wake-after.ts";

export type Handled =
  /** `json` is the answer's text; "" is an empty body (E-36). */
  | { readonly kind: "returned"; readonly json: string; readonly tookMs: number }
  | { readonly kind: "threw"; readonly errorType: string; readonly message: string; readonly tookMs: number };

interface FunctionLimits {
  readonly timeoutMs: number;
  /** Null: none reserved. 0: every call is throttled. */
  readonly reservedConcurrency: number | null;
  /** Its versions and aliases; absent: none. All do what the function does. */
  readonly qualifiers?: readonly string[];
  /** Whether a call is throttled though there is room; absent: none is. */
  readonly isThrottled?: () => boolean;
  /** The process that it ran in was killed: what it kept in memory is gone. Its calls under way have been ended before. */
  crash?(): void;
}

/** A function that is over as soon as it has begun, and says how long that took. */
interface AnsweringFunction extends FunctionLimits {
  /** Called when an invocation begins. The event's text is made where it is asked for. */
  handle(eventText: () => string): Handled;
}

/** A function whose code runs while the world's time goes on. */
export interface RunningFunction extends FunctionLimits {
  /**
   * Called when an invocation begins. Holds the world (`invocation.hold`) from now on while its code is at work, and lets go while
   * it only waits for instants that it has asked `invocation.clock` for.
   */
  run(invocation: Invocation): Run;
  /** What a call takes in the world beside the time that its code waits, in ms. Absent: 0. */
  readonly extraMs?: number;
}

export type VirtualFunction = AnsweringFunction | RunningFunction;

export interface Invocation {
  readonly functionName: string;
  readonly functionArn: string;
  readonly requestId: string;
  readonly eventText: string;
  readonly timeoutMs: number;
  readonly startedAtMs: number;
  /** The world's. */
  readonly clock: Clock;
  /** Keeps the world where it is until the answered function is called; `where` tells at what the code is, should it never be. */
  hold(where?: Where): () => void;
}

export interface Run {
  /** Never rejects. Not looked at once the run was ended. */
  readonly answer: Promise<RunAnswer>;
  /** Its time is over, or its mapping stops: nothing of it is to go on. */
  end(why: "timedOut" | "stopped"): void;
}

export type RunAnswer =
  | { readonly kind: "returned"; readonly json: string }
  | {
      readonly kind: "failed";
      readonly reason: FunctionErrorReason;
      readonly errorType: string;
      readonly message: string;
      readonly trace: readonly string[];
    };

export interface VirtualCall {
  readonly functionName: string;
  /** The version or alias that was called; null: none was named. */
  readonly qualifier: string | null;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  /** By the clock that is never set. */
  readonly startedSteadyMs: number;
  /** By the clock that is never set. */
  readonly endedSteadyMs: number;
  /** Made anew each time it is read: of a run's many events few are looked at. */
  readonly eventText: string;
}

/** What befalls a call. `hangs`: it never answers, until its time is over. */
export type CallFate =
  | { readonly kind: "runs"; readonly extraMs: number }
  | { readonly kind: "fails"; readonly extraMs: number; readonly reason: FunctionErrorReason }
  | { readonly kind: "hangs" }
  | { readonly kind: "refused"; readonly reason: "throttled" | "fault" | "functionMissing" };

/** Looks at calls as their function sees them: called when an invocation begins, and what it returns when it ends. */
type CallWatch = (call: Call) => (answer: Answer) => void;

export interface VirtualFunctions extends Invoker {
  /** The same functions, with a look at those calls that come through it. */
  watched(watch: CallWatch): Invoker;
  /** The process that functions run in was killed: every call under way ends now, unanswered, whatever form its function has. */
  crash(): void;
}

const VERSION = "$LATEST";
/** What a call takes that a fault ends. */
const FAILED_MS = 2;
/** Index of the name in a function's ARN. */
const NAME_PART = 6;

export function createVirtualFunctions(
  clock: Clock,
  functions: ReadonlyMap<string, VirtualFunction>,
  /** Invocations in the order in which they ended. */
  onCall: (call: VirtualCall) => void,
  work: OutsideWork = createOutsideWork(),
  fateOf: (functionName: string) => CallFate = () => ({ kind: "runs", extraMs: 0 }),
): VirtualFunctions {
  const running = new Map<string, number>();
  /** Of each call under way, how it is ended by a crash. */
  const crashes = new Set<() => void>();

  /** Begins it; `answer` ends it, once. What ends it when the mapping stops or its process is killed is dealt with here. */
  function begin({ name, call, signal, watch }: Beginning, start: (begun: Begun) => () => void): Promise<Answer> {
    const startedAtMs = clock.nowMs();
    const startedSteadyMs = clock.monotonicMs();
    const onEnd = watch(call);
    running.set(name, (running.get(name) ?? 0) + 1);
    return new Promise((resolve) => {
      let isOver = false;
      const answer = (given: Answer): void => {
        if (isOver) return;
        isOver = true;
        signal.removeEventListener("abort", onAbort);
        crashes.delete(onCrash);
        giveUp();
        running.set(name, (running.get(name) ?? 1) - 1);
        onCall(new EndedCall(name, call, [startedAtMs, clock.nowMs()], [startedSteadyMs, clock.monotonicMs()]));
        onEnd(given);
        resolve(given);
      };
      const refuse = (message: string): void => answer({ kind: "refused", reason: "fault", message });
      const onAbort = (): void => refuse("The mapping stops.");
      // Whoever waited for the answer is gone, too.
      const onCrash = (): void => refuse("Its process was killed.");
      const giveUp = start({ startedAtMs, answer });
      signal.addEventListener("abort", onAbort);
      crashes.add(onCrash);
    });
  }

  const answerAtOnce =
    (found: AnsweringFunction, call: Call, extraMs: number) =>
    ({ answer }: Begun): (() => void) => {
      const given = found.handle(() => call.text());
      const handled = { ...given, tookMs: given.tookMs + extraMs };
      const isTimeout = handled.tookMs > found.timeoutMs;
      const tookMs = Math.min(handled.tookMs, found.timeoutMs);
      return wakeAfter(clock, tookMs, () =>
        answer(isTimeout ? timedOut(found.timeoutMs) : answerOf(handled, call.isAnswerWanted)),
      );
    };

  const runInTime =
    (name: string, found: RunningFunction, call: Call, faultMs: number) =>
    ({ startedAtMs, answer }: Begun): (() => void) => {
      const { timeoutMs } = found;
      const beganMs = clock.monotonicMs();
      let run: Run | null = null;
      let endedBecause: "timedOut" | "stopped" = "stopped";
      const end = (given: RunAnswer): void => {
        run = null;
        answer(answerOfRun(given, call.isAnswerWanted, clock.monotonicMs() - beganMs));
      };
      let cancelEnd = (): void => undefined;
      const cancelStart = clock.wakeAt(startedAtMs, () => {
        const { functionArn, requestId } = call;
        const started = found.run({
          functionName: name,
          functionArn,
          requestId,
          eventText: call.text(),
          timeoutMs,
          startedAtMs,
          clock,
          hold: (where) => work.hold(`the handler of ${name}`, where),
        });
        run = started;
        void started.answer.then((given) => {
          if (run !== started) return;
          const extraMs = (found.extraMs ?? 0) + faultMs;
          if (extraMs === 0) end(given);
          else cancelEnd = wakeAfter(clock, extraMs, () => end(given));
        });
      });
      const cancelTimeout = wakeAfter(clock, timeoutMs, () => {
        endedBecause = "timedOut";
        answer(timedOut(timeoutMs));
      });
      return () => {
        cancelStart();
        cancelTimeout();
        cancelEnd();
        const ended = run;
        run = null;
        ended?.end(endedBecause);
      };
    };

  /** It does not come to the function's code: a fault answers in its place. */
  const answerByFault =
    (found: VirtualFunction, fate: Extract<CallFate, { kind: "fails" | "hangs" }>) =>
    ({ answer }: Begun): (() => void) => {
      const { timeoutMs } = found;
      const tookMs = fate.kind === "hangs" ? timeoutMs : FAILED_MS + fate.extraMs;
      const given = fate.kind === "hangs" || tookMs > timeoutMs ? timedOut(timeoutMs) : failed(fate.reason, tookMs);
      return wakeAfter(clock, Math.min(tookMs, timeoutMs), () => answer(given));
    };

  const invokerOf = (watch: CallWatch): Invoker => ({
    invoke(call, signal) {
      const name = call.functionArn.split(":")[NAME_PART] ?? "";
      const found = functions.get(name);
      if (found === undefined)
        return refused({ reason: "functionMissing", message: `Function not found: ${call.functionArn}` });
      const { reservedConcurrency } = found;
      const isFull = reservedConcurrency !== null && (running.get(name) ?? 0) >= reservedConcurrency;
      if (isFull || found.isThrottled?.() === true) return refused({ reason: "throttled", message: "Rate Exceeded." });
      const fate = fateOf(name);
      if (fate.kind === "refused") return refused({ reason: fate.reason, message: "A fault of the simulated world." });
      const beginning = { name, call, signal, watch };
      if (fate.kind !== "runs") return begin(beginning, answerByFault(found, fate));
      const { extraMs } = fate;
      return begin(
        beginning,
        "run" in found ? runInTime(name, found, call, extraMs) : answerAtOnce(found, call, extraMs),
      );
    },
  });

  return {
    ...invokerOf(() => () => undefined),
    watched: invokerOf,
    crash() {
      for (const crash of crashes) crash();
      for (const found of functions.values()) found.crash?.();
    },
  };

  function refused(why: Omit<Extract<Answer, { kind: "refused" }>, "kind">): Promise<Answer> {
    return new Promise((resolve) => {
      clock.wakeAt(clock.nowMs(), () => resolve({ kind: "refused", ...why }));
    });
  }
}

interface Beginning {
  readonly name: string;
  readonly call: Call;
  readonly signal: AbortSignal;
  readonly watch: CallWatch;
}

interface Begun {
  readonly startedAtMs: number;
  readonly answer: (given: Answer) => void;
}

/** It holds the call, whose records the source has anyway, and not the event. */
class EndedCall implements VirtualCall {
  readonly functionName: string;
  readonly qualifier: string | null;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly startedSteadyMs: number;
  readonly endedSteadyMs: number;
  readonly #call: Call;

  constructor(
    functionName: string,
    call: Call,
    [startedAtMs, endedAtMs]: readonly [number, number],
    [startedSteadyMs, endedSteadyMs]: readonly [number, number],
  ) {
    this.functionName = functionName;
    this.qualifier = call.functionArn.split(":")[NAME_PART + 1] ?? null;
    this.requestId = call.requestId;
    this.startedAtMs = startedAtMs;
    this.endedAtMs = endedAtMs;
    this.startedSteadyMs = startedSteadyMs;
    this.endedSteadyMs = endedSteadyMs;
    this.#call = call;
  }

  get eventText(): string {
    return this.#call.text();
  }
}

function answerOf(handled: Handled, isWanted: boolean): Answer {
  const { tookMs } = handled;
  if (handled.kind === "returned")
    return { kind: "returned", json: isWanted ? handled.json : null, executedVersion: VERSION, tookMs };
  const { errorType, message } = handled;
  return { kind: "functionError", reason: "threw", errorType, message, trace: [], executedVersion: VERSION, tookMs };
}

function answerOfRun(given: RunAnswer, isWanted: boolean, tookMs: number): Answer {
  if (given.kind === "returned")
    return { kind: "returned", json: isWanted ? given.json : null, executedVersion: VERSION, tookMs };
  const { reason, errorType, message, trace } = given;
  return { kind: "functionError", reason, errorType, message, trace, executedVersion: VERSION, tookMs };
}

function failed(reason: FunctionErrorReason, tookMs: number): Answer {
  const error = { errorType: "Error", message: "a fault of the simulated world", trace: [] };
  return { kind: "functionError", reason, ...error, executedVersion: VERSION, tookMs };
}

function timedOut(timeoutMs: number): Answer {
  return {
    kind: "functionError",
    reason: "timedOut",
    errorType: "Sandbox.Timedout",
    message: `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
    trace: [],
    executedVersion: VERSION,
    tookMs: timeoutMs,
  };
}
