// Reads the partitions that the member has: one fetch at a time from each node that leads any, as long as what it brought is read. Of a
// paused one a single fetch is kept until it is resumed, so that its records are at hand then. A partition that stands still holds up
// no other (M-802).

import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import type { MemberEvent } from "../../src/ports/group-source.ts";
import type { Lost } from "../../src/ports/source.ts";
import type { Bell } from "./bell.ts";
import type { FetchedPartition } from "./fetch-answer.ts";
import { EARLIEST, type KafkaCluster } from "./kafka-cluster.ts";
import { FETCH_ERRORS, STALE_METADATA_ERRORS, UnreadableError } from "./kafka-errors.ts";
import { eventsOfFetch, type PartitionReading, placeBefore } from "./partition-reading.ts";
import { readBatches } from "./record-batches.ts";

/** M-821. */
const FETCH_BYTES = 10_485_760;
const PARTITION_BYTES = 1_048_576;
/** The wait of a fetch that leaves out a partition, which may be resumed meanwhile; it doubles while nothing comes. */
const SHORT_WAIT_MS = 10;

export interface PartitionFetchingOptions {
  readonly topic: string;
  readonly cluster: KafkaCluster;
  /** How long a fetch waits for a first record. */
  readonly waitMs: number;
  readonly readings: ReadonlyMap<number, PartitionReading>;
  /** The node that leads a partition, as far as is known. */
  readonly leaderOf: (partitionNumber: number) => number | undefined;
  /** Rung whenever one of these may have changed. */
  readonly changed: Bell;
  /** What was told has been read. */
  readonly hasRoom: () => boolean;
  readonly tell: (events: readonly MemberEvent<KafkaRecord>[]) => void;
  readonly renew: (reading: PartitionReading, next: bigint, lost: Lost) => void;
  /** This node has answered, and what it brought was told. */
  readonly onFetched: (node: number) => void;
  /** Leaders have to be looked at again. */
  readonly onStale: () => void;
  /** A pause before something is tried again. */
  readonly pause: () => Promise<void>;
}

/** Goes on until the signal is aborted. Rejects with what a broker answered that fetching again does not mend. */
export async function fetchFromNode(
  node: number,
  options: PartitionFetchingOptions,
  signal: AbortSignal,
): Promise<void> {
  const { changed, topic, cluster } = options;
  let emptyCount = 0;
  for (let turn = 0; !signal.aborted; turn += 1) {
    const led = [...options.readings.values()].filter(
      ({ partitionNumber }) => options.leaderOf(partitionNumber) === node,
    );
    const wanted = begunWith(led, turn).filter(({ ahead }) => ahead === null);
    if (wanted.length === 0 || !options.hasRoom()) {
      await changed.wait(signal);
      continue;
    }
    const fetched = await cluster.fetch(node, {
      topic,
      offsets: new Map(wanted.map(({ partitionNumber, next }) => [partitionNumber, next])),
      waitMs: wanted.length === led.length ? options.waitMs : Math.min(options.waitMs, SHORT_WAIT_MS * 2 ** emptyCount),
      bytes: FETCH_BYTES,
      bytesAPartition: PARTITION_BYTES,
    });
    emptyCount = fetched.some(({ batches }) => batches.length > 0) ? 0 : emptyCount + 1;
    let isStale = false;
    for (const reading of wanted) {
      const answer = fetched.find(({ partition }) => partition === reading.partitionNumber);
      if (answer === undefined || reading.isOver || signal.aborted) continue;
      if (STALE_METADATA_ERRORS.has(answer.errorCode)) isStale = true;
      else await take(reading, answer, options);
    }
    options.onFetched(node);
    if (!isStale) continue;
    options.onStale();
    await options.pause();
  }
}

/** A broker fills its answer in the order in which it was asked: each is first in its turn, so that none goes short for ever. */
function begunWith(led: readonly PartitionReading[], turn: number): readonly PartitionReading[] {
  const from = turn % Math.max(1, led.length);
  return [...led.slice(from), ...led.slice(0, from)];
}

async function take(
  reading: PartitionReading,
  answer: FetchedPartition,
  options: PartitionFetchingOptions,
): Promise<void> {
  if (answer.errorCode === FETCH_ERRORS.outOfRange) return goToEarliest(reading, options);
  if (answer.errorCode !== FETCH_ERRORS.none) throw fetchError(answer.errorCode, reading.partition.unit);
  const from = reading.next;
  const { records, next } = await readOf(reading, answer, options);
  // Where the leader has changed, the one before may still have had an answer out: what came first counts.
  if (reading.isOver || reading.next !== from) return;
  const read = { records, next, isCaughtUp: next >= answer.lastStableOffset };
  if (!reading.isPaused) options.tell(eventsOfFetch(reading, read));
  else if (next > from) reading.ahead = read;
}

async function readOf(
  { partition, next }: PartitionReading,
  answer: FetchedPartition,
  options: PartitionFetchingOptions,
) {
  try {
    return await readBatches(answer.batches, next, answer.aborted, options.cluster.decompress);
  } catch (error) {
    const words = error instanceof Error ? error.message : String(error);
    throw new UnreadableError(`${partition.unit} cannot be read from offset ${next} on: ${words}`, { cause: error });
  }
}

/** M-506. Behind the log's end, where a log was cut or made anew, offsets go back, and that ends the epoch; before its beginning they go on. */
async function goToEarliest(
  reading: PartitionReading,
  { cluster, topic, tell, renew }: PartitionFetchingOptions,
): Promise<void> {
  const earliest = (await cluster.offsets(topic, EARLIEST, [reading.partitionNumber])).get(reading.partitionNumber);
  if (earliest === undefined || reading.isOver) return;
  const isAhead = earliest > reading.next;
  const lost = {
    after: placeBefore(reading.next),
    before: String(earliest),
    count: isAhead ? Number(earliest - reading.next) : null,
  };
  if (!isAhead) return renew(reading, earliest, lost);
  reading.next = earliest;
  reading.lost = lost;
  tell(eventsOfFetch(reading, { records: [], next: earliest, isCaughtUp: false }));
}

function fetchError(code: number, unit: string): Error {
  const error = new UnreadableError(`a fetch of ${unit} was answered with error ${code} of Kafka's protocol`);
  return code === FETCH_ERRORS.topicRights ? Object.assign(error, { type: "TOPIC_AUTHORIZATION_FAILED" }) : error;
}
