// One blocking XREAD for all shards of a thread that have nothing to read. Blocking beats polling by a factor of twenty in latency
// and a thousand idle shards cost one connection, not a thousand.
//
// B1  A waiter answers once: with entries, with a problem, or that nothing came for a while. An aborted one never answers and is forgotten.
// B2  The keys of the blocking read are those that wait; when a key joins, an entry in a private wake stream ends the read early.
// B3  One key's trouble (its type, a permission) is that key's problem and never another's.
// B4  All who wait for a key get what has come to it, each from its own place on.

import type { SourceProblem } from "../../src/ports/source.ts";
import { isAfter } from "./entry-ids.ts";
import { isReplyError, type RedisLine } from "./redis-line.ts";
import { problemFrom } from "./redis-problems.ts";

/** Redis ends a blocking read after this long; then the waiters may look whether their stream is still there. */
const BLOCK_MS = 5_000;
/** Entries a key in one answer, at most: what wakes a shard is little, and the rest is read without blocking. */
const MOST_ENTRIES = 100;
/** A thread that is killed leaves its wake stream behind for as long as this. */
const WAKE_EXPIRY_MS = 3_600_000;

/** An entry as the client hands it out: its id, then field, value, field, value … */
export type RawEntry = readonly [Buffer, readonly Buffer[]];

export type Awaited =
  | { readonly kind: "entries"; readonly entries: readonly RawEntry[]; readonly isAllThereIs: boolean }
  /** Nothing came for a while, some stream has gone, or Redis gave the wait up. */
  | { readonly kind: "quiet" }
  | { readonly kind: "problem"; readonly problem: SourceProblem };

export interface WaitRequest {
  readonly key: string;
  readonly arn: string;
  /** Entry id. */
  readonly after: string;
}

export interface BlockedReads {
  wait(request: WaitRequest, signal: AbortSignal): Promise<Awaited>;
  /** Resolves once the wake stream is gone, or cannot be reached. */
  close(): Promise<void>;
}

interface Waiter extends WaitRequest {
  readonly answer: (answer: Awaited) => void;
}

