// One connection to Redis, for one use. It reconnects by itself for as long as it is open; a command never queues while Redis is away.
//
// L1  Silence is bounded. A Redis that is stopped, or a network that swallows packets, ends the connection, not the caller; an answer
//     that comes slowly is heard to its end.
// L2  A connection that breaks is no trouble yet: what may be asked twice is asked again once the next try to connect succeeds.
// L3  Why the last try failed is kept, so that a refused login is not told as a Redis that is away.
// L4  Nothing is asked in another database than the address names. The client by itself would go on in the first one.

import { Redis, type RedisOptions } from "ioredis";
import type { RedisAddress } from "../../src/threads/protocol.ts";

const CONNECT_WITHIN_MS = 3_000;
const ANSWER_WITHIN_MS = 5_000;
/** A closed connection's other end may never say goodbye. */
const GOODBYE_WITHIN_MS = 500;
const MOST_RECONNECT_DELAY_MS = 1_000;

export type LineUse = "commands" | "blocking";

export interface RedisLine {
  readonly address: RedisAddress;
  /**
   * Rejects with Redis's own error, or a LineError. Only what is repeatable is asked a second time (L2). `blockMs` is how long the
   * answer may wait within Redis.
   */
  ask<T>(
    work: (redis: Redis) => Promise<T>,
    how?: { readonly isRepeatable?: boolean; readonly blockMs?: number },
  ): Promise<T>;
  /** What is under way is rejected. A second call changes nothing. */
  close(): void;
}

/** No connection, or no answer: nobody knows whether a command that was under way has been carried out. */
export class LineError extends Error {
  override readonly name = "LineError";
}

export interface LineOptions {
  /** How long nothing may be heard of an answer, and the wait for a connection; default 5,000. */
  readonly answerWithinMs?: number;
  /** What Redis lists the connection as, behind `millrace-` and its use; default: nothing. */
  readonly name?: string;
}

export function openRedisLine(address: RedisAddress, use: LineUse, options: LineOptions = {}): RedisLine {
  const answerWithinMs = options.answerWithinMs ?? ANSWER_WITHIN_MS;
  const name = ["millrace", use, options.name].filter((part) => part !== undefined).join("-");
  // Since Redis last answered. The client counts anew with each connection, and a tunnel or a container's port takes one and drops it.
  let triesCount = 0;
  const redis = new Redis(address.url, {
    ...clientOptions(address),
    retryStrategy: () => Math.min(25 * 2 ** Math.min(++triesCount, 10), MOST_RECONNECT_DELAY_MS),
  });
  let trouble: Error | null = null;
  let greeted: unknown = null;
  let greeting: Promise<void> = Promise.resolve();
  // Ends every wait of this line: a client that is closed while it connects says nothing more.
  const closing = new AbortController();
  // One wait for all who ask meanwhile: a thousand readers are not a thousand listeners.
  let waiting: Promise<boolean> | null = null;
  redis.on("error", (error: Error) => {
    trouble = error;
  });
  // The client listens for one error of a socket only; TLS may bring a second, which nobody would hear, and which ends the thread.
  redis.on("connecting", () => setImmediate(() => redis.stream?.on("error", (error: Error) => (trouble ??= error))));

  function usable(): Promise<boolean> | boolean {
    if (closing.signal.aborted) return false;
    if (redis.status === "ready") return true;
    waiting ??= nextNews(redis, answerWithinMs, closing.signal).finally(() => {
      waiting = null;
    });
    return waiting;
  }

  /**
   * The first words on a connection, by us: with the client's `connectionName`, a connection that ends before they are answered is
   * called ready, and never made again. Their answer comes after the login's.
   */
  async function greet(): Promise<void> {
    await redis.client("SETNAME", name).catch(() => undefined); // It is for people who look at CLIENT LIST, and for nothing else.
    const { db = 0 } = redis.options;
    if (db === 0) return;
    try {
      await redis.select(db);
    } catch (error) {
      // Whoever asks is told, and the next one asks on a new connection.
      if (isReplyError(error)) redis.disconnect(true);
      throw error;
    }
  }

  function talk<T>(work: (redis: Redis) => Promise<T>): Promise<T> {
    if (redis.stream !== greeted) {
      greeted = redis.stream;
      greeting = greet();
    }
    return greeting.then(() => {
      writeTogether(redis);
      return work(redis);
    });
  }

  async function ask<T>(
    work: (redis: Redis) => Promise<T>,
    how: { readonly isRepeatable?: boolean; readonly blockMs?: number } = {},
  ): Promise<T> {
    for (let isAgain = false; ; isAgain = true) {
      if (!(await usable())) throw new LineError("no connection", { cause: trouble });
      try {
        const answer = await within(answerWithinMs + (how.blockMs ?? 0), talk(work), () => redis.stream.bytesRead);
        trouble = null;
        triesCount = 0;
        return answer;
      } catch (error) {
        if (isReplyError(error)) throw error;
        if (error instanceof NoAnswer && !closing.signal.aborted) redis.disconnect(true);
        if (redis.status === "ready") await goodbye(redis, closing.signal);
        if (error instanceof NoAnswer || isAgain || how.isRepeatable !== true)
          throw new LineError("the connection broke", { cause: trouble ?? error });
      }
    }
  }

  return {
    address,
    ask,
    close() {
      closing.abort();
      redis.disconnect();
    },
  };
}

