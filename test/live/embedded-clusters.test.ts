// Mappings on Kafka and DocumentDB without a broker: what is put into the embedded store by the command line and the local calls reaches
// the handlers as the source's own event, and goes on after a restart where it was.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { startCommand } from "../cli/run-command.ts";
import { lambdaAt, mapped, updated } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime } from "./support/live-server.ts";

const mskArn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/11111111-2222-3333-4444-555555555555-1";
const docsArn = "arn:aws:rds:us-east-1:000000000000:cluster:docs";
const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef";

const members = (ledger: string) => ({
  sources: { [mskArn]: { engine: "KAFKA" }, [docsArn]: { engine: "DOCDB" } },
  secrets: { [secretArn]: { username: "u", password: "p" } },
  functions: { f: { Handler: "event-ledger.book", Timeout: 5, Environment: { Variables: { LEDGER: ledger } } } },
});

const onTopic = {
  EventSourceArn: mskArn,
  FunctionName: "f",
  Topics: ["orders"],
  StartingPosition: "TRIM_HORIZON" as const,
  BatchSize: 10,
};

const onCollection = {
  EventSourceArn: docsArn,
  FunctionName: "f",
  StartingPosition: "LATEST" as const,
  BatchSize: 1,
  DocumentDBEventSourceConfig: { DatabaseName: "shop", CollectionName: "orders" },
  SourceAccessConfigurations: [{ Type: "BASIC_AUTH" as const, URI: secretArn }],
};

const linesIn = (ledger: string): readonly string[] =>
  existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").slice(0, -1) : [];

interface KafkaEvent {
  readonly records: Readonly<Record<string, readonly { readonly offset: number; readonly value: string }[]>>;
}

/** `orders-0:0 text`, of all events in their order. */
const recordsIn = (ledger: string): readonly string[] =>
  linesIn(ledger).flatMap((line) =>
    Object.entries((JSON.parse(line) as KafkaEvent).records).flatMap(([unit, records]) =>
      records.map(({ offset, value }) => `${unit}:${offset} ${Buffer.from(value, "base64").toString()}`),
    ),
  );

const post = async (url: string, path: string, body: unknown): Promise<number> =>
  (await fetch(`${url}/_millrace/${path}`, { method: "POST", body: JSON.stringify(body) })).status;

async function send(folder: string, url: string, ...words: string[]): Promise<string> {
  const { code, out, error } = await startCommand(folder, ["send", ...words, "--endpoint", url]).ended;
  expect([code, error]).toEqual([0, ""]);
  return out;
}

test("M-101 to M-108, M-706: an embedded topic that is made later; after a restart the group goes on at its place", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(members(ledger), { folder });
  await mapped(server, lambdaAt(server.url), onTopic);
  const out = await send(folder, server.url, "kafka:shop/orders", "--data", "one", "--key", "k", "--partition", "0");
  expect(out).toBe("sent 1 record to shop/orders: 1 to partition 0; last 0:0\n");
  await expect.poll(() => linesIn(ledger), inTime).toHaveLength(1);
  expect(JSON.parse(linesIn(ledger)[0] ?? "")).toEqual({
    eventSource: "aws:kafka",
    eventSourceArn: mskArn,
    bootstrapServers: "localhost:9092",
    records: {
      "orders-0": [
        {
          topic: "orders",
          partition: 0,
          offset: 0,
          timestamp: expect.any(Number),
          timestampType: "CREATE_TIME",
          key: Buffer.from("k").toString("base64"),
          value: Buffer.from("one").toString("base64"),
          headers: [],
        },
      ],
    },
  });
  const more = { partitions: 3, records: [0, 1, 2].map((partition) => ({ value: `p${partition}`, partition })) };
  expect(await post(server.url, "kafka/shop/orders", more)).toBe(200);
  await expect.poll(() => recordsIn(ledger).length, inTime).toBe(4);
  await server.stop();
  const again = await aServer(members(ledger), { folder });
  await post(again.url, "kafka/shop/orders", { records: [{ value: "later", partition: 1 }] });
  await expect.poll(() => recordsIn(ledger).length, inTime).toBe(5);
  expect(recordsIn(ledger).toSorted((one, other) => (one < other ? -1 : 1))).toEqual([
    "orders-0:0 one",
    "orders-0:1 p0",
    "orders-1:0 p1",
    "orders-1:1 later",
    "orders-2:0 p2",
  ]);
});

test("TX-01, TX-07, TX-11: an embedded collection, from now on, over its end and a restart", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const operations = (): readonly string[] =>
    linesIn(ledger).map((line) => /"operationType":"(\w+)"/.exec(line)?.[1] ?? "");
  const server = await aServer(members(ledger), { folder });
  const at = "documentdb:docs/shop/orders";
  await post(server.url, "documentdb/docs/shop/orders", { operations: [{ op: "insert", document: { _id: "early" } }] });
  await mapped(server, lambdaAt(server.url), onCollection);
  await send(folder, server.url, at, "--data", '{"_id":1,"n":{"$numberLong":"12"}}');
  await expect.poll(() => linesIn(ledger), inTime).toHaveLength(1);
  expect(JSON.parse(linesIn(ledger)[0] ?? "")).toMatchObject({
    eventSourceArn: docsArn,
    eventSource: "aws:docdb",
    events: [{ event: { documentKey: { _id: 1 }, fullDocument: { _id: 1, n: 12 }, operationType: "insert" } }],
  });
  await send(folder, server.url, at, "--op", "drop");
  await expect.poll(operations, inTime).toEqual(["insert", "drop", "invalidate"]);
  await server.stop();
  const again = await aServer(members(ledger), { folder });
  await post(again.url, "documentdb/docs/shop/orders", { operations: [{ op: "insert", document: { _id: 1 } }] });
  await expect.poll(operations, inTime).toEqual(["insert", "drop", "invalidate", "insert"]);
});

test("TX-08, X-701: a place whose changes have left the log disables the mapping, which says why", async () => {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(members(ledger), { folder });
  const lambda = lambdaAt(server.url);
  const UUID = await mapped(server, lambda, onCollection);
  await updated(server, lambda, { UUID, Enabled: false, state: "Disabled" });
  await post(server.url, "documentdb/docs/shop/orders", { operations: [{ op: "insert", document: { _id: 1 } }] });
  await post(server.url, "documentdb/docs/trim", {});
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  const shown = async () => lambda.send(new GetEventSourceMappingCommand({ UUID }));
  await expect
    .poll(shown, inTime)
    .toMatchObject({ State: "Disabled", StateTransitionReason: "CHANGE_STREAM_POSITION_LOST" });
  expect((await shown()).LastProcessingResult).toBe(
    "PROBLEM: The position in the change stream is lost: the cluster's log does not reach back so far.",
  );
  expect(linesIn(ledger)).toEqual([]);
});
