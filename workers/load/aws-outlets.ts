// Ways into a running Millrace by AWS's own calls: PutRecords, BatchWriteItem, SendMessageBatch. A record that is refused is sent again a
// few times; then it counts as refused.

import { setTimeout as delay } from "node:timers/promises";
import type { Outlet, OutgoingRecord, SendTarget, TakenPlace } from "../../src/load/sending/send-target.ts";
import { listIn, type Answered, type Poster, textIn } from "./post.ts";

const TRIES = 4;
const PAUSE_MS = 50;

type Target<Kind extends SendTarget["kind"]> = Extract<SendTarget, { kind: Kind }>;
type Place = TakenPlace | null;

const call = (poster: Poster, version: string, target: string, body: object): Promise<Answered> =>
  poster.post(
    "/",
    { "content-type": `application/x-amz-json-${version}`, "x-amz-target": target },
    JSON.stringify(body),
  );

/** `put` answers a place or null for each of the records it is given; those that are null are given to it again. */
async function withTries(
  records: readonly OutgoingRecord[],
  put: (some: readonly OutgoingRecord[]) => Promise<readonly Place[]>,
): Promise<readonly Place[]> {
  const places: Place[] = records.map(() => null);
  let left = records.map((_, index) => index);
  for (let attempt = 1; left.length > 0 && attempt <= TRIES; attempt += 1) {
    if (attempt > 1) await delay(PAUSE_MS * attempt);
    const answers = await put(left.flatMap((index) => records[index] ?? []));
    left = left.filter((index, at) => {
      places[index] = answers[at] ?? null;
      return places[index] === null;
    });
  }
  return places;
}

export function kinesisOutlet({ stream }: Target<"kinesis">, poster: Poster): Outlet {
  return {
    mostRecords: 500,
    mostBytes: 3_500_000,
    send: (records) =>
      withTries(records, async (some) => {
        const Records = some.map(({ data, key }) => ({
          Data: Buffer.from(data, "utf8").toString("base64"),
          PartitionKey: key ?? "-",
        }));
        const { body } = await call(poster, "1.1", "Kinesis_20131202.PutRecords", { StreamName: stream, Records });
        return listIn(body, "Records").map((each) => {
          const id = textIn(each, "SequenceNumber");
          return id === "" ? null : { unit: textIn(each, "ShardId"), id };
        });
      }),
    close: () => Promise.resolve(),
  };
}

/** The calls say nothing of the stream's records: their places are read from it afterwards, by key and in order. */
export function dynamodbOutlet({ table, keyName }: Target<"dynamodb">, poster: Poster): Outlet {
  const taken: TakenPlace = { unit: "", id: "" };
  const put = async (some: readonly OutgoingRecord[]): Promise<readonly Place[]> => {
    const body = {
      RequestItems: { [table]: some.map((record) => ({ PutRequest: { Item: itemOf(record, keyName) } })) },
    };
    const answer = await call(poster, "1.0", "DynamoDB_20120810.BatchWriteItem", body);
    if (answer.status !== 200) return some.map(() => null);
    const left = new Set(
      listIn({ ...Object(answer.body["UnprocessedItems"]) }, table).map((each) => {
        const request: unknown = Reflect.get(Object(each["PutRequest"]), "Item");
        return JSON.stringify(Reflect.get(Object(request), keyName));
      }),
    );
    return some.map(({ key }) => (left.has(JSON.stringify({ S: key ?? "-" })) ? null : taken));
  };
  return {
    mostRecords: 25,
    mostBytes: 8_000_000,
    // One call has a key once: puts of one key follow one another.
    async send(records) {
      const places: Place[] = records.map(() => null);
      let left = records.map((_, index) => index);
      while (left.length > 0) {
        const keys = new Set<string | null>();
        const now: number[] = [];
        const later: number[] = [];
        for (const index of left) {
          const key = records[index]?.key ?? null;
          (keys.has(key) ? later : now).push(index);
          keys.add(key);
        }
        const answers = await withTries(
          now.flatMap((index) => records[index] ?? []),
          put,
        );
        for (const [at, index] of now.entries()) places[index] = answers[at] ?? null;
        left = later;
      }
      return places;
    },
    close: () => Promise.resolve(),
  };
}

/** The data's members as attributes, and its number: a put that changes nothing would be no change. */
function itemOf({ data, key, n }: OutgoingRecord, keyName: string): object {
  const members: unknown = JSON.parse(data);
  const typed = Object.entries({ n, ...Object(members) }).map(([name, value]) => [name, attributeOf(value)]);
  return { ...Object.fromEntries(typed), [keyName]: { S: key ?? "-" } };
}

function attributeOf(value: unknown): object {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (value === null || value === undefined) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map(attributeOf) };
  return { M: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, attributeOf(each)])) };
}

export function sqsOutlet({ queueUrl, idPrefix }: Target<"sqs">, poster: Poster): Outlet {
  return {
    mostRecords: 10,
    mostBytes: 900_000,
    send: (records) =>
      withTries(records, async (some) => {
        const Entries = some.map(({ data, groupId, n }, index) => ({
          Id: String(index),
          MessageBody: data,
          ...(idPrefix === null ? {} : { MessageGroupId: groupId ?? "-", MessageDeduplicationId: `${idPrefix}-${n}` }),
        }));
        const { body } = await call(poster, "1.0", "AmazonSQS.SendMessageBatch", { QueueUrl: queueUrl, Entries });
        const ids = new Map(listIn(body, "Successful").map((each) => [textIn(each, "Id"), textIn(each, "MessageId")]));
        return some.map((_, index) => {
          const id = ids.get(String(index));
          return id === undefined ? null : { unit: "", id };
        });
      }),
    close: () => Promise.resolve(),
  };
}
