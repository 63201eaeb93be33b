// The records that a document names, in the form in which they are put once more: read from their source, or, where that has let them go, out
// of the event that the document has with it.

import { laneOf } from "../../core/lane-key.ts";
import { createJudge } from "../../cli/explain/record-facts.ts";
import type { EmbeddedTopics } from "../../control/embedded-topics.ts";
import { storedNameOfArn } from "../../control/mapping/source-kinds.ts";
import { laneKeyOfItem } from "../../kinds/dynamodb/change-text.ts";
import type { Item } from "../../kinds/dynamodb/attribute-value.ts";
import { familyOf, placeBefore } from "../../kinds/stream-family.ts";
import type { NewKafkaRecord } from "../../ports/kafka-topics.ts";
import type { NewRecord, StoredRecord, Streams } from "../../ports/streams.ts";
import { objectOf, type ReadDocument, type StreamRange, type TopicRange } from "./document.ts";

/** Settings of a mapping, as AWS's API has them. */
export type Settings = Readonly<Record<string, unknown>>;

export interface Refused {
  readonly kind: "refused";
  readonly code: "gone" | "not-certain" | "elsewhere";
  readonly message: string;
  readonly help: string | null;
}

export const refused = (code: Refused["code"], message: string, help: string | null = null): Refused => ({
  kind: "refused",
  code,
  message,
  help,
});

const PAGE_RECORDS = 1_000;
const PAGE_BYTES = 8_000_000;
/** A batch has at most 10,000 records; its range may have those of other lanes, too. */
const MOST_SCANNED = 200_000;

/** `mappings`: those that read this stream for this function. */
export async function streamRecords(
  range: StreamRange,
  document: ReadDocument,
  given: { readonly streams: Pick<Streams, "read">; readonly mappings: readonly Settings[] },
): Promise<readonly NewRecord[] | Refused> {
  const inRange = await readRange(range, given.streams);
  const chosen = inRange === null ? null : chosenOf(inRange, range, given.mappings);
  if (chosen !== null) return chosen.map(({ partitionKey, data }) => ({ partitionKey, explicitHashKey: null, data }));
  const fromEvent = document.event === null ? [] : eventRecords(document.event);
  if (fromEvent.length > 0) return fromEvent;
  const foundCount = inRange?.length ?? 0;
  if (foundCount < range.recordCount)
    return refused(
      "gone",
      `${foundCount} of the ${range.recordCount} records are still in the stream: its retention is over for the others, and the document has none with it`,
    );
  return refused(
    "not-certain",
    `there are ${foundCount} records between the two ends, and the batch had ${range.recordCount} of them: which ones, only the mapping's settings of then tell`,
    `millrace explain ${document.requestId.slice(0, 8)}`,
  );
}

/** Null: there is no such stream any more, or it cannot be read. */
async function readRange(range: StreamRange, streams: Pick<Streams, "read">): Promise<readonly StoredRecord[] | null> {
  const name = storedNameOfArn(range.streamArn);
  if (name === null) return null;
  const before = placeBefore(familyOf(name), range.first);
  if (before === undefined) return null;
  const found: StoredRecord[] = [];
  let after = before;
  while (found.length < MOST_SCANNED) {
    const page = await streams.read(name, range.shardId, after, { limit: PAGE_RECORDS, maxBytes: PAGE_BYTES });
    if (page.kind !== "records") return null;
    for (const record of page.records) {
      if (record.sequenceNumber > range.last) return found;
      found.push(record);
    }
    const last = page.records.at(-1);
    if (last === undefined) return found;
    after = last.sequenceNumber;
  }
  return found;
}

/** Null: which ones the batch had is not certain. */
function chosenOf(
  inRange: readonly StoredRecord[],
  range: StreamRange,
  mappings: readonly Settings[],
): readonly StoredRecord[] | null {
  if (inRange.length === range.recordCount) return inRange;
  if (inRange.length < range.recordCount) return null;
  const [first] = inRange;
  if (first === undefined) return null;
  for (const settings of mappings) {
    const judge = createJudge(settings);
    const factor = typeof settings["ParallelizationFactor"] === "number" ? settings["ParallelizationFactor"] : 1;
    // The range begins with a record of the batch.
    const lane = laneOf(Buffer.from(first.partitionKey, "utf8"), factor);
    const own = inRange.filter((record) => judge.isDelivered({ ...record, position: record.sequenceNumber }, lane));
    if (own.length === range.recordCount) return own;
  }
  return null;
}

