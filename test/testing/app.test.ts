// An app under virtual time, as a test of a user's uses it.

import type { DynamoDBStreamEvent, KinesisStreamEvent } from "aws-lambda";
import { describe, expect, it } from "vitest";
import { appWith } from "../../src/testing/app.ts";
import { type App, millrace, type MillraceOptions } from "../../src/testing/index.ts";

const dataOf = (event: KinesisStreamEvent): readonly string[] =>
  event.Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());

async function withApp(work: (app: App) => Promise<void>, options: MillraceOptions = {}): Promise<void> {
  await using app = await millrace(options);
  await work(app);
}

describe("an app under test", () => {
  it("bisects around a poison record and hands it to the destination (E-17 to E-20, O-12)", () =>
    withApp(async (app) => {
      app.stream("orders");
      await app.function("process", {
        handler(event: KinesisStreamEvent) {
          if (dataOf(event).includes("poison")) throw new TypeError("no total");
        },
      });
      const mapping = await app.mapping({
        source: "orders",
        FunctionName: "process",
        BatchSize: 4,
        MaximumRetryAttempts: 1,
        BisectBatchOnFunctionError: true,
        DestinationConfig: { OnFailure: { Destination: app.queueArn("failed") } },
      });
      const puts = app.put("orders", [
        { partitionKey: "a", data: "one" },
        { partitionKey: "a", data: "poison" },
        { partitionKey: "a", data: "three" },
        { partitionKey: "a", data: "four" },
      ]);
      await app.drained();

      expect(app.invocations().map(({ event }) => dataOf(event))).toEqual([
        ["one", "poison", "three", "four"],
        ["one", "poison"],
        ["one"],
        ["poison"],
        ["poison"],
        ["three", "four"],
      ]);
      expect(app.invocations().map(({ attempt, outcome }) => [attempt, outcome])).toEqual([
        [1, "threw"],
        [1, "threw"],
        [1, "ok"],
        [1, "threw"],
        [2, "threw"],
        [1, "ok"],
      ]);
      const [document, ...others] = app.documents(app.queueArn("failed"));
      expect(others).toEqual([]);
      expect(document?.body.requestContext).toMatchObject({
        condition: "RetryAttemptsExhausted",
        approximateInvokeCount: 2,
      });
      expect(document?.body.KinesisBatchInfo).toMatchObject({
        batchSize: 1,
        startSequenceNumber: puts[1]?.sequenceNumber,
      });
      expect(Object.values(app.checkpoints(mapping))).toEqual([puts[3]?.sequenceNumber]);
      expect(app.batches()).toMatchObject([{ batch: "1", closedBy: "size", recordCount: 4 }]);
      expect(await app.explain(puts[1]?.sequenceNumber ?? "")).toContain("GIVEN UP");
      // There is no server that its commands could ask.
      expect(await app.explain(puts[1]?.sequenceNumber ?? "")).not.toMatch(/^next|millrace /m);
      expect(await app.explain("process")).not.toMatch(/^next|millrace /m);
    }));

  it("lets twenty minutes of retries pass at once, and no time without being told (E-6, E-20)", () =>
    withApp(async (app) => {
      app.stream("orders");
      const startedAtMs = app.now();
      await app.function("process", {
        handler() {
          if (app.now() < startedAtMs + 20 * 60_000) throw new Error("away");
        },
      });
      await app.mapping({ source: "orders", FunctionName: "process" });
      app.put("orders", { partitionKey: "a", data: { id: 1 } });
      await app.advance("20 minutes");
      expect(new Set(app.invocations().map(({ outcome }) => outcome))).toEqual(new Set(["threw"]));
      expect(app.now()).toBe(startedAtMs + 20 * 60_000);
      await app.drained("2 minutes");
      expect(app.invocations().at(-1)?.outcome).toBe("ok");
      expect(new Set(app.invocations().map(({ requestId }) => requestId)).size).toBe(1);
    }));

  it("gives a handler the world's time, and ends it at its time-out (E-1)", () =>
    withApp(async (app) => {
      app.stream("orders");
      const left: number[] = [];
      await app.function("slow", {
        timeout: "3 s",
        async handler(event: KinesisStreamEvent, context) {
          left.push(context.getRemainingTimeInMillis());
          await context.sleep(dataOf(event).includes("long") ? "5 s" : "1 s");
          left.push(context.getRemainingTimeInMillis());
        },
      });
      await app.mapping({ source: "orders", FunctionName: "slow", BatchSize: 1, MaximumRetryAttempts: 0 });
      app.put("orders", [
        { partitionKey: "a", data: "short" },
        { partitionKey: "a", data: "long" },
      ]);
      await app.drained();
      expect(left).toEqual([3_000, 2_000, 3_000]);
      expect(app.invocations().map(({ outcome }) => outcome)).toEqual(["ok", "timed out"]);
    }));

  it("writes a table's changes to its stream, none where nothing changes (D-2, D-7)", () =>
    withApp(async (app) => {
      const table = app.table("orders", { key: "id" });
      await app.function("audit", { handler: () => undefined });
      await app.mapping({ source: "orders", FunctionName: "audit" });
      table.put({ id: "a", total: 1 });
      table.put({ id: "a", total: 1 });
      table.update({ id: "a", total: 2 });
      table.delete({ id: "a" });
      table.delete({ id: "a" });
      await app.drained();
      const records = app.invocations<DynamoDBStreamEvent>().flatMap(({ event }) => event.Records);
      expect(
        records.map(({ eventName, dynamodb }) => [
          eventName,
          dynamodb?.OldImage?.["total"],
          dynamodb?.NewImage?.["total"],
        ]),
      ).toEqual([
        ["INSERT", undefined, { N: "1" }],
        ["MODIFY", { N: "1" }, { N: "2" }],
        ["REMOVE", { N: "2" }, undefined],
      ]);
      expect(records[0]?.eventSourceARN).toBe(table.streamArn);
    }));

  it("carries a tumbling window's state and calls it to its end (W-7, W-8)", () =>
    withApp(async (app) => {
      app.stream("orders");
      await app.function("sum", {
        handler: (event: KinesisStreamEvent & { state: { count?: number } }) => ({
          state: { count: (event.state.count ?? 0) + event.Records.length },
        }),
      });
      await app.mapping({ source: "orders", FunctionName: "sum", BatchSize: 1, TumblingWindowInSeconds: 60 });
      app.put("orders", { partitionKey: "a", data: "1" });
      app.put("orders", { partitionKey: "a", data: "2" });
      await app.advance("70 s");
      app.put("orders", { partitionKey: "a", data: "3" });
      await app.advance("1 s");
      type Windowed = KinesisStreamEvent & { state: object; isFinalInvokeForWindow: boolean };
      expect(
        app
          .invocations<Windowed>()
          .map(({ event }) => [event.Records.length, event.state, event.isFinalInvokeForWindow]),
      ).toEqual([
        [1, {}, false],
        [1, { count: 1 }, false],
        [0, { count: 2 }, true],
        [1, {}, false],
      ]);
    }));

  it("delivers again after a crash, across an outage and through a split, and loses nothing (P-8, P-12, P-13)", () =>
    withApp(async (app) => {
      app.stream("orders");
      const seen = new Set<string>();
      await app.function("process", {
        async handler(event: KinesisStreamEvent, context) {
          await context.sleep("100 ms");
          for (const each of dataOf(event)) seen.add(each);
        },
      });
      await app.mapping({ source: "orders", FunctionName: "process", BatchSize: 2 });
      const put = (from: number): void => {
        for (let each = from; each < from + 10; each += 1)
          app.put("orders", { partitionKey: `k${each}`, data: `${each}` });
      };
      put(0);
      await app.advance("250 ms");
      app.crash("1 s");
      app.splitShard("orders");
      put(10);
      app.outage("orders", "30 s");
      await app.drained();
      expect(seen.size).toBe(20);
      expect(app.invocations().length).toBeGreaterThan(10);
    }));

  it("throttles, and does not count it (E-4)", () =>
    withApp(async (app) => {
      app.stream("orders");
      await app.function("process", { handler: () => undefined });
      await app.mapping({ source: "orders", FunctionName: "process", MaximumRetryAttempts: 0 });
      app.throttle("process", "10 s");
      app.put("orders", { partitionKey: "a", data: "1" });
      await app.advance("9 s");
      expect(app.invocations()).toEqual([]);
      await app.drained();
      expect(app.invocations()).toMatchObject([{ outcome: "ok" }]);
      expect(app.documents()).toEqual([]);
    }));

  it("refuses a second stream of one name, shards that no stream has, and records without a key or data", () =>
    withApp(async (app) => {
      app.stream("orders");
      expect(() => app.stream("orders")).toThrow("there is a stream or table `orders` already");
      expect(() => app.table("orders", { key: "id" })).toThrow("there is a stream or table `orders` already");
      expect(() => app.stream("none", { shards: 0 })).toThrow("a stream has 1 to 1000 shards");
      expect(() => app.put("orders", { partitionKey: "a", data: undefined })).toThrow("a record has a partitionKey");
      expect(() => app.put("orders", { partitionKey: "", data: "1" })).toThrow("a record has a partitionKey");
      await app.drained();
    }));

  it("refuses what AWS refuses, in its words, and says what is not there", () =>
    withApp(async (app) => {
      app.stream("orders");
      await app.function("process", { handler: () => undefined });
      await expect(
        app.mapping({
          source: "orders",
          FunctionName: "process",
          ParallelizationFactor: 2,
          TumblingWindowInSeconds: 60,
        }),
      ).rejects.toThrow("Parallelization factor must be equal to 1 when tumbling window period is configured");
      await expect(app.mapping({ source: "other", FunctionName: "process" })).rejects.toThrow(
        "no stream, table or queue `other`",
      );
      await expect(app.mapping({ source: "orders", FunctionName: "nobody" })).rejects.toThrow(
        "Function does not exist",
      );
      const slip: object = { BatchSiz: 10 };
      await expect(app.mapping({ source: "orders", FunctionName: "process", ...slip })).rejects.toThrow(
        "`BatchSiz` is no",
      );
      await expect(app.advance("20 parsecs")).rejects.toThrow("no length of time");
      await expect(app.until(() => false, "1 s")).rejects.toThrow("within 1 s");
      expect(() => app.put("other", { partitionKey: "a", data: "" })).toThrow("no stream, table or queue");
    }));

  it("takes names of streams and tables by AWS's rules only", () =>
    withApp((app) => {
      expect(() => app.stream("a b")).toThrow('"a b" is no name of a stream: it has letters, digits');
      expect(() => app.stream("")).toThrow("no name of a stream");
      expect(() => app.stream("s".repeat(129))).toThrow("no name of a stream");
      expect(() => app.table("ab", { key: "id" })).toThrow('"ab" is no name of a table');
      app.stream("s".repeat(128));
      app.stream("a_b.c-D");
      app.table("abc", { key: "id" });
      return Promise.resolve();
    }));

  it("refuses what is asked of it once it is closed, and shows what was seen until then", async () => {
    const app = await millrace();
    app.stream("orders");
    await app.function("process", { handler: () => undefined });
    const mapping = await app.mapping({ source: "orders", FunctionName: "process" });
    app.put("orders", { partitionKey: "a", data: "1" });
    await app.drained();
    await app.close();
    await app.close();
    for (const act of [
      () => app.put("orders", { partitionKey: "a", data: "2" }),
      () => app.stream("others"),
      () => app.table("items", { key: "id" }),
      () => app.setClock("1 s"),
      () => app.crash(),
      () => app.restart(),
      () => app.outage("orders", "1 s"),
      () => app.throttle("process", "1 s"),
      () => app.splitShard("orders"),
    ])
      expect(act).toThrow("the app is closed");
    for (const asked of [
      app.advance("1 s"),
      app.until(() => true),
      app.drained(),
      app.function("other", { handler: () => undefined }),
      app.mapping({ source: "orders", FunctionName: "process" }),
      mapping.disable(),
    ])
      await expect(asked).rejects.toThrow("the app is closed");
    expect(app.invocations()).toHaveLength(1);
  });

  it("ends at once, threads and all, once a handler was told not to come to rest", async () => {
    const { resolve, promise } = Promise.withResolvers<void>();
    const app = await appWith({}, 50);
    app.stream("orders");
    app.stream("loops");
    await app.function("waits", { handler: () => promise });
    await app.function("loops", {
      file: new URL("./endless.ts", import.meta.url),
    });
    await app.mapping({ source: "orders", FunctionName: "waits" });
    await app.mapping({ source: "loops", FunctionName: "loops" });
    app.put("orders", { partitionKey: "a", data: "1" });
    app.put("loops", { partitionKey: "a", data: "1" });
    await expect(app.drained()).rejects.toMatchObject({ code: "handler-stuck" });
    await expect(app.advance("1 s")).rejects.toMatchObject({ code: "handler-stuck" });
    await app.close();
    resolve();
  });

  it("has the same digest for the same test, and another for another seed", async () => {
    const digestOf = async (seed: number): Promise<string> => {
      await using app = await millrace({ seed });
      app.stream("orders", { shards: 2 });
      await app.function("process", { handler: (_event, context) => context.sleep(5) });
      await app.mapping({ source: "orders", FunctionName: "process" });
      for (let each = 0; each < 20; each += 1) app.put("orders", { partitionKey: `k${each}`, data: { each } });
      await app.drained();
      return app.digest();
    };
    expect(await digestOf(1)).toBe(await digestOf(1));
    expect(await digestOf(2)).not.toBe(await digestOf(1));
  });
});
