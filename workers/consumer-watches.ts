// Whether the consumers by which mappings of this thread read are registered: looked up in the store once, and again after main has told
// that one is gone.

import type { ConsumerWatch } from "../src/kinds/kinesis/fan-out-source.ts";
import { parseConsumer } from "../src/ports/consumers.ts";
import type { SourceProblem } from "../src/ports/source.ts";
import type { StoreClient } from "../src/stores/store-client.ts";
import { storeBroken } from "../src/stores/stream-problems.ts";

export interface ConsumerWatches {
  of(consumerArn: string): ConsumerWatch;
  gone(consumerArn: string): void;
}

interface Known {
  isThere: boolean;
  /** How often it has gone: an answer of the store that was asked for before the last time tells nothing. */
  goneCount: number;
  readonly listeners: Set<() => void>;
}

export function createConsumerWatches(store: StoreClient): ConsumerWatches {
  /** One for each consumer that a mapping of this thread has read by. */
  const all = new Map<string, Known>();

  function knownOf(consumerArn: string): Known {
    const known = all.get(consumerArn) ?? { isThere: false, goneCount: 0, listeners: new Set() };
    all.set(consumerArn, known);
    return known;
  }

  async function troubleOf(consumerArn: string, known: Known): Promise<SourceProblem | null> {
    if (known.isThere) return null;
    const { goneCount } = known;
    try {
      const row = await store.ask("table-get", { table: "consumers", key: consumerArn });
      const consumer = row === null ? null : parseConsumer(row);
      if (consumer === null || consumer.deletedAtMs !== null) return consumerMissing(consumerArn);
      known.isThere = known.goneCount === goneCount;
      return known.isThere ? null : troubleOf(consumerArn, known);
    } catch (error) {
      return storeBroken(error);
    }
  }

  return {
    of(consumerArn) {
      const known = knownOf(consumerArn);
      return {
        trouble: () => troubleOf(consumerArn, known),
        onGone(listener) {
          known.listeners.add(listener);
          return () => void known.listeners.delete(listener);
        },
      };
    },
    gone(consumerArn) {
      const known = all.get(consumerArn);
      if (known === undefined) return;
      known.isThere = false;
      known.goneCount += 1;
      const told = [...known.listeners];
      known.listeners.clear();
      for (const listener of told) listener();
    },
  };
}

function consumerMissing(consumerArn: string): SourceProblem {
  return {
    code: "missing",
    text: "PROBLEM: Stream consumer not found. Please check your event source.",
    detail:
      `The consumer ${consumerArn} is not registered. Its records stay in the stream: a mapping on another consumer, or on the stream, ` +
      "reads them from the StartingPosition that it is given.",
  };
}
