// Posts to addresses that are subscribed. Each is a row of the store until it has ended, so that a message that was published reaches them
// over restarts and kill -9, at least once.
//
// N1  A post is tried as SNS's default policy says: at once, 3 times more at once, 2 times after a second, 10 times after 1 to 20 seconds,
//     35 times after 20 seconds. An answer of 4xx but 429 ends it (SNS: a fault of the subscriber that stays).
// N2  At most MOST_AT_ONCE are under way, and MOST_KEPT are kept: one more is given up at once.
// N3  What is given up is told (`onGivenUp`) before its row goes. Once closed, nothing more is sent, and what is under way stays a row.

import type { Cancel, Clock } from "../../ports/clock.ts";
import type { Tables } from "../../ports/tables.ts";
import type { TopicAttribute } from "../../ports/topics.ts";

const MOST_AT_ONCE = 32;
const MOST_KEPT = 100_000;
const ANSWER_WITHIN_MS = 15_000;
/** N1: how long before each further attempt, ms. */
const WAITS_MS: readonly number[] = [
  0,
  0,
  0,
  1_000,
  1_000,
  ...Array.from({ length: 10 }, (_, index) => 1_000 + Math.round((index * 19_000) / 9)),
  ...Array.from({ length: 35 }, () => 20_000),
];

export interface AddressPost {
  /** Unlike any other's. */
  readonly id: string;
  readonly topic: string;
  readonly subscriptionId: string;
  readonly messageId: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Text of what goes to the queue for dead letters. */
  readonly message: string;
  /** And its attributes and group; absent: none, as in rows of earlier versions. */
  readonly attributes?: readonly TopicAttribute[];
  readonly groupId?: string | null;
}

interface Kept extends AddressPost {
  readonly failedCount: number;
  readonly dueAtMs: number;
}

/** What one POST came to. `createEndpointClient` of the functions has this shape. */
export interface Poster {
  post(request: {
    readonly url: URL;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: Buffer;
    readonly timeoutMs: number | null;
    readonly signal: AbortSignal;
  }): Promise<{ readonly kind: string; readonly status?: number; readonly detail?: string }>;
}

export interface AddressDeliveries {
  /** Resolves when all are stored; rejects where they cannot be. */
  accept(posts: readonly AddressPost[]): Promise<void>;
  close(): Promise<void>;
}

export interface AddressDeliveriesOptions {
  readonly tables: Tables;
  readonly clock: Clock;
  readonly poster: Poster;
  /** Must not reject. */
  readonly onGivenUp: (post: AddressPost, detail: string) => Promise<void>;
  /** A row could not be written or taken away: the next start may post once more. */
  readonly onTrouble: (detail: string) => void;
  /** Default N1's. */
  readonly waitsMs?: readonly number[];
}

export async function openAddressDeliveries(options: AddressDeliveriesOptions): Promise<AddressDeliveries> {
  const { tables, clock, poster, waitsMs = WAITS_MS } = options;
  const line: Kept[] = [];
  const timers = new Set<Cancel>();
  const underWay = new Set<Promise<void>>();
  const closing = new AbortController();
  let keptCount = 0;

  function schedule(kept: Kept): void {
    if (closing.signal.aborted) return;
    if (kept.dueAtMs <= clock.nowMs()) {
      line.push(kept);
      return pump();
    }
    const cancel = clock.wakeAt(kept.dueAtMs, () => {
      timers.delete(cancel);
      line.push(kept);
      pump();
    });
    timers.add(cancel);
  }

  function pump(): void {
    while (underWay.size < MOST_AT_ONCE && !closing.signal.aborted) {
      const next = line.shift();
      if (next === undefined) return;
      const running = attempt(next).finally(() => {
        underWay.delete(running);
        pump();
      });
      underWay.add(running);
    }
  }

  async function attempt(kept: Kept): Promise<void> {
    const flaw = await flawOfPost(kept);
    if (closing.signal.aborted && flaw !== null) return;
    const waitMs = flaw === null || flaw.isFinal ? undefined : waitsMs[kept.failedCount];
    try {
      if (flaw !== null && waitMs !== undefined) {
        const next = { ...kept, failedCount: kept.failedCount + 1, dueAtMs: clock.nowMs() + waitMs };
        schedule(next);
        // Behind its being scheduled: a store that cannot be written holds nothing up.
        if (waitMs > 0) await tables.change([rowOf(next)]);
        return;
      }
      if (flaw !== null) await options.onGivenUp(kept, `${flaw.detail}, after ${attemptsText(kept.failedCount + 1)}`);
      keptCount -= 1;
      await tables.change([{ kind: "delete", table: "topic-deliveries", key: kept.id }]);
    } catch (error) {
      options.onTrouble(`the delivery ${kept.id} to ${kept.url}: ${String(error)}`);
    }
  }

  async function flawOfPost(kept: Kept): Promise<{ readonly detail: string; readonly isFinal: boolean } | null> {
    const url = URL.parse(kept.url);
    if (url === null) return { detail: `${kept.url} is no address`, isFinal: true };
    const body = Buffer.from(kept.body, "utf8");
    const { headers } = kept;
    const answer = await poster.post({ url, headers, body, timeoutMs: ANSWER_WITHIN_MS, signal: closing.signal });
    if (answer.kind !== "answered") return { detail: answer.detail ?? answer.kind, isFinal: false };
    const { status = 0 } = answer;
    if (status >= 200 && status < 300) return null;
    return { detail: `it answered ${status}`, isFinal: status >= 400 && status < 500 && status !== 429 };
  }

  for (const { value } of await tables.list("topic-deliveries")) {
    keptCount += 1;
    schedule(JSON.parse(value) as Kept);
  }

  return {
    async accept(posts) {
      const room = Math.max(0, MOST_KEPT - keptCount);
      const dueAtMs = clock.nowMs();
      const kept = posts.slice(0, room).map((post): Kept => ({ ...post, failedCount: 0, dueAtMs }));
      for (const post of posts.slice(room)) await options.onGivenUp(post, `${MOST_KEPT} deliveries wait already`);
      if (kept.length === 0) return;
      await tables.change(kept.map(rowOf));
      keptCount += kept.length;
      for (const each of kept) schedule(each);
    },
    async close() {
      closing.abort();
      for (const cancel of timers) cancel();
      await Promise.all(underWay);
    },
  };
}

const attemptsText = (count: number): string => (count === 1 ? "1 attempt" : `${count} attempts`);

const rowOf = (kept: Kept) =>
  ({ kind: "put", table: "topic-deliveries", key: kept.id, value: JSON.stringify(kept) }) as const;
