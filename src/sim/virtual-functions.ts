// The world's functions: an invoker over handlers that answer at once and say how long they took. Time-outs, reserved concurrency and
// missing functions are here, so that a handler tells nothing but its own behaviour.

import type { Clock } from "../ports/clock.ts";
import type { Answer, Call, Invoker } from "../ports/invoker.ts";

export type Handled =
  /** `json` is the answer's text; "" is an empty body (E-36). */
  | { readonly kind: "returned"; readonly json: string; readonly tookMs: number }
  | { readonly kind: "threw"; readonly errorType: string; readonly message: string; readonly tookMs: number };

export interface VirtualFunction {
  readonly timeoutMs: number;
  /** Null: none reserved. 0: every call is throttled. */
  readonly reservedConcurrency: number | null;
  /** Its versions and aliases; absent: none. All do what the function does. */
  readonly qualifiers?: readonly string[];
  /** Called when an invocation begins, with the event's text. */
  handle(eventText: string): Handled;
}

export interface VirtualCall {
  readonly functionName: string;
  readonly requestId: string;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly eventText: string;
}

const VERSION = "$LATEST";
/** Index of the name in a function's ARN. */
const NAME_PART = 6;

export function createVirtualFunctions(
  clock: Clock,
  functions: ReadonlyMap<string, VirtualFunction>,
  /** Invocations in the order in which they ended. */
  onCall: (call: VirtualCall) => void,
): Invoker {
  const running = new Map<string, number>();

  function run(name: string, found: VirtualFunction, call: Call, signal: AbortSignal): Promise<Answer> {
    const startedAtMs = clock.nowMs();
    const eventText = call.text();
    const handled = found.handle(eventText);
    const isTimeout = handled.tookMs > found.timeoutMs;
    running.set(name, (running.get(name) ?? 0) + 1);
    return new Promise((resolve) => {
      const end = (answer: Answer): void => {
        signal.removeEventListener("abort", onAbort);
        cancel();
        running.set(name, (running.get(name) ?? 1) - 1);
        onCall({
          functionName: name,
          requestId: call.requestId,
          startedAtMs,
          endedAtMs: clock.nowMs(),
          eventText,
        });
        resolve(answer);
      };
      const onAbort = (): void => end({ kind: "refused", reason: "fault", message: "The mapping stops." });
      const tookMs = Math.min(handled.tookMs, found.timeoutMs);
      const cancel = clock.wakeAt(startedAtMs + tookMs, () =>
        end(isTimeout ? timedOut(found.timeoutMs) : answerOf(handled, call.isAnswerWanted)),
      );
      signal.addEventListener("abort", onAbort);
    });
  }

  return {
    invoke(call, signal) {
      const name = call.functionArn.split(":")[NAME_PART] ?? "";
      const found = functions.get(name);
      if (found === undefined)
        return refused({ reason: "functionMissing", message: `Function not found: ${call.functionArn}` });
      const { reservedConcurrency } = found;
      if (reservedConcurrency !== null && (running.get(name) ?? 0) >= reservedConcurrency)
        return refused({ reason: "throttled", message: "Rate Exceeded." });
      return run(name, found, call, signal);
    },
  };

  function refused(why: Omit<Extract<Answer, { kind: "refused" }>, "kind">): Promise<Answer> {
    return new Promise((resolve) => {
      clock.wakeAt(clock.nowMs(), () => resolve({ kind: "refused", ...why }));
    });
  }
}

function answerOf(handled: Handled, isWanted: boolean): Answer {
  const { tookMs } = handled;
  if (handled.kind === "returned")
    return { kind: "returned", json: isWanted ? handled.json : null, executedVersion: VERSION, tookMs };
  const { errorType, message } = handled;
  return { kind: "functionError", reason: "threw", errorType, message, trace: [], executedVersion: VERSION, tookMs };
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
