// Receives that wait for a message, of all queues of a thread, on one blocking connection: BZPOPMIN on the markers that BullMQ's own
// `add` sets for its workers. Nobody polls: a marker wakes, or the instant at which something that is hidden or delayed is next due.
//
// W1  Nobody waits for ever: a wait ends with an answer that has something, with its queue, with its time, or when it is aborted.
// W2  Who takes a marker looks; one that was meant for somebody else, as nobody here waits for its queue any more, is put back.
// W3  Who came first is looked for first. Once a look finds nothing, those behind it are not looked for.
// W4  A marker can be lost with whoever took it; so each queue is looked at every blockMs, too.

import type { Cancel, Clock } from "../../../src/ports/clock.ts";
import type { RedisLine } from "../redis-line.ts";

/** As a worker of BullMQ looks by itself. */
const BLOCK_MS = 5_000;
/** After the blocking connection has failed. */
const PAUSE_MS = 500;
const WAKE_EXPIRY_MS = 3_600_000;

export interface Looked<T> {
  readonly answer: T;
  /** Whether this ends the wait. */
  readonly isFound: boolean;
  /** In how many ms something that is hidden now is visible; null: nothing is hidden. */
  readonly dueInMs: number | null;
}

export interface WaitRequest<T> {
  readonly queue: string;
  /** Monotonic. */
  readonly untilMs: number;
  readonly look: () => Promise<Looked<T>>;
  /** What the look before found, which was nothing. */
  readonly last: Looked<T>;
}

export interface QueueWaits {
  /** The last answer where the time or the signal ends it. Rejects as `look` does. */
  wait<T>(request: WaitRequest<T>, signal: AbortSignal | undefined): Promise<T>;
  /** Ends all waits with what was last found. */
  close(): Promise<void>;
}

interface Waiter {
  readonly untilMs: number;
  /** Looks; true where it found nothing and waits on. */
  readonly look: () => Promise<boolean>;
  readonly end: () => void;
}

interface Waited {
  readonly waiters: Set<Waiter>;
  cancelTimer: Cancel | null;
  timerAtMs: number;
  isLooking: boolean;
  isToLookAgain: boolean;
}

