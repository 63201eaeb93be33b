// A function that runs in this realm, with nothing patched: it takes its time from its context. While its code is at work the world
// stands, for as long as that really takes; while it sleeps the world goes on.
//
// IF1 The world is let go only when at least one sleep is under way and the code has come to rest: what it awaits beside a sleep
// (a file, a socket) is not seen, and then falls into the instant in which it really comes.

import type { Cancel } from "../ports/clock.ts";
import { nextTurn } from "../platform/turn.ts";
import type { Invocation, Run, RunAnswer, RunningFunction } from "./virtual-functions.ts";

export interface InlineContext {
  readonly functionName: string;
  readonly invokedFunctionArn: string;
  readonly awsRequestId: string;
  /** The world's wall time, epoch ms. */
  now(): number;
  /** Resolves once this much of the world's time has passed. It never does in a run that was ended. */
  sleep(ms: number): Promise<void>;
  getRemainingTimeInMillis(): number;
}

export interface InlineOptions {
  readonly handler: (event: unknown, context: InlineContext) => unknown;
  readonly timeoutMs: number;
  readonly reservedConcurrency: number | null;
  readonly qualifiers?: readonly string[];
  readonly extraMs?: number;
}

export function createInlineFunction({ handler, ...limits }: InlineOptions): RunningFunction {
  return { ...limits, run: (invocation) => runInline(handler, invocation) };
}

function runInline(handler: InlineOptions["handler"], invocation: Invocation): Run {
  const { clock } = invocation;
  const sleeps = new Set<Cancel>();
  let letGo = invocation.hold();
  let isOver = false;

  /** Lets the world go if the code has come to rest in sleeps. */
  async function rest(): Promise<void> {
    await nextTurn();
    if (sleeps.size > 0) letGo();
  }

  const context: InlineContext = {
    functionName: invocation.functionName,
    invokedFunctionArn: invocation.functionArn,
    awsRequestId: invocation.requestId,
    now: () => clock.nowMs(),
    sleep: (ms) =>
      new Promise((resolve) => {
        if (isOver) return;
        const cancel = clock.wakeAt(clock.nowMs() + ms, () => {
          sleeps.delete(cancel);
          letGo();
          letGo = invocation.hold();
          resolve();
          void rest();
        });
        sleeps.add(cancel);
        void rest();
      }),
    getRemainingTimeInMillis: () => invocation.startedAtMs + invocation.timeoutMs - clock.nowMs(),
  };

  function over(): void {
    isOver = true;
    for (const cancel of sleeps) cancel();
    sleeps.clear();
    letGo();
  }

  async function answer(): Promise<RunAnswer> {
    try {
      const event: unknown = JSON.parse(invocation.eventText);
      const value = await handler(event, context);
      return { kind: "returned", json: JSON.stringify(value ?? null) ?? "" };
    } catch (error) {
      return failureOf(error);
    } finally {
      over();
    }
  }

  return { answer: answer(), end: over };
}

function failureOf(thrown: unknown): RunAnswer {
  if (!(thrown instanceof Error))
    return { kind: "failed", reason: "threw", errorType: typeof thrown, message: String(thrown), trace: [] };
  const trace = String(thrown.stack ?? "").split("\n");
  return { kind: "failed", reason: "threw", errorType: thrown.name, message: thrown.message, trace };
}
