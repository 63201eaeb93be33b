// What `millrace explain` tells of a broker's messages, batches and mappings while its server runs, by whatever name they are asked for, and
// that `millrace record` says why it makes nothing of them.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCommand } from "../cli/run-command.ts";
import { readJournal } from "../../src/journal/read-journal.ts";
import { statePaths } from "../../src/platform/state-directory.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { lambdaAt, mapped } from "./support/aws-clients.ts";
import { aFolder, aServer, inTime } from "./support/live-server.ts";

const arn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";
const secretArn = "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-abcdef";
const handler = `
export const main = async (event) => {
  if (JSON.stringify(event).includes(Buffer.from("poison").toString("base64"))) throw new TypeError("no order");
};
`;
const plain = (text: string): string => text.replace(/\s+/g, " ");

/** A server with a mapping on the embedded broker `shop`, which was sent a message that fails, and the journal and commands of it. */
async function aBroker(engine: "ACTIVEMQ" | "RABBITMQ") {
  const folder = aFolder();
  writeFileSync(join(folder, "fails.js"), handler);
  const source = { engine, ...(engine === "ACTIVEMQ" ? { consumers: 1, redeliveryPauseMs: 10 } : {}) };
  const functions = { f: { Handler: "fails.main", Timeout: 5 } };
  const server = await aServer({ sources: { [arn]: source }, functions }, { folder });
  const uuid = await mapped(server, lambdaAt(server.url), {
    EventSourceArn: arn,
    FunctionName: "f",
    Queues: ["orders"],
    BatchSize: 1,
    SourceAccessConfigurations: [{ Type: "BASIC_AUTH", URI: secretArn }],
  });
  const run = (...words: readonly string[]) =>
    runCommand(folder, [...words, "--state", server.stateDir, "--endpoint", server.url]);
  const explained = async (what: string): Promise<string> => {
    const { out, error } = await run("explain", what);
    return plain(out === "" ? error : out);
  };
  const entries = (): readonly Entry[] => [...readJournal(statePaths(server.stateDir).journalDir)];
  const until = (kind: Entry["kind"], count: number) =>
    expect.poll(() => entries().filter((entry) => entry.kind === kind).length, inTime).toBeGreaterThanOrEqual(count);
  await fetch(`${server.url}/_millrace/brokers/shop/orders`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ text: "poison" }] }),
  });
  const messageId = async (): Promise<string> => {
    await until("decided", 1);
    const read = entries().find((entry) => entry.kind === "read");
    return read?.kind === "read" ? (read.first ?? "") : "";
  };
  return { uuid, run, explained, until, messageId };
}

test("R-403: an ActiveMQ message that fails is explained by its id, with all its calls and the broker's dead letters", async () => {
  const { explained, until, messageId } = await aBroker("ACTIVEMQ");
  const id = await messageId();
  await until("gave-up", 1);
  for (const name of [id, id.slice(0, 11)]) {
    const text = await explained(name);
    expect(text).toContain(`message ${id} mq:shop -> f GIVEN UP`);
    expect(text).toMatch(/ended settled as poison at .*: the dead letters of its broker have it/);
    expect(text).toContain(
      "error 7 times TypeError: no order verdict the message or the function: 7 calls with it failed",
    );
    expect(text).not.toMatch(/poller|shard|checkpoint/);
  }
  const batch = await explained("f/1");
  expect(batch).toContain("messages settled as poison: the broker's dead letters have them");
  expect(batch).not.toMatch(/dropped|no destination|checkpoint|shard|record --batch/);
  expect(await explained("orders")).toMatch(/^mapping \w{8} mq:shop -> f .*1 record settled as poison/);
});

test("R-402: a RabbitMQ message, which has no id, is explained as its delivery", async () => {
  const { explained, until, messageId } = await aBroker("RABBITMQ");
  const id = await messageId();
  await until("decided", 2);
  const text = await explained(id);
  expect(text).toContain(`message ${id} mq:shop -> f NOT DECIDED YET`);
  expect(text).toMatch(/verdict not decided yet: \d+ calls with it failed so far/);
  expect(text).not.toMatch(/poller|shard|checkpoint/);
});

test("what nothing is called so is said without a word of streams, and recordings say why they have nothing of a broker", async () => {
  const { uuid, run, explained, until } = await aBroker("ACTIVEMQ");
  await until("gave-up", 1);
  expect(await explained("nobody")).toMatch(
    /^error\[bad-argument\]: nothing in the journal is called `nobody`; mappings there are of f /,
  );
  const why = /its mapping polls a broker, and recordings carry streams only\n$/;
  expect((await run("record", "--batch", "f/1", "b.mrec")).error).toMatch(why);
  expect((await run("record", uuid, "b.mrec", "--since", "5m")).error).toMatch(why);
  expect((await run("record", uuid, "b.mrec")).error).toContain(
    `Mapping ${uuid} polls a broker: recordings carry streams only.`,
  );
});
