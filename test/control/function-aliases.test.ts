// Aliases, lists and reservations of the function API: shapes and texts as AWS was recorded giving them.

import { describe, expect, test } from "vitest";
import { anApi, arn, creation, made, memberOf, withFunction } from "./doubles/function-calls.ts";

describe("aliases", () => {
  const alias = { ...made, Name: "live", FunctionVersion: "1" };
  const weights = (of: object) => ({ RoutingConfig: { AdditionalVersionWeights: of } });

  test("are shown as they are kept, by name and by version", async () => {
    const ask = await withFunction({ Publish: true });
    const answer = await ask("CreateAlias", { ...alias, Description: "ours" });
    const body = {
      AliasArn: `${arn}:live`,
      Name: "live",
      FunctionVersion: "1",
      Description: "ours",
      RevisionId: expect.any(String),
    };
    expect([answer.status, answer.body]).toEqual([201, body]);
    expect((await ask("GetAlias", { ...made, Name: "live" })).body).toEqual(answer.body);
    await ask("CreateAlias", { ...made, Name: "newest", FunctionVersion: "$LATEST" });
    expect((await ask("ListAliases", { ...made, FunctionVersion: "1" })).body).toEqual({
      Aliases: [answer.body],
      NextMarker: null,
    });
    expect((await ask("GetFunction", { FunctionName: "made:live" })).body).toMatchObject({
      Configuration: { FunctionArn: `${arn}:live`, Version: "1" },
    });
    expect(await ask("UpdateAlias", { ...made, Name: "live", RevisionId: "no" })).toMatchObject({ status: 412 });
  });

  test.each<[object, string, string]>([
    [
      weights({ "1": 0.5, "2": 0.1 }),
      "InvalidParameterValueException",
      "Number of items in AdditionalVersionWeights cannot be greater than 1",
    ],
    [
      weights({ "2": 2 }),
      "ValidationException",
      "1 validation error detected: Value '{2=2.0}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map value must satisfy constraint: " +
        "[Member must have value less than or equal to 1.0, Member must have value greater than or equal to 0.0, Member must not be null]",
    ],
    [
      weights({ "1": 0.5 }),
      "InvalidParameterValueException",
      "Invalid function version 1. Function version 1 is already included in routing configuration.",
    ],
    [
      { FunctionVersion: "$LATEST", ...weights({ "1": 0.5 }) },
      "InvalidParameterValueException",
      "$LATEST is not supported for an alias pointing to more than 1 version",
    ],
    [
      weights({ $LATEST: 0.5 }),
      "ValidationException",
      "1 validation error detected: Value '{$LATEST=0.5}' at 'routingConfig.additionalVersionWeights' failed to satisfy constraint: Map keys must satisfy constraint: " +
        "[Member must have length less than or equal to 1024, Member must have length greater than or equal to 1, Member must satisfy regular expression pattern: [0-9]+, Member must not be null]",
    ],
  ])("with %j is refused as AWS refuses it", async (more, errorType, text) => {
    const ask = await withFunction({ Publish: true });
    const answer = await ask("CreateAlias", { ...alias, ...more });
    expect([answer.errorType, memberOf(answer, "message")]).toEqual([errorType, text]);
    expect((await ask("ListAliases", made)).body).toMatchObject({ Aliases: [] });
  });

  test("an update that moves it to the version that it shares with is refused, and one that ends the share is not", async () => {
    const ask = await withFunction({ Publish: true });
    await ask("UpdateFunctionConfiguration", { ...made, Timeout: 9 });
    await ask("PublishVersion", made);
    await ask("CreateAlias", { ...alias, ...weights({ "2": 0.5 }) });
    const moved = { ...made, Name: "live", FunctionVersion: "2" };
    expect(memberOf(await ask("UpdateAlias", moved), "message")).toBe(
      "Invalid function version 2. Function version 2 is already included in routing configuration.",
    );
    const { body } = await ask("UpdateAlias", { ...moved, RoutingConfig: {} });
    expect([body?.["FunctionVersion"], body?.["RoutingConfig"]]).toEqual(["2", undefined]);
  });

  test("twice, of no version, or not there", async () => {
    const ask = await withFunction({ Publish: true });
    await ask("CreateAlias", alias);
    expect(await ask("CreateAlias", alias)).toMatchObject({
      status: 409,
      body: { message: `Alias already exists: ${arn}:live` },
    });
    expect(await ask("CreateAlias", { ...alias, Name: "other", FunctionVersion: "10" })).toMatchObject({
      status: 404,
      body: { Message: `Function not found: ${arn}:10` },
    });
    expect(await ask("GetAlias", { ...made, Name: "absent" })).toMatchObject({
      status: 404,
      body: { Message: `Cannot find alias arn: ${arn}:absent` },
    });
  });
});

