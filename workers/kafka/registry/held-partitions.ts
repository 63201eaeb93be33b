// What was read of partitions and cannot be decoded yet, in its order. Each is paused while anything of it is held, and goes on after that
// unless its reader had paused it, too.

import type { KafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import type { PartitionEpoch } from "../../../src/core/record.ts";
import type { GroupMember, MemberEvent } from "../../../src/ports/group-source.ts";

/** What belongs to one partition and has a place in its order. */
export type PartitionEvent = Extract<MemberEvent<KafkaRecord>, { readonly partition: PartitionEpoch }>;

export interface HeldPartitions {
  readonly isEmpty: boolean;
  has(partition: PartitionEpoch): boolean;
  hold(event: PartitionEvent): void;
  /** First the one that waits longest; what is held of it is taken out. */
  takeNext(): readonly PartitionEvent[];
  /** It was taken, and this of it is still to be held. */
  putBack(events: readonly PartitionEvent[]): void;
  /** The partition was taken, and nothing of it is left. */
  release(partition: PartitionEpoch): void;
  forget(partitions: readonly PartitionEpoch[]): void;
  pausedByReader(partitions: readonly PartitionEpoch[], isPaused: boolean): void;
}

export function createHeldPartitions(member: GroupMember<KafkaRecord>): HeldPartitions {
  const held = new Map<number, readonly PartitionEvent[]>();
  /** By the reader. */
  const paused = new Set<number>();
  return {
    get isEmpty() {
      return held.size === 0;
    },
    has: ({ epoch }) => held.has(epoch),
    hold(event) {
      const { partition } = event;
      const before = held.get(partition.epoch);
      held.set(partition.epoch, [...(before ?? []), event]);
      if (before === undefined && !paused.has(partition.epoch)) member.pause([partition]);
    },
    takeNext() {
      const [next] = held;
      if (next === undefined) return [];
      held.delete(next[0]);
      return next[1];
    },
    putBack(events) {
      const [first] = events;
      if (first === undefined) return;
      const { partition } = first;
      held.set(partition.epoch, events);
      // Its reader may have let it go on while it was taken.
      if (!paused.has(partition.epoch)) member.pause([partition]);
    },
    release(partition) {
      if (!paused.has(partition.epoch)) member.resume([partition]);
    },
    forget(partitions) {
      for (const { epoch } of partitions) {
        held.delete(epoch);
        paused.delete(epoch);
      }
    },
    pausedByReader(partitions, isPaused) {
      for (const { epoch } of partitions) {
        if (isPaused) paused.add(epoch);
        else paused.delete(epoch);
      }
      const free = partitions.filter(({ epoch }) => !held.has(epoch));
      if (free.length === 0) return;
      if (isPaused) member.pause(free);
      else member.resume(free);
    },
  };
}
