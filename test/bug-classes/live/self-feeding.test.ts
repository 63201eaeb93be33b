// Bug class: a self-feeding handler. A function that puts back into its own source is let go on, and said: in the journal, the plain
// lines and what explain tells of the mapping.

import { pathToFileURL } from "node:url";
import { createRequire } from "node:module";
import { DynamoDBClient, PutItemCommand } from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { noColour } from "../../../src/cli/entry-output.ts";
import { explain } from "../../../src/cli/explain/explain.ts";
import { createLineState } from "../../../src/cli/line-state.ts";
import { lineText, linesOf } from "../../../src/cli/plain-lines.ts";
import { kinesisAt, lambdaAt, mapped, put } from "../../live/support/aws-clients.ts";
import { base } from "../../live/support/house.ts";
import { aServer, streamArn } from "../../live/support/live-server.ts";

const clientOf = (service: string): string =>
  pathToFileURL(createRequire(import.meta.url).resolve(`@aws-sdk/client-${service}`)).href;

const anyCredentials = { accessKeyId: "any", secretAccessKey: "any" };

async function aFeedingServer(to = "orders") {
  const function_ = {
    Handler: "feeding.handle",
    Timeout: 30,
    Environment: { Variables: { SDK: clientOf("kinesis"), TO: to } },
  };
  const server = await aServer({
    streams: { orders: {}, others: {} },
    functions: { f: function_, g: function_ },
  });
  return { server, lambda: lambdaAt(server.url), kinesis: kinesisAt(server.url) };
}

test.each(["own", "given"])(
  "a self-feeding handler is detected and said, with the client's %s credentials; its records come all the same",
  async (how) => {
    const { server, lambda, kinesis } = await aFeedingServer();
    const uuid = await mapped(server, lambda, base);
    await put(kinesis, "orders", [`${how} 3`]);
    const told = await server.log.entry(({ kind }) => kind === "self-feeding");
    expect(told).toMatchObject({
      mapping: uuid,
      functionName: "f",
      source: streamArn("orders"),
      recordCount: 1,
      hasFilter: false,
    });
    const [line] = linesOf(told, createLineState());
    expect(line === undefined ? "" : lineText(line, noColour)).toBe(
      `feeds    ${uuid.slice(0, 8)} handler of f feeds its own source kinesis:orders: 1 record put from inside its invocations; each invocation makes the next`,
    );
    let doneCount = 0;
    await server.log.entry((entry) => entry.kind === "decided" && entry.verdict === "done" && ++doneCount === 4);
    const story = await explain(uuid, {
      entries: () => server.log.entries,
      isServerRunning: true,
      records: null,
      screen: { columns: 80, isUnicode: true },
      isFull: false,
      command: "millrace",
    });
    expect(story.text.replaceAll(/\n +/g, " ")).toContain(
      "f feeds its own source: records were put from inside its invocations",
    );
    // Three records were fed within a minute: said once.
    expect(server.log.entries.filter(({ kind }) => kind === "self-feeding")).toHaveLength(1);
  },
);

test("a function that writes to the table whose stream it reads feeds it, too", async () => {
  const server = await aServer({
    tables: { items: { key: "id", stream: "KEYS_ONLY" } },
    functions: {
      f: { Handler: "feeding.change", Timeout: 30, Environment: { Variables: { SDK: clientOf("dynamodb") } } },
    },
    mappings: [{ ...base, EventSourceArn: "dynamodb:items" }],
  });
  const db = new DynamoDBClient({ endpoint: server.url, region: "us-east-1", credentials: anyCredentials });
  onTestFinished(() => db.destroy());
  await db.send(new PutItemCommand({ TableName: "items", Item: { id: { S: "2" } } }));
  const told = await server.log.entry(({ kind }) => kind === "self-feeding");
  expect(told).toMatchObject({
    functionName: "f",
    recordCount: 1,
    source: expect.stringContaining(":table/items/stream/"),
  });
  let doneCount = 0;
  await server.log.entry((entry) => entry.kind === "decided" && entry.verdict === "done" && ++doneCount === 3);
});

test("what comes from outside, from another function, or goes to another stream is nothing to say", async () => {
  const { server, lambda, kinesis } = await aFeedingServer("others");
  await mapped(server, lambda, base);
  await mapped(server, lambda, { ...base, EventSourceArn: streamArn("others"), FunctionName: "g" });
  await put(kinesis, "orders", ["own 1"]);
  let doneCount = 0;
  await server.log.entry((entry) => entry.kind === "decided" && entry.verdict === "done" && ++doneCount === 2);
  expect(server.log.entries.filter(({ kind }) => kind === "self-feeding")).toEqual([]);
});
