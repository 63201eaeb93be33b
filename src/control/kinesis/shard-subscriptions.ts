// The subscriptions that are open: who reads a shard by a consumer now, and when and why that ends. What is read and how it is sent are
// its neighbours' (subscribe-operation.ts, src/control/http/event-reply.ts).
//
// U1  One subscription a consumer and shard: a new one ends the older one, but may not follow it within five seconds.
// U2  A subscription ends after five minutes.
// U3  A nudge that nobody waits for is kept: who looks, then waits, misses nothing.

import type { Clock } from "../../ports/clock.ts";

const LIFE_MS = 300_000;
const LEAST_BETWEEN_MS = 5_000;

/** `over`: a closed shard has been read to its end. */
export type EndReason = "over" | "expired" | "takenOver" | "consumerGone" | "clientGone" | "closing";

export interface Subscription {
  /** Aborted at the end, whatever its reason. */
  readonly signal: AbortSignal;
  /** Null while it lasts. */
  endReason(): EndReason | null;
  /** The first reason stays. */
  end(reason: EndReason): void;
  /** Resolves at the instant, or sooner once nudged or ended. One waits at a time. */
  wait(untilMs: number): Promise<void>;
}

export interface ShardSubscriptions {
  /** Null: the last one of this consumer and shard began less than five seconds ago (U1). */
  begin(consumerArn: string, shard: { readonly streamName: string; readonly shardId: string }): Subscription | null;
  /** The stream has changed: whoever reads it looks at once. */
  nudge(streamName: string): void;
  /** Ends all of them; later ones end at once. */
  close(): void;
}

export function createShardSubscriptions(clock: Clock): ShardSubscriptions {
  const open = new Map<string, { readonly subscription: Subscription; readonly streamName: string; nudge(): void }>();
  const begunAt = new Map<string, number>();
  let isClosed = false;

  function openOne(key: string, streamName: string): Subscription {
    const ending = new AbortController();
    let reason: EndReason | null = null;
    let isNudged = false;
    let wake: (() => void) | null = null;
    const nudge = (): void => {
      isNudged = true;
      wake?.();
    };
    const subscription: Subscription = {
      signal: ending.signal,
      endReason: () => reason,
      end(given) {
        if (reason !== null) return;
        reason = given;
        cancelExpiry();
        if (open.get(key)?.subscription === subscription) open.delete(key);
        ending.abort();
        nudge();
      },
      async wait(untilMs) {
        const waiting = Promise.withResolvers<void>();
        const cancel = clock.wakeAt(untilMs, waiting.resolve);
        wake = waiting.resolve;
        if (isNudged) wake();
        await waiting.promise;
        cancel();
        wake = null;
        isNudged = false;
      },
    };
    const cancelExpiry = clock.wakeAt(clock.nowMs() + LIFE_MS, () => subscription.end("expired"));
    open.set(key, { subscription, streamName, nudge });
    return subscription;
  }

  return {
    begin(consumerArn, { streamName, shardId }) {
      const key = `${consumerArn}/${shardId}`;
      const nowMs = clock.nowMs();
      for (const [each, atMs] of begunAt) if (nowMs >= atMs + LEAST_BETWEEN_MS) begunAt.delete(each);
      if (begunAt.has(key)) return null;
      begunAt.set(key, nowMs);
      open.get(key)?.subscription.end("takenOver");
      const subscription = openOne(key, streamName);
      if (isClosed) subscription.end("closing");
      return subscription;
    },
    nudge(name) {
      for (const each of open.values()) if (each.streamName === name) each.nudge();
    },
    close() {
      isClosed = true;
      for (const { subscription } of open.values()) subscription.end("closing");
    },
  };
}
