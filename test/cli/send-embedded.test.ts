// `millrace send kafka:` and `documentdb:`, in a process of its own, against a server over a real store.

import { describe, expect, test } from "vitest";
import { usualDocumentDb } from "../../src/control/change-reading.ts";
import { usualKafka } from "../../src/control/group-reading.ts";
import { folderWith } from "../config/folder.ts";
import { aServedHouse } from "../control/doubles/served.ts";
import { runCommand } from "./run-command.ts";

const mskArn = "arn:aws:kafka:us-east-1:123456789012:cluster/shop/11111111-2222-3333-4444-555555555555-1";
const docsArn = "arn:aws:rds:us-east-1:123456789012:cluster:docs";

async function aHouse(files: Readonly<Record<string, string>> = {}) {
  const clusters = {
    sources: [],
    kafkaClusters: [usualKafka(mskArn, null), usualKafka("kafka://far:9092", ["far:9092"])],
    documentDbs: [usualDocumentDb(docsArn)],
  };
  const { url } = await aServedHouse([], { clusters });
  const cwd = folderWith(files);
  const seen = async (...path: string[]) =>
    (await fetch(`${url}/_millrace/${path.join("/")}`)).json() as Promise<unknown>;
  return { seen, send: (...words: string[]) => runCommand(cwd, ["send", ...words, "--endpoint", url]) };
}

describe("records for a topic", () => {
  test("with key, headers, time and partitions; a tombstone; bytes in base64; the cluster by name or ARN", async () => {
    const { send, seen } = await aHouse();
    const keyed = ["--data", '{"id":1}', "--key", "k", "--attribute", "h=1", "--attribute", "h=2"];
    const placed = ["--timestamp", "2026-01-31T12:00:00Z", "--partition", "1", "--partitions", "2"];
    const first = await send("kafka:shop/orders", ...keyed, ...placed);
    expect([first.code, first.error, first.out]).toEqual([
      0,
      "",
      "sent 1 record to shop/orders: 1 to partition 1; last 1:0\n",
    ]);
    const more = ["--partition", "1", "--timestamp", "7"];
    await send(`kafka:${mskArn}/orders`, "--tombstone", "--key", "k", ...more);
    await send("kafka:shop/orders", "--base64", "--data", "/wA=", "--key", "AP8=", ...more);
    expect(await seen("kafka", "shop", "orders?partition=1")).toMatchObject({
      records: [
        {
          key: "k",
          value: '{"id":1}',
          timestamp: Date.UTC(2026, 0, 31, 12),
          headers: [
            { name: "h", value: "1" },
            { name: "h", value: "2" },
          ],
        },
        { key: "k", value: null, timestamp: 7 },
        { keyData: "AP8=", valueData: "/wA=" },
      ],
    });
  });

  test("each line of a file, over and over, told in JSON", async () => {
    const { send, seen } = await aHouse({ "lines.txt": "one\ntwo\n" });
    const { out } = await send("kafka:shop/orders", "--file", "lines.txt", "--count", "5", "--json");
    expect(JSON.parse(out)).toEqual({ topic: "shop/orders", recordCount: 5, partitions: { 0: 5 }, last: "0:4" });
    const { records } = (await seen("kafka", "shop", "orders")) as { records: readonly { value: string }[] };
    expect(records.map(({ value }) => value)).toEqual(["one", "two", "one", "two", "one"]);
  });

  test.each([
    [["kafka:shop"], "names no topic of a cluster"],
    [["kafka:far:9092/orders"], "Cluster far:9092 is at far:9092: send its records there."],
    [["kafka:shop/orders", "--tombstone", "--data", "x"], "a tombstone has no value"],
    [["kafka:shop/orders", "--timestamp", "soon"], "--timestamp soon is no time"],
    [["kafka:shop/orders", "--attribute", "h"], "--attribute h is no header"],
    [["kafka:shop/orders", "--base64", "--data", "!"], '"!" is no base64'],
    [["kafka:shop/orders", "--base64", "--data", "AAE=", "--key", "k"], '"k" is no base64'],
    [["kafka:shop/orders", "--partition-key", "k"], "--partition-key is for streams and queues"],
    [["orders", "--key", "k"], "--key is for records of Kafka"],
  ])("%j is refused", async (words, text) => {
    const { send } = await aHouse();
    const { code, error } = await send(...words);
    expect(code).not.toBe(0);
    expect(error).toContain(text);
  });
});

describe("changes to documents", () => {
  test("insert is the default; update, replace, delete and drop by --op; digits stay", async () => {
    const { send, seen } = await aHouse({
      "docs.jsonl": '{"_id":2}\n{"_id":3,"n":{"$numberLong":"9007199254740993"}}\n',
    });
    const at = "documentdb:docs/shop/orders";
    const first = await send(at, "--data", '{"_id":1,"a":1}');
    expect([first.code, first.error, first.out]).toEqual([0, "", "1 change (insert) in docs/shop/orders; last 1\n"]);
    const lines = await send(at, "--file", "docs.jsonl", "--json");
    expect(JSON.parse(lines.out)).toEqual({
      collection: "docs/shop/orders",
      op: "insert",
      changedCount: 2,
      unchangedCount: 0,
      lastId: "3",
    });
    await send(at, "--op", "update", "--data", '{"_id":1,"$set":{"b":2},"$unset":{"a":""}}');
    await send(at, "--op", "replace", "--data", '{"_id":2,"c":3}');
    const gone = await send(at, "--op", "delete", "--data", '{"_id":7}');
    expect(gone.out).toBe("0 changes (delete) in docs/shop/orders; 1 operation changed nothing\n");
    expect(await seen("documentdb", "docs", "shop", "orders")).toMatchObject({
      documents: [{ _id: 1, b: 2 }, { _id: 2, c: 3 }, { _id: 3 }],
    });
    expect((await send(at, "--op", "drop")).out).toBe("1 change (drop) in docs/shop/orders\n");
    await send(at);
    expect((await send("documentdb:docs/shop", "--op", "drop-database")).out).toBe(
      "1 change (drop-database) in docs/shop\n",
    );
  });

  test.each([
    [["documentdb:docs"], "names no collection"],
    [["documentdb:docs/shop"], "documentdb:docs/shop names no collection"],
    [["documentdb:docs/shop/orders", "--data", "{"], "a document is JSON"],
    [["documentdb:docs/shop/orders", "--op", "update"], "--op update needs a document"],
    [["documentdb:docs/shop/orders", "--op", "drop", "--data", "{}"], "--op drop takes no data"],
    [["documentdb:docs/shop/orders", "--op", "drop-database"], "takes a database"],
    [["documentdb:docs/shop/orders", "--attribute", "a=b"], "--attribute is for messages and records"],
  ])("%j is refused", async (words, text) => {
    const { send } = await aHouse();
    const { code, error } = await send(...words);
    expect(code).not.toBe(0);
    expect(error).toContain(text);
  });
});