export function createBlockedReads(options: {
  readonly commands: RedisLine;
  /** Opened when the first reader waits. */
  readonly openBlocking: () => RedisLine;
  /** Name of the private wake stream. */
  readonly wakeKey: string;
  /** Name of the stream that tells all threads that a stream has gone. */
  readonly changesKey: string;
  /** Default 5,000. */
  readonly blockMs?: number;
}): BlockedReads {
  const { commands, wakeKey, changesKey } = options;
  const blockMs = options.blockMs ?? BLOCK_MS;
  const waiters = new Map<string, Set<Waiter>>();
  let blocking: RedisLine | null = null;
  let isRunning = false;
  let isWaking = false;
  let isWakeWanted = false;
  let isClosed = false;
  let wokenAt = "0-0";
  let changedAt = "0-0";

  function forget(waiter: Waiter): boolean {
    const own = waiters.get(waiter.key);
    const wasThere = own?.delete(waiter) === true;
    if (own?.size === 0) waiters.delete(waiter.key);
    return wasThere;
  }

  function answer(waiter: Waiter, awaited: Awaited): void {
    if (forget(waiter)) waiter.answer(awaited);
  }

  async function run(): Promise<void> {
    while (waiters.size > 0 && !isClosed) {
      const asked = furthestBehind(waiters);
      try {
        dispense(asked, await readOnce(asked));
      } catch (error) {
        // A Redis that lost its data and whose clock is behind would otherwise never wake us.
        wokenAt = "0-0";
        changedAt = "0-0";
        // Redis gives waits up by itself when it changes its role, and when a person says so.
        if (isReplyError(error) && error.message.startsWith("UNBLOCKED ")) sendToLook(asked);
        else await blame(asked, error);
      }
    }
    isRunning = false;
  }

  function readOnce(asked: ReadonlyMap<string, string>): Promise<unknown> {
    blocking ??= options.openBlocking();
    return blocking.ask(
      (redis) =>
        redis.callBuffer("XREAD", [
          "COUNT",
          String(MOST_ENTRIES),
          "BLOCK",
          String(blockMs),
          "STREAMS",
          wakeKey,
          changesKey,
          ...asked.keys(),
          wokenAt,
          changedAt,
          ...asked.values(),
        ]),
      { isRepeatable: true, blockMs },
    );
  }

  function dispense(asked: ReadonlyMap<string, string>, reply: unknown): void {
    let isToLook = !Array.isArray(reply);
    for (const [name, entries] of (reply ?? []) as readonly [Buffer, readonly RawEntry[]][]) {
      const key = name.toString();
      if (key === wakeKey) {
        wokenAt = entries.at(-1)?.[0].toString("latin1") ?? wokenAt;
        continue;
      }
      if (key === changesKey) {
        isToLook = true;
        changedAt = entries.at(-1)?.[0].toString("latin1") ?? changedAt;
        continue;
      }
      const after = asked.get(key) ?? "0-0";
      const isAllThereIs = entries.length < MOST_ENTRIES;
      // A set may lose what it has just handed out.
      for (const waiter of waiters.get(key) ?? []) {
        if (isAfter(after, waiter.after)) continue; // It joined meanwhile, from further behind: the next round is its own.
        const own = after === waiter.after ? entries : entries.filter(([id]) => isAfter(String(id), waiter.after));
        if (own.length > 0) answer(waiter, { kind: "entries", entries: own, isAllThereIs });
      }
    }
    if (isToLook) sendToLook(asked);
  }

  function sendToLook(asked: ReadonlyMap<string, string>): void {
    for (const waiter of among(asked)) answer(waiter, { kind: "quiet" });
  }

  /** Those who wait for what was asked. Who joined meanwhile has not been asked for, and waits on. */
  function among(asked: ReadonlyMap<string, string>): readonly Waiter[] {
    return [...waiters.values()].flatMap((own) =>
      [...own].filter(({ key, after }) => {
        const from = asked.get(key);
        return from !== undefined && !isAfter(from, after);
      }),
    );
  }

  /** B3: finds out whose trouble Redis's error is by asking each key alone. */
  async function blame(asked: ReadonlyMap<string, string>, error: unknown): Promise<void> {
    let isBlamed = false;
    if (isReplyError(error) && /WRONGTYPE|NOPERM/.test(error.message)) {
      await Promise.all(
        among(asked).map(async (waiter) => {
          const ask = commands.ask((redis) =>
            redis.callBuffer("XREAD", ["COUNT", "1", "STREAMS", waiter.key, waiter.after]),
          );
          await ask.catch((own: unknown) => {
            isBlamed = true;
            answer(waiter, { kind: "problem", problem: problemFrom(own, commands.address, waiter) });
          });
        }),
      );
    }
    // Nobody's: the connection, the server, or the wake stream. Then it is everybody's.
    if (isBlamed) return;
    const key = isReplyError(error) && error.message.includes("NOPERM") ? wakeKey : null;
    for (const waiter of among(asked)) {
      const concerned = { arn: waiter.arn, key: key ?? waiter.key };
      answer(waiter, { kind: "problem", problem: problemFrom(error, commands.address, concerned) });
    }
  }

  function wake(): void {
    isWakeWanted = true;
    if (isWaking || isClosed) return;
    isWaking = true;
    isWakeWanted = false;
    const woken = commands.ask(
      (redis) =>
        redis.pipeline().xadd(wakeKey, "MAXLEN", "1", "*", "wake", "1").pexpire(wakeKey, WAKE_EXPIRY_MS).exec(),
      { isRepeatable: true },
    );
    woken.then(
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
        if (signal.aborted || isClosed) return; // S4: whoever asked has let go.
        const waiter: Waiter = {
          ...request,
          answer: (awaited) => {
            signal.removeEventListener("abort", abandoned);
            resolve(awaited);
          },
        };
        const abandoned = () => void forget(waiter);
        signal.addEventListener("abort", abandoned, { once: true });
        const own = waiters.get(waiter.key) ?? new Set();
        waiters.set(waiter.key, own.add(waiter));
        if (isRunning) return wake();
        isRunning = true;
        void run();
      });
    },
    async close() {
      if (isClosed) return;
      isClosed = true;
      waiters.clear();
      blocking?.close();
      // A wake stream that is left behind expires.
      await commands.ask((redis) => redis.del(wakeKey)).catch(() => undefined);
    },
  };
}

/** Several mappings may wait for one key: it is read from the one furthest behind on. */
function furthestBehind(waiters: ReadonlyMap<string, ReadonlySet<Waiter>>): ReadonlyMap<string, string> {
  const places = new Map<string, string>();
  for (const [key, own] of waiters)
    for (const { after } of own) {
      const other = places.get(key);
      if (other === undefined || isAfter(other, after)) places.set(key, after);
    }
  return places;
}
