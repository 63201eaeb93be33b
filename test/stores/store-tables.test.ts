import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Checkpoint } from "../../src/ports/checkpoints.ts";
import { createStoreCheckpoints, forgetCheckpoints } from "../../src/stores/store-checkpoints.ts";
import { createQueues } from "../../src/stores/store-queues.ts";
import { createTables } from "../../src/stores/store-tables.ts";
import { aMessage, bodies, openStoreAside, type StoreAside } from "./aside.ts";

const HOUR_MS = 3_600_000;

let store: StoreAside;
beforeEach(async () => {
  store = await openStoreAside();
});
afterEach(() => store.close());

function sweepAll(): void {
  for (let isMore = true; isMore; ) isMore = store.service.sweep();
}

describe("checkpoints", () => {
  const at = (after: string): Checkpoint => ({ after, window: null, isEnded: false });

  test("C1: once a newer generation has loaded, an older one is refused and moves nothing", async () => {
    const old = createStoreCheckpoints(store.client, "m", { generation: 1 });
    expect(await old.load()).toEqual(new Map());
    expect(await old.save("u", at("1"))).toBe("kept");
    const next = createStoreCheckpoints(store.client, "m", { generation: 2 });
    expect(await next.load()).toEqual(new Map([["u", at("1")]]));
    expect(await old.save("u", at("9"))).toBe("fenced");
    expect(await next.save("u", at("2"))).toBe("kept");
    expect(await next.load()).toEqual(new Map([["u", at("2")]]));
  });

  test("C1: a newer generation's save fences as well, and mappings do not fence one another", async () => {
    const old = createStoreCheckpoints(store.client, "m", { generation: 1 });
    await createStoreCheckpoints(store.client, "m", { generation: 5 }).save("u", at("1"));
    expect(await old.save("v", at("1"))).toBe("fenced");
    expect(await createStoreCheckpoints(store.client, "other", { generation: 1 }).save("u", at("1"))).toBe("kept");
  });

  test("H-9: a deleted mapping takes no checkpoint any more; one that was reset begins anew", async () => {
    const checkpoints = createStoreCheckpoints(store.client, "m", { generation: 1 });
    await checkpoints.save("u", at("1"));
    await forgetCheckpoints(store.client, "m", { isDeleted: false });
    expect(await checkpoints.load()).toEqual(new Map());
    expect(await checkpoints.save("u", at("2"))).toBe("kept");
    await forgetCheckpoints(store.client, "m", { isDeleted: true });
    expect(await checkpoints.save("u", at("3"))).toBe("fenced");
    expect(await checkpoints.load()).toEqual(new Map());
  });

  test("a store that has ended answers failed", async () => {
    const checkpoints = createStoreCheckpoints(store.client, "m", { generation: 1 });
    store.client.close();
    expect(await checkpoints.load()).toBe("failed");
    expect(await checkpoints.save("u", at("1"))).toBe("failed");
  });
});

describe("tables", () => {
  test("rows come in order of key, changes are all there or none", async () => {
    const tables = createTables(store.client);
    await tables.change([
      { kind: "put", table: "mappings", key: "b", value: "1" },
      { kind: "put", table: "mappings", key: "a", value: "2" },
      { kind: "put", table: "functions", key: "a", value: "3" },
    ]);
    await tables.change([
      { kind: "put", table: "mappings", key: "b", value: "4" },
      { kind: "delete", table: "mappings", key: "a" },
      { kind: "delete", table: "mappings", key: "not there" },
    ]);
    expect(await tables.list("mappings")).toEqual([{ key: "b", value: "4" }]);
    expect(await tables.get("functions", "a")).toBe("3");
    expect(await tables.get("functions", "b")).toBeNull();
  });
});

