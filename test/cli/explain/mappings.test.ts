// "Nothing arrives": each reason that `millrace explain MAPPING` gives, from journals of the simulated world.

import { describe, expect, test } from "vitest";
import type { Entry } from "../../../src/ports/journal.ts";
import { aHouse, shard, streamArn, type ToldHouse } from "../../runtime/told-house.ts";
import { explained, explainedJson, holding, part } from "./explained-house.ts";

const why = async (house: ToldHouse): Promise<string> =>
  part(await explained(house, "handle"), "why").replace(/\s+/g, " ");

const orders = { FilterCriteria: { Filters: [{ Pattern: '{"data":{"total":[{"numeric":[">=",100]}]}}' }] } };

/** The journal as it is where the source is another one. */
const ofSource = ({ house }: ToldHouse, arn: string, more: object = {}): readonly Entry[] =>
  house.entries().map((entry) => {
    if (entry.kind !== "settings") return entry;
    expect(entry.settings).toMatchObject({ EventSourceArn: streamArn });
    return { ...entry, settings: { ...entry.settings, EventSourceArn: arn, ...more } };
  });

const ofTable = (house: ToldHouse): readonly Entry[] =>
  ofSource(house, "arn:aws:dynamodb:us-east-1:123456789012:table/orders/stream/2026-11-29T12:00:00.000");

const kafkaArn = "arn:aws:kafka:us-east-1:123456789012:cluster/shop/11111111-2222-3333-4444-555555555555-1";
const documentsArn = "arn:aws:rds:us-east-1:123456789012:cluster:docs";