export function createQueueWaits(options: {
  readonly commands: RedisLine;
  /** Opened when the first receive waits. */
  readonly openBlocking: () => RedisLine;
  /** Key of a private sorted set that ends the blocking read early. */
  readonly wakeKey: string;
  readonly markerOf: (queue: string) => string;
  readonly clock: Clock;
  /** Default 5,000. */
  readonly blockMs?: number;
}): QueueWaits {
  const { commands, wakeKey, markerOf, clock, blockMs = BLOCK_MS } = options;
  const queues = new Map<string, Waited>();
  let blocking: RedisLine | null = null;
  let blockedOn: ReadonlySet<string> = new Set();
  let isRunning = false;
  let isClosed = false;
  let turn = 0;

  function arm(queue: string, waited: Waited, atMs: number): void {
    if (waited.cancelTimer !== null && waited.timerAtMs <= atMs) return;
    waited.cancelTimer?.();
    waited.timerAtMs = atMs;
    waited.cancelTimer = clock.wakeAt(clock.nowMs() + Math.max(0, atMs - clock.monotonicMs()), () => {
      waited.cancelTimer = null;
      void look(queue);
    });
  }

  function leave(queue: string, waiter: Waiter): void {
    const waited = queues.get(queue);
    if (waited === undefined) return;
    waited.waiters.delete(waiter);
    if (waited.waiters.size > 0) return;
    waited.cancelTimer?.();
    queues.delete(queue);
  }

  /** One round of looks at a time: what wakes meanwhile makes another. */
  async function look(queue: string): Promise<void> {
    const waited = queues.get(queue);
    if (waited === undefined) return;
    waited.isToLookAgain = true;
    if (waited.isLooking) return;
    waited.isLooking = true;
    while (waited.isToLookAgain) {
      waited.isToLookAgain = false;
      let isEmpty = false;
      for (const waiter of waited.waiters) {
        const isOver = waiter.untilMs <= clock.monotonicMs();
        if (isEmpty && !isOver) continue;
        if (await waiter.look()) isEmpty = true;
        if (isOver) waiter.end();
      }
    }
    waited.isLooking = false;
    for (const { untilMs } of waited.waiters) arm(queue, waited, untilMs);
  }

  async function run(): Promise<void> {
    while (queues.size > 0 && !isClosed) {
      const names = [...queues.keys()];
      // Each read begins with another queue: one that is always full would hide the others.
      turn = (turn + 1) % names.length;
      const asked = [...names.slice(turn), ...names.slice(0, turn)];
      blockedOn = new Set(asked);
      try {
        const reply = await popMarker(asked);
        const queue = reply === null ? null : (asked.find((name) => markerOf(name) === reply.key) ?? wakeKey);
        if (queue === null) for (const name of asked) void look(name);
        else if (queues.has(queue)) void look(queue);
        else if (reply !== null && queue !== wakeKey) await putBack(reply);
      } catch {
        // The looks tell whoever waits what is wrong; here it is only not asked again at once.
        for (const name of asked) void look(name);
        await new Promise<void>((resolve) => {
          clock.wakeAt(clock.nowMs() + PAUSE_MS, resolve);
        });
      }
    }
    blockedOn = new Set();
    isRunning = false;
  }

  async function popMarker(asked: readonly string[]): Promise<Marker | null> {
    blocking ??= options.openBlocking();
    const words = [wakeKey, ...asked.map(markerOf), String(blockMs / 1_000)];
    const reply = await blocking.ask((redis) => redis.call("BZPOPMIN", words), { isRepeatable: true, blockMs });
    if (!Array.isArray(reply)) return null;
    const [key, member, score] = reply as readonly unknown[];
    return { key: String(key), member: String(member), score: String(score) };
  }

  async function putBack({ key, member, score }: Marker): Promise<void> {
    await commands.ask((redis) => redis.zadd(key, "NX", score, member)).catch(() => undefined); // W4 finds it.
  }

  function wake(): void {
    const woken = commands.ask(
      (redis) => redis.pipeline().zadd(wakeKey, "0", "wake").pexpire(wakeKey, WAKE_EXPIRY_MS).exec(),
      { isRepeatable: true },
    );
    woken.catch(() => undefined); // The blocking read ends by itself after blockMs at the latest.
  }

  function join(queue: string, waiter: Waiter): Waited {
    const waited: Waited = queues.get(queue) ?? {
      waiters: new Set(),
      cancelTimer: null,
      timerAtMs: Number.POSITIVE_INFINITY,
      isLooking: false,
      isToLookAgain: false,
    };
    queues.set(queue, waited);
    waited.waiters.add(waiter);
    if (!isRunning) {
      isRunning = true;
      void run();
    } else if (!blockedOn.has(queue)) wake();
    return waited;
  }

  return {
    wait: <T>({ queue, untilMs, look: lookOnce, last }: WaitRequest<T>, signal: AbortSignal | undefined) =>
      new Promise<T>((resolve, reject) => {
        let answer = last.answer;
        if (signal?.aborted === true || isClosed) return resolve(answer);
        let isLooking = false;
        const end = (): void => {
          signal?.removeEventListener("abort", abandoned);
          leave(queue, waiter);
          resolve(answer);
        };
        // A look that is under way may have taken messages: it is heard to its end.
        const abandoned = (): void => void (isLooking || end());
        const waiter: Waiter = {
          untilMs,
          end,
          async look() {
            isLooking = true;
            try {
              const looked = await lookOnce();
              answer = looked.answer;
              if (looked.isFound || signal?.aborted === true || isClosed) end();
              else rearm(looked);
              return !looked.isFound;
            } catch (error) {
              signal?.removeEventListener("abort", abandoned);
              leave(queue, waiter);
              reject(error);
              return false;
            } finally {
              isLooking = false;
            }
          },
        };
        const rearm = ({ dueInMs }: Looked<T>): void => {
          const waited = queues.get(queue);
          if (waited !== undefined && dueInMs !== null) arm(queue, waited, clock.monotonicMs() + dueInMs);
        };
        signal?.addEventListener("abort", abandoned, { once: true });
        arm(queue, join(queue, waiter), untilMs);
        rearm(last);
      }),
    async close() {
      if (isClosed) return;
      isClosed = true;
      for (const { waiters } of queues.values()) for (const waiter of waiters) waiter.end();
      if (blocking === null) return;
      blocking.close();
      await commands.ask((redis) => redis.del(wakeKey)).catch(() => undefined); // One that is left behind expires.
    },
  };
}

interface Marker {
  readonly key: string;
  readonly member: string;
  readonly score: string;
}