/** Of an event of Kinesis or of a table's stream; empty: it is none. */
function eventRecords(event: Settings): readonly NewRecord[] {
  const records = Array.isArray(event["Records"]) ? event["Records"].map(objectOf) : [];
  return records.flatMap((record): readonly NewRecord[] => {
    const { partitionKey, data } = objectOf(record["kinesis"]);
    if (typeof partitionKey === "string" && typeof data === "string")
      return [{ partitionKey, explicitHashKey: null, data: Buffer.from(data, "base64") }];
    if (record["eventSource"] !== "aws:dynamodb") return [];
    // The stream's own members are left out: it gives them anew.
    const { ApproximateCreationDateTime: _at, SequenceNumber: _number, ...change } = objectOf(record["dynamodb"]);
    const { eventID, eventName, userIdentity } = record;
    const text = JSON.stringify({ eventID, eventName, dynamodb: change, userIdentity });
    const key = laneKeyOfItem(objectOf(change["Keys"]) as Item);
    return [{ partitionKey: key, explicitHashKey: null, data: Buffer.from(text) }];
  });
}

export interface TopicRecords {
  readonly topic: string;
  readonly records: readonly NewKafkaRecord[];
}

/** By topic. */
export async function topicRecords(
  range: TopicRange,
  document: ReadDocument,
  kafka: Pick<EmbeddedTopics, "look">,
): Promise<readonly TopicRecords[] | Refused> {
  const read = await readRuns(range, kafka);
  const count = (all: readonly TopicRecords[]): number => all.reduce((sum, { records }) => sum + records.length, 0);
  if ("kind" in read) return read;
  if (count(read) === range.recordCount) return read;
  const fromEvent = document.event === null ? [] : eventTopicRecords(document.event);
  if (count(fromEvent) > 0) return fromEvent;
  if (count(read) < range.recordCount)
    return refused(
      "gone",
      `${count(read)} of the ${range.recordCount} records are still in the topic: its retention is over for the others, and the document has none with it`,
    );
  return refused(
    "not-certain",
    `there are ${count(read)} records between the ends of its partitions, and the batch had ${range.recordCount} of them: a filter passed the others over`,
    `millrace explain ${document.requestId.slice(0, 8)}`,
  );
}

const MOST_A_LOOK = 100;

async function readRuns(
  { cluster, runs }: TopicRange,
  kafka: Pick<EmbeddedTopics, "look">,
): Promise<readonly TopicRecords[] | Refused> {
  const byTopic = new Map<string, NewKafkaRecord[]>();
  for (const { topic, partition, first, last } of runs) {
    const records = byTopic.get(topic) ?? [];
    byTopic.set(topic, records);
    for (let offset = first; offset <= last; ) {
      const seen = await kafka.look({ cluster, topic }, { partition, offset }, MOST_A_LOOK);
      if (seen.kind === "refused") return refused(seen.status === 409 ? "elsewhere" : "gone", seen.text);
      const wanted = seen.records.filter((record) => record.offset <= last);
      for (const { key, value, headers } of wanted) records.push({ partition, timestampMs: null, key, value, headers });
      const end = wanted.at(-1);
      if (end === undefined || wanted.length < seen.records.length) break;
      offset = end.offset + 1;
    }
  }
  return [...byTopic].map(([topic, records]) => ({ topic, records }));
}

function eventTopicRecords(event: Settings): readonly TopicRecords[] {
  const byTopic = new Map<string, NewKafkaRecord[]>();
  for (const run of Object.values(objectOf(event["records"])))
    for (const each of Array.isArray(run) ? run : []) {
      const { topic, partition, key, value, headers } = objectOf(each);
      if (typeof topic !== "string" || typeof partition !== "number") continue;
      const records = byTopic.get(topic) ?? [];
      records.push({
        partition,
        timestampMs: null,
        key: bytesOf(key),
        value: bytesOf(value),
        headers: headersOf(headers),
      });
      byTopic.set(topic, records);
    }
  return [...byTopic].map(([topic, records]) => ({ topic, records }));
}

const bytesOf = (base64: unknown): Uint8Array | null =>
  typeof base64 === "string" ? Buffer.from(base64, "base64") : null;

/** Each as `{name: [signed bytes]}` (M-109). */
function headersOf(headers: unknown): NewKafkaRecord["headers"] {
  return (Array.isArray(headers) ? headers : []).flatMap((each) =>
    Object.entries(objectOf(each)).map(
      ([name, bytes]) => [name, Array.isArray(bytes) ? Uint8Array.from(bytes.map(Number)) : null] as const,
    ),
  );
}