describe("why nothing arrives", () => {
  test("H-2: it starts at LATEST, and so many records were there before", async () => {
    const house = await aHouse();
    house.putAll(["a", "b", "c"]);
    await house.map({ StartingPosition: "LATEST" });
    expect(await why(house)).toBe("why it starts at LATEST: 3 records were there before, and none has come since");
    const text = await explained(house, "handle");
    expect(text.split("\n")[0]).toMatch(/ NOTHING ARRIVES$/);
    expect(text).toContain("shard 0   starts at LATEST: 3 records were there before; nothing came since");
    expect(await explainedJson(house, "handle")).toMatchObject({
      units: [{ earlierCount: 3 }],
      why: { code: "latest", isFine: false },
    });
  });

  test("it starts at LATEST of an empty stream; it starts at the beginning of one", async () => {
    const latest = await aHouse();
    await latest.map({ StartingPosition: "LATEST" });
    expect(await why(latest)).toBe("why it starts at LATEST, and no record has come since");
    const horizon = await aHouse();
    await horizon.map();
    expect(await why(horizon)).toBe("why the stream has no records at all");
  });

  test("what was said of its configuration at its start is told again, and not over another start", async () => {
    const house = await aHouse();
    const uuid = await house.map();
    const [last] = house.house.entries().slice(-1);
    const at = { mapping: uuid, lane: uuid, atMs: last?.atMs ?? 0, seq: 1_000_000 };
    const noticed: Entry = { ...at, kind: "configured-otherwise", text: "its broker is embedded" };
    const started: Entry = { ...at, seq: 1_000_001, kind: "mapping-state", from: "", to: "Enabled", reason: "" };
    const entries = house.house.entries();
    expect(part(await explained(house, "handle", { entries: [...entries, noticed] }), "config")).toBe(
      "  config    its broker is embedded",
    );
    expect(await explained(house, "handle", { entries: [...entries, noticed, started] })).not.toContain("embedded");
  });

  test("it is paused, also over new settings, and goes on", async () => {
    const house = await aHouse();
    const uuid = await house.map();
    house.house.control.steer(uuid, "pause");
    house.put("a");
    await house.house.pass(1_000);
    await house.update(uuid, { BatchSize: 5 });
    await house.house.pass(1_000);
    expect(await why(house)).toBe("why it is paused before its next batch; its State stays Enabled");
    house.house.control.steer(uuid, "resume");
    await house.house.pass(1_000);
    expect(await why(house)).not.toContain("paused");
  });

  test("F-81: the filter passes everything over, with the reason for the last", async () => {
    const house = await aHouse();
    await house.map(orders);
    for (const total of ["1", "2", "129.90"]) {
      house.put("a", { data: { total } });
      await house.house.pass(400);
    }
    await house.house.pass(2_000);
    expect(await why(house)).toMatch(
      /^why 3 of 3 records passed over by the filter, the last \(\.\.\.\d+\) because data\.total "129\.90", numeric >= 100: the value is text, and numeric compares JSON numbers only$/,
    );
  });

  test("F-81: a record that was passed over, with the source at hand and without", async () => {
    const house = await aHouse();
    await house.map(orders);
    house.put("a", { data: { total: 5 } });
    await house.house.pass(1_000);
    const read = house.house.entries().find((entry) => entry.kind === "read");
    const position = read?.kind === "read" ? (read.first ?? "") : "";
    const without = await explained(house, position);
    expect(without.split("\n")[0]).toMatch(/ PASSED OVER$/);
    const records = holding([{ position, key: "k", data: { total: 5 } }]);
    const text = await explained(house, position, { records });
    expect(text).toContain("✗ data.total  5   numeric >= 100");
    expect(part(text, "verdict").replace(/\s+/g, " ")).toContain("the filter: no pattern fits");
  });

  test("H-5: the stream of its table has been switched off, before anything was read and after all of it", async () => {
    const house = await aHouse();
    await house.map();
    const unread = ofTable(house).filter(({ kind }) => kind !== "unit-opened");
    expect(part(await explained(house, "handle", { entries: unread }), "why").replace(/\s+/g, " ")).toBe(
      "why no poller has begun to read for it: it is Enabled, or the stream of its table has been switched off",
    );
    house.put("a");
    await house.house.pass(1_000);
    house.stream.closeShard(shard(0));
    await house.house.pass(5_000);
    const text = await explained(house, "handle", { entries: ofTable(house) });
    expect(text.split("\n")[0]).toMatch(/ NOTHING MORE ARRIVES$/);
    expect(part(text, "why").replace(/\s+/g, " ")).toMatch(
      /^why the stream of its table has been switched off, and all that it held has ended: if the table has a stream now, it is another one/,
    );
    expect(text).toContain("aws dynamodb describe-table --table-name orders");
  });

  test("H-5: the stream of its table was switched off before this run began, and the journal has this run only", async () => {
    const house = await aHouse(() => ({}), { shards: 2 });
    const uuid = await house.map();
    house.putAll(["a", "b", "c"]);
    await house.house.pass(1_000);
    for (const id of [shard(0), shard(1)]) house.stream.closeShard(id);
    await house.house.pass(5_000);
    await house.update(uuid, { Enabled: false });
    await house.untilState(uuid, "Disabled");
    const before = house.house.entries().length;
    await house.update(uuid, { Enabled: true });
    await house.untilState(uuid, "Enabled");
    const since = ofTable(house).slice(before);
    expect(since.filter(({ kind }) => kind.startsWith("unit-")).map(({ kind, lane }) => [kind, lane])).toEqual([
      ["unit-ended", `${uuid}/${shard(0)}`],
      ["unit-ended", `${uuid}/${shard(1)}`],
    ]);
    const text = await explained(house, "handle", { entries: since });
    expect(part(text, "why").replace(/\s+/g, " ")).toMatch(
      /^why the stream of its table has been switched off, and all that it held has ended: if the table has a stream now, it is another one/,
    );
  });

  test("P-5: a mapping of a consumer is offered a record for the stream", async () => {
    const house = await aHouse();
    await house.map();
    const entries = ofSource(house, `${streamArn}/consumer/audit:1790000000`);
    expect(await explained(house, "handle", { entries })).toContain("millrace send orders --count 1");
  });

  test.each([
    [kafkaArn, { Topics: ["orders"] }, "kafka:shop/orders -> handle", "send kafka:shop/orders --data"],
    [
      documentsArn,
      { DocumentDBEventSourceConfig: { DatabaseName: "app", CollectionName: "orders" } },
      "documentdb:docs/app/orders -> handle",
      "send documentdb:docs/app/orders --data",
    ],
    [
      documentsArn,
      { DocumentDBEventSourceConfig: { DatabaseName: "app" } },
      "documentdb:docs/app -> handle",
      "send documentdb:docs/app/COLLECTION --data",
    ],
  ])(
    "a mapping on %s with %j is named, and offered a record, by its topic or collection",
    async (arn, more, ends, send) => {
      const house = await aHouse();
      await house.map();
      const text = await explained(house, "handle", { entries: ofSource(house, arn, more) });
      expect(text).toContain(ends);
      expect(text).toContain(send);
    },
  );

  test("X-701: one that has lost its place is offered a reset first: enabled with it, it would be disabled again", async () => {
    const house = await aHouse();
    const uuid = await house.map();
    await house.update(uuid, { Enabled: false });
    await house.untilState(uuid, "Disabled");
    const entries = ofSource(house, documentsArn).map((entry) =>
      entry.kind === "mapping-state" && entry.to === "Disabled"
        ? { ...entry, reason: "CHANGE_STREAM_POSITION_LOST" }
        : entry,
    );
    const text = await explained(house, "handle", { entries });
    expect(text).toContain(`millrace reset ${uuid.slice(0, 8)}`);
    expect(text.indexOf("--enabled")).toBeGreaterThan(text.indexOf("millrace reset"));
  });

  test("it is Disabled; it is deleted", async () => {
    const house = await aHouse();
    const uuid = await house.map();
    await house.update(uuid, { Enabled: false });
    await house.untilState(uuid, "Disabled");
    expect(await why(house)).toBe("why it is Disabled since TIME (User action): no poller reads for it");
    await house.house.settled(house.house.control.deleteMapping(uuid));
    await house.house.pass(5_000);
    expect(await why(house)).toBe("why it is deleted since TIME");
  });

  test("P-13: the source cannot be read", async () => {
    const house = await aHouse();
    await house.map();
    house.house.deleteStream("orders");
    await house.house.pass(1_000);
    expect(await why(house)).toContain("the source cannot be read: the world has no stream orders");
  });

  test("a failing batch holds the shard; a throttle; a function that is not there", async () => {
    const failing = await aHouse(() => ({ throws: true }));
    await failing.map();
    failing.put("a");
    await failing.untilCalls(2);
    expect(await why(failing)).toBe(
      "why shard 0 is held by batch 1, attempt 2 failed, again in 400 ms: Error: told to",
    );
    const throttled = await aHouse(() => ({}), { reservedConcurrency: 0 });
    await throttled.map();
    throttled.put("a");
    await throttled.house.pass(500);
    expect(await why(throttled)).toMatch(/^why shard 0 waits with batch 1: the function is throttled, again in /);
    const missing = await aHouse();
    await missing.map();
    missing.house.functions.delete("handle");
    missing.put("a");
    await missing.house.pass(500);
    expect(await why(missing)).toMatch(/^why the function is not there: Function not found: arn:/);
  });

  test("what was read ahead before a restart is read again, and counted once", async () => {
    const house = await aHouse();
    await house.map({ MaximumBatchingWindowInSeconds: 5 });
    house.putAll(["a", "b"]);
    await house.house.pass(1_000);
    house.house.crash();
    await house.house.pass(1_000);
    expect(await why(house)).toBe("why 2 records wait until a batch is full or its window is over");
    await house.house.pass(8_000);
    expect(await why(house)).toMatch(/^why the last batch, 1, succeeded/);
  });

  test("no server runs on the state directory", async () => {
    const house = await aHouse();
    await house.map();
    const text = await explained(house, "handle", { isServerRunning: false });
    expect(part(text, "why")).toBe("why      no server runs: it goes on from its checkpoint with the next start");
    expect(text.split("\n")[0]).toMatch(/ STOPPED$/);
  });

  test("an open window is no trouble, nor is a batch that runs, nor one that has just succeeded", async () => {
    const house = await aHouse(() => ({ tookMs: 500 }));
    await house.map({ MaximumBatchingWindowInSeconds: 5 });
    house.put("a");
    await house.house.pass(1_000);
    expect(await why(house)).toBe("why 1 record waits until a batch is full or its window is over");
    await house.house.pass(4_100);
    expect(await why(house)).toMatch(/^why batch 1 is being processed: request \w+ runs since TIME$/);
    await house.house.pass(2_000);
    expect(await why(house)).toBe("why the last batch, 1, succeeded at TIME; nothing has come since");
    expect((await explained(house, "handle")).split("\n")[0]).toMatch(/ ENABLED$/);
  });
});