test("lists come in pages, by MaxItems and at most 50, and go on at the marker", async () => {
  const ask = anApi();
  const names = Array.from({ length: 53 }, (_, index) => `f${String(index).padStart(2, "0")}`);
  for (const FunctionName of names) await ask("CreateFunction", { ...creation, FunctionName });
  const seen: unknown[] = [];
  let Marker: unknown = undefined;
  const lengths: number[] = [];
  do {
    const { body } = await ask("ListFunctions", { MaxItems: 10_000, Marker });
    const page = body?.["Functions"] as readonly { readonly FunctionName: string }[];
    lengths.push(page.length);
    seen.push(...page.map(({ FunctionName }) => FunctionName));
    Marker = body?.["NextMarker"] ?? undefined;
  } while (Marker !== undefined);
  expect([seen, lengths]).toEqual([names, [50, 3]]);
  expect((await ask("ListFunctions", { Marker: "made up" })).body).toEqual({ Functions: [], NextMarker: null });
  await ask("PublishVersion", { FunctionName: "f00" });
  const all = await ask("ListFunctions", { FunctionVersion: "ALL", MaxItems: 2 });
  expect(all.body).toMatchObject({
    Functions: [
      { FunctionArn: expect.stringMatching(/:f00:\$LATEST$/) },
      { FunctionArn: expect.stringMatching(/:f00:1$/) },
    ],
  });
});

test("a list goes on at its marker also when what was shown has gone meanwhile, and new names do not shift it", async () => {
  const ask = anApi();
  const names = ["a", "a-b", "a0", "ab", "b"];
  for (const FunctionName of names) await ask("CreateFunction", { ...creation, FunctionName });
  const first = await ask("ListFunctions", { MaxItems: 3 });
  expect(first.body).toMatchObject({ Functions: ["a", "a-b", "a0"].map((FunctionName) => ({ FunctionName })) });
  for (const FunctionName of ["a", "a-b", "a0"]) await ask("DeleteFunction", { FunctionName });
  await ask("CreateFunction", { ...creation, FunctionName: "A" });
  const rest = await ask("ListFunctions", { Marker: memberOf(first, "NextMarker") });
  expect(rest.body).toMatchObject({ Functions: [{ FunctionName: "ab" }, { FunctionName: "b" }], NextMarker: null });
});

test("versions are listed by number, in pages", async () => {
  const ask = await withFunction({ Publish: true });
  for (let number = 2; number <= 11; number += 1) {
    await ask("UpdateFunctionConfiguration", { ...made, Description: String(number) });
    await ask("PublishVersion", made);
  }
  const seen: unknown[] = [];
  let Marker: unknown = undefined;
  do {
    const { body } = await ask("ListVersionsByFunction", { ...made, MaxItems: 5, Marker });
    const page = body?.["Versions"] as readonly { readonly Version: string }[];
    seen.push(...page.map(({ Version }) => Version));
    Marker = body?.["NextMarker"] ?? undefined;
  } while (Marker !== undefined);
  expect(seen).toEqual(["$LATEST", ...Array.from({ length: 11 }, (_, index) => String(index + 1))]);
});

test("a version or alias has no reservation of its own", async () => {
  const ask = await withFunction({ Publish: true });
  const answer = await ask("PutFunctionConcurrency", { FunctionName: "made:1", ReservedConcurrentExecutions: 1 });
  expect(memberOf(answer, "message")).toBe(
    "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. " +
      "Please specify either a function name or an unqualified function ARN.",
  );
});
