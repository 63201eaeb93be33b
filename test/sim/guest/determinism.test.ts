// The same seed gives the same run of a user's handler, to the journal's digest and every byte that the handler answered or wrote,
// whatever else the machine does.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createGuestFunction } from "../../../src/wiring/guest-function.ts";
import { SETTINGS } from "../../../src/wiring/scenario-names.ts";
import { createVirtualHouse } from "../../../src/wiring/virtual-house.ts";
import { STARTS_AT_MS } from "./guest-world.ts";

/** By all clocks, timers and chance that there are; it fails on some records, and now and then takes too long. */
const HANDLER = `
  import { randomBytes, randomInt, randomUUID } from "node:crypto";
  import { scheduler, setTimeout as sleep } from "node:timers/promises";
  import { runInNewContext } from "node:vm";
  const environment = randomUUID();
  let count = 0;
  export const handler = async (event: any, context: any) => {
    count += 1;
    console.log("begins", environment, count, new Date().toISOString(), context.getRemainingTimeInMillis());
    const spans = await Promise.all(
      event.Records.map(async (record: any, index: number) => {
        const begun = performance.now();
        await sleep(randomInt(1, 40));
        await new Promise((done) => setTimeout(done, Math.random() * 30));
        if (index % 2 === 0) await scheduler.wait(3);
        await new Promise((done) => setImmediate(done));
        return [record.kinesis.sequenceNumber, performance.now() - begun, runInNewContext("Math.random() + Date.now()")];
      }),
    );
    console.log(JSON.stringify(spans), randomBytes(4).toString("hex"), process.hrtime.bigint(), process.uptime());
    if (Math.random() < 0.1) await sleep(5_000);
    if (Math.random() < 0.2) throw new Error("by chance " + randomUUID());
    const busyUntil = Date.now() + 3;
    while (Date.now() < busyUntil);
    return { batchItemFailures: [] };
  };`;

interface Seen {
  readonly digest: string;
  readonly logs: readonly string[];
  readonly calls: readonly string[];
  readonly doubts: readonly string[];
}

describe("a world with a user's handler", () => {
  let root = "";

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "millrace-guest-test-"));
    await writeFile(join(root, "orders.ts"), HANDLER);
  });

  afterAll(() => rm(root, { recursive: true, force: true }));

  async function run(seed: number): Promise<Seen> {
    const logs: string[] = [];
    const guest = await createGuestFunction({
      name: "orders",
      file: join(root, "orders.ts"),
      seed,
      onLog: ({ requestId, text }) => void logs.push(`${requestId} ${text}`),
    });
    const house = await createVirtualHouse({
      seed,
      startsAtMs: STARTS_AT_MS,
      settings: SETTINGS,
      functions: new Map([["orders", guest]]),
      reporter: { send: () => Promise.resolve({ kind: "delivered" }) },
      roleArnOf: () => "",
    });
    house.addStream("orders", 2);
    const { partition, region, accountId } = SETTINGS;
    const created = await house.settled(
      house.control.call("CreateEventSourceMapping", {
        EventSourceArn: `arn:${partition}:kinesis:${region}:${accountId}:stream/orders`,
        FunctionName: "orders",
        StartingPosition: "TRIM_HORIZON",
        BatchSize: 5,
        ParallelizationFactor: 3,
        MaximumRetryAttempts: 2,
        BisectBatchOnFunctionError: true,
      }),
    );
    expect(created.status).toBe(202);
    for (let number = 0; number < 60; number++)
      house.put("orders", { key: `key-${number % 9}`, data: `{"n":${number}}` });
    await house.pass(300_000);
    const calls = house
      .calls()
      .map(({ requestId, startedAtMs, endedAtMs }) => `${requestId} ${startedAtMs} ${endedAtMs}`);
    await house.close();
    await guest.close();
    return { digest: house.digest(), logs, calls, doubts: guest.digestDoubts() };
  }

  test("one seed gives one digest, alone and beside a busy thread; another seed gives another", async () => {
    const alone = await run(7);
    const busy = new Worker("for (;;) Math.sqrt(2);", { eval: true });
    const beside = await run(7);
    const other = await run(8);
    await busy.terminate();
    expect(alone.calls.length).toBeGreaterThan(12);
    expect(beside).toEqual(alone);
    expect(alone.doubts).toEqual([]);
    expect(other.digest).not.toBe(alone.digest);
  });
});