describe("queues", () => {
  test("Q1: a received message is hidden for its visibility, comes back, and goes by its last receipt", async () => {
    const queues = createQueues(store.client);
    await queues.createQueue("q");
    await queues.createQueue("q");
    await queues.send("q", aMessage("one"));
    const first = await queues.receive("q", { max: 10, visibilityMs: 30_000 });
    expect(first).toMatchObject({ messages: [{ body: "one", receiveCount: 1, sentAtMs: store.clock.nowMs() }] });
    expect((await queues.receive("q", { max: 10, visibilityMs: 30_000 }))?.messages).toEqual([]);
    store.clock.moveBy(30_000);
    const second = await queues.receive("q", { max: 10, visibilityMs: 30_000 });
    expect(second).toMatchObject({
      messages: [{ body: "one", receiveCount: 2, messageId: first?.messages[0]?.messageId }],
    });
    expect(await queues.delete("q", first?.messages[0]?.receiptHandle ?? "")).toBe(false);
    expect(await queues.delete("q", second?.messages[0]?.receiptHandle ?? "")).toBe(true);
    expect(await queues.listQueues()).toEqual([{ name: "q", messageCount: 0 }]);
  });

  test("messages come in the order sent, at most as many as asked for; a purge takes all", async () => {
    const queues = createQueues(store.client);
    await queues.createQueue("q");
    for (const body of ["a", "b", "c"]) await queues.send("q", aMessage(body));
    expect(bodies(await queues.receive("q", { max: 2, visibilityMs: 0 }))).toEqual(["a", "b"]);
    expect(await queues.purge("q")).toBe(true);
    expect((await queues.receive("q", { max: 2, visibilityMs: 0 }))?.messages).toEqual([]);
  });

  test("what is not there is said", async () => {
    const queues = createQueues(store.client);
    expect(await queues.send("nix", aMessage("a"))).toEqual({ kind: "missing" });
    expect(await queues.describeQueue("nix")).toBeNull();
    expect(await queues.countMessages("nix")).toBeNull();
    expect(await queues.deleteQueue("nix")).toBe(false);
    expect(await queues.changeVisibility("nix", "r", 0)).toBe("gone");
    expect(await queues.receive("nix", { max: 1, visibilityMs: 0 })).toBeNull();
    expect(await queues.delete("nix", "r")).toBe(false);
    expect(await queues.purge("nix")).toBe(false);
  });

  test("Q2: after four days a message is taken away", async () => {
    const queues = createQueues(store.client);
    await queues.createQueue("q");
    await queues.send("q", aMessage("old"));
    store.clock.moveBy(96 * HOUR_MS + 1);
    await queues.send("q", aMessage("new"));
    sweepAll();
    expect(bodies(await queues.receive("q", { max: 9, visibilityMs: 0 }))).toEqual(["new"]);
  });

  test("a queue's own settings hold where a call says nothing, and what is changed holds for what lies there", async () => {
    const queues = createQueues(store.client);
    const settings = { delayMs: 5_000, visibilityMs: 10_000, maxMessageBytes: 2_000 };
    expect(await queues.createQueue("q", { settings, tags: { team: "a" } })).toBe("created");
    expect(await queues.createQueue("q", {})).toBe("exists");
    expect(await queues.send("q", aMessage("x".repeat(2_001)))).toEqual({ kind: "tooLong", maxMessageBytes: 2_000 });
    await queues.send("q", aMessage("late"));
    await queues.send("q", aMessage("soon", { delayMs: 0 }));
    expect(await queues.describeQueue("q")).toMatchObject({
      settings: { ...settings, retentionMs: 345_600_000, receiveWaitMs: 0 },
      tags: { team: "a" },
      createdAtMs: store.clock.nowMs(),
    });
    expect(await queues.countMessages("q")).toEqual({ visibleCount: 1, hiddenCount: 0, delayedCount: 1 });
    const own = { max: 10, visibilityMs: null };
    expect(bodies(await queues.receive("q", own))).toEqual(["soon"]);
    store.clock.moveBy(5_000);
    expect(bodies(await queues.receive("q", own))).toEqual(["late"]);
    expect(await queues.countMessages("q")).toEqual({ visibleCount: 0, hiddenCount: 2, delayedCount: 0 });
    expect(await queues.changeQueue("q", { settings: { retentionMs: 60_000 } })).toBe(true);
    store.clock.moveBy(60_001);
    // Q2: what is too old is not received, also before it is taken away.
    expect(bodies(await queues.receive("q", own))).toEqual([]);
    sweepAll();
    expect(await queues.listQueues()).toEqual([{ name: "q", messageCount: 0 }]);
  });

  test("Q5, R-408: what is given back to a broker's queue has its old place, in a queue of SQS it comes last", async () => {
    const queues = createQueues(store.client);
    const givenBack = async (name: string) => {
      await queues.createQueue(name);
      await queues.sendMany(
        name,
        ["a", "b", "c"].map((body) => aMessage(body)),
      );
      store.clock.moveBy(1_000);
      const held = (await queues.receive(name, { max: 2, visibilityMs: 60_000 }))?.messages ?? [];
      for (const { receiptHandle } of held) await queues.changeVisibility(name, receiptHandle, 0);
      return bodies(await queues.receive(name, { max: 9, visibilityMs: 0 }));
    };
    expect(await givenBack("mq/us-east-1/queue")).toEqual(["a", "b", "c"]);
    expect(await givenBack("queue")).toEqual(["c", "a", "b"]);
  });

  test("a visibility that is changed counts from now, and only while the message is hidden", async () => {
    const queues = createQueues(store.client);
    await queues.createQueue("q");
    await queues.send("q", aMessage("one"));
    const [first] = (await queues.receive("q", { max: 1, visibilityMs: 10_000 }))?.messages ?? [];
    const receipt = first?.receiptHandle ?? "";
    store.clock.moveBy(9_000);
    expect(await queues.changeVisibility("q", receipt, 20_000)).toBe("changed");
    store.clock.moveBy(19_000);
    expect((await queues.receive("q", { max: 1, visibilityMs: 0 }))?.messages).toEqual([]);
    store.clock.moveBy(1_000);
    expect(await queues.changeVisibility("q", receipt, 1_000)).toBe("visible");
    const [again] = (await queues.receive("q", { max: 1, visibilityMs: 1 }))?.messages ?? [];
    expect(again).toMatchObject({ firstReceivedAtMs: first?.firstReceivedAtMs, receiveCount: 2 });
    expect(await queues.changeVisibility("q", receipt, 1_000)).toBe("gone");
  });

  test("attributes come back as they were given; all of a queue survives a restart", async () => {
    const queues = createQueues(store.client);
    await queues.createQueue("q", { settings: { visibilityMs: 1 }, tags: { a: "b" } });
    await queues.send("q", aMessage("one", { attributes: '{"x":1}' }));
    store = await store.reopen();
    const after = createQueues(store.client);
    expect(await after.describeQueue("q")).toMatchObject({ settings: { visibilityMs: 1 }, tags: { a: "b" } });
    expect(await after.receive("q", { max: 1, visibilityMs: 0 })).toMatchObject({
      messages: [{ body: "one", attributes: '{"x":1}' }],
    });
  });

  /** What topics were before they became rows of the value tables. */
  const FIRST_TOPICS = `
    CREATE TABLE topics (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE) STRICT;
    CREATE TABLE subscriptions (
      topic INTEGER NOT NULL, queue INTEGER NOT NULL, is_raw INTEGER NOT NULL, PRIMARY KEY (topic, queue)
    ) STRICT;
    INSERT INTO topics (name) VALUES ('lonely'), ('alarms');
    INSERT INTO subscriptions SELECT topics.id, queues.id, 1 FROM topics, queues WHERE topics.name = 'alarms';
  `;

  test("a file of version 1 is brought up to this one, with the queues and messages that it has", async () => {
    await createQueues(store.client).createQueue("q");
    await createQueues(store.client).send("q", aMessage("one"));
    store = await store.reopen((database) =>
      database.exec(`
        DROP INDEX messages_by_age; DROP INDEX messages_by_group; DROP INDEX messages_received_by_group;
        DROP TABLE queue_groups; DROP TABLE deduplications;
        DROP TABLE kafka_places; DROP TABLE kafka_chunks; DROP TABLE kafka_partitions; DROP TABLE kafka_topics;
        DROP TABLE changes; DROP TABLE documents; DROP TABLE doc_collections; DROP TABLE doc_marks; DROP TABLE doc_clusters;
        ALTER TABLE messages DROP COLUMN group_id; ALTER TABLE messages DROP COLUMN deduplication_id;
        ALTER TABLE messages DROP COLUMN trace_header; ALTER TABLE messages DROP COLUMN dead_letter_source;
        ALTER TABLE messages DROP COLUMN earlier_receives;
        ALTER TABLE queues DROP COLUMN settings; ALTER TABLE queues DROP COLUMN tags;
        ALTER TABLE queues DROP COLUMN created_ms; ALTER TABLE queues DROP COLUMN modified_ms;
        ALTER TABLE messages DROP COLUMN attributes; ALTER TABLE messages DROP COLUMN first_received_ms;
        ${FIRST_TOPICS}
        PRAGMA user_version = 1;
      `),
    );
    const queues = createQueues(store.client);
    expect(await queues.describeQueue("q")).toMatchObject({ settings: { visibilityMs: 30_000 } });
    const tables = createTables(store.client);
    expect((await tables.list("topics")).map(({ key }) => key)).toEqual(["alarms", "lonely"]);
    const rows = await tables.list("subscriptions");
    expect(rows.map(({ key, value }) => [key, JSON.parse(value)])).toEqual([
      [
        "alarms:q",
        {
          id: "q",
          topic: "alarms",
          protocol: "sqs",
          endpoint: "arn:aws:sqs:::q",
          attributes: { RawMessageDelivery: "true" },
          token: null,
        },
      ],
    ]);
    expect(await queues.receive("q", { max: 1, visibilityMs: null })).toMatchObject({
      messages: [{ body: "one", attributes: null }],
    });
  });

  test("a queue that is deleted takes its messages along", async () => {
    const queues = createQueues(store.client);
    await queues.createQueue("q");
    await queues.send("q", aMessage("one"));
    expect(await queues.deleteQueue("q")).toBe(true);
    await queues.createQueue("q");
    expect((await queues.receive("q", { max: 1, visibilityMs: 0 }))?.messages).toEqual([]);
  });
});
