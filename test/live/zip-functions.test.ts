// Functions that are made by AWS's own calls, over a live server with the unmodified client.

import { createHash } from "node:crypto";
import { mkdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base } from "./support/house.ts";
import { aFolder, aServer, functionArn } from "./support/live-server.ts";
import { aGate, goOn } from "./support/witness.ts";
import { answering, ask, creation, make, named, remake, telling, zipped } from "./support/made-functions.ts";

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
      CodeSha256: createHash("sha256")
        .update(zipped({ "index.js": telling("one") }))
        .digest("base64"),
    });
    await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10 }, named);
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

  test("runs the next zip from the next call on, and keeps what an update of its configuration leaves out", async () => {
    const { lambda } = await aHouse();
    await make(lambda, { "index.js": answering("[1, process.env.AB ?? null]") }, { Description: "kept" });
    expect((await ask(lambda)).value).toEqual([1, null]);
    const updated = await remake(lambda, { "index.js": answering("[2, process.env.AB ?? null]") });
    expect(updated).toMatchObject({ State: "Active", LastUpdateStatus: "InProgress" });
    await waitUntilFunctionUpdatedV2({ client: lambda, maxWaitTime: 10 }, named);
    await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Environment: { Variables: { AB: "a" } } }));
    expect((await ask(lambda)).value).toEqual([2, "a"]);
    await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Timeout: 20 }));
    expect((await ask(lambda)).value).toEqual([2, "a"]);
    expect(await lambda.send(new GetFunctionConfigurationCommand(named))).toMatchObject({
      Description: "kept",
      Timeout: 20,
      Environment: { Variables: { AB: "a" } },
    });
  });

  test.each<[string, Readonly<Record<string, string>>, string]>([
    ["an ES module by its name", { "index.mjs": "export const handler = async () => 'found';" }, "index.handler"],
    ["CommonJS by its name", { "lib/main.cjs": "exports.run = async () => 'found';" }, "lib/main.run"],
    ["CommonJS without a package", { "index.js": answering("'found'") }, "index.handler"],
    [
      "an ES module by its package",
      { "index.js": "export const handler = async () => 'found';", "package.json": '{"type":"module"}' },
      "index.handler",
    ],
    [
      "its own node_modules",
      {
        "src/index.mjs": "import { found } from 'dep'; export const a = { b: async () => found };",
        "node_modules/dep/package.json": '{"main":"d.js"}',
        "node_modules/dep/d.js": "exports.found = 'found';",
      },
      "src/index.a.b",
    ],
    ["a folder's index", { "app/index.js": answering("'found'") }, "app.handler"],
  ])("is loaded by Node's own rules: %s", async (_what, files, Handler) => {
    const folder = aFolder();
    // What surrounds the state directory has no say.
    writeFileSync(join(folder, "package.json"), '{"type":"module"}');
    const { lambda } = await aHouse({ folder });
    await make(lambda, files, { Handler });
    expect((await ask(lambda)).value).toBe("found");
  });

  test("whose handler is not there is made all the same, and fails as on AWS", async () => {
    const { lambda } = await aHouse();
    await make(lambda, { "index.js": answering("1") }, { Handler: "absent.handler" });
    expect(await ask(lambda)).toMatchObject({
      error: "Unhandled",
      value: {
        errorType: "Runtime.ImportModuleError",
        errorMessage: expect.stringContaining("Cannot find module 'absent'"),
      },
    });
    await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Handler: "index.other" }));
    expect((await ask(lambda)).value).toMatchObject({
      errorType: "Runtime.HandlerNotFound",
      errorMessage: "index.other is undefined or not exported",
    });
    await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Handler: "index.handler" }));
    expect((await ask(lambda)).value).toBe(1);
  });

  test.each<[string, Uint8Array, string]>([
    ["that is none", Buffer.from("no zip"), "Could not unzip uploaded file."],
    ["without a file", zipped({}), "Uploaded file must be a non-empty zip"],
    ["with a name twice", zipped({ a: "1", "a/b.js": "2" }), "is there twice, or as a file and as a folder"],
  ])("is not made from a zip %s, nor changed to it", async (_what, ZipFile, text) => {
    const { lambda } = await aHouse();
    await expect(make(lambda, {}, { Code: { ZipFile } })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: expect.stringContaining(text),
    });
    await expect(lambda.send(new GetFunctionCommand(named))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
    });
    await make(lambda, { "index.js": answering("1") });
    const before = await lambda.send(new GetFunctionConfigurationCommand(named));
    await expect(lambda.send(new UpdateFunctionCodeCommand({ ...named, ZipFile }))).rejects.toThrow(text);
    const after = await lambda.send(new GetFunctionConfigurationCommand(named));
    expect([after.RevisionId, after.CodeSha256]).toEqual([before.RevisionId, before.CodeSha256]);
    expect((await ask(lambda)).value).toBe(1);
  });

  test("may come out of a bucket", async () => {
    const { lambda, server } = await aHouse({ members: { buckets: ["code-of-mine"] } });
    const object = join(server.stateDir, "buckets", "code-of-mine", "v1");
    mkdirSync(object, { recursive: true });
    writeFileSync(join(object, "made.zip"), zipped({ "index.js": answering("'stored'") }));
    const from = (S3Key: string) => make(lambda, {}, { Code: { S3Bucket: "code-of-mine", S3Key } });
    await expect(from("v1/absent.zip")).rejects.toThrow(
      "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    );
    writeFileSync(join(object, "huge.zip"), "");
    truncateSync(join(object, "huge.zip"), 262_144_001);
    await expect(from("v1/huge.zip")).rejects.toThrow("Unzipped size must be smaller than 262144000 bytes");
    await from("v1/made.zip");
    expect((await ask(lambda)).value).toBe("stored");
  });

  test("is gone when it is deleted, its mapping stays, and its name may be used again", async () => {
    const { lambda, server } = await aHouse();
    await make(lambda, { "index.js": answering("1") }, { Tags: { team: "blue" } });
    const uuid = await mapped(server, lambda, { ...base, FunctionName: "made" });
    expect((await lambda.send(new DeleteFunctionCommand(named))).$metadata.httpStatusCode).toBe(204);
    await expect(lambda.send(new GetFunctionCommand(named))).rejects.toMatchObject({
      name: "ResourceNotFoundException",
      message: `Function not found: ${functionArn("made")}`,
      $metadata: { httpStatusCode: 404 },
    });
    expect(server.log.entries.some((each) => each.kind === "mapping-state" && each.to === "Deleting")).toBe(false);
    expect(uuid).not.toBe("");
    await make(lambda, { "index.js": answering("2") });
    expect((await ask(lambda)).value).toBe(2);
    expect(await lambda.send(new ListTagsCommand({ Resource: functionArn("made") }))).toMatchObject({ Tags: {} });
  });
});

