// Functions that are made by AWS's own calls, over a live server with the unmodified client.

import {
  CreateAliasCommand,
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  InvokeCommand,
  type LambdaClient,
  ListFunctionsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
} from "@aws-sdk/client-lambda";
import { createHash } from "node:crypto";
import { strToU8, zipSync } from "fflate";
import { describe, expect, test } from "vitest";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base } from "./support/house.ts";
import { functionArn } from "./support/live-server.ts";

const role = "arn:aws:iam::000000000000:role/any";

/** A zip of these files. */
const zipped = (files: Readonly<Record<string, string>>): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

/** Tells the witness which code it is, which version runs it and how it was asked for. */
const telling = (mark: string): string => `
exports.handler = async (event, context) => {
  const { functionName, awsRequestId: requestId, functionVersion, invokedFunctionArn } = context;
  const variable = ["${mark}", functionVersion, process.env.AWS_LAMBDA_FUNCTION_VERSION, invokedFunctionArn].join(" ");
  await fetch(process.env.WITNESS_URL, { method: "POST", body: JSON.stringify({ functionName, requestId, variable, event }) });
};`;

const make = async (
  lambda: LambdaClient,
  files: Readonly<Record<string, string>>,
  more: Partial<CreateFunctionCommandInput> = {},
) =>
  await lambda.send(
    new CreateFunctionCommand({
      FunctionName: "made",
      Runtime: "nodejs24.x",
      Handler: "index.handler",
      Role: role,
      Code: { ZipFile: zipped(files) },
      ...more,
    }),
  );

async function ask(lambda: LambdaClient, FunctionName = "made", payload: unknown = {}): Promise<unknown> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(payload) }));
  return JSON.parse(Buffer.from(answer.Payload ?? new Uint8Array()).toString());
}

describe("a function made from a zip", () => {
  test("is created as AWS creates one, waited for, and called by a mapping", async () => {
    const { lambda, server, witness, kinesis } = await aHouse();
    const made = await make(
      lambda,
      { "index.js": telling("one") },
      { Environment: { Variables: { WITNESS_URL: witness.url } }, Tags: { team: "blue" }, Timeout: 7 },
    );
    expect(made).toMatchObject({
      $metadata: { httpStatusCode: 201 },
      FunctionName: "made",
      FunctionArn: functionArn("made"),
      Runtime: "nodejs24.x",
      Timeout: 7,
      MemorySize: 128,
      Version: "$LATEST",
      State: "Pending",
      StateReasonCode: "Creating",
      CodeSha256: createHash("sha256").update(zipped({ "index.js": telling("one") })).digest("base64"),
    });
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10 }, { FunctionName: "made" });
    const got = await lambda.send(new GetFunctionCommand({ FunctionName: functionArn("made") }));
    expect(got).toMatchObject({
      Configuration: { State: "Active", LastUpdateStatus: "Successful" },
      Tags: { team: "blue" },
    });
    expect(got.Configuration?.RevisionId).not.toBe(made.RevisionId);
    const zip = await fetch(got.Code?.Location ?? "");
    expect(new Uint8Array(await zip.arrayBuffer())).toEqual(zipped({ "index.js": telling("one") }));
    await mapped(server, lambda, { ...base, FunctionName: "made" });
    await put(kinesis, "orders", ["r0"]);
    await allOf(witness, 1, "made");
    expect(witness.deliveries[0]?.variable).toBe(`one $LATEST $LATEST ${functionArn("made")}`);
  });
});
