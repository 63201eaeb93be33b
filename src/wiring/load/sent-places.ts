// By what the journal names the records of a live load run, where sending alone does not tell it: a table's changes are read from its stream,
// and what an embedded broker delivers has its message's own id in front of the delivery's.

import type { LoadPlan } from "../../load/plan/plan.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { Entry, NamedMessages } from "../../ports/journal.ts";
import type { LiveCalls } from "./live-calls.ts";
import type { LiveSource } from "./live-source.ts";
import { isObject, type JsonObject } from "../../sim/scenario.ts";

const STREAMS = "DynamoDBStreams_20120810";
const MOST_RECORDS = 1_000;

interface Given {
  readonly streamArn: string;
  readonly keyName: string;
}

interface Found {
  readonly key: string;
  readonly unit: string;
  readonly id: string;
  /** As GetRecords answers it. */
  readonly change: JsonObject;
}

/** Sequence number of the last change of each shard, for what comes behind it. */
export async function streamEnds(calls: LiveCalls, given: Given): Promise<ReadonlyMap<string, string>> {
  const ends = new Map<string, string>();
  for await (const { unit, id } of changesIn(calls, given, new Map())) ends.set(unit, id);
  return ends;
}

/** Changes of one key are in the order of their puts: the nth change of a key is its nth put. */
export async function withChangePlaces(
  calls: LiveCalls,
  sent: readonly SentRecord[],
  given: Given & {
    /** What is behind these is the run's (`streamEnds`). */
    readonly behind: ReadonlyMap<string, string>;
    readonly passes: ((change: JsonObject) => boolean) | null;
  },
): Promise<readonly SentRecord[]> {
  const { behind, passes } = given;
  const places = new Map<string, Pick<SentRecord, "unit" | "id" | "isMatching">[]>();
  for await (const { key, unit, id, change } of changesIn(calls, given, behind)) {
    const known = places.get(key) ?? [];
    known.push({ unit, id, isMatching: passes === null || passes(change) });
    places.set(key, known);
  }
  const used = new Map<string, number>();
  return sent.map((record) => {
    const key = record.key ?? "-";
    const index = used.get(key) ?? 0;
    used.set(key, index + 1);
    const place = places.get(key)?.[index];
    return place === undefined ? record : { ...record, ...place };
  });
}

async function* changesIn(
  calls: LiveCalls,
  { streamArn, keyName }: Given,
  behind: ReadonlyMap<string, string>,
): AsyncGenerator<Found> {
  const { StreamDescription: stream } = await calls.target(`${STREAMS}.DescribeStream`, { StreamArn: streamArn });
  for (const shard of listIn(stream, "Shards")) {
    const unit = String(Reflect.get(Object(shard), "ShardId"));
    const end = behind.get(unit);
    const from =
      end === undefined
        ? { ShardIteratorType: "TRIM_HORIZON" }
        : { ShardIteratorType: "AFTER_SEQUENCE_NUMBER", SequenceNumber: end };
    const asked = { StreamArn: streamArn, ShardId: unit, ...from };
    let { ShardIterator: iterator } = await calls.target(`${STREAMS}.GetShardIterator`, asked);
    while (typeof iterator === "string") {
      const answer = await calls.target(`${STREAMS}.GetRecords`, { ShardIterator: iterator, Limit: MOST_RECORDS });
      const records = listIn(answer, "Records");
      for (const record of records) {
        if (!isObject(record)) continue;
        const change: unknown = record["dynamodb"];
        const keys: unknown = Reflect.get(Object(change), "Keys");
        const key: unknown = Reflect.get(Object(Reflect.get(Object(keys), keyName)), "S");
        yield { key: String(key), unit, id: String(Reflect.get(Object(change), "SequenceNumber")), change: record };
      }
      iterator = records.length === 0 ? null : answer["NextShardIterator"];
    }
  }
}

const listIn = (value: unknown, name: string): readonly unknown[] => {
  const list: unknown = Reflect.get(Object(value), name);
  return Array.isArray(list) ? list : [];
};

/** Of an embedded RabbitMQ a delivery is `MESSAGE.TAG`; its message is what was sent. Other entries stay as they are. */
export function messageNames(plan: LoadPlan, { isForeign }: LiveSource): (entry: Entry) => Entry {
  if (plan.source.kind !== "rabbitmq" || isForeign) return (entry) => entry;
  const named = ({ ids, ...receive }: NamedMessages): NamedMessages => ({ ...receive, ids: ids.map(withoutTag) });
  return (entry) => {
    if (entry.kind === "batch-closed" && entry.receives !== undefined)
      return { ...entry, receives: entry.receives.map(named) };
    if (entry.kind === "read" && entry.passedOver !== undefined)
      return { ...entry, passedOver: entry.passedOver.map(withoutTag) };
    return entry;
  };
}

const withoutTag = (id: string): string => id.replace(/\.\d+$/, "");
