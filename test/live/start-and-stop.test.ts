// Starting and stopping in one process: what a stop waits for, what it gives back, and what a start that is refused leaves behind.

import { createServer } from "node:net";
import {
  CreateEventSourceMappingCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { kinesisAt, mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base, numbered } from "./support/house.ts";
import { aFolder, aServer, inTime, streamArn, toldBy } from "./support/live-server.ts";
import { aGate, goOn } from "./support/witness.ts";

test("a stop lets the call that is out end and stores it; a second one is the same; the next start goes on behind it", async () => {
  const folder = aFolder();
  const { witness, server, lambda, kinesis } = await aHouse({ folder });
  const held = aGate();
  witness.orders(async () => {
    await held.opened;
    return goOn;
  });
  await put(kinesis, "orders", numbered(4));
  await mapped(server, lambda, { ...base, BatchSize: 2 });
  await witness.sees((deliveries) => deliveries.length === 1);
  await expect.poll(() => server.running.runningCount(), inTime).toBe(1);

  const stopped = server.running.stop(20_000);
  expect(server.running.stop(0)).toBe(stopped);
  // The port answers while calls end: handlers may need it.
  expect((await fetch(`${server.url}/_millrace/health`)).status).toBe(200);
  held.open();
  expect(await stopped).toEqual({ errors: [] });
  await expect(fetch(`${server.url}/_millrace/health`)).rejects.toThrow("fetch failed");
  expect(witness.texts()).toEqual(numbered(2));

  const second = await aHouse({ folder });
  await allOf(second.witness, 2);
  expect(second.witness.texts()).toEqual(numbered(2, 2));
});

test("P-12: a call that outlasts the stop's grace is cut, and its batch comes again after the next start", async () => {
  const folder = aFolder();
  const { witness, server, lambda, kinesis } = await aHouse({ folder });
  const never = aGate();
  witness.orders(async () => {
    await never.opened;
    return goOn;
  });
  await put(kinesis, "orders", numbered(2));
  await mapped(server, lambda, base);
  await witness.sees((deliveries) => deliveries.length === 1);
  expect(await server.running.stop(100)).toEqual({ errors: [] });

  const second = await aHouse({ folder });
  await allOf(second.witness, 2);
  expect(second.witness.texts()).toEqual(numbered(2));
});

test("a mapping that was being disabled does not outlast a stop's shorter grace; one made meanwhile begins with the next start", async () => {
  const folder = aFolder();
  const members = { streams: { orders: {}, others: {} } };
  const { witness, server, lambda, kinesis } = await aHouse({ folder, members });
  const never = aGate();
  witness.orders(async () => {
    await never.opened;
    return goOn;
  });
  await put(kinesis, "orders", numbered(2));
  const UUID = await mapped(server, lambda, base);
  await witness.sees((deliveries) => deliveries.length === 1);
  await lambda.send(new UpdateEventSourceMappingCommand({ UUID, Enabled: false }));
  const stopped = server.running.stop(500);
  const late = { ...base, EventSourceArn: streamArn("others") };
  expect(await lambda.send(new CreateEventSourceMappingCommand(late))).toMatchObject({ State: "Creating" });
  expect(await stopped).toEqual({ errors: [] });

  const second = await aHouse({ folder, members });
  await put(second.kinesis, "others", ["late"]);
  await allOf(second.witness, 1);
  expect(second.witness.texts()).toEqual(["late"]);
  const { EventSourceMappings = [] } = await second.lambda.send(new ListEventSourceMappingsCommand({}));
  const states = EventSourceMappings.map(({ EventSourceArn, State }) => [EventSourceArn, State]);
  expect(Object.fromEntries(states)).toEqual({ [streamArn("orders")]: "Disabled", [streamArn("others")]: "Enabled" });
});

test("H-12: the result of a call that ends while the server stops is shown after the next start", async () => {
  const folder = aFolder();
  const { witness, server, lambda, kinesis } = await aHouse({ folder });
  const held = aGate();
  witness.orders(async () => {
    await held.opened;
    return goOn;
  });
  const UUID = await mapped(server, lambda, base);
  await put(kinesis, "orders", numbered(2));
  await witness.sees((deliveries) => deliveries.length === 1);
  const stopped = server.running.stop(20_000);
  held.open();
  expect(await stopped).toEqual({ errors: [] });

  const second = await aHouse({ folder });
  expect(await second.lambda.send(new GetEventSourceMappingCommand({ UUID }))).toMatchObject({
    LastProcessingResult: "OK",
  });
});

test("a state directory has one owner at a time", async () => {
  const folder = aFolder();
  const first = await aServer({}, { folder });
  await expect(aServer({}, { folder })).rejects.toMatchObject({ code: "state-locked" });
  expect((await fetch(`${first.url}/_millrace/ready`)).status).toBe(200);
  await first.stop();
  const second = await aServer({}, { folder });
  expect((await fetch(`${second.url}/_millrace/ready`)).status).toBe(200);
});

test("a start that is refused says why and gives everything back", async () => {
  const folder = aFolder();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const address = other.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await expect(aServer({}, { folder, port })).rejects.toMatchObject({ code: "port-taken" });
  await new Promise((resolve) => other.close(resolve));

  const functions = { f: toldBy("") };
  await expect(aServer({ functions: { f: { Handler: "told.handel" } } }, { folder })).rejects.toMatchObject({
    code: "handler-not-found",
    help: "Handler: told.handle",
  });
  await expect(aServer({ functions, mappings: [{ ...base, BatchSize: 5 }] }, { folder })).rejects.toMatchObject({
    code: "config-invalid",
    message: `mappings[0] is refused: Stream not found: ${streamArn("orders")}`,
    help: "streams: { orders: { shards: 1 } }",
  });
  await expect(
    aServer({ functions, streams: { orders: {} }, mappings: [{ ...base, MaximumRecordAgeInSeconds: 5 }] }, { folder }),
  ).rejects.toMatchObject({ code: "config-invalid", message: expect.stringContaining("between 60 and 604800") });

  const server = await aServer({ functions, streams: { orders: {} }, mappings: [base] }, { folder });
  await server.log.state(null, "Enabled");
  expect(server.fatal).toEqual([]);
});

test("a mapping of the configuration is made once, changed when its settings change, and kept when nothing does", async () => {
  const folder = aFolder();
  const mappings = [{ ...base, BatchSize: 2 }];
  const first = await aHouse({ folder, members: { mappings } });
  const made = await first.server.log.state(null, "Enabled");
  await first.server.stop();

  const second = await aHouse({ folder, members: { mappings: [{ ...base, BatchSize: 3 }] } });
  await second.server.log.state(made.mapping, "Updating");
  await put(second.kinesis, "orders", numbered(6));
  await allOf(second.witness, 6);
  await second.server.stop();

  const third = await aHouse({ folder, members: { mappings: [{ ...base, BatchSize: 3 }] } });
  await put(third.kinesis, "orders", numbered(1, 6));
  await allOf(third.witness, 1);
  expect(third.witness.texts()).toEqual(["r6"]);
  await third.server.stop();
  const states = third.server.log.entries.flatMap((entry) => (entry.kind === "mapping-state" ? [entry.to] : []));
  expect(states).toEqual(["Enabled"]);

  const fourth = await aHouse({ folder, members: { mappings: [{ ...base, BatchSize: 3, Enabled: false }] } });
  await fourth.server.log.state(made.mapping, "Disabled");
});

test("F-4: a mapping with more filters than AWS's quota runs where the configuration allows them", async () => {
  const Filters = Array.from({ length: 6 }, (_, index) => ({
    Pattern: JSON.stringify({ data: { kind: [`k${index}`] } }),
  }));
  const members = { filtersPerMapping: 6, mappings: [{ ...base, FilterCriteria: { Filters } }] };
  const { witness, kinesis } = await aHouse({ members });
  await put(kinesis, "orders", ['{"kind":"k9"}', '{"kind":"k5"}']);
  await allOf(witness, 1);
  expect(witness.texts()).toEqual(['{"kind":"k5"}']);
});

test("functions are kept: a mapping goes on although the configuration no longer names its function", async () => {
  const folder = aFolder();
  const first = await aHouse({ folder });
  await mapped(first.server, first.lambda, base);
  await first.server.stop();

  // The witness of the first start is what the function knows.
  const second = await aServer({ streams: { orders: {} } }, { folder });
  await put(kinesisAt(second.url), "orders", ["r0"]);
  await allOf(first.witness, 1);
  expect(first.witness.texts()).toEqual(["r0"]);
});
