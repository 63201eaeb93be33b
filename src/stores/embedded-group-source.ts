// A consumer group on an embedded topic: the GroupSource port over the store thread. The members of the mapping share the partitions among
// themselves; nobody else is in the group. Places are committed in the store, behind the mapping's generation.

import type { Clock } from "../ports/clock.ts";
import type { GroupSource } from "../ports/group-source.ts";
import type { KafkaRecord } from "../kinds/kafka/kafka-record.ts";
import { partitionUnit } from "../kinds/kafka/kafka-record.ts";
import { createGroupCoordinator } from "./group-coordinator.ts";
import { type GroupMemberState, openGroupMember } from "./group-member.ts";
import type { StoreClient } from "./store-client.ts";
import { storeBroken } from "./stream-problems.ts";
import { topicMissing } from "./topic-problems.ts";

export interface EmbeddedGroupOptions {
  readonly client: StoreClient;
  readonly clock: Clock;
  readonly storedName: string;
  readonly topic: string;
  readonly groupId: string;
  /** Numbers that are never used again in this process (K1). */
  readonly nextEpoch: () => number;
  readonly mappingUuid: string;
  readonly generation: number;
}

/** Closing leaves the client open: it is its owner's. */
export function createEmbeddedGroupSource(options: EmbeddedGroupOptions): GroupSource<KafkaRecord> {
  const { client, storedName: name, topic, groupId } = options;
  const coordinator = createGroupCoordinator<GroupMemberState>();
  return {
    async places(start) {
      try {
        const places = await client.ask("topic-locate", { name, groupId, start });
        if (places === null) return { kind: "problem", problem: topicMissing(name) };
        return {
          kind: "places",
          places: places.map(({ partition, nextOffset }) => ({
            unit: partitionUnit(topic, partition),
            after: nextOffset === 0 ? null : String(nextOffset - 1),
          })),
        };
      } catch (error) {
        return { kind: "problem", problem: storeBroken(error) };
      }
    },
    open: (_index, { startOf }) => openGroupMember(options, coordinator, startOf),
    async unread(startOf = () => null) {
      try {
        const found = await client.ask("topic-describe", { name });
        if (found === null) return null;
        const committed = await client.ask("topic-group", { name, groupId });
        const places = new Map(committed.map(({ partition, nextOffset }) => [partition, nextOffset]));
        return new Map(
          found.partitions.map(({ partition, firstOffset, nextOffset }) => {
            const unit = partitionUnit(topic, partition);
            const start = startOf(unit);
            const place = places.get(partition) ?? (start === null ? firstOffset : Number(start) + 1);
            // A place beyond the end is read from the oldest record on (M-506).
            const from = place > nextOffset ? firstOffset : Math.max(place, firstOffset);
            return [unit, nextOffset - from];
          }),
        );
      } catch {
        // The port's own answer for what is not known now.
        return null;
      }
    },
    close: () => Promise.resolve(),
  };
}
