// Disable, enable, update and delete while a call is out, live: nothing is lost, nothing comes twice, and each call ends as it began.

import { CreateStreamCommand, DeleteStreamCommand } from "@aws-sdk/client-kinesis";
import {
  DeleteEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { mapped, put, updated } from "./support/aws-clients.ts";
import { aHouse, allOf, base, type House, numbered } from "./support/house.ts";
import { inTime } from "./support/live-server.ts";
import { aGate, type Decide, type Gate, goOn } from "./support/witness.ts";

/** Holds the call with this number (from 0) at the gate. */
const holding =
  (gate: Gate, callNumber: number, { witness }: House): Decide =>
  async (delivery) => {
    if (witness.deliveries.indexOf(delivery) === callNumber) await gate.opened;
    return goOn;
  };

const stateOf = async ({ lambda }: House, UUID: string): Promise<string | undefined> =>
  (await lambda.send(new GetEventSourceMappingCommand({ UUID }))).State;

test("H-6, H-7: disabling waits for the call that is out, and enabling goes on behind it", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const held = aGate();
  witness.orders(holding(held, 1, house));
  await put(kinesis, "orders", numbered(8));
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 2 });
  await witness.sees((deliveries) => deliveries.length === 2);

  const mark = server.log.entries.length;
  const disabling = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  await put(kinesis, "orders", numbered(4, 8));
  expect([disabling.State, await stateOf(house, UUID)]).toEqual(["Disabling", "Disabling"]);
  await expect(lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: true }))).rejects.toMatchObject({
    name: "ResourceInUseException",
  });
  held.open();
  await server.log.state(UUID, "Disabled", mark);
  expect(witness.texts()).toEqual(numbered(4));

  await updated(server, lambda, { UUID, Enabled: true, state: "Enabled" });
  await allOf(witness, 12);
  expect(witness.texts()).toEqual(numbered(12));
});

test("H-7, E-12: a batch that was to be retried is there again after disabling and enabling, as a new batch", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const fails: Decide = () => ({ do: "throw", message: "not now" });
  witness.orders(fails);
  await put(kinesis, "orders", numbered(3));
  const UUID = await mapped(server, lambda, base);
  await witness.sees((deliveries) => deliveries.length >= 2);
  await updated(server, lambda, { UUID, Enabled: false, state: "Disabled" });
  const before = witness.deliveries.length;

  witness.orders(() => goOn);
  await updated(server, lambda, { UUID, Enabled: true, state: "Enabled" });
  await witness.sees((deliveries) => deliveries.length > before);
  const [first, ...others] = witness.deliveries.map(({ requestId }) => requestId);
  expect(witness.deliveries.map(({ texts }) => texts.join(" "))).toEqual(Array(before + 1).fill("r0 r1 r2"));
  expect(others.slice(0, -1)).toEqual(Array(before - 1).fill(first));
  expect(others.at(-1)).not.toBe(first);
});

test("H-10: a new BatchSize leaves the call that is out alone and counts from the next batch on", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const held = aGate();
  witness.orders(holding(held, 0, house));
  await put(kinesis, "orders", numbered(20));
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 4 });
  await witness.sees((deliveries) => deliveries.length === 1);
  await updated(server, lambda, { UUID, BatchSize: 8, state: "Enabled" });
  held.open();
  await allOf(witness, 20);
  expect(witness.deliveries.map(({ texts }) => texts.length)).toEqual([4, 8, 8]);
  expect(witness.texts()).toEqual(numbered(20));
});

