// Versions, aliases and layers of functions that are made by AWS's own calls, over a live server.

import {
  CreateAliasCommand,
  DeleteAliasCommand,
  DeleteFunctionCommand,
  DeleteLayerVersionCommand,
  GetLayerVersionCommand,
  ListLayersCommand,
  ListVersionsByFunctionCommand,
  PublishLayerVersionCommand,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from "@aws-sdk/client-lambda";
import { describe, expect, test } from "vitest";
import { mapped, put } from "./support/aws-clients.ts";
import { aHouse, allOf, base } from "./support/house.ts";
import { functionArn } from "./support/live-server.ts";
import { answering, ask, make, named, remake, telling, zipped } from "./support/made-functions.ts";

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