test("reserved concurrency holds for all versions together, and 0 lets no call through", async () => {
  const { lambda } = await aHouse();
  await make(lambda, { "index.js": answering("1") }, { Publish: true });
  const none = new PutFunctionConcurrencyCommand({ ...named, ReservedConcurrentExecutions: 0 });
  expect(await lambda.send(none)).toMatchObject({ ReservedConcurrentExecutions: 0 });
  expect(await lambda.send(new GetFunctionCommand(named))).toMatchObject({
    Concurrency: { ReservedConcurrentExecutions: 0 },
  });
  await expect(ask(lambda)).rejects.toMatchObject({ name: "TooManyRequestsException" });
  await expect(ask(lambda, "made:1")).rejects.toMatchObject({ name: "TooManyRequestsException" });
  const tooMuch = new PutFunctionConcurrencyCommand({ ...named, ReservedConcurrentExecutions: 901 });
  await expect(lambda.send(tooMuch)).rejects.toThrow("below its minimum value of [100].");
  await lambda.send(new DeleteFunctionConcurrencyCommand(named));
  const { $metadata: _metadata, ...left } = await lambda.send(new GetFunctionConcurrencyCommand(named));
  expect(left).toEqual({});
  expect((await ask(lambda, "made:1")).value).toBe(1);
});

