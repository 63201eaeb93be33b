// What a mapping asks of a cluster beside its members: where a starting position lies, and how much its group has not read. By a connection
// of its own, kept while it is of use.

import type { KafkaConfig } from "kafkajs";
import { partitionUnit } from "../../src/kinds/kafka/kafka-record.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { PlacesAnswer } from "../../src/ports/group-source.ts";
import type { Position, SourceProblem, Start, UnitId } from "../../src/ports/source.ts";
import { EARLIEST, type KafkaCluster, LATEST, openKafkaCluster } from "./kafka-cluster.ts";
import { isPassing } from "./kafka-errors.ts";
import { type KafkaPlace, kafkaProblem } from "./kafka-problems.ts";
import { createMutex } from "./mutex.ts";
import { placeBefore } from "./partition-reading.ts";
import { sleep } from "./sleep.ts";

export interface KafkaOffsets {
  places(start: Start): Promise<PlacesAnswer>;
  unread(startOf?: (unit: UnitId) => Position | null): Promise<ReadonlyMap<UnitId, number> | null>;
  close(): Promise<void>;
}

export interface KafkaOffsetsOptions {
  readonly place: KafkaPlace;
  /** Asked anew at each connect (M-605). */
  readonly config: () => Promise<KafkaConfig | { readonly problem: SourceProblem }>;
  readonly clock: Clock;
}

/** A group's coordinator comes up with the first group that a cluster has. */
const PASSING_TRIES = 50;
const PASSING_PAUSE_MS = 200;

export function createKafkaOffsets({ place, config, clock }: KafkaOffsetsOptions): KafkaOffsets {
  const { topic, groupId } = place;
  const closing = new AbortController();
  const mutex = createMutex();
  let open: KafkaCluster | null = null;

  /** One question at a time. A connection over which one failed is not used again. */
  function ask<T>(question: (cluster: KafkaCluster) => Promise<T>): Promise<T | { readonly problem: SourceProblem }> {
    return mutex.hold(async () => {
      try {
        if (closing.signal.aborted) throw new Error("the source was closed");
        if (open === null) {
          const options = await config();
          if ("problem" in options) return options;
          open = await openKafkaCluster(options);
        }
        return await answerOf(question, open);
      } catch (error) {
        await open?.close();
        open = null;
        return { problem: kafkaProblem(error, place) };
      }
    });
  }

  async function answerOf<T>(question: (cluster: KafkaCluster) => Promise<T>, cluster: KafkaCluster): Promise<T> {
    for (let triesLeft = PASSING_TRIES; ; triesLeft -= 1) {
      try {
        return await question(cluster);
      } catch (error) {
        if (!isPassing(error) || triesLeft === 0 || closing.signal.aborted) throw error;
        await sleep(clock, PASSING_PAUSE_MS, closing.signal);
      }
    }
  }

  return {
    async places(start) {
      const found = await ask(async (cluster) => {
        const uncommitted = await uncommittedOf(cluster);
        return placesOf(cluster, topic, uncommitted, start);
      });
      if ("problem" in found) return { kind: "problem", problem: found.problem };
      return {
        kind: "places",
        places: found.map(([partition, after]) => ({ unit: partitionUnit(topic, partition), after })),
      };
    },
    async unread(startOf = () => null) {
      const found = await ask(async (cluster) => {
        const { leaders } = await cluster.topic(topic);
        const partitions = [...leaders.keys()];
        const coordinator = await cluster.coordinator(groupId);
        const committed = await coordinator.committed(topic, partitions);
        const [ends, beginnings] = await Promise.all([
          cluster.offsets(topic, LATEST, partitions, "all"),
          cluster.offsets(topic, EARLIEST, partitions),
        ]);
        return partitions.map((partition): [UnitId, number] => {
          const beginning = beginnings.get(partition) ?? 0n;
          const unit = partitionUnit(topic, partition);
          const start = startOf(unit);
          const from = committed.get(partition)?.offset ?? (start === null ? beginning : BigInt(start) + 1n);
          const left = (ends.get(partition) ?? 0n) - (from < beginning ? beginning : from);
          return [unit, left < 0n ? 0 : Number(left)];
        });
      });
      return "problem" in found ? null : new Map(found);
    },
    close() {
      closing.abort();
      return mutex.hold(async () => {
        await open?.close();
        open = null;
      });
    },
  };

  async function uncommittedOf(cluster: KafkaCluster): Promise<readonly number[]> {
    const { leaders } = await cluster.topic(topic);
    const partitions = [...leaders.keys()].sort((a, b) => a - b);
    const coordinator = await cluster.coordinator(groupId);
    const committed = await coordinator.committed(topic, partitions);
    return partitions.filter((partition) => !committed.has(partition));
  }
}

/** M-503. The beginning is not a number: what is there when it is read. */
async function placesOf(
  cluster: KafkaCluster,
  topic: string,
  partitions: readonly number[],
  start: Start,
): Promise<readonly (readonly [number, Position | null])[]> {
  if (partitions.length === 0) return [];
  switch (start.kind) {
    case "trimHorizon":
      return partitions.map((partition) => [partition, null]);
    case "after":
      return partitions.map((partition) => [partition, start.position]);
    case "latest":
    case "atTimestamp": {
      const ends = await cluster.offsets(topic, LATEST, partitions);
      const found =
        start.kind === "latest" ? ends : await cluster.offsets(topic, BigInt(Math.ceil(start.atMs)), partitions);
      return partitions.map((partition) => [partition, placeBefore(found.get(partition) ?? ends.get(partition) ?? 0n)]);
    }
  }
}
