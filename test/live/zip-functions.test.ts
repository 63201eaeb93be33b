// Functions that are made by AWS's own calls, over a live server with the unmodified client.

import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteFunctionConcurrencyCommand,
  DeleteLayerVersionCommand,
  GetFunctionCommand,
  GetFunctionConcurrencyCommand,
  GetFunctionConfigurationCommand,
  GetLayerVersionCommand,
  ListFunctionsCommand,
  ListLayersCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  PutFunctionConcurrencyCommand,
  TagResourceCommand,
  UpdateAliasCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
} from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { lambdaAt, mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base } from "./support/house.ts";
import { aFolder, aServer, functionArn } from "./support/live-server.ts";
import { answering, ask, creation, make, remake, zipped } from "./support/made-functions.ts";

/** Tells the witness which code it is, which version runs it and how it was asked for. */
const telling = (mark: string): string => `
exports.handler = async (event, context) => {
  const { functionName, awsRequestId: requestId, functionVersion, invokedFunctionArn } = context;
  const variable = ["${mark}", functionVersion, process.env.AWS_LAMBDA_FUNCTION_VERSION, invokedFunctionArn].join(" ");
  await fetch(process.env.WITNESS_URL, { method: "POST", body: JSON.stringify({ functionName, requestId, variable, event }) });
};`;

