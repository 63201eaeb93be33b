// What members of a consumer group tell one another through the coordinator (Kafka's "consumer" protocol): what each subscribes to and
// has, and what the leader gives each. As the leader we leave partitions where they are, as far as all get their share: whoever keeps
// one goes on without a break (M-807). Foreign members of other clients take part by the names of their strategies (M-202).

import { arrayBytes, createByteReader, int16Bytes, int32Bytes, textBytes } from "./kafka-bytes.ts";

/**
 * Strategies that we can lead and follow: Java's usual first one, its second, and that of kafkajs. Whichever of them the group agrees on,
 * what the leader gives is followed.
 */
export const PROTOCOLS: readonly string[] = ["range", "roundrobin", "RoundRobinAssigner"];

export interface Subscription {
  readonly topics: readonly string[];
  /** What the member has by now; left out by older clients. */
  readonly owned: ReadonlyMap<string, readonly number[]>;
}

export type Assignment = ReadonlyMap<string, readonly number[]>;

const NO_DATA = int32Bytes(-1);
/** The first version that tells what a member has. */
const SUBSCRIPTION_VERSION = 1;

export function subscriptionBytes({ topics, owned }: Subscription): Buffer {
  return Buffer.concat([int16Bytes(SUBSCRIPTION_VERSION), arrayBytes(topics, textBytes), NO_DATA, placesBytes(owned)]);
}

export function subscriptionOf(bytes: Buffer): Subscription {
  const reader = createByteReader(bytes);
  const version = reader.int16();
  const topics = Array.from({ length: reader.int32() }, () => reader.text() ?? "");
  reader.block();
  return { topics, owned: version >= 1 && reader.left > 0 ? placesOf(reader) : new Map() };
}

export function assignmentBytes(assignment: Assignment): Buffer {
  return Buffer.concat([int16Bytes(0), placesBytes(assignment), NO_DATA]);
}

/** A leader may give nothing at all. */
export function assignmentOf(bytes: Buffer): Assignment {
  if (bytes.length === 0) return new Map();
  const reader = createByteReader(bytes);
  reader.int16();
  return placesOf(reader);
}

function placesBytes(places: ReadonlyMap<string, readonly number[]>): Buffer {
  return arrayBytes([...places], ([topic, partitions]) =>
    Buffer.concat([textBytes(topic), arrayBytes(partitions, int32Bytes)]),
  );
}

function placesOf(reader: ReturnType<typeof createByteReader>): Map<string, readonly number[]> {
  const entries = Array.from({ length: reader.int32() }, (): [string, readonly number[]] => [
    reader.text() ?? "",
    Array.from({ length: reader.int32() }, () => reader.int32()),
  ]);
  return new Map(entries);
}

export interface GroupMemberSeen {
  readonly memberId: string;
  readonly subscription: Subscription;
}

/** Of each member, by its id: shares differ by one partition of a topic at most, and nobody gives away more than that takes. */
export function assign(
  members: readonly GroupMemberSeen[],
  partitionsOf: ReadonlyMap<string, readonly number[]>,
): ReadonlyMap<string, Assignment> {
  const shares = new Map(members.map(({ memberId }) => [memberId, new Map<string, readonly number[]>()]));
  for (const [topic, partitions] of partitionsOf) {
    const takers = members.filter(({ subscription }) => subscription.topics.includes(topic));
    for (const [memberId, share] of sharesOf(topic, partitions, takers)) shares.get(memberId)?.set(topic, share);
  }
  return shares;
}

function sharesOf(
  topic: string,
  partitions: readonly number[],
  takers: readonly GroupMemberSeen[],
): ReadonlyMap<string, readonly number[]> {
  const free = new Set(partitions);
  const owning = takers
    .map(({ memberId, subscription }) => ({
      memberId,
      // Two may think that they have one; the first keeps it.
      owned: (subscription.owned.get(topic) ?? []).filter((partition) => free.delete(partition)),
    }))
    .sort((a, b) => b.owned.length - a.owned.length || (a.memberId < b.memberId ? -1 : 1));
  const least = Math.floor(partitions.length / Math.max(1, takers.length));
  const withOneMore = partitions.length - least * takers.length;
  const kept = owning.map(({ memberId, owned }, index) => {
    const room = index < withOneMore ? least + 1 : least;
    for (const partition of owned.slice(room)) free.add(partition);
    return { memberId, room, share: owned.slice(0, room) };
  });
  const left = [...free].sort((a, b) => a - b);
  return new Map(
    kept.map(({ memberId, room, share }) => [
      memberId,
      [...share, ...left.splice(0, room - share.length)].sort((a, b) => a - b),
    ]),
  );
}
