// kill -9 of the whole process, in mid-batch and between the calls of the API, and what the next start finds. The servers are
// processes of their own, by the command line; the witness is here.

import {
  CreateEventSourceMappingCommand,
  DeleteEventSourceMappingCommand,
  type EventSourceMappingConfiguration,
  GetEventSourceMappingCommand,
  type GetEventSourceMappingCommandOutput,
  type LambdaClient,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import { kinesisAt, lambdaAt, put } from "./support/aws-clients.ts";
import { base, numbered } from "./support/house.ts";
import { aFolder, configIn, messagesOf, queueArn, toldBy, inTime } from "./support/live-server.ts";
import { started } from "./support/process.ts";
import { aGate, aWitness, goOn, type Witness } from "./support/witness.ts";

function aFolderFor(witness: Witness): string {
  const folder = aFolder();
  configIn(folder, { streams: { orders: {} }, queues: ["failed"], functions: { f: toldBy(witness.url) } });
  return folder;
}

/** Sequence number of the last checkpoint that was told. */
function checkpointIn(out: string): string {
  const told = out.split("\n").filter((line) => line.includes('"kind":"checkpoint"') && line.endsWith("}"));
  return (JSON.parse(told.at(-1) ?? "{}") as { readonly after?: string }).after ?? "";
}

const found = (lambda: LambdaClient): Promise<readonly EventSourceMappingConfiguration[]> =>
  lambda.send(new ListEventSourceMappingsCommand({})).then(({ EventSourceMappings }) => EventSourceMappings ?? []);

test("P-12: killed in mid-batch, it polls again after the start: all settings, all checkpoints, nothing lost", async () => {
  const witness = await aWitness();
  const folder = aFolderFor(witness);
  const first = await started(folder);
  const never = aGate();
  witness.orders(async ({ texts }) => {
    if (texts.includes("r4")) await never.opened;
    return goOn;
  });
  const sent = await put(kinesisAt(first.url), "orders", numbered(8));
  const { UUID } = await lambdaAt(first.url).send(
    new CreateEventSourceMappingCommand({
      ...base,
      BatchSize: 2,
      MaximumRetryAttempts: 1,
      BisectBatchOnFunctionError: true,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
      FilterCriteria: { Filters: [{ Pattern: '{"partitionKey":[{"prefix":"r"}]}' }] },
      DestinationConfig: { OnFailure: { Destination: queueArn("failed") } },
      Tags: { team: "orders" },
    }),
  );
  await witness.sees((deliveries) => deliveries.length === 3);
  await first.running.line(/"kind":"checkpoint"/);
  const before = await lambdaAt(first.url).send(new GetEventSourceMappingCommand({ UUID }));
  const checkpoint = checkpointIn(await first.kill());

  witness.orders(({ texts }) => (texts.includes("r9") ? { do: "throw", message: "bad order" } : goOn));
  const port = Number(new URL(first.url).port);
  const starting = started(folder, port);
  // Whoever asks from the first moment on finds the mapping.
  const lambda = lambdaAt(first.url);
  const ask = (): Promise<GetEventSourceMappingCommandOutput> =>
    lambda.send(new GetEventSourceMappingCommand({ UUID })).catch((error: Error & { readonly code?: string }) => {
      if (error.code !== "ECONNREFUSED") throw error;
      return ask();
    });
  const after = await ask();
  const settings = (mapping: typeof before) => ({ ...mapping, $metadata: null, LastModified: null });
  expect(settings(after)).toEqual({ ...settings(before), LastProcessingResult: expect.any(String) });
  expect(after.State).toBe("Enabled");

  const second = await starting;
  await put(kinesisAt(second.url), "orders", numbered(2, 8));
  await expect.poll(async () => (await messagesOf(second.url, "failed")).length, inTime).toBe(1);
  expect([...new Set(witness.texts())]).toEqual(numbered(10));
  const again = witness.deliveries
    .slice(3)
    .flatMap(({ event }) => event.Records.map((each) => each.kinesis.sequenceNumber));
  expect(again.every((sequenceNumber) => sequenceNumber > checkpoint)).toBe(true);
  expect(checkpoint >= (sent[1]?.SequenceNumber ?? "")).toBe(true);
  const [document = ""] = await messagesOf(second.url, "failed");
  expect(JSON.parse(document)).toMatchObject({ requestContext: { approximateInvokeCount: 2 } });
});

test("killed right after each call of the API, it comes back as that call said it would be", async () => {
  const witness = await aWitness();
  const folder = aFolderFor(witness);
  const never = aGate();
  // Every call of the function is out when the process dies.
  witness.orders(async () => {
    await never.opened;
    return goOn;
  });
  let process = await started(folder);
  await put(kinesisAt(process.url), "orders", numbered(3));
  const { UUID } = await lambdaAt(process.url).send(new CreateEventSourceMappingCommand(base));

  /** Kills and starts; then the mapping has to come to rest in `state` by itself. */
  const comesBack = async (state: string): Promise<EventSourceMappingConfiguration> => {
    await process.kill();
    process = await started(folder);
    const lambda = lambdaAt(process.url);
    const passing = ["Creating", "Enabling", "Disabling", "Updating", "Deleting"];
    const states: unknown[] = [];
    await expect
      .poll(async () => {
        const [mapping] = await found(lambda);
        states.push(mapping?.State ?? "gone");
        return states.at(-1);
      }, inTime)
      .toBe(state);
    expect(states.slice(0, -1).filter((each) => !passing.includes(String(each)))).toEqual([]);
    return (await found(lambda))[0] ?? {};
  };
  const update = (members: { readonly BatchSize?: number; readonly Enabled?: boolean }) =>
    lambdaAt(process.url).send(new UpdateEventSourceMappingCommand({ UUID, ...members }));
  const calledAgain = (count: number): Promise<void> => witness.sees((deliveries) => deliveries.length >= count);

  expect(await comesBack("Enabled")).toMatchObject({ UUID, BatchSize: 100 });
  await calledAgain(1);
  expect(await update({ BatchSize: 7 })).toMatchObject({ State: "Updating" });
  expect(await comesBack("Enabled")).toMatchObject({ UUID, BatchSize: 7 });
  await calledAgain(2);
  expect(await update({ Enabled: false })).toMatchObject({ State: "Disabling" });
  expect(await comesBack("Disabled")).toMatchObject({ UUID, BatchSize: 7 });
  expect(await update({ Enabled: true })).toMatchObject({ State: "Enabling" });
  expect(await comesBack("Enabled")).toMatchObject({ UUID, BatchSize: 7 });
  await calledAgain(3);
  const deleted = await lambdaAt(process.url).send(new DeleteEventSourceMappingCommand({ UUID }));
  expect(deleted.State).toBe("Deleting");
  await comesBack("gone");
});

test("killed while a call of the API is under way, it has done the call wholly or not at all", async () => {
  const witness = await aWitness();
  const folder = aFolderFor(witness);
  const first = await started(folder);
  const unheard = lambdaAt(first.url)
    .send(new CreateEventSourceMappingCommand({ ...base, Tags: { team: "orders" } }))
    .catch(() => undefined);
  await first.kill();
  await unheard;

  const second = await started(folder);
  const [made] = await found(lambdaAt(second.url));
  expect(["none", "Creating", "Enabled"]).toContain(made?.State ?? "none");
  await put(kinesisAt(second.url), "orders", ["r0"]);
  if (made === undefined) await lambdaAt(second.url).send(new CreateEventSourceMappingCommand(base));
  await witness.sees(() => witness.texts().includes("r0"));
  const lost = lambdaAt(second.url)
    .send(new DeleteEventSourceMappingCommand({ UUID: (await found(lambdaAt(second.url)))[0]?.UUID }))
    .catch(() => undefined);
  await second.kill();
  await lost;

  const third = await started(folder);
  const left = await found(lambdaAt(third.url));
  expect(["none", "Enabled", "Deleting"]).toContain(left[0]?.State ?? "none");
});

test("killed while a mapping was being updated, it starts, and the configuration's settings follow once the mapping is at rest", async () => {
  const witness = await aWitness();
  const folder = aFolderFor(witness);
  const first = await started(folder);
  const never = aGate();
  witness.orders(async () => {
    await never.opened;
    return goOn;
  });
  await put(kinesisAt(first.url), "orders", numbered(3));
  const lambda = lambdaAt(first.url);
  const { UUID } = await lambda.send(new CreateEventSourceMappingCommand(base));
  await witness.sees((deliveries) => deliveries.length === 1);
  const updating = await lambda.send(new UpdateEventSourceMappingCommand({ UUID, ParallelizationFactor: 4 }));
  expect(updating.State).toBe("Updating");
  await first.kill();

  witness.orders(() => goOn);
  const functions = { f: toldBy(witness.url) };
  configIn(folder, { streams: { orders: {} }, functions, mappings: [{ ...base, BatchSize: 2, Enabled: true }] });
  const second = await started(folder);
  const ask = (): Promise<EventSourceMappingConfiguration> =>
    lambdaAt(second.url).send(new GetEventSourceMappingCommand({ UUID }));
  await expect.poll(ask, inTime).toMatchObject({ State: "Enabled", BatchSize: 2, ParallelizationFactor: 1 });
  await witness.sees(() => new Set(witness.texts()).size === 3);
});