const named = { FunctionName: "made" };

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

  test("may come out of a bucket", async () => {
    const { lambda, server } = await aHouse({ members: { buckets: ["code-of-mine"] } });
    const object = join(server.stateDir, "buckets", "code-of-mine", "v1");
    mkdirSync(object, { recursive: true });
    writeFileSync(join(object, "made.zip"), zipped({ "index.js": answering("'stored'") }));
    const from = (S3Key: string) => make(lambda, {}, { Code: { S3Bucket: "code-of-mine", S3Key } });
    await expect(from("v1/absent.zip")).rejects.toThrow(
      "Error occurred while GetObject. S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist.",
    );
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

describe("versions and aliases", () => {
  test("a version stays what it was, and the version that ran is told", async () => {
    const { lambda } = await aHouse();
    await make(lambda, { "index.js": answering("['one', context.functionVersion]") }, { Publish: true });
    await remake(lambda, { "index.js": answering("['two', context.functionVersion]") });
    const second = await lambda.send(new PublishVersionCommand({ ...named, Description: "second" }));
    expect(second).toMatchObject({ Version: "2", FunctionArn: `${functionArn("made")}:2`, State: "Active" });
    const again = await lambda.send(new PublishVersionCommand(named));
    expect(again).toMatchObject({ Version: "2", RevisionId: second.RevisionId, Description: "second" });
    await remake(lambda, { "index.js": answering("['three', context.functionVersion]") });
    expect(await ask(lambda, "made:1")).toMatchObject({ value: ["one", "1"], version: "1" });
    expect(await ask(lambda, `${functionArn("made")}:2`)).toMatchObject({ value: ["two", "2"], version: "2" });
    expect(await ask(lambda)).toMatchObject({ value: ["three", "$LATEST"], version: "$LATEST" });
    const { Versions } = await lambda.send(new ListVersionsByFunctionCommand(named));
    expect(Versions?.map(({ Version }) => Version)).toEqual(["$LATEST", "1", "2"]);
    await lambda.send(new DeleteFunctionCommand({ ...named, Qualifier: "1" }));
    await expect(ask(lambda, "made:1")).rejects.toThrow(`Function not found: ${functionArn("made")}:1`);
    // Numbers are not given again.
    expect(await lambda.send(new PublishVersionCommand(named))).toMatchObject({ Version: "3" });
  });

  test("section 4.2: a mapping of an alias calls what the alias names now, and shows the alias", async () => {
    const { lambda, server, witness, kinesis } = await aHouse();
    const Environment = { Variables: { WITNESS_URL: witness.url } };
    await make(lambda, { "index.js": telling("one") }, { Publish: true, Environment });
    await remake(lambda, { "index.js": telling("two") });
    await lambda.send(new PublishVersionCommand(named));
    await lambda.send(new CreateAliasCommand({ ...named, Name: "live", FunctionVersion: "1" }));
    const alias = { ...base, FunctionName: "made:live" };
    const UUID = await mapped(server, lambda, alias);
    const shown = await fetch(`${server.url}/2015-03-31/event-source-mappings/${UUID}`);
    expect(await shown.json()).toMatchObject({ FunctionArn: `${functionArn("made")}:live` });
    await put(kinesis, "orders", ["r0"]);
    await allOf(witness, 1);
    await lambda.send(new UpdateAliasCommand({ ...named, Name: "live", FunctionVersion: "2" }));
    await put(kinesis, "orders", ["r1"]);
    await allOf(witness, 2);
    expect(witness.deliveries.map(({ variable }) => variable)).toEqual([
      `one 1 1 ${functionArn("made")}:live`,
      `two 2 2 ${functionArn("made")}:live`,
    ]);
    // The same source may feed the version itself and the function.
    await mapped(server, lambda, { ...base, FunctionName: `${functionArn("made")}:1` });
    await expect(mapped(server, lambda, { ...base, FunctionName: "made:absent" })).rejects.toMatchObject({
      name: "InvalidParameterValueException",
      message: "Function does not exist",
    });
  });

  test("an alias shares its calls out by weight", async () => {
    const { lambda } = await aHouse();
    await make(lambda, { "index.js": answering("1") }, { Publish: true });
    await remake(lambda, { "index.js": answering("2") });
    await lambda.send(new PublishVersionCommand(named));
    const all = { RoutingConfig: { AdditionalVersionWeights: { "2": 1 } } };
    await lambda.send(new CreateAliasCommand({ ...named, Name: "live", FunctionVersion: "1", ...all }));
    expect(await ask(lambda, "made:live")).toMatchObject({ value: 2, version: "2" });
    const half = { RoutingConfig: { AdditionalVersionWeights: { "2": 0.5 } } };
    await lambda.send(new UpdateAliasCommand({ ...named, Name: "live", ...half }));
    const seen = new Set<unknown>();
    // 100 calls that all fall on one side have a chance of 2 in 2 to the power of 100.
    for (let call = 0; call < 100; call += 1) seen.add((await ask(lambda, "made:live")).version);
    expect(seen).toEqual(new Set(["1", "2"]));
    await lambda.send(new UpdateAliasCommand({ ...named, Name: "live", RoutingConfig: {} }));
    expect((await ask(lambda, "made:live")).version).toBe("1");
    await expect(lambda.send(new DeleteFunctionCommand({ ...named, Qualifier: "1" }))).rejects.toThrow(
      "Unable to delete version because the following aliases reference it: [live]",
    );
    await lambda.send(new DeleteAliasCommand({ ...named, Name: "live" }));
    await lambda.send(new DeleteFunctionCommand({ ...named, Qualifier: "1" }));
  });
});

describe("layers", () => {
  const aLayer = {
    LayerName: "shared",
    Content: { ZipFile: zipped({ "nodejs/node_modules/dep/index.js": "exports.found = 'layer 1';" }) },
  };
  const user = {
    "index.js": "exports.handler = async () => [require('dep').found, (await import('dep')).default.found];",
  };

  test("their Node modules resolve for import and require, the function's own come first, and they outlive their deletion", async () => {
    const { lambda } = await aHouse();
    const published = await lambda.send(new PublishLayerVersionCommand(aLayer));
    expect(published).toMatchObject({
      Version: 1,
      LayerVersionArn: "arn:aws:lambda:us-east-1:000000000000:layer:shared:1",
    });
    const Layers = [published.LayerVersionArn ?? ""];
    expect(await make(lambda, user, { Layers })).toMatchObject({ Layers: [{ Arn: Layers[0] }] });
    expect((await ask(lambda)).value).toEqual(["layer 1", "layer 1"]);
    await remake(lambda, { ...user, "node_modules/dep/index.js": "exports.found = 'own';" });
    expect((await ask(lambda)).value).toEqual(["own", "own"]);
    const newer = {
      "nodejs/node24/node_modules/dep/index.js": "exports.found = 'layer of node24';",
      "nodejs/package.json": "{}",
    };
    const over = await lambda.send(
      new PublishLayerVersionCommand({ LayerName: "over", Content: { ZipFile: zipped(newer) } }),
    );
    await lambda.send(new DeleteLayerVersionCommand({ LayerName: "shared", VersionNumber: 1 }));
    await expect(
      lambda.send(new GetLayerVersionCommand({ LayerName: "shared", VersionNumber: 1 })),
    ).rejects.toMatchObject({ name: "ResourceNotFoundException" });
    await remake(lambda, user);
    expect((await ask(lambda)).value).toEqual(["layer 1", "layer 1"]);
    await lambda.send(new UpdateFunctionConfigurationCommand({ ...named, Layers: [over.LayerVersionArn ?? ""] }));
    expect((await ask(lambda)).value).toEqual(["layer of node24", "layer of node24"]);
    expect((await lambda.send(new ListLayersCommand({}))).Layers?.map(({ LayerName }) => LayerName)).toEqual(["over"]);
    expect(await lambda.send(new PublishLayerVersionCommand(aLayer))).toMatchObject({ Version: 2 });
  });

  test.each(["bin/tool", "python/lib.py", "nodejs/lib/x.js"])(
    "a layer with %s is refused, and says so",
    async (name) => {
      const { lambda } = await aHouse();
      const ZipFile = zipped({ [name]: "", "nodejs/node_modules/dep/index.js": "" });
      const publishing = lambda.send(new PublishLayerVersionCommand({ LayerName: "l", Content: { ZipFile } }));
      await expect(publishing).rejects.toThrow(
        `Millrace carries out layers of Node modules only: the layer holds ${name}`,
      );
      expect((await lambda.send(new ListLayersCommand({}))).Layers).toEqual([]);
    },
  );
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