test("all of it is there after a restart", async () => {
  const folder = aFolder();
  const first = await aServer({}, { folder });
  const before = lambdaAt(first.url);
  const layer = await before.send(
    new PublishLayerVersionCommand({
      LayerName: "shared",
      Content: { ZipFile: zipped({ "nodejs/node_modules/dep/index.js": "exports.found = 'layer';" }) },
    }),
  );
  const files = (mark: string) => ({ "index.js": answering(`["${mark}", require("dep").found]`) });
  await make(before, files("one"), { Publish: true, Layers: [layer.LayerVersionArn ?? ""] });
  await remake(before, files("two"));
  await before.send(new CreateAliasCommand({ ...named, Name: "live", FunctionVersion: "1" }));
  await before.send(new TagResourceCommand({ Resource: functionArn("made"), Tags: { team: "blue" } }));
  await before.send(new PutFunctionConcurrencyCommand({ ...named, ReservedConcurrentExecutions: 5 }));
  const { $metadata: _before, Code: _code, ...shown } = await before.send(new GetFunctionCommand(named));
  await first.stop();
  const second = await aServer({}, { folder });
  const after = lambdaAt(second.url);
  const { $metadata: _after, Code: _other, ...found } = await after.send(new GetFunctionCommand(named));
  expect(found).toEqual(shown);
  expect((await ask(after)).value).toEqual(["two", "layer"]);
  expect(await ask(after, "made:live")).toMatchObject({ value: ["one", "layer"], version: "1" });
  await remake(after, files("three"));
  expect((await ask(after)).value).toEqual(["three", "layer"]);
  expect(await after.send(new PublishVersionCommand(named))).toMatchObject({ Version: "2" });
});

test("functions of the configuration are listed with the others; what their file says is changed there alone", async () => {
  const { lambda } = await aHouse();
  await make(lambda, { "index.js": answering("1") });
  const { Functions } = await lambda.send(new ListFunctionsCommand({}));
  expect(Functions?.map(({ FunctionName, Handler }) => [FunctionName, Handler])).toEqual([
    ["f", "told.handle"],
    ["made", "index.handler"],
  ]);
  expect(Functions?.[0]?.CodeSha256).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  const { ZipFile } = creation({ "index.js": "" }).Code ?? {};
  const refusal =
    /^The function f is defined by .*millrace\.config\.json: its (code|configuration) is changed there, under functions\.f\.$/;
  await expect(lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName: "f", Timeout: 9 }))).rejects.toThrow(
    refusal,
  );
  await expect(lambda.send(new PublishVersionCommand({ FunctionName: "f" }))).rejects.toThrow(refusal);
  await expect(lambda.send(new UpdateFunctionCodeCommand({ FunctionName: "f", ZipFile }))).rejects.toThrow(refusal);
  await lambda.send(new TagResourceCommand({ Resource: functionArn("f"), Tags: { team: "red" } }));
  expect(await lambda.send(new GetFunctionCommand({ FunctionName: "f" }))).toMatchObject({ Tags: { team: "red" } });
  await lambda.send(new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "$LATEST" }));
  expect(await lambda.send(new GetFunctionCommand({ FunctionName: "f:live" }))).toMatchObject({
    Configuration: { Version: "$LATEST" },
  });
});

test("a zip that has gone from the state directory costs its function, not the start", async () => {
  const folder = aFolder();
  const first = await aServer({}, { folder });
  await make(lambdaAt(first.url), { "index.js": answering("1") });
  await first.stop();
  rmSync(join(folder, "state", "functions", "made"), { recursive: true });
  const second = lambdaAt((await aServer({}, { folder })).url);
  expect((await ask(second)).value).toMatchObject({
    errorType: "Runtime.ImportModuleError",
    errorMessage: expect.stringContaining("the function's zip in the state directory cannot be used any more"),
  });
  await remake(second, { "index.js": answering("2") });
  expect((await ask(second)).value).toBe(2);
});