test("H-10: a batch keeps its members, and its retry calls the function that the mapping has by then", async () => {
  const house = await aHouse({ names: ["f", "g"] });
  const { witness, server, lambda, kinesis } = house;
  const held = aGate();
  witness.orders(async ({ functionName }) => {
    if (functionName === "g") return goOn;
    await held.opened;
    return { do: "throw", message: "f cannot" };
  });
  await put(kinesis, "orders", numbered(4));
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 2 });
  await witness.sees((deliveries) => deliveries.length === 1);
  await updated(server, lambda, { UUID, FunctionName: "g", BatchSize: 100, state: "Enabled" });
  held.open();
  await allOf(witness, 4, "g");
  expect(witness.deliveries.map(({ functionName, texts }) => [functionName, texts])).toEqual([
    ["f", numbered(2)],
    ["g", numbered(2)],
    ["g", numbered(2, 2)],
  ]);
  expect(witness.deliveries[0]?.requestId).toBe(witness.deliveries[1]?.requestId);
});

test("E-65, E-66: another factor waits for every lane, and loses and reorders nothing", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const held = aGate();
  witness.orders(holding(held, 3, house));
  const records = numbered(60).map((text, index) => ({ text, key: `k${index % 6}` }));
  await put(kinesis, "orders", records);
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 2, ParallelizationFactor: 3 });
  await witness.sees((deliveries) => deliveries.length > 3);

  const mark = server.log.entries.length;
  const answer = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, ParallelizationFactor: 7 }));
  expect([answer.State, await stateOf(house, UUID)]).toEqual(["Updating", "Updating"]);
  held.open();
  await server.log.state(UUID, "Enabled", mark);
  // What had ended beyond the common checkpoint may come once more.
  await witness.sees(() => new Set(witness.texts()).size === 60);
  const byKey = (key: string): readonly string[] =>
    witness.deliveries.flatMap(({ event, texts }) =>
      texts.filter((_, index) => event.Records[index]?.kinesis.partitionKey === key),
    );
  const keys = ["k0", "k1", "k2", "k3", "k4", "k5"];
  const firsts = (texts: readonly string[]): readonly string[] => [...new Set(texts)];
  expect(keys.map((key) => firsts(byKey(key)))).toEqual(
    keys.map((key) => records.filter((each) => each.key === key).map(({ text }) => text)),
  );
  expect(await stateOf(house, UUID)).toBe("Enabled");
});

test("H-9: deleting waits for the call that is out; a mapping made anew begins where it is told to", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const held = aGate();
  witness.orders(holding(held, 1, house));
  await put(kinesis, "orders", numbered(6));
  const UUID = await mapped(server, lambda, { ...base, BatchSize: 2 });
  await witness.sees((deliveries) => deliveries.length === 2);
  const deleted = await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  expect([deleted.State, await stateOf(house, UUID)]).toEqual(["Deleting", "Deleting"]);
  await expect(mapped(server, lambda, base)).rejects.toMatchObject({ name: "ResourceConflictException" });
  held.open();
  await expect
    .poll(() => stateOf(house, UUID).catch((error: Error) => error.name), inTime)
    .toBe("ResourceNotFoundException");
  expect(witness.texts()).toEqual(numbered(4));

  await mapped(server, lambda, { ...base, BatchSize: 100 });
  await allOf(witness, 10);
  expect(witness.texts().slice(4)).toEqual(numbered(6));
});

test.each(["TRIM_HORIZON", "LATEST"] as const)(
  "H-5: a stream that is deleted and made again with other shards is read whole (%s)",
  async (StartingPosition) => {
    const { witness, server, lambda, kinesis } = await aHouse();
    await mapped(server, lambda, { ...base, StartingPosition });
    await put(kinesis, "orders", ["old"]);
    await allOf(witness, 1);
    for (const [round, ShardCount] of [4, 2].entries()) {
      await kinesis.send(new DeleteStreamCommand({ StreamName: "orders" }));
      await kinesis.send(new CreateStreamCommand({ StreamName: "orders", ShardCount }));
      await put(
        kinesis,
        "orders",
        numbered(20).map((text) => `${round} ${text}`),
      );
      await allOf(witness, 1 + 20 * (round + 1));
    }
    expect(new Set(witness.texts()).size).toBe(41);
  },
);
