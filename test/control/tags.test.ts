import { expect, test } from "vitest";
import { aHouse, functionArn, type House, minimal } from "./doubles/house.ts";

const arn = "arn:aws:lambda:us-east-1:123456789012:event-source-mapping:00000000-0000-4000-8000-000000000001";

async function aMapping(): Promise<House> {
  const house = await aHouse();
  await house.control.createMapping({ ...minimal, Tags: { testtag: "blue" } });
  return house;
}

test("section 1.6: tags of Create are listed under the ARN, merged, overwritten and removed", async () => {
  const { control } = await aMapping();
  expect(await control.listTags(arn)).toEqual({ status: 200, errorType: null, body: { Tags: { testtag: "blue" } } });
  expect(await control.tagResource(arn, { Tags: { testtag: "red", more: "" } })).toEqual({
    status: 204,
    errorType: null,
    body: null,
  });
  expect((await control.listTags(arn)).body).toEqual({ Tags: { testtag: "red", more: "" } });
  expect((await control.untagResource(arn, ["testtag", "absent"])).status).toBe(204);
  expect((await control.listTags(arn)).body).toEqual({ Tags: { more: "" } });
});

test("an unknown mapping is 404 with its ARN", async () => {
  const { control } = await aHouse();
  expect(await control.listTags(arn)).toEqual({
    status: 404,
    errorType: "ResourceNotFoundException",
    body: { Type: "User", Message: `Event source mapping not found: ${arn}` },
  });
});

test.each([`${arn}:alias`, arn.replace("event-source-mapping", "foobar")])(
  "%s fails the pattern of the resource",
  async (bad) => {
    const { control } = await aMapping();
    const answer = await control.listTags(bad);
    expect(answer.errorType).toBe("ValidationException");
    expect(answer.body?.["message"]).toBe(
      `1 validation error detected: Value '${bad}' at 'resource' failed to satisfy constraint: Member must satisfy regular expression pattern: ` +
        String.raw`arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)`,
    );
  },
);

test("untagging without keys, tagging with none and tagging with too many are refused", async () => {
  const { control } = await aMapping();
  expect((await control.untagResource(arn, undefined)).body).toEqual({
    message:
      "1 validation error detected: Value null at 'tagKeys' failed to satisfy constraint: Member must not be null",
  });
  expect((await control.tagResource(arn, { Tags: {} })).body?.["message"]).toBe(
    "An error occurred and the request cannot be processed.",
  );
  const many = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`k${index}`, "v"]));
  expect((await control.tagResource(arn, { Tags: many })).body?.["message"]).toBe(
    "Number of tags exceeds resource tag limit.",
  );
  expect((await control.listTags(arn)).body).toEqual({ Tags: { testtag: "blue" } });
});

test("faults of ARN and tags are told together, and another partition's resources are not here", async () => {
  const { control, tables } = await aMapping();
  expect((await control.tagResource("arn", {})).body?.["message"]).toMatch(
    /^2 validation errors detected: Value 'arn' at 'resource' .*; Value null at 'tags' failed/,
  );
  const abroad = arn.replace("arn:aws:", "arn:aws-cn:");
  const before = await tables.list("tags");
  expect((await control.tagResource(abroad, { Tags: { a: "b" } })).body).toEqual({
    Type: "User",
    Message: `Event source mapping not found: ${abroad}`,
  });
  expect(await tables.list("tags")).toEqual(before);
});

test("functions: versions, unknown ones and known ones have errors of their own", async () => {
  const { control } = await aMapping();
  expect((await control.listTags(`${functionArn}:1`)).body?.["message"]).toBe(
    "Tags on function aliases and versions are not supported. Please specify a function ARN.",
  );
  expect((await control.listTags(`${functionArn}2`)).body?.["Message"]).toBe(`Function not found: ${functionArn}2`);
  expect((await control.tagResource(functionArn, { Tags: { a: "b" } })).status).toBe(204);
  expect((await control.listTags(functionArn)).body).toEqual({ Tags: { a: "b" } });
});
