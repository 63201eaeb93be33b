// A mapping on DocumentDB of a whole server, its cluster a MongoDB that the configuration names: from an insert to the handler, and from a
// lost place to Disabled.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { GetEventSourceMappingCommand, UpdateEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { aStandIn } from "../mongo/support/mongo-house.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime } from "./support/live-server.ts";

const arn = "arn:aws:rds:us-east-1:000000000000:cluster:shop";
const login = { Type: "BASIC_AUTH" as const, URI: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-AbCdEf" };

test("X-101, X-701, TX-08: changes of a MongoDB reach the handler; a place that its log has lost disables the mapping and says so", async () => {
  const mongo = await aStandIn({ user: { user: "reader", password: "right" } });
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      secrets: { login: { username: "reader", password: "right" } },
      sources: { [arn]: { engine: "DOCDB", url: `mongodb://127.0.0.1:${mongo.server.port}/` } },
      functions: { f: { Handler: "event-ledger.book", Timeout: 5, Environment: { Variables: { LEDGER: ledger } } } },
    },
    { folder },
  );
  const lambda = lambdaAt(server.url);
  const seen = (): readonly string[] =>
    existsSync(ledger) ? readFileSync(ledger, "utf8").split("\n").slice(0, -1) : [];
  const UUID = await mapped(server, lambda, {
    FunctionName: "f",
    EventSourceArn: arn,
    StartingPosition: "LATEST",
    DocumentDBEventSourceConfig: { DatabaseName: mongo.database, CollectionName: "orders" },
    SourceAccessConfigurations: [login],
  });
  const get = () => lambda.send(new GetEventSourceMappingCommand({ UUID }));
  await mongo.orders.insertOne({ _id: 1 });
  await expect.poll(() => seen().length, inTime).toBe(1);
  expect(JSON.parse(seen()[0] ?? "")).toMatchObject({
    eventSource: "aws:docdb",
    eventSourceArn: arn,
    events: [{ event: { operationType: "insert", fullDocument: { _id: 1 } } }],
  });
  await expect.poll(async () => (await get()).LastProcessingResult, inTime).toBe("OK");

  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await expect.poll(async () => (await get()).State, inTime).toBe("Disabled");
  await mongo.orders.insertOne({ _id: 2 });
  mongo.server.trimOplog();
  await mongo.orders.insertOne({ _id: 3 });
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }));
  await expect
    .poll(get, inTime)
    .toMatchObject({ State: "Disabled", StateTransitionReason: "CHANGE_STREAM_POSITION_LOST" });
  expect((await get()).LastProcessingResult).toBe(
    "PROBLEM: The position in the change stream is lost: the cluster's log does not reach back so far.",
  );
  expect(seen()).toHaveLength(1);
});
