// Streams in memory: shards with equal hash-key ranges, MD5 partitioning, sequence numbers as the house writes them.

import { createHash } from "node:crypto";
import { sequenceNumberFromEntryId } from "../../../src/kinds/kinesis/sequence-number.ts";
import { planReshard } from "../../../src/stores/reshard.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { SourceProblem } from "../../../src/ports/source.ts";
import type { ShardDescription, StoredRecord, StreamDescription, Streams } from "../../../src/ports/streams.ts";

interface Held {
  readonly description: StreamDescription;
  readonly records: Map<string, StoredRecord[]>;
}

export interface MemoryStreams extends Streams {
  problem: SourceProblem | null;
  readonly streamCount: () => number;
  readonly recordCount: () => number;
}

const TOP = 2n ** 128n;

export function memoryStreams(clock: Clock): MemoryStreams {
  const streams = new Map<string, Held>();
  let counter = 0;
  const missing = { kind: "missing" } as const;

  const shardsOf = (count: number): ShardDescription[] =>
    Array.from({ length: count }, (_, index) => ({
      id: `shardId-${index.toString().padStart(12, "0")}`,
      parentId: null,
      adjacentParentId: null,
      startingHashKey: ((TOP * BigInt(index)) / BigInt(count)).toString(),
      endingHashKey: ((TOP * BigInt(index + 1)) / BigInt(count) - 1n).toString(),
      startingSequenceNumber: sequenceNumberFromEntryId(`${clock.nowMs()}-0`),
      endingSequenceNumber: null,
    }));
  const hashKeyOf = (partitionKey: string, explicit: string | null): bigint =>
    explicit === null ? BigInt(`0x${createHash("md5").update(partitionKey).digest("hex")}`) : BigInt(explicit);

  const memory: MemoryStreams = {
    problem: null,
    streamCount: () => streams.size,
    recordCount: () => [...streams.values()].flatMap((held) => [...held.records.values()].flat()).length,
    async create(name, options) {
      if (memory.problem !== null) return { kind: "problem", problem: memory.problem };
      if (streams.has(name)) return { kind: "exists" };
      const shards = shardsOf(options.shardCount);
      streams.set(name, {
        description: {
          name,
          status: "ACTIVE",
          mode: options.mode,
          shards,
          retentionHours: 24,
          createdAtMs: clock.nowMs(),
          isPlain: false,
        },
        records: new Map(shards.map((shard) => [shard.id, []])),
      });
      return { kind: "created" };
    },
    async delete(name) {
      return streams.delete(name) ? { kind: "deleted" } : missing;
    },
    async describe(name) {
      if (memory.problem !== null) return { kind: "problem", problem: memory.problem };
      const held = streams.get(name);
      return held === undefined ? missing : { kind: "stream", stream: held.description };
    },
    async list() {
      return { kind: "names", names: [...streams.keys()].sort() };
    },
    async append(name, records) {
      if (memory.problem !== null) return { kind: "problem", problem: memory.problem };
      const held = streams.get(name);
      if (held === undefined) return missing;
      const puts = records.map((record) => {
        const key = hashKeyOf(record.partitionKey, record.explicitHashKey);
        const shard = held.description.shards.find(
          (each) =>
            each.endingSequenceNumber === null &&
            BigInt(each.startingHashKey) <= key &&
            key <= BigInt(each.endingHashKey),
        );
        const shardId = shard?.id ?? "";
        counter += 1;
        const sequenceNumber = sequenceNumberFromEntryId(`${clock.nowMs()}-${counter}`);
        const { partitionKey, data } = record;
        held.records.get(shardId)?.push({ sequenceNumber, arrivedAtMs: clock.nowMs(), partitionKey, data });
        return { shardId, sequenceNumber };
      });
      return { kind: "put", puts };
    },
    async read(name, shardId, after, options) {
      const records = streams.get(name)?.records.get(shardId);
      if (records === undefined) return missing;
      const rest = records.filter((record) => record.sequenceNumber > (after ?? ""));
      const shard = streams.get(name)?.description.shards.find((each) => each.id === shardId);
      const isEnded = rest.length <= options.limit && shard !== undefined && shard.endingSequenceNumber !== null;
      return { kind: "records", records: rest.slice(0, options.limit), millisBehindLatest: 0, isEnded };
    },
    async locate(name, shardId, start) {
      const records = streams.get(name)?.records.get(shardId);
      if (records === undefined) return missing;
      const after = start.kind === "latest" ? (records.at(-1)?.sequenceNumber ?? null) : null;
      return { kind: "place", after };
    },
    async setRetentionHours(name, hours) {
      const held = streams.get(name);
      if (held === undefined) return missing;
      streams.set(name, { ...held, description: { ...held.description, retentionHours: hours } });
      return { kind: "done" };
    },
    async reshard(name, change) {
      const held = streams.get(name);
      if (held === undefined) return missing;
      const plan = planReshard(held.description.shards, change);
      if (plan.kind === "refused") return plan;
      const number = (step: number): string => sequenceNumberFromEntryId(`${clock.nowMs()}-${counter + step}`);
      const kept = held.description.shards.map((shard) => {
        const closing = plan.closed.find((each) => each.id === shard.id);
        return closing === undefined ? shard : { ...shard, endingSequenceNumber: number(2 * closing.atStep + 1) };
      });
      const children = plan.opened.map((child) => ({
        id: child.id,
        parentId: child.parentId,
        adjacentParentId: child.adjacentParentId,
        startingHashKey: child.start.toString(),
        endingHashKey: child.end.toString(),
        startingSequenceNumber: number(2 * child.openedAtStep + 2),
        endingSequenceNumber: child.closedAtStep === null ? null : number(2 * child.closedAtStep + 1),
      }));
      counter += 2 * plan.opened.length + 2;
      for (const child of children) held.records.set(child.id, []);
      streams.set(name, { ...held, description: { ...held.description, shards: [...kept, ...children] } });
      const openCount = plan.openCount;
      return {
        kind: "resharded",
        openCount,
        closed: plan.closed.map((each) => each.id),
        opened: children.map((each) => each.id),
      };
    },
    async close() {
      streams.clear();
    },
  };
  return memory;
}
