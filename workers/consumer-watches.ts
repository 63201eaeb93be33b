// Whether the consumers by which mappings of this thread read are registered: looked up in the store once, and again after main has told
// that one is gone, or when the stream is another than before.

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
  /** Of the stream that is there now; null: nobody has told. */
  streamCreatedAtMs: number | null;
  /** How often it has gone: an answer of the store that was asked for before the last time tells nothing. */
  goneCount: number;
  readonly listeners: Set<() => void>;
}

export function createConsumerWatches(store: StoreClient): ConsumerWatches {
  /** One for each consumer that a mapping of this thread has read by. */
  const all = new Map<string, Known>();

  function knownOf(consumerArn: string): Known {
    const known = all.get(consumerArn) ?? {
      isThere: false,
      streamCreatedAtMs: null,
      goneCount: 0,
      listeners: new Set(),
    };
    all.set(consumerArn, known);
    return known;
  }

  async function troubleOf(consumerArn: string, known: Known): Promise<SourceProblem | null> {
    if (known.isThere) return null;
    const { goneCount } = known;
    try {
      const row = await store.ask("table-get", { table: "consumers", key: consumerArn });
      const consumer = row === null ? null : parseConsumer(row);
      const isOfStream = (known.streamCreatedAtMs ?? consumer?.streamCreatedAtMs) === consumer?.streamCreatedAtMs;
      if (consumer === null || consumer.deletedAtMs !== null || !isOfStream) return consumerMissing(consumerArn);
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
        streamIs(createdAtMs) {
          if (known.streamCreatedAtMs === createdAtMs) return;
          known.streamCreatedAtMs = createdAtMs;
          left(known);
        },
        onGone(listener) {
          known.listeners.add(listener);
          return () => void known.listeners.delete(listener);
        },
      };
    },
    gone(consumerArn) {
      const known = all.get(consumerArn);
      if (known !== undefined) left(known);
    },
  };
}

/** It is looked up again before the next read, and who waits for a read is told. */
function left(known: Known): void {
  known.isThere = false;
  known.goneCount += 1;
  const told = [...known.listeners];
  known.listeners.clear();
  for (const listener of told) listener();
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
