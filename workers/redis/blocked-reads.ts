// One blocking XREAD for all shards of a thread that have nothing to read. Blocking beats polling by a factor of twenty in latency
// and a thousand idle shards cost one connection, not a thousand.
//
// B1  A waiter answers once: with entries, or with a problem. An aborted one never answers and is forgotten.
// B2  The keys of the blocking read are those that wait; when a key joins, an entry in a private wake stream ends the read early.
// B3  One key's trouble (its type, a permission) is that key's problem and never another's.

import type { Redis } from "ioredis";
import type { SourceProblem } from "../../src/ports/source.ts";
import type { RedisAddress } from "../../src/threads/protocol.ts";
import { connectRedis, problemFrom, unreachable, whenUsable } from "./redis-connection.ts";

/** Redis ends a blocking read after this long; then the waiters may look whether their stream is still there. */
const BLOCK_MS = 5_000;
/** Entries a key in one answer, at most. */
const MOST_ENTRIES = 500;

/** An entry as the client hands it out: its id, then field, value, field, value … */
export type RawEntry = readonly [Buffer, readonly Buffer[]];

export type Awaited =
  /** One entry more than `asked` where there is more: it only tells that there is. */
  | { readonly kind: "entries"; readonly entries: readonly RawEntry[]; readonly asked: number }
  /** Nothing came for a while. */
  | { readonly kind: "quiet" }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

interface Waiter {
  readonly key: string;
  readonly arn: string;
  readonly after: string;
  readonly most: number;
  readonly answer: (answer: Awaited) => void;
}

export interface BlockedReads {
  wait(
    request: { readonly key: string; readonly arn: string; readonly after: string; readonly most: number },
    signal: AbortSignal,
  ): Promise<Awaited>;
  close(): void;
}

export function createBlockedReads(options: {
  readonly address: RedisAddress;
  readonly commands: Redis;
  /** Name of the private wake stream. */
  readonly wakeKey: string;
}): BlockedReads {
  const { address, commands, wakeKey } = options;
  const waiters = new Set<Waiter>();
  let blocking: Redis | null = null;
  let isRunning = false;
  let isWaking = false;
  let isClosed = false;
  let isWakeWanted = false;
  let wokenAt = "0";

  function answer(waiter: Waiter, awaited: Awaited): void {
    if (waiters.delete(waiter)) waiter.answer(awaited);
  }

  async function run(): Promise<void> {
    while (waiters.size > 0 && !isClosed) {
      const asked = onePerKey(waiters);
      blocking ??= connectRedis(address, "blocking");
      if (!(await whenUsable(blocking))) {
        for (const waiter of asked) answer(waiter, { kind: "problem", problem: unreachable(address) });
        continue;
      }
      try {
        await readOnce(blocking, asked);
      } catch (error) {
        await blame(asked, error);
      }
    }
    isRunning = false;
  }

  async function readOnce(redis: Redis, asked: readonly Waiter[]): Promise<void> {
    const most = Math.min(MOST_ENTRIES, ...asked.map((each) => each.most));
    const keys = asked.map((each) => each.key);
    const places = asked.map((each) => each.after);
    const reply = await redis.callBuffer("XREAD", [
      "COUNT",
      String(most + 1),
      "BLOCK",
      String(BLOCK_MS),
      "STREAMS",
      wakeKey,
      ...keys,
      wokenAt,
      ...places,
    ]);
    if (!Array.isArray(reply)) {
      for (const waiter of asked) answer(waiter, { kind: "quiet" });
      return;
    }
    for (const [name, entries] of reply as [Buffer, RawEntry[]][]) {
      const key = name.toString();
      if (key === wakeKey) {
        wokenAt = entries.at(-1)?.[0].toString() ?? wokenAt;
        continue;
      }
      const waiter = asked.find((each) => each.key === key);
      if (waiter !== undefined) answer(waiter, { kind: "entries", entries, asked: most });
    }
  }

  /** Finds out whose trouble an error is by asking each key alone. */
  async function blame(asked: readonly Waiter[], error: unknown): Promise<void> {
    const isOfRedis = error instanceof Error && /^(WRONGTYPE|NOPERM)\b/.test(error.message);
    for (const waiter of asked) {
      if (!isOfRedis) {
        answer(waiter, { kind: "problem", problem: problemFrom(error, address, waiter.arn, waiter.key) });
        continue;
      }
      try {
        await commands.callBuffer("XREAD", ["COUNT", "1", "STREAMS", waiter.key, waiter.after]);
      } catch (own) {
        answer(waiter, { kind: "problem", problem: problemFrom(own, address, waiter.arn, waiter.key) });
      }
    }
  }

  function wake(): void {
    isWakeWanted = true;
    if (isWaking) return;
    isWaking = true;
    isWakeWanted = false;
    commands.call("XADD", [wakeKey, "MAXLEN", "1", "*", "wake", "1"]).then(
      () => {
        isWaking = false;
        if (isWakeWanted) wake();
      },
      () => {
        isWaking = false; // The blocking read ends by itself after BLOCK_MS at the latest.
      },
    );
  }

  return {
    wait(request, signal) {
      return new Promise((resolve) => {
        const waiter: Waiter = {
          ...request,
          answer: (awaited) => {
            signal.removeEventListener("abort", forget);
            resolve(awaited);
          },
        };
        const forget = () => waiters.delete(waiter);
        signal.addEventListener("abort", forget, { once: true });
        waiters.add(waiter);
        if (isRunning) return wake();
        isRunning = true;
        void run();
      });
    },
    close() {
      isClosed = true;
      waiters.clear();
      blocking?.disconnect();
      commands.call("DEL", [wakeKey]).catch(() => undefined); // The stream holds one entry; leaving it behind harms nobody.
    },
  };
}

/** Several mappings may wait for one key; the one furthest behind goes first, the others in the next round. */
function onePerKey(waiters: ReadonlySet<Waiter>): readonly Waiter[] {
  const chosen = new Map<string, Waiter>();
  for (const waiter of waiters) {
    const other = chosen.get(waiter.key);
    if (other === undefined || isAfter(other.after, waiter.after)) chosen.set(waiter.key, waiter);
  }
  return [...chosen.values()];
}

/** Whether entry id `a` comes after `b`. */
export function isAfter(a: string, b: string): boolean {
  const [aMs = "0", aCounter = "0"] = a.split("-");
  const [bMs = "0", bCounter = "0"] = b.split("-");
  const ms = BigInt(aMs) - BigInt(bMs);
  return ms > 0n || (ms === 0n && BigInt(aCounter) > BigInt(bCounter));
}