describe("after a start anew, P-12: what was before is not taken for what is", () => {
  test("H-2: a mapping that started at LATEST goes on from its checkpoint, in the journal and in the live view alike", async () => {
    const house = await aHouse();
    house.put("before");
    await house.map({ StartingPosition: "LATEST" });
    house.put("a");
    await house.house.pass(1_000);
    const before = house.house.entries().length;
    house.house.crash();
    await house.house.pass(1_000);
    expect(await why(house)).toBe(
      "why it goes on from its checkpoint, and no record has come since; before, the last batch, 1, succeeded at TIME",
    );
    const text = await explained(house, "handle");
    expect(text.split("\n")[0]).toMatch(/ ENABLED$/);
    expect(part(text, "shard 0").replace(/\s+/g, " ")).toMatch(
      /^ ?shard 0 started at LATEST: 1 record was there before; goes on behind …\S+; nothing came since$/,
    );
    // The live view hears of what the new process does.
    const since = await explained(house, "handle", {
      entries: house.house.entries().filter((entry, index) => index >= before || entry.kind === "settings"),
    });
    expect(part(since, "why")).toBe("why      it goes on from its checkpoint, and no record has come since");
    house.put("b");
    await house.house.pass(1_000);
    expect(await why(house)).toMatch(/^why the last batch, \d+, succeeded at TIME; nothing has come since$/);
  });
});

