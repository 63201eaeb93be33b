// Mappings on DocumentDB where there is no server: changes of embedded collections reach the handlers, one batch after another.

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CreateEventSourceMappingCommandInput,
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { startCommand } from "../cli/run-command.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime } from "./support/live-server.ts";

const arn = "arn:aws:rds:us-east-1:000000000000:cluster:shop";
const login = { Type: "BASIC_AUTH" as const, URI: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-AbCdEf" };

interface ChangesEvent {
  readonly eventSource: string;
  readonly events: readonly { readonly event: { readonly operationType: string; readonly fullDocument?: unknown } }[];
}

async function aHouse() {
  const folder = aFolder();
  const ledger = join(folder, "ledger.txt");
  const server = await aServer(
    {
      secrets: { login: { username: "u", password: "p" } },
      sources: { [arn]: { engine: "DOCDB" } },
      functions: { f: { Handler: "event-ledger.book", Timeout: 5, Environment: { Variables: { LEDGER: ledger } } } },
    },
    { folder },
  );
  const lambda = lambdaAt(server.url);
  const seen = (): readonly ChangesEvent[] =>
    existsSync(ledger)
      ? readFileSync(ledger, "utf8")
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as ChangesEvent)
      : [];
  const operations = (): readonly string[] =>
    seen().flatMap(({ events }) => events.map(({ event }) => event.operationType));
  const insert = async (document: string): Promise<void> => {
    const words = ["send", "documentdb:shop/store/orders", "--data", document, "--endpoint", server.url];
    expect(await startCommand(folder, words).ended).toMatchObject({ code: 0 });
  };
  const make = (members: Partial<CreateEventSourceMappingCommandInput>) =>
    mapped(server, lambda, {
      FunctionName: "f",
      EventSourceArn: arn,
      StartingPosition: "LATEST",
      DocumentDBEventSourceConfig: { DatabaseName: "store", CollectionName: "orders" },
      SourceAccessConfigurations: [login],
      ...members,
    });
  const get = (uuid: string | undefined) => lambda.send(new GetEventSourceMappingCommand({ UUID: uuid }));
  return { lambda, seen, operations, insert, make, get };
}

test("X-101, X-102, X-501: what millrace send puts into an embedded collection behind LATEST reaches its function", async () => {
  const { seen, operations, insert, make, get } = await aHouse();
  await insert('{"n": 1}');
  const UUID = await make({});
  await insert('{"n": 9007199254740993}');
  await expect.poll(operations, inTime).toEqual(["insert"]);
  expect(seen()[0]).toMatchObject({ eventSource: "aws:docdb", eventSourceArn: arn });
  await expect.poll(async () => (await get(UUID)).LastProcessingResult, inTime).toBe("OK");
});

test("X-805: FullDocument changes in place; a deleted mapping reads no more", async () => {
  const { lambda, operations, insert, make, get } = await aHouse();
  const UUID = await make({});
  await insert('{"n": 1}');
  await expect.poll(operations, inTime).toEqual(["insert"]);
  await expect.poll(async () => (await get(UUID)).LastProcessingResult, inTime).toBe("OK");
  const change = { UUID, DocumentDBEventSourceConfig: { FullDocument: "UpdateLookup" as const }, BatchSize: 2 };
  await lambda.send(new UpdateEventSourceMappingCommand(change));
  await expect
    .poll(() => get(UUID), inTime)
    .toMatchObject({
      State: "Enabled",
      BatchSize: 2,
      DocumentDBEventSourceConfig: { DatabaseName: "store", CollectionName: "orders", FullDocument: "UpdateLookup" },
    });
  await insert('{"n": 2}');
  await expect.poll(operations, inTime).toEqual(["insert", "insert"]);
  await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  await expect
    .poll(
      () =>
        get(UUID).then(
          () => "there",
          (error: Error) => error.name,
        ),
      inTime,
    )
    .toBe("ResourceNotFoundException");
});
