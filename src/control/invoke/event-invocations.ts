// Event invocations: accepted once they are stored, called from there until they have ended, over restarts and kill -9. An attempt
// under way when the process dies is made again, as AWS too may deliver more than once.
//
// A1  An invocation is two rows, written and taken away together: its state, and its payload, which is read when it is called.
// A2  A function has at most MOST_AT_ONCE calls of these under way, or as many as are reserved for it; others wait in order.
// A3  Once closed, nothing more is called; what is under way is stored as it ends.
// A4  A store that fails for a while ends no invocation: what became of it is kept here, and counts as it is.

import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Answer, FunctionCaller } from "../../ports/invoker.ts";
import type { Journal } from "../../ports/journal.ts";
import type { Tables } from "../../ports/tables.ts";
import { type AfterAttempt, afterAttempt } from "./after-attempt.ts";
import { invocationFact } from "./invocation-fact.ts";
import type { InvokedFunctions } from "./invoke-request.ts";

const MOST_AT_ONCE = 16;

export interface EventInvocationsOptions {
  readonly tables: Tables;
  readonly caller: FunctionCaller;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly functions: Pick<InvokedFunctions, "reservedOf">;
}

export interface EventInvocations {
  /** Goes on with what the store holds. Once, when functions can be called. */
  start(): Promise<void>;
  /** Resolves when it is stored; rejects where it cannot be. */
  accept(invocation: NewInvocation): Promise<void>;
  /** Calls nothing more; resolves when all that was under way has ended and is stored. */
  close(): Promise<void>;
}

export interface NewInvocation {
  readonly requestId: string;
  readonly functionName: string;
  readonly arn: string;
  /** JSON in UTF-8. */
  readonly payload: Uint8Array;
}

interface Kept {
  readonly requestId: string;
  readonly functionName: string;
  readonly arn: string;
  readonly acceptedAtMs: number;
  readonly failedCount: number;
  readonly refusedCount: number;
  readonly dueAtMs: number;
}

interface Waiting {
  readonly key: string;
  readonly kept: Kept;
}

export function createEventInvocations(options: EventInvocationsOptions): EventInvocations {
  const { tables, caller, clock, journal } = options;
  /** Due now, by function, the first in line first. */
  const due = new Map<string, Waiting[]>();
  const runningCounts = new Map<string, number>();
  const timers = new Set<Cancel>();
  const underWay = new Set<Promise<void>>();
  /** Keys of what is in line, or due later, before functions can be called. */
  const early = new Set<string>();
  let isStarted = false;
  let isClosed = false;

  function schedule(waiting: Waiting): void {
    if (isClosed) return;
    const { key, kept } = waiting;
    if (!isStarted) early.add(key);
    if (kept.dueAtMs <= clock.nowMs()) return enqueue(waiting);
    const cancel = clock.wakeAt(kept.dueAtMs, () => {
      timers.delete(cancel);
      enqueue(waiting);
    });
    timers.add(cancel);
  }

  function enqueue(waiting: Waiting): void {
    const { functionName } = waiting.kept;
    const line = due.get(functionName) ?? [];
    due.set(functionName, line);
    line.push(waiting);
    pump(functionName);
  }

  function pump(functionName: string): void {
    const line = due.get(functionName);
    if (line === undefined || !isStarted || isClosed) return;
    const most = Math.max(1, Math.min(MOST_AT_ONCE, options.functions.reservedOf(functionName) ?? MOST_AT_ONCE));
    while ((runningCounts.get(functionName) ?? 0) < most) {
      const next = line.shift();
      if (next === undefined) return void due.delete(functionName);
      runningCounts.set(functionName, (runningCounts.get(functionName) ?? 0) + 1);
      const running = attempt(next).finally(() => {
        underWay.delete(running);
        const left = (runningCounts.get(functionName) ?? 1) - 1;
        if (left > 0) runningCounts.set(functionName, left);
        else runningCounts.delete(functionName);
        pump(functionName);
      });
      underWay.add(running);
    }
  }

  /** Never rejects. */
  async function attempt({ key, kept }: Waiting): Promise<void> {
    let next: Kept | null = null;
    try {
      const payload = await tables.get("invocation-payloads", key);
      const answer = await caller.call({
        requestId: kept.requestId,
        functionArn: kept.arn,
        payload: bufferOf(Buffer.from(payload ?? "null", "utf8")),
        clientContext: null,
        isLogWanted: false,
      });
      const nowMs = clock.nowMs();
      const after = afterAttempt(answer, kept, nowMs);
      note(kept, answer, after);
      if (after.kind === "again") {
        const { failedCount, refusedCount, waitMs } = after;
        next = { ...kept, failedCount, refusedCount, dueAtMs: nowMs + waitMs };
        await tables.change([{ kind: "put", table: "invocations", key, value: JSON.stringify(next) }]);
      } else {
        await forget(key);
      }
    } catch (error) {
      const follows = next === null ? "the next start may make it again" : "it goes on, from here";
      const detail = `what became of the Event invocation ${kept.requestId} cannot be stored; ${follows}: ${String(error)}`;
      journal.append(null, "invocations", { kind: "thread", thread: "store", event: "failed", detail });
    }
    if (next !== null) schedule({ key, kept: next });
  }

  async function forget(key: string): Promise<void> {
    await tables.change([
      { kind: "delete", table: "invocations", key },
      { kind: "delete", table: "invocation-payloads", key },
    ]);
  }

  function note(kept: Kept, answer: Answer, after: AfterAttempt): void {
    const { functionName, failedCount } = kept;
    const fact = invocationFact(kept, answer, {
      invocationType: "Event",
      attempt: failedCount + 1,
      verdict: after.kind === "done" ? "done" : after.kind === "again" ? "retry" : "give up",
      condition: after.kind === "gave-up" ? after.why : null,
      retryAfterMs: after.kind === "again" ? after.waitMs : null,
    });
    journal.append(null, `invocations/${functionName}`, fact);
  }

  return {
    async start() {
      const rows = await tables.list("invocations");
      for (const { key, value } of rows) {
        // What was accepted while functions could not be called yet is in line already.
        if (!early.has(key)) schedule({ key, kept: JSON.parse(value) as Kept });
      }
      isStarted = true;
      early.clear();
      for (const [functionName, line] of due) {
        line.sort((one, other) => (one.key < other.key ? -1 : 1));
        pump(functionName);
      }
    },
    async accept({ requestId, functionName, arn, payload }) {
      const acceptedAtMs = clock.nowMs();
      const kept: Kept = {
        requestId,
        functionName,
        arn,
        acceptedAtMs,
        failedCount: 0,
        refusedCount: 0,
        dueAtMs: acceptedAtMs,
      };
      const key = `${String(acceptedAtMs).padStart(15, "0")}-${requestId}`;
      await tables.change([
        { kind: "put", table: "invocations", key, value: JSON.stringify(kept) },
        { kind: "put", table: "invocation-payloads", key, value: Buffer.from(payload).toString("utf8") },
      ]);
      schedule({ key, kept });
    },
    async close() {
      isClosed = true;
      for (const cancel of timers) cancel();
      await Promise.all(underWay);
    },
  };
}

/** A buffer of its own, to be given away. */
export function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