test("O-15: what a destination refused is lost, which is said until one is delivered", async () => {
  const house = await aHouse(() => ({ throws: true }));
  house.refuseDocuments();
  const uuid = await house.map({ MaximumRetryAttempts: 0 });
  house.put("a");
  await house.house.pass(2_000);
  const text = await explained(house, "handle");
  expect(text.split("\n")[0]).toMatch(/ RECORDS LOST$/);
  expect(await why(house)).toBe(
    "why sqs:given-up refused what was given up (full): 1 record is lost, the last with batch 1 at TIME; what is given up next is lost, too, while that is so",
  );
  expect(part(text, "next")).toContain(`millrace explain ${uuid.slice(0, 8)}/1`);
  // A start anew does not make it forgotten.
  house.house.crash();
  await house.house.pass(1_000);
  expect(await why(house)).toMatch(
    /^why it goes on from its checkpoint, and no record has come since; before, sqs:given-up/,
  );
  // A queue that is not there can be made.
  const entries = house.house
    .entries()
    .map((entry) => (entry.kind === "reported" ? { ...entry, detail: "there is no queue nope" } : entry));
  expect(await explained(house, "handle", { entries })).toContain("next     aws sqs create-queue --queue-name nope");
  const delivered = entries.flatMap((entry) =>
    entry.kind === "reported" ? [{ ...entry, answer: "delivered" as const, detail: "" }] : [],
  );
  const later = await explained(house, "handle", { entries: [...entries, ...delivered] });
  expect(part(later, "lost").replace(/\s+/g, " ")).toContain("1 record is lost");
  expect(part(later, "why")).toContain("the last batch, 1, was given up at");
});

test("B-2: what was all there was is not for long while a lane is held", async () => {
  const house = await aHouse(() => ({ throws: true }));
  await house.map({ MaximumRetryAttempts: 10 });
  house.put("a");
  await house.house.pass(1_000);
  expect(await explained(house, "handle")).not.toContain("more may wait");
  house.put("b");
  await house.house.pass(500);
  expect(part(await explained(house, "handle"), "shard 0").replace(/\s+/g, " ")).toContain(
    ", all there was then; more may wait in the stream: reading goes only so far ahead of a lane that is held",
  );
});
