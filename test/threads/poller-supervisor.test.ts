// The supervisor with real poller threads over a real store: which thread holds a mapping, and what becomes of it when the thread
// dies or another generation has taken over.

import { join } from "node:path";
import type { Worker } from "node:worker_threads";
import { expect, onTestFinished, test } from "vitest";
import { createPermitsBuffer } from "../../src/functions/permits.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import type { Fact } from "../../src/ports/journal.ts";
import type { MappingSpec } from "../../src/ports/mapping-spec.ts";
import { createEmbeddedStreams } from "../../src/stores/embedded-streams.ts";
import { createStoreCheckpoints } from "../../src/stores/store-checkpoints.ts";
import { createPollerSupervisor, type PollerMessage } from "../../src/threads/poller-supervisor.ts";
import { ACCOUNT_ID, REGION, startThreadAside } from "../stores/aside.ts";

type Told = PollerMessage | { readonly kind: "died"; readonly uuid: string; readonly generation: number };

function aSpec(uuid: string, generation: number): MappingSpec {
  return {
    uuid,
    generation,
    eventSourceArn: `arn:aws:kinesis:${REGION}:${ACCOUNT_ID}:stream/orders`,
    region: REGION,
    functionArn: `arn:aws:lambda:${REGION}:${ACCOUNT_ID}:function:f`,
    functionName: "f",
    roleArn: "",
    source: { kind: "embeddedKinesis", streamName: "orders" },
    start: { kind: "trimHorizon" },
    queue: null,
    parallelizationFactor: 1,
    lane: {
      batchSize: 10,
      windowMs: 0,
      windowFrom: "previousInvocation",
      retries: -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: 120_000,
      eventLimitBytes: 6_291_456,
      stateLimitBytes: 1_048_576,
    },
    // Everything is passed over: no function is needed, and checkpoints move.
    filterPatterns: ['{"partitionKey":["none"]}'],
    onFailureArn: null,
    isCountingEvents: false,
  };
}

/** Two pollers over a store with the stream `orders`. */
async function aSupervisor() {
  const store = await startThreadAside();
  const streams = createEmbeddedStreams(store.client);
  await streams.create("orders", { shardCount: 1, mode: "PROVISIONED" });
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  const told: Told[] = [];
  const facts: Fact[] = [];
  const released: number[] = [];
  const lookers = new Set<() => void>();
  const look = (): void => {
    for (const each of lookers) each();
  };
  const tell = (message: Told): void => {
    told.push(message);
    look();
  };
  const supervisor = createPollerSupervisor({
    pollerCount: 2,
    clock: createSystemClock(),
    boot: {
      stateDir: join(store.dir, "state"),
      permits: createPermitsBuffer({ pollerCount: 2, slotCount: 1, maxRunning: 1 }),
      redis: null,
      destinations: { sqs: null, sns: null, s3: null },
      endpointUrl: "http://127.0.0.1:1",
      region: REGION,
      accountId: ACCOUNT_ID,
      maxFunctionThreads: 1,
      journalBytes: 1_048_576,
      logBytes: 65_536,
      isDebugged: false,
    },
    connectStore: () => store.thread.connect(),
    functions: () => [],
    releasePermits: (pollerIndex) => void released.push(pollerIndex),
    onMessage: tell,
    onDied: (uuid, generation) => tell({ kind: "died", uuid, generation }),
    onFact: (fact) => {
      facts.push(fact);
      look();
    },
    secretText: () => null,
    topics: { publish: () => Promise.resolve({ kind: "missing" }) },
  });
  onTestFinished(async () => {
    process.off("worker", onThread);
    expect(await supervisor.close(0)).toEqual([]);
    await store.close();
  });
  return {
    supervisor,
    threads,
    facts,
    released,
    until: (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        const each = (): void => {
          if (!isSo()) return;
          lookers.delete(each);
          resolve();
        };
        lookers.add(each);
        each();
      }),
    hears: (kind: Told["kind"], uuid: string, generation: number) => (): boolean =>
      told.some((each) => each.kind === kind && "uuid" in each && each.uuid === uuid && each.generation === generation),
    append: () => streams.append("orders", [{ partitionKey: "k", explicitHashKey: null, data: new Uint8Array([1]) }]),
    takeOver: (uuid: string, generation: number) =>
      createStoreCheckpoints(store.client, uuid, { generation }).save("*", {
        after: null,
        window: null,
        isEnded: false,
      }),
  };
}

test("V1: what follows a start goes to the thread of the newest start, also when an older one was fenced off", async () => {
  const { supervisor, until, hears, append, takeOver } = await aSupervisor();
  supervisor.start(aSpec("m", 1));
  await until(hears("positioned", "m", 1));
  expect(await takeOver("m", 2)).toBe("kept");
  await append();
  await until(hears("fenced", "m", 1));

  supervisor.start(aSpec("m", 2));
  await until(hears("positioned", "m", 2));
  supervisor.update(aSpec("m", 2));
  await until(hears("updated", "m", 2));
  supervisor.stop("m", { isDelete: false, graceMs: 1_000 });
  await until(hears("stopped", "m", 2));
});

test("V2, V3: a thread that ends unasked says which mappings it held; a start asked for meanwhile waits for the next thread", async () => {
  const { supervisor, threads, facts, released, until, hears } = await aSupervisor();
  supervisor.start(aSpec("a", 1));
  supervisor.start(aSpec("b", 1));
  await until(() => hears("positioned", "a", 1)() && hears("positioned", "b", 1)());
  await threads[0]?.terminate();
  await until(hears("died", "a", 1));
  expect([hears("died", "b", 1)(), released]).toEqual([false, [0]]);
  supervisor.start(aSpec("a", 2));
  await until(hears("positioned", "a", 2));
  supervisor.stop("b", { isDelete: false, graceMs: 1_000 });
  await until(hears("stopped", "b", 1));
  expect(facts.map((fact) => (fact.kind === "thread" ? [fact.thread, fact.event] : []))).toEqual(
    expect.arrayContaining([
      ["poller-0", "failed"],
      ["poller-0", "restarted"],
    ]),
  );
});

test("a stop drains every thread and then ends it; a second one is the same promise", async () => {
  const { supervisor, until, hears, facts } = await aSupervisor();
  supervisor.start(aSpec("a", 1));
  await until(hears("positioned", "a", 1));
  const closed = supervisor.close(5_000);
  expect(supervisor.close(0)).toBe(closed);
  expect(await closed).toEqual([]);
  expect(hears("stopped", "a", 1)()).toBe(true);
  expect(facts.filter((fact) => fact.kind === "thread" && fact.event === "failed")).toEqual([]);
});
