// Functions made by AWS's own calls: zips, CreateFunction and Invoke as a test needs them.

import {
  CreateFunctionCommand,
  type CreateFunctionCommandInput,
  InvokeCommand,
  type LambdaClient,
  UpdateFunctionCodeCommand,
} from "@aws-sdk/client-lambda";
import { strToU8, zipSync } from "fflate";

export type Files = Readonly<Record<string, string>>;

export const zipped = (files: Files): Uint8Array =>
  zipSync(Object.fromEntries(Object.entries(files).map(([name, text]) => [name, strToU8(text)])));

export const role = "arn:aws:iam::000000000000:role/any";

/** CommonJS that answers with this. */
export const answering = (value: string): string => `exports.handler = async (event, context) => (${value});`;

/** What creates the function `made`. */
export const creation = (files: Files, more: Partial<CreateFunctionCommandInput> = {}): CreateFunctionCommandInput => ({
  FunctionName: "made",
  Runtime: "nodejs24.x",
  Handler: "index.handler",
  Role: role,
  Code: { ZipFile: zipped(files) },
  ...more,
});

export const make = (lambda: LambdaClient, files: Files, more: Partial<CreateFunctionCommandInput> = {}) =>
  lambda.send(new CreateFunctionCommand(creation(files, more)));

export const remake = (lambda: LambdaClient, files: Files) =>
  lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "made", ZipFile: zipped(files) }));

export interface Asked {
  readonly value: unknown;
  readonly version: string | undefined;
  readonly error: string | undefined;
}

export async function ask(lambda: LambdaClient, FunctionName = "made"): Promise<Asked> {
  const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload: "{}" }));
  const text = Buffer.from(answer.Payload ?? new Uint8Array()).toString();
  return { value: JSON.parse(text), version: answer.ExecutedVersion, error: answer.FunctionError };
}

/** Tells the witness which code it is, which version runs it and how it was asked for. */
export const telling = (mark: string): string => `
exports.handler = async (event, context) => {
  const { functionName, awsRequestId: requestId, functionVersion, invokedFunctionArn } = context;
  const variable = ["${mark}", functionVersion, process.env.AWS_LAMBDA_FUNCTION_VERSION, invokedFunctionArn].join(" ");
  await fetch(process.env.WITNESS_URL, { method: "POST", body: JSON.stringify({ functionName, requestId, variable, event }) });
};`;

/** What names the function `made` in a call. */
export const named = { FunctionName: "made" };