test("calls for one function at the same time have their effect one after another", async () => {
  const { lambda } = await aHouse();
  const all = await Promise.allSettled(
    Array.from({ length: 8 }, (_, index) => make(lambda, { "index.js": answering(`${index}`) })),
  );
  expect(all.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  const published = await Promise.all(
    Array.from({ length: 8 }, (_, index) =>
      lambda.send(
        new UpdateFunctionCodeCommand({
          ...named,
          ZipFile: zipped({ "index.js": answering(`"v${index}"`) }),
          Publish: true,
        }),
      ),
    ),
  );
  expect(new Set(published.map(({ Version }) => Version)).size).toBe(8);
  const values = await Promise.all(
    published.map(async ({ Version }) => (await ask(lambda, `made:${Version ?? ""}`)).value),
  );
  expect(values).toEqual(published.map((_, index) => `v${index}`));
});

test("a call that runs while its code is replaced and its function deleted ends as it began", async () => {
  const { lambda, witness } = await aHouse();
  const held = aGate();
  witness.orders(() => held.opened.then(() => goOn));
  const body = JSON.stringify({ functionName: "made", requestId: "", variable: null, event: { Records: [] } });
  const slow = (mark: string) => ({
    "index.js": `exports.handler = async () => {
      await fetch(process.env.WITNESS_URL, { method: "POST", body: ${JSON.stringify(body)} });
      return require("./late");
    };`,
    "late.js": `module.exports = "${mark}";`,
  });
  await make(lambda, slow("first"), { Timeout: 60, Environment: { Variables: { WITNESS_URL: witness.url } } });
  const running = ask(lambda);
  await witness.sees((deliveries) => deliveries.length === 1);
  await remake(lambda, slow("second"));
  await remake(lambda, slow("third"));
  await lambda.send(new DeleteFunctionCommand(named));
  held.open();
  expect((await running).value).toBe("first");
});

test("what is not carried out for code of an earlier configuration is refused, and what is has its effect", async () => {
  const folder = aFolder();
  const functions = { f: { Handler: "told.handle" }, e: { url: "http://127.0.0.1:9" } };
  await (await aServer({ functions }, { folder })).stop();
  const lambda = lambdaAt((await aServer({}, { folder })).url);
  const change = (FunctionName: string, more: object) =>
    lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, ...more }));
  await expect(lambda.send(new PublishVersionCommand({ FunctionName: "f" }))).rejects.toThrow("f runs a file");
  await expect(change("f", { Handler: "other.handle" })).rejects.toThrow("f runs a file");
  await expect(change("e", { MemorySize: 256 })).rejects.toThrow("e runs behind an address");
  expect(await change("e", { Timeout: 5 })).toMatchObject({ Timeout: 5, MemorySize: 128 });
});

test("a function that the configuration no longer names stays, and takes a zip; one that it names again is its own", async () => {
  const folder = aFolder();
  const file = { f: { Handler: "told.handle" } };
  const first = await aServer({ functions: file }, { folder });
  await lambdaAt(first.url).send(
    new CreateAliasCommand({ FunctionName: "f", Name: "live", FunctionVersion: "$LATEST" }),
  );
  await first.stop();
  const second = await aServer({}, { folder });
  const lambda = lambdaAt(second.url);
  const zip = { FunctionName: "f", ZipFile: zipped({ "told.js": "exports.handle = async () => 'zipped';" }) };
  await lambda.send(new UpdateFunctionCodeCommand({ ...zip, Publish: true }));
  expect((await ask(lambda, "f:live")).value).toBe("zipped");
  await second.stop();
  const third = await aServer({ functions: file }, { folder });
  const again = lambdaAt(third.url);
  await expect(again.send(new UpdateFunctionCodeCommand(zip))).rejects.toThrow("is defined by");
  expect(await ask(again, "f:1")).toMatchObject({ value: "zipped", version: "1" });
  expect(await again.send(new GetFunctionConfigurationCommand({ FunctionName: "f" }))).toMatchObject({
    Handler: "told.handle",
    Version: "$LATEST",
  });
});
