// Queues of an app under virtual time: deletions, dead letters, groups, and what explain tells of their messages, batches and mappings.

import type { SQSEvent } from "aws-lambda";
import { expect, it } from "vitest";
import { createMessageReader } from "../../src/cli/explain/message-story.ts";
import { type App, millrace, type TestMapping } from "../../src/testing/index.ts";

const bodiesOf = (event: SQSEvent): readonly string[] => event.Records.map(({ body }) => body);

async function withQueue(
  handler: (event: SQSEvent) => unknown,
  work: (app: App, mapping: TestMapping) => Promise<void>,
  settings: object = {},
): Promise<void> {
  await using app = await millrace();
  app.queue("orders-dlq");
  app.queue("orders", { visibility: "30 s", deadLetters: { queue: "orders-dlq", maxReceiveCount: 2 } });
  await app.function<SQSEvent>("process", { handler });
  await work(app, await app.mapping({ source: "orders", FunctionName: "process", ...settings }));
}

const rowsOf = (text: string): string => text.replace(/\s+/g, " ");

it("Q-10: what a call was given is deleted, and the order of sending is told", () =>
  withQueue(
    () => undefined,
    async (app) => {
      const orders = app.queue("orders");
      const { messageId } = await orders.send({ total: 1 });
      await orders.sendAll(["two", "three"], { attributes: { kind: "vip" } });
      await app.drained();

      expect(
        app
          .invocations<SQSEvent>()
          .flatMap(({ event }) => bodiesOf(event))
          .toSorted(),
      ).toEqual(["three", "two", '{"total":1}']);
      expect(await orders.ended()).toMatchObject([
        { messageId, body: '{"total":1}', how: "deleted" },
        { body: "two", how: "deleted" },
        { body: "three", how: "deleted" },
      ]);
      expect(await orders.messages()).toEqual([]);
      const text = rowsOf(await app.explain(messageId));
      expect(text).toMatch(/^message [0-9a-f]{8} sqs:orders -> process DELETED/);
      expect(text).toContain("after 1 receive verdict fine: its first call succeeded");
    },
  ));

it("Q-12, Q-40: a poison message is received as often as its queue allows, and explain tells each receive", () =>
  withQueue(
    (event) => {
      if (bodiesOf(event).includes("poison")) throw new TypeError("no total");
    },
    async (app) => {
      const { messageId } = await app.queue("orders").send("poison");
      await app.drained();

      expect(app.invocations().map(({ outcome, verdict }) => [outcome, verdict])).toEqual([
        ["threw", "return"],
        ["threw", "return"],
      ]);
      expect(await app.queue("orders").ended()).toMatchObject([{ messageId, how: "dead letter" }]);
      expect(await app.queue("orders-dlq").messages()).toMatchObject([{ messageId, body: "poison", receiveCount: 2 }]);
      const text = await app.explain(messageId.slice(0, 8));
      expect(text).toMatch(/DEAD LETTER$/m);
      expect(text.match(/^ {2}\d .* ✗ threw .*$/gm)).toHaveLength(2);
      expect(text).toContain("└ the batch failed: visible again at");
      expect(rowsOf(text)).toContain(
        "after 2 receives error 2 times TypeError: no total verdict the redrive policy: 2 calls",
      );
      const batch = rowsOf(await app.explain("2"));
      expect(batch).toMatch(/^batch 2 process sqs:orders, poller \d COMES BACK/);
      expect(batch).toMatch(/messages 1 comes back at .* verdict it failed: its message comes back/);
      expect(batch).not.toMatch(/shard|checkpoint|bisect/);
      expect(rowsOf(await app.explain("process"))).toMatch(
        /1 dead letter why the last message, .*, went to orders-dlq at/,
      );
    },
    { BatchSize: 1 },
  ));

it("Q-14: of a partial answer what was reported comes back alone, and explain tells both ends", () =>
  withQueue(
    (event) => ({
      batchItemFailures: event.Records.filter(
        ({ body, attributes }) => body === "late" && attributes.ApproximateReceiveCount === "1",
      ).map(({ messageId }) => ({ itemIdentifier: messageId })),
    }),
    async (app, mapping) => {
      const [good, late] = await app.queue("orders").sendAll(["good", "late"]);
      await mapping.enable();
      await app.until(() => app.invocations().length === 1);
      expect(await app.queue("orders").counts()).toEqual({ visible: 0, inFlight: 1, delayed: 0 });
      const stands = rowsOf(await app.explain("process"));
      expect(stands).toContain("queue 0 visible, 1 in flight, 0 delayed");
      expect(stands).toContain("why 1 message is in flight, hidden until its visibility is over");
      const batch = rowsOf(await app.explain("1"));
      expect(batch).toContain("PARTLY BACK");
      expect(batch).toMatch(/messages 1 deleted, 1 comes back at/);
      await app.drained();

      expect(rowsOf(await app.explain(good?.messageId ?? ""))).toMatch(/it did not fail: deleted .* DELETED|DELETED/);
      const story = await app.explain(late?.messageId ?? "");
      expect(rowsOf(story)).toContain("it was reported as failed: visible again at");
      expect(story).toMatch(/after 2 receives/);
    },
    { FunctionResponseTypes: ["ReportBatchItemFailures"], Enabled: false },
  ));

