// No member of the service model is passed over unseen: each is in our shape, where it is carried out or refused, and in the document.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as sdk from "@aws-sdk/client-lambda";
import { expect, test } from "vitest";
import {
  aliasShape,
  createAliasShape,
  createFunctionShape,
  listFunctionsShape,
  publishLayerShape,
  publishVersionShape,
  updateAliasShape,
  updateCodeShape,
  updateConfigurationShape,
} from "../../src/control/functions/function-shapes.ts";
import type { Structure } from "../../src/control/shape.ts";

const { members } = createFunctionShape;
const pairs: readonly (readonly [string, readonly unknown[], Structure])[] = [
  ["CreateFunction", sdk.CreateFunctionRequest$, createFunctionShape],
  ["UpdateFunctionCode", sdk.UpdateFunctionCodeRequest$, updateCodeShape],
  ["UpdateFunctionConfiguration", sdk.UpdateFunctionConfigurationRequest$, updateConfigurationShape],
  ["PublishVersion", sdk.PublishVersionRequest$, publishVersionShape],
  ["CreateAlias", sdk.CreateAliasRequest$, createAliasShape],
  ["UpdateAlias", sdk.UpdateAliasRequest$, updateAliasShape],
  ["DeleteAlias", sdk.DeleteAliasRequest$, aliasShape],
  ["ListFunctions", sdk.ListFunctionsRequest$, listFunctionsShape],
  ["PublishLayerVersion", sdk.PublishLayerVersionRequest$, publishLayerShape],
  ["Content of a layer", sdk.LayerVersionContentInput$, publishLayerShape.members.Content],
  ["Code", sdk.FunctionCode$, members.Code],
  ["VpcConfig", sdk.VpcConfig$, members.VpcConfig],
  ["DeadLetterConfig", sdk.DeadLetterConfig$, members.DeadLetterConfig],
  ["Environment", sdk.Environment$, members.Environment],
  ["TracingConfig", sdk.TracingConfig$, members.TracingConfig],
  ["ImageConfig", sdk.ImageConfig$, members.ImageConfig],
  ["EphemeralStorage", sdk.EphemeralStorage$, members.EphemeralStorage],
  ["SnapStart", sdk.SnapStart$, members.SnapStart],
  ["LoggingConfig", sdk.LoggingConfig$, members.LoggingConfig],
  ["RoutingConfig", sdk.AliasRoutingConfiguration$, createAliasShape.members.RoutingConfig],
];

/** Where a schema of the client lists the names of its members. */
const NAMES = 4;

test.each(pairs)("%s has the members of the service model", (_what, schema, shape) => {
  const names = schema[NAMES];
  expect(new Set(Object.keys(shape.members))).toEqual(new Set(names as readonly string[]));
});

test("the document says of each member whether it is carried out", () => {
  const text = readFileSync(join(import.meta.dirname, "../../docs/functions.md"), "utf8");
  const inAll = new Set(["FunctionName", "Code", "ZipFile"]);
  const names = [createFunctionShape, updateCodeShape, updateConfigurationShape, publishVersionShape].flatMap((shape) =>
    Object.keys(shape.members),
  );
  expect(
    names.filter((name) => !inAll.has(name) && !text.includes(`\`${name}\``) && !text.includes(`.${name}\``)),
  ).toEqual([]);
});