/** What is asked in one turn goes out in one write: a write costs more than most answers. */
function writeTogether({ stream }: Redis): void {
  if (stream.writableCorked > 0) return;
  stream.cork();
  process.nextTick(() => stream.uncork());
}

function clientOptions(address: RedisAddress): RedisOptions {
  return {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_WITHIN_MS,
    disconnectTimeout: GOODBYE_WITHIN_MS,
    // It would ask for INFO, which a restricted user may not call, and print a warning. A Redis that loads says so in its answers.
    enableReadyCheck: false,
    disableClientInfo: true,
    autoResendUnfulfilledCommands: false,
    ...(address.caPem === null ? {} : { tls: { ca: address.caPem } }),
  };
}

/** A connection that is ending still calls itself ready, and refuses every command at once: whoever asked on would spin. */
async function goodbye(redis: Redis, signal: AbortSignal): Promise<void> {
  await oneOf(redis, ["close"], 2 * GOODBYE_WITHIN_MS, signal);
}

/** Whether the next try to connect succeeds. */
async function nextNews(redis: Redis, withinMs: number, signal: AbortSignal): Promise<boolean> {
  return (await oneOf(redis, ["ready", "close", "end"], withinMs, signal)) === "ready";
}

/** The first of these events, or null after `withinMs` or when the line is closed. */
function oneOf(redis: Redis, events: readonly string[], withinMs: number, signal: AbortSignal): Promise<string | null> {
  return new Promise((resolve) => {
    const finish = (event: string | null) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", closed);
      for (const [name, listener] of listeners) redis.off(name, listener);
      resolve(event);
    };
    const closed = () => finish(null);
    const timer = setTimeout(closed, withinMs);
    const listeners = events.map((name) => [name, () => finish(name)] as const);
    for (const [name, listener] of listeners) redis.on(name, listener);
    signal.addEventListener("abort", closed);
    if (signal.aborted) closed();
  });
}

class NoAnswer extends Error {}

/** Rejects after `ms` in which nothing was heard. A thread that stood still itself, as in a debugger, first hears what has come. */
function within<T>(ms: number, answer: Promise<T>, heardBytes: () => number): Promise<T> {
  let heard = heardBytes();
  let isOver = false;
  return new Promise<T>((resolve, reject) => {
    let timer = setTimeout(due, ms);
    function due(): void {
      setImmediate(() => {
        const now = heardBytes();
        if (isOver) return;
        if (now <= heard) return reject(new NoAnswer());
        heard = now;
        timer = setTimeout(due, ms);
      });
    }
    answer
      .finally(() => {
        isOver = true;
        clearTimeout(timer);
      })
      .then(resolve, reject);
  });
}

/** Redis itself has answered, with an error. */
export function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}