it("Q-18: what the filter passes over is deleted unseen, and explain says so", () =>
  withQueue(
    () => undefined,
    async (app) => {
      const { messageId } = await app.queue("orders").send({ total: 5 });
      await app.drained();
      expect(app.invocations()).toEqual([]);
      expect(await app.queue("orders").ended()).toMatchObject([{ how: "filtered" }]);
      const text = rowsOf(await app.explain(messageId));
      expect(text).toMatch(/FILTERED/);
      expect(text).toContain("verdict the filter: no pattern of the mapping lets it through");
      expect(rowsOf(await app.explain("process"))).toContain("why 1 of 1 message passed over by the filter");
    },
    { FilterCriteria: { Filters: [{ Pattern: '{"body":{"total":[{"numeric":[">=",100]}]}}' }] } },
  ));

it("P-30, P-33: a group goes in order, one batch at a time, while another goes on", async () => {
  await using app = await millrace();
  const jobs = app.queue("jobs.fifo", { visibility: "30 s" });
  const running = new Set<string>();
  const seen: string[] = [];
  await app.function<SQSEvent>("work", {
    timeout: "20 s",
    async handler(event, context) {
      const group = event.Records[0]?.attributes.MessageGroupId ?? "";
      expect(running.has(group)).toBe(false);
      running.add(group);
      await context.sleep("5 s");
      running.delete(group);
      seen.push(...bodiesOf(event));
    },
  });
  await app.mapping({ source: "jobs.fifo", FunctionName: "work", BatchSize: 1 });
  await jobs.sendAll(["a1", "a2", "a3"], { groupId: "a" });
  await jobs.send("b1", { groupId: "b" });
  await app.drained();
  expect(seen.filter((body) => body.startsWith("a"))).toEqual(["a1", "a2", "a3"]);
  expect(seen.indexOf("b1")).toBeLessThan(seen.indexOf("a2"));
  expect(await jobs.ended()).toMatchObject([{ groupId: "a" }, { groupId: "a" }, { groupId: "a" }, { groupId: "b" }]);
});

it("a delay is the world's time; what SQS refuses is AWS's text; a queue that is away is waited for", () =>
  withQueue(
    () => undefined,
    async (app) => {
      const orders = app.queue("orders");
      await orders.send("later", { delay: "10 minutes" });
      await app.advance("9 minutes");
      expect(app.invocations()).toEqual([]);
      expect(rowsOf(await app.explain("process"))).toContain("why 1 message is delayed, and not visible yet");
      await app.advance("61 s");
      expect(app.invocations()).toHaveLength(1);
      await expect(orders.send("")).rejects.toThrow(/MissingParameter|InvalidParameterValue/);
      expect(() => app.queue("orders", {})).toThrow("there is a queue `orders` already");
      await expect(app.queue("orders").send(undefined)).rejects.toThrow("a message is a text");

      app.outage("orders", "1 minute");
      await orders.send("away");
      await app.advance("30 s");
      expect(rowsOf(await app.explain("process"))).toMatch(/why the queue cannot be read: .* no receive is used up/);
      await app.drained();
      expect(app.invocations()).toHaveLength(2);
    },
  ));

it("P-25: at MaximumConcurrency what comes waits in the queue, and explain says so", () =>
  withQueue(
    () => new Promise(() => undefined),
    async (app) => {
      await app.function<SQSEvent>("process", { timeout: "10 s", handler: (_event, context) => context.sleep("5 s") });
      await app.queue("orders").sendAll(["a", "b", "c", "d"]);
      await app.advance("1 s");
      expect(rowsOf(await app.explain("process"))).toContain(
        "why 2 calls run, as many as MaximumConcurrency allows; what comes waits in the queue",
      );
      await app.drained();
    },
    { BatchSize: 1, ScalingConfig: { MaximumConcurrency: 2 } },
  ));

it("a beginning that several messages have is asked for again; what nobody has is said", async () => {
  const messages = createMessageReader("aaaa");
  const receives = [{ receivedAtMs: 1, receiveCount: 1, ids: ["aaaa-1", "aaaa-2", "bbbb"] }];
  const closed = { kind: "batch-closed", batch: "1", closedBy: "size", recordCount: 3, payloadBytes: 1 } as const;
  const span = { windowMs: null, first: null, last: null, oldestArrivedAtMs: null };
  messages.take({ ...closed, ...span, receives, atMs: 1, mapping: "m", lane: "m/q/0", seq: 1 });
  expect(messages.found().map(({ id }) => id)).toEqual(["aaaa-1", "aaaa-2"]);
  await withQueue(
    () => undefined,
    async (app) => {
      await expect(app.explain("00000000-none")).rejects.toThrow("nothing in the journal is called");
    },
  );
});
