// How a table's stream, its shards and its records are named for a person, and found again by these names.

import { expect, test } from "vitest";
import { positionPattern } from "../../src/cli/explain/position-pattern.ts";
import { createServedRecords } from "../../src/cli/explain/served-records.ts";
import { createJudge } from "../../src/cli/explain/record-facts.ts";
import { shortArn, shortPosition, shownLane, shownSource } from "../../src/cli/shown-forms.ts";

const streamArn = "arn:aws:dynamodb:us-east-1:000000000000:table/orders/stream/2026-11-29T12:00:00.123";
const number = "1000000179565165882200000000000000000007";

test("a table's stream is named by its table", () => {
  expect(shortArn(streamArn)).toBe("dynamodb:orders");
});

test("D-8: a shard of a table is named by what its id ends in", () => {
  expect(shownLane("u/shardId-00000001789651619772-2a9e5aad", false)).toBe("shard 2a9e5aad");
  expect(shownLane("u/shardId-00000001789651619772-2a9e5aad/3", true)).toBe("shard 2a9e5aad lane 3");
  expect(shownLane("u/shardId-000000000002", false)).toBe("shard 2");
});

test("a sequence number is shown by its millisecond and counter, and found by that, whole or in part", () => {
  expect(shortPosition(number)).toBe("...658822-7");
  expect(positionPattern("...658822-7")?.matches(number)).toBe(true);
  expect(positionPattern("658822")?.matches(number)).toBe(true);
  expect(positionPattern("...658822-8")?.matches(number)).toBe(false);
  expect(positionPattern(number)?.exact).toBe(number);
});

const record = {
  eventID: "0123456789abcdef0123456789abcdef",
  eventName: "REMOVE",
  eventVersion: "1.1",
  eventSource: "aws:dynamodb",
  awsRegion: "us-east-1",
  dynamodb: {
    ApproximateCreationDateTime: 1_795_651_658,
    Keys: { id: { S: "1" } },
    SequenceNumber: number,
    SizeBytes: 3,
    StreamViewType: "KEYS_ONLY",
  },
  userIdentity: { Type: "Service", PrincipalId: "dynamodb.amazonaws.com" },
};

test("F-68: a record that the server tells is judged as the mapping judged it", async () => {
  const targets: string[] = [];
  const answered = (_url: string, init: RequestInit): Promise<Response> => {
    targets.push(String(new Headers(init.headers).get("x-amz-target")));
    return Promise.resolve(Response.json({ ShardIterator: "i", Records: [record] }));
  };
  const from = { position: number, isIncluded: true };
  const [told] = await createServedRecords("http://127.0.0.1:1", answered).page(streamArn, "shard", from);
  if (told === undefined) throw new Error("no record was told");
  expect(targets).toEqual(["DynamoDBStreams_20120810.GetShardIterator", "DynamoDBStreams_20120810.GetRecords"]);
  expect(told).toMatchObject({ position: number, arrivedAtMs: 1_795_651_658_822, partitionKey: '{"id":{"S":"1"}}' });
  const passedBy = (pattern: string) =>
    createJudge({ EventSourceArn: streamArn, FilterCriteria: { Filters: [{ Pattern: pattern }] } }).factsOf(told)
      .passed;
  expect(passedBy('{"userIdentity":{"type":["Service"]},"dynamodb":{"Keys":{"id":{"S":["1"]}}}}')).toBe(
    "pattern 1 of 1",
  );
  expect(passedBy('{"eventName":["INSERT"]}')).toBeNull();
});

test("a cluster goes by its name, one's own by its servers, and a topic is named with it", () => {
  const cluster = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/uuid-1";
  const own = { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["a:1", "b:1"] } };
  expect(shownSource({ EventSourceArn: cluster, Topics: ["orders"] })).toBe("kafka:shop/orders");
  expect(shownSource({ SelfManagedEventSource: own, Topics: ["orders"] })).toBe("kafka:a:1,b:1/orders");
  const documents = { EventSourceArn: "arn:aws:rds:us-east-1:000000000000:cluster:shop" };
  const ofDatabase = { ...documents, DocumentDBEventSourceConfig: { DatabaseName: "app" } };
  const ofCollection = { ...documents, DocumentDBEventSourceConfig: { DatabaseName: "app", CollectionName: "orders" } };
  expect(shownSource(ofDatabase)).toBe("documentdb:shop/app");
  expect(shownSource(ofCollection)).toBe("documentdb:shop/app/orders");
  expect(shownSource({})).toBe("");
});
