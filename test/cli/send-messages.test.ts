// `millrace send sqs:QUEUE`, in a process of its own, against a server over a real store.

import { describe, expect, test } from "vitest";
import { folderWith } from "../config/folder.ts";
import { aServedHouse } from "../control/doubles/served.ts";
import { runCommand } from "./run-command.ts";

async function aHouse(files: Readonly<Record<string, string>> = {}) {
  const { url, queues } = await aServedHouse();
  await queues.createQueue("orders");
  await queues.createQueue("steps.fifo", { settings: { isFifo: true } });
  await queues.createQueue("content.fifo", { settings: { isFifo: true, isDeduplicatedByContent: true } });
  const cwd = folderWith(files);
  return {
    queues,
    send: (...words: string[]) => runCommand(cwd, ["send", ...words, "--endpoint", url]),
    received: async (name: string) => (await queues.receive(name, { max: 100, visibilityMs: null }))?.messages ?? [],
  };
}

describe("messages sent by the command line", () => {
  test("one with attributes, and what it says of it", async () => {
    const { send, received } = await aHouse();
    const words = ["--data", "hello", "--attribute", "kind=a=b", "--attribute", "weight:Number=12", "--group", "g"];
    const { code, out, error } = await send("sqs:orders", ...words);
    expect([code, error]).toEqual([0, ""]);
    expect(out).toMatch(/^sent 1 message to sqs:orders; last [0-9a-f-]{36}\n$/);
    const [message] = await received("orders");
    expect(message).toMatchObject({ body: "hello", groupId: "g" });
    expect(JSON.parse(message?.attributes ?? "")).toEqual([
      { name: "kind", type: "String", isBinary: false, value: "a=b" },
      { name: "weight", type: "Number", isBinary: false, value: "12" },
    ]);
  });

  test("a queue may be named by its ARN; one without a name, or that was taken for a stream, is helped on", async () => {
    const { send, received } = await aHouse();
    const { out } = await send("arn:aws:sqs:us-east-1:000000000000:orders", "--data", "hello");
    expect(out).toMatch(/^sent 1 message to sqs:orders; /);
    expect(await received("orders")).toMatchObject([{ body: "hello" }]);
    expect((await send("sqs:")).error).toContain("send sqs:QUEUE");
    const { code, error } = await send("steps.fifo");
    expect(code).not.toBe(0);
    expect(error).toContain("there is no stream `steps.fifo`, but a queue");
    expect(error).toContain("send sqs:steps.fifo");
  });

  test("each line of a file, in order, over and over; to a FIFO queue with ids of their own", async () => {
    const { send, received } = await aHouse({ "lines.txt": "one\ntwo\n" });
    const words = ["--file", "lines.txt", "--count", "25", "--group", "g"];
    const { out } = await send("sqs:steps.fifo", ...words, "--json");
    expect(JSON.parse(out)).toEqual({ queue: "steps.fifo", messageCount: 25, lastMessageId: expect.any(String) });
    const bodies = (await received("steps.fifo")).map(({ body }) => body);
    expect(bodies).toEqual(Array.from({ length: 25 }, (_, index) => (index % 2 === 0 ? "one" : "two")));
    await send("sqs:content.fifo", ...words);
    expect((await received("content.fifo")).map(({ body }) => body)).toEqual(["one", "two"]);
  });

  test("a delay keeps it hidden, and a deduplication id is its own", async () => {
    const { send, queues, received } = await aHouse();
    await send("sqs:orders", "--delay", "900");
    expect(await queues.countMessages("orders")).toEqual({ visibleCount: 0, hiddenCount: 0, delayedCount: 1 });
    await send("sqs:steps.fifo", "--group", "g", "--deduplication-id", "d");
    expect((await received("steps.fifo"))[0]?.deduplicationId).toBe("d");
  });

  test("where one message cannot be sent, it is said how many others were", async () => {
    const { send, queues } = await aHouse({ "lines.txt": `one\n\u0001\ntwo\n` });
    const { code, error } = await send("sqs:orders", "--file", "lines.txt");
    expect(code).not.toBe(0);
    expect(error).toContain("InvalidMessageContents: Invalid characters found.");
    expect(error).toContain("; 2 messages of the others were sent");
    expect(await queues.countMessages("orders")).toMatchObject({ visibleCount: 2 });
  });

  test.each([
    [["sqs:ordres"], "there is no queue `ordres`", "send sqs:orders"],
    [["sqs:steps.fifo"], "a message of a FIFO queue needs a group", "--group GROUP"],
    [["sqs:orders", "--deduplication-id", "d"], "is for FIFO queues", "sqs:orders.fifo --group GROUP"],
    [["sqs:steps.fifo", "--group", "g", "--delay", "1"], "delays all its messages alike", "--group g"],
    [
      ["sqs:steps.fifo", "--group", "g", "--deduplication-id", "d", "--count", "2"],
      "a deduplication id is one message's",
      "--count 2",
    ],
    [["sqs:orders", "--partition-key", "k"], "a message has no partition key", "--group k"],
    [["sqs:orders", "--attribute", "k=1", "--attribute", "k=2"], "the attribute k is given twice", "--attribute"],
    [["sqs:orders", "--attribute", "kind"], "--attribute kind is no attribute", "--attribute kind=new"],
    [["kinesis:orders", "--group", "g"], "--group is for messages of queues", "sqs:orders --group"],
    [["sqs:orders", "--attribute", "n:Number=one"], "Can't cast the value of message (user) attribute 'n'", ""],
  ])("%j is refused: %s", async (words, what, help) => {
    const { send, queues } = await aHouse();
    const { code, error } = await send(...words);
    expect(code).not.toBe(0);
    expect(error).toContain(what);
    expect(error).toContain(help);
    expect(await queues.countMessages("orders")).toMatchObject({ visibleCount: 0 });
  });
});
