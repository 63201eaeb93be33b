// What becomes of a mapping whose function, or whose stream, is deleted: it stays, says what is wrong, and goes on once it can.

import { DeleteStreamCommand, CreateStreamCommand } from "@aws-sdk/client-kinesis";
import {
  CreateFunctionCommand,
  DeleteEventSourceMappingCommand,
  DeleteFunctionCommand,
  GetEventSourceMappingCommand,
  ListEventSourceMappingsCommand,
  UpdateEventSourceMappingCommand,
} from "@aws-sdk/client-lambda";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { mapped, put, updated } from "./support/aws-clients.ts";
import { aHouse, allOf, base, type House, numbered } from "./support/house.ts";
import { functionArn, inTime } from "./support/live-server.ts";

const mappingOf = async ({ lambda }: House, UUID: string) => lambda.send(new GetEventSourceMappingCommand({ UUID }));

/** Calls the witness as `told.ts` does, as far as it needs to be told. */
const code = (url: string): Uint8Array =>
  zipSync({
    "index.mjs": Buffer.from(`export const handle = async (event, { awsRequestId: requestId }) => {
      const body = JSON.stringify({ functionName: "f", requestId, variable: null, event });
      await fetch(${JSON.stringify(url)}, { method: "POST", body });
      return null;
    };`),
  });

test("H-12, H-13: a mapping outlives its function, says so, keeps its records, and goes on with a new one of its name", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const UUID = await mapped(server, lambda, { ...base, MaximumRetryAttempts: 1 });
  await put(kinesis, "orders", numbered(2));
  await allOf(witness, 2);

  await lambda.send(new DeleteFunctionCommand({ FunctionName: "f" }));
  expect(await mappingOf(house, UUID)).toMatchObject({ State: "Enabled", FunctionArn: functionArn("f") });
  await put(kinesis, "orders", numbered(3, 2));
  await expect
    .poll(() => mappingOf(house, UUID), inTime)
    .toMatchObject({
      State: "Enabled",
      LastProcessingResult: "PROBLEM: Function not found under accountId 000000000000",
    });
  const listed = await lambda.send(new ListEventSourceMappingsCommand({ FunctionName: "f" }));
  expect(listed.EventSourceMappings).toHaveLength(1);
  // It can still be changed, and its function, as long as it is not there, cannot be named.
  await updated(server, lambda, { UUID, BatchSize: 7, state: "Enabled" });
  await expect(lambda.send(new UpdateEventSourceMappingCommand({ UUID, FunctionName: "f" }))).rejects.toMatchObject({
    name: "InvalidParameterValueException",
    message: "Function does not exist",
  });

  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "f",
      Runtime: "nodejs24.x",
      Handler: "index.handle",
      Role: "arn:aws:iam::000000000000:role/r",
      Code: { ZipFile: code(witness.url) },
    }),
  );
  await allOf(witness, 5);
  expect(witness.texts()).toEqual(numbered(5));
  await expect.poll(() => mappingOf(house, UUID), inTime).toMatchObject({ BatchSize: 7, LastProcessingResult: "OK" });
});

test("H-13: a mapping outlives its stream, says so, and can be deleted on its own", async () => {
  const house = await aHouse();
  const { witness, server, lambda, kinesis } = house;
  const UUID = await mapped(server, lambda, base);
  await put(kinesis, "orders", numbered(2));
  await allOf(witness, 2);

  await kinesis.send(new DeleteStreamCommand({ StreamName: "orders" }));
  await expect
    .poll(() => mappingOf(house, UUID), inTime)
    .toMatchObject({
      State: "Enabled",
      EventSourceArn: base.EventSourceArn,
      LastProcessingResult: expect.stringMatching(/^PROBLEM: Stream not found/),
    });
  // A stream of the same name is another stream: what was made on the first one is still in the way of a new mapping.
  await kinesis.send(new CreateStreamCommand({ StreamName: "orders", ShardCount: 1 }));
  const deleted = await lambda.send(new DeleteEventSourceMappingCommand({ UUID }));
  expect(deleted.State).toBe("Deleting");
  await expect
    .poll(() => mappingOf(house, UUID).catch((error: Error) => error.name), inTime)
    .toBe("ResourceNotFoundException");

  await mapped(server, lambda, base);
  await put(kinesis, "orders", numbered(2, 2));
  await allOf(witness, 4);
  expect(witness.texts()).toEqual(numbered(4));
});
