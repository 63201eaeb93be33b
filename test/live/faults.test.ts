// Threads that die: a poller, a function's, the store's. What they held goes on elsewhere, or the failure is said and the next start
// goes on. Node tells a process of each thread it starts, which is how these tests get hold of one.

import type { Worker } from "node:worker_threads";
import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import { expect, onTestFinished, test } from "vitest";
import type { Entry } from "../../src/ports/journal.ts";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base, type House, numbered } from "./support/house.ts";
import { aFolder } from "./support/live-server.ts";
import { aGate, goOn } from "./support/witness.ts";

/** Threads that main starts from now on, in order: the store, then the pollers. */
function startedThreads(): readonly Worker[] {
  const threads: Worker[] = [];
  const onThread = (worker: Worker): void => void threads.push(worker);
  process.on("worker", onThread);
  onTestFinished(() => void process.off("worker", onThread));
  return threads;
}

/** The poller's `failed` entries tell how long it takes until the next one. */
const delaysOf = (house: House): readonly string[] =>
  house.server.log.entries.flatMap((entry) =>
    entry.kind === "thread" && entry.event === "failed"
      ? [/again in \d+ ms$/.exec(entry.detail)?.[0] ?? entry.detail]
      : [],
  );

test("P-12: a poller that dies in mid-batch is replaced after a growing delay, gives its permits back, and loses nothing", async () => {
  const threads = startedThreads();
  const house = await aHouse({ function: { ReservedConcurrentExecutions: 1 }, members: { pollers: 1 } });
  const { witness, server, lambda, kinesis } = house;
  const never = aGate();
  let isHolding = true;
  // The first two calls of the third batch die with their poller: each held the function's only permit.
  witness.orders(async ({ texts }) => {
    if (isHolding && texts.includes("r5")) await never.opened;
    return goOn;
  });
  await put(kinesis, "orders", numbered(10));
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 2 });
  await witness.sees((deliveries) => deliveries.length === 3);
  await server.log.entry(({ kind }) => kind === "checkpoint");
  await threads.at(-1)?.terminate();
  await witness.sees((deliveries) => deliveries.filter(({ texts }) => texts.includes("r5")).length === 2);
  isHolding = false;
  await threads.at(-1)?.terminate();
  await allOf(witness, 10 + 2 * 2);

  const texts = witness.texts();
  expect([...new Set(texts)]).toEqual(numbered(10));
  expect(delaysOf(house)).toEqual(["again in 100 ms", "again in 200 ms"]);
  expect(threads.length).toBe(4);
  const { State } = await lambda.send(new GetEventSourceMappingCommand({ UUID }));
  expect(State).toBe("Enabled");
  expect(server.log.entries.filter((entry) => entry.kind === "decided" && entry.outcome === "throttled")).toEqual([]);
  expect(await server.stop()).toEqual([]);
});

test("P-12: the mappings of another poller do not notice", async () => {
  const threads = startedThreads();
  const { witness, server, lambda, kinesis } = await aHouse({ names: ["f", "g"], members: { pollers: 2 } });
  const onFirst = await mapped(server, lambda, base);
  const onSecond = await mapped(server, lambda, { ...base, FunctionName: "g" });
  // The store, then poller-0 and poller-1; mappings are placed in that order.
  await threads[1]?.terminate();
  await put(kinesis, "orders", ["r0"]);
  await allOf(witness, 1, "f");
  await allOf(witness, 1, "g");
  const openings = (uuid: string): number =>
    server.log.entries.filter((entry) => entry.kind === "unit-opened" && entry.mapping === uuid).length;
  await server.log.entry(() => openings(onFirst) === 2);
  await server.log.entry(() => openings(onSecond) > 0);
  expect([openings(onFirst), openings(onSecond), threads.length]).toEqual([2, 1, 4]);
});

test("E-1: a function's thread that exits, fills its memory or spins is replaced, and the batch is tried again", async () => {
  const { witness, server, lambda, kinesis } = await aHouse({
    names: ["f", "spinner"],
    // Under load filling takes a while; only spinning is to meet the time limit.
    function: (name) => ({ Timeout: name === "spinner" ? 1 : 60 }),
  });
  witness.orders(({ functionName }) => {
    const callCount = witness.deliveries.filter((each) => each.functionName === functionName).length;
    const ways = functionName === "f" ? (["exit", "fill"] as const) : (["spin"] as const);
    const way = ways[callCount - 1];
    return way === undefined ? goOn : { do: way };
  });
  const [sent] = await put(kinesis, "orders", ["r0"]);
  const outcomesOf = async (FunctionName: string): Promise<readonly string[]> => {
    const uuid = await mapped(server, lambda, { ...base, FunctionName });
    const isThrough = (entry: Entry): boolean => entry.kind === "checkpoint" && entry.after === sent?.SequenceNumber;
    await server.log.entry((entry) => entry.mapping === uuid && isThrough(entry));
    return server.log.entries.flatMap((entry) =>
      entry.kind === "decided" && entry.mapping === uuid ? [entry.outcome] : [],
    );
  };
  expect(await outcomesOf("f")).toEqual(["exited", "out of memory", "ok"]);
  expect(await outcomesOf("spinner")).toEqual(["timed out", "ok"]);
  // All attempts of a batch have one request id.
  expect(new Set(witness.deliveries.map(({ requestId }) => requestId)).size).toBe(2);
});

test("a store that dies is said once, stopping ends within its grace, and the next start goes on from what was stored", async () => {
  const threads = startedThreads();
  const folder = aFolder();
  const { witness, server, lambda, kinesis } = await aHouse({ folder });
  const held = aGate();
  witness.orders(async ({ texts }) => {
    if (texts.includes("r4")) await held.opened;
    return goOn;
  });
  const sent = await put(kinesis, "orders", numbered(6));
  await mapped(server, lambda, { ...base, BatchSize: 4 });
  await server.log.entry((entry) => entry.kind === "checkpoint" && entry.after === sent[3]?.SequenceNumber);
  await witness.sees((deliveries) => deliveries.length === 2);
  await threads[0]?.terminate();
  expect(await server.failed).toMatchObject({ code: "thread-failed", message: "the store ended" });
  held.open();
  await server.log.entry(({ kind }) => kind === "checkpoint-problem");
  expect(await server.running.stop(500)).toEqual({ errors: [] });
  expect(server.fatal.length).toBe(1);

  const second = await aHouse({ folder });
  await allOf(second.witness, 2);
  expect(second.witness.texts()).toEqual(["r4", "r5"]);
});
