// The function API's shapes and texts, as AWS was recorded giving them. What functions do is in test/live/zip-functions.test.ts.

import { describe, expect, test } from "vitest";
import type { FunctionOperation } from "../../src/control/functions/function-api.ts";
import { anApi, arn, creation, made, memberOf, withFunction } from "./doubles/function-calls.ts";
import { memoryTables } from "./doubles/memory-tables.ts";
import { aServedHouse } from "./doubles/served.ts";

const LATEST_REVISION =
  "The Revision Id provided does not match the latest Revision Id. Call the GetFunction/GetAlias API to retrieve the latest Revision Id";

describe("CreateFunction", () => {
  test("has the tags that it says, and none that an older function of its name has left", async () => {
    const tables = memoryTables();
    const ask = anApi(tables);
    await ask("CreateFunction", { ...creation, Tags: { team: "blue" } });
    expect((await ask("GetFunction", made)).body).toMatchObject({ Tags: { team: "blue" } });
    await ask("DeleteFunction", made);
    await tables.change([{ kind: "put", table: "tags", key: arn, value: '{"late":"one"}' }]);
    await ask("CreateFunction", creation);
    expect((await ask("GetFunction", made)).body).not.toHaveProperty("Tags");
  });

  test("answers with AWS's members, and another revision when it has become active", async () => {
    const ask = anApi();
    const answer = await ask("CreateFunction", creation);
    expect(answer).toMatchObject({ status: 201, errorType: null });
    const { RevisionId, ...body } = answer.body ?? {};
    const common = {
      FunctionName: "made",
      FunctionArn: arn,
      Runtime: "nodejs22.x",
      Role: creation.Role,
      Handler: "index.handler",
      CodeSize: 4,
      Description: "",
      Timeout: 3,
      MemorySize: 128,
      LastModified: "2026-09-15T14:09:27.345+0000",
      CodeSha256: "AAAA",
      Version: "$LATEST",
      TracingConfig: { Mode: "PassThrough" },
      PackageType: "Zip",
      Architectures: [process.arch === "arm64" ? "arm64" : "x86_64"],
      EphemeralStorage: { Size: 512 },
      SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
      RuntimeVersionConfig: {
        RuntimeVersionArn: expect.stringMatching(/^arn:aws:lambda:us-east-1::runtime:[0-9a-f]{64}$/),
      },
      LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/made" },
    };
    expect(body).toEqual({
      ...common,
      State: "Pending",
      StateReason: "The function is being created.",
      StateReasonCode: "Creating",
    });
    const { RevisionId: next, ...after } = (await ask("GetFunctionConfiguration", made)).body ?? {};
    expect(after).toEqual({ ...common, State: "Active", LastUpdateStatus: "Successful" });
    expect(next).not.toBe(RevisionId);
  });

  test("a name that is taken is 409", async () => {
    const ask = await withFunction();
    expect(await ask("CreateFunction", creation)).toEqual({
      status: 409,
      errorType: "ResourceConflictException",
      body: { Type: "User", message: "Function already exist: made" },
    });
  });

  test.each<[string, object, string, string]>([
    [
      "a role of another form",
      { Role: "r1" },
      "ValidationException",
      String.raw`1 validation error detected: Value 'r1' at 'role' failed to satisfy constraint: Member must satisfy regular expression pattern: arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`,
    ],
    [
      "bounds",
      { Timeout: 901, MemorySize: 127 },
      "ValidationException",
      "2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: Member must have value less than or equal to 900; " +
        "Value '127' at 'memorySize' failed to satisfy constraint: Member must have value greater than or equal to 128",
    ],
    ["no code", { Code: {} }, "InvalidParameterValueException", "Please provide a source for function code."],
    [
      "no handler",
      { Handler: undefined },
      "InvalidParameterValueException",
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    ],
    [
      "another runtime",
      { Runtime: "python3.13" },
      "InvalidParameterValueException",
      "Millrace does not carry out the runtime python3.13: functions made through the API run on nodejs18.x, nodejs20.x, nodejs22.x, nodejs24.x.",
    ],
    [
      "an image",
      { PackageType: "Image", Code: { ImageUri: "x" } },
      "InvalidParameterValueException",
      "Millrace does not carry out PackageType Image: send a zip.",
    ],
    [
      "a reserved variable",
      { Environment: { Variables: { AWS_REGION: "x" } } },
      "InvalidParameterValueException",
      "Lambda was unable to configure your environment variables because the environment variables you have provided contains reserved keys " +
        "that are currently not supported for modification. Reserved keys used in this request: AWS_REGION",
    ],
    [
      "more than 4 KB of variables",
      { Environment: { Variables: { BIG: "x".repeat(4_100) } } },
      "InvalidParameterValueException",
      "Lambda was unable to configure your environment variables because the environment variables you have provided exceeded the 4KB limit. " +
        `String measured: {"BIG":"${"x".repeat(4_100)}"}`,
    ],
    [
      "a layer that is not there",
      { Layers: ["arn:aws:lambda:us-east-1:123456789012:layer:absent:1"] },
      "InvalidParameterValueException",
      "Layer version arn:aws:lambda:us-east-1:123456789012:layer:absent:1 does not exist.",
    ],
    [
      "a name too long",
      { FunctionName: "n".repeat(65) },
      "InvalidParameterValueException",
      `1 validation error detected: Value '${"n".repeat(65)}' at 'functionName' failed to satisfy constraint: Member must have length less than or equal to 64`,
    ],
  ])("refuses %s", async (_what, more, errorType, text) => {
    const ask = anApi();
    const answer = await ask("CreateFunction", { ...creation, ...more });
    expect([answer.errorType, memberOf(answer, "message")]).toEqual([errorType, text]);
    expect(memberOf(await ask("ListFunctions", {}), "Functions")).toEqual([]);
  });

  test.each<[string, object]>([
    ["VpcConfig", { VpcConfig: { SubnetIds: ["subnet-1"], SecurityGroupIds: ["sg-1"] } }],
    ["DeadLetterConfig", { DeadLetterConfig: { TargetArn: "arn:aws:sqs:us-east-1:123456789012:q" } }],
    ["FileSystemConfigs", { FileSystemConfigs: [{ Arn: "a", LocalMountPath: "/mnt/a" }] }],
    ["KMSKeyArn", { KMSKeyArn: "arn:aws:kms:us-east-1:123456789012:key/k" }],
    ["TracingConfig Active", { TracingConfig: { Mode: "Active" } }],
    ["SnapStart", { SnapStart: { ApplyOn: "PublishedVersions" } }],
    ["ImageConfig", { ImageConfig: { Command: ["x"] } }],
    ["EphemeralStorage of another size than 512", { EphemeralStorage: { Size: 513 } }],
    ["LoggingConfig with LogFormat JSON", { LoggingConfig: { LogFormat: "JSON" } }],
    ["levels of LoggingConfig", { LoggingConfig: { SystemLogLevel: "WARN" } }],
    ["a LogGroup of LoggingConfig", { LoggingConfig: { LogGroup: "/mine" } }],
    ["CodeSigningConfigArn", { CodeSigningConfigArn: "arn" }],
    ["TenancyConfig", { TenancyConfig: { TenantIsolationMode: "PER_TENANT" } }],
    ["CapacityProviderConfig", { CapacityProviderConfig: {} }],
    ["DurableConfig", { DurableConfig: { ExecutionTimeout: 1 } }],
    ["PublishTo", { PublishTo: "LATEST_PUBLISHED" }],
    ["S3ObjectVersion", { Code: { S3Bucket: "bucket", S3Key: "k", S3ObjectVersion: "1" } }],
    ["SourceKMSKeyArn", { Code: { ZipFile: "AAAA", SourceKMSKeyArn: "arn" } }],
  ])("refuses %s, by name", async (name, more) => {
    const answer = await anApi()("CreateFunction", { ...creation, ...more });
    expect(answer.errorType).toBe("InvalidParameterValueException");
    expect(memberOf(answer, "message")).toMatch(new RegExp(`^Millrace does not carry out ${name}: .+\\.$`));
  });

  test("takes members without meaning here at the value that clients send by themselves", async () => {
    const taken = await withFunction({
      VpcConfig: { SubnetIds: [], SecurityGroupIds: [], Ipv6AllowedForDualStack: false },
      DeadLetterConfig: {},
      FileSystemConfigs: [],
      KMSKeyArn: "",
      TracingConfig: { Mode: "PassThrough" },
      SnapStart: { ApplyOn: "None" },
      ImageConfig: {},
      EphemeralStorage: { Size: 512 },
      LoggingConfig: { LogFormat: "Text", LogGroup: "/aws/lambda/made" },
      Architectures: ["x86_64"],
      PackageType: "Zip",
      Layers: [],
    });
    expect((await taken("GetFunction", made)).status).toBe(200);
  });
});

test.each<[FunctionOperation, object, string]>([
  ["GetFunction", made, arn],
  ["GetFunction", { ...made, Qualifier: "3" }, `${arn}:3`],
  ["GetFunctionConfiguration", { FunctionName: `${arn}:live` }, `${arn}:live`],
  ["DeleteFunction", { ...made, Qualifier: "1" }, arn],
  ["UpdateFunctionCode", { ...made, ZipFile: "AAAA" }, arn],
  ["UpdateFunctionConfiguration", made, arn],
  ["PublishVersion", made, arn],
  ["ListVersionsByFunction", made, arn],
  ["CreateAlias", { ...made, Name: "live", FunctionVersion: "1" }, `${arn}:1`],
  ["ListAliases", made, arn],
  ["PutFunctionConcurrency", { ...made, ReservedConcurrentExecutions: 1 }, arn],
  ["GetFunctionConcurrency", made, arn],
  ["DeleteFunctionConcurrency", made, arn],
  ["GetPolicy", made, arn],
  ["GetFunctionCodeSigningConfig", made, arn],
  ["GetRuntimeManagementConfig", made, arn],
  ["GetFunctionRecursionConfig", made, arn],
])("%s of a function that is not there is 404 with its ARN", async (operation, params, shown) => {
  expect(await anApi()(operation, params)).toEqual({
    status: 404,
    errorType: "ResourceNotFoundException",
    body: { Type: "User", Message: `Function not found: ${shown}` },
  });
});

test("what Terraform reads beside a function", async () => {
  const ask = await withFunction();
  expect(await ask("GetPolicy", made)).toMatchObject({
    status: 404,
    body: { Message: "The resource you requested does not exist." },
  });
  expect((await ask("GetFunctionCodeSigningConfig", made)).body).toEqual({});
  expect((await ask("GetFunctionRecursionConfig", made)).body).toEqual({ RecursiveLoop: "Terminate" });
  expect((await ask("GetRuntimeManagementConfig", made)).body).toMatchObject({
    UpdateRuntimeOn: "Auto",
    FunctionArn: arn,
  });
  expect((await ask("GetAccountSettings", {})).body).toEqual({
    AccountLimit: {
      TotalCodeSize: 80_530_636_800,
      CodeSizeUnzipped: 262_144_000,
      CodeSizeZipped: 52_428_800,
      ConcurrentExecutions: 1_000,
      UnreservedConcurrentExecutions: 1_000,
    },
    AccountUsage: { TotalCodeSize: 4, FunctionCount: 1 },
  });
});

describe("names and qualifiers", () => {
  test("a qualifier in the name and another beside it", async () => {
    const answer = await anApi()("GetFunction", { FunctionName: `${arn}:1`, Qualifier: "2" });
    expect([answer.errorType, memberOf(answer, "message")]).toEqual([
      "InvalidParameterValueException",
      "The derived qualifier from the function name does not match the specified qualifier.",
    ]);
  });

  test("another region", async () => {
    const answer = await anApi()("GetFunction", { FunctionName: arn.replace("us-east-1", "eu-west-1") });
    expect(answer).toMatchObject({
      status: 404,
      body: { Message: "Functions from 'eu-west-1' are not reachable in this region ('us-east-1')" },
    });
  });

  test("$LATEST and aliases cannot be deleted as versions", async () => {
    const ask = await withFunction();
    expect(memberOf(await ask("DeleteFunction", { FunctionName: `${arn}:$LATEST` }), "message")).toBe(
      "$LATEST version cannot be deleted without deleting the function.",
    );
    expect(memberOf(await ask("DeleteFunction", { ...made, Qualifier: "live" }), "message")).toBe(
      "Deletion of aliases is not currently supported.",
    );
  });
});

describe("revisions", () => {
  test("a change that names an older revision is 412", async () => {
    const ask = await withFunction();
    const wrong = { ...made, RevisionId: "11111111-1111-4111-8111-111111111111" };
    const refused = {
      status: 412,
      errorType: "PreconditionFailedException",
      body: { Type: "User", message: LATEST_REVISION },
    };
    expect(await ask("UpdateFunctionConfiguration", wrong)).toEqual(refused);
    expect(await ask("UpdateFunctionCode", { ...wrong, ZipFile: "AAAA" })).toEqual(refused);
    expect(await ask("PublishVersion", wrong)).toEqual(refused);
    const { RevisionId } = (await ask("GetFunctionConfiguration", made)).body ?? {};
    expect((await ask("UpdateFunctionConfiguration", { ...made, RevisionId, Timeout: 5 })).status).toBe(200);
  });

  test("a publication that names another zip", async () => {
    const ask = await withFunction();
    expect(memberOf(await ask("PublishVersion", { ...made, CodeSha256: "other" }), "message")).toBe(
      "CodeSHA256 (other) is different from current CodeSHA256 in $LATEST (AAAA). Please try again with the CodeSHA256 in $LATEST.",
    );
  });

  test("UpdateFunctionCode with DryRun changes nothing; with Publish it answers with the version", async () => {
    const ask = await withFunction();
    const before = (await ask("GetFunctionConfiguration", made)).body;
    expect((await ask("UpdateFunctionCode", { ...made, ZipFile: "AAAA", DryRun: true })).status).toBe(200);
    expect((await ask("GetFunctionConfiguration", made)).body).toEqual(before);
    const published = await ask("UpdateFunctionCode", { ...made, ZipFile: "AAAA", Publish: true });
    expect(published.body).toMatchObject({ FunctionArn: `${arn}:1`, Version: "1", State: "Pending" });
    expect((await ask("GetFunctionConfiguration", { ...made, Qualifier: "1" })).body).toMatchObject({
      State: "Active",
    });
  });
});

test("paths are taken with and without a slash at the end, names percent-encoded or not", async () => {
  const { url } = await aServedHouse();
  const post = { method: "POST", body: JSON.stringify(creation) };
  expect((await fetch(`${url}/2015-03-31/functions/`, post)).status).toBe(201);
  const paths = ["made", "made/", encodeURIComponent(arn), arn, `${encodeURIComponent("made:$LATEST")}/configuration/`];
  const statuses = await Promise.all(
    paths.map(async (path) => (await fetch(`${url}/2015-03-31/functions/${path}`)).status),
  );
  expect(statuses).toEqual(paths.map(() => 200));
  const deleted = await fetch(`${url}/2015-03-31/functions/made/`, { method: "DELETE" });
  expect([deleted.status, await deleted.text()]).toEqual([204, ""]);
  const gone = await fetch(`${url}/2015-03-31/functions/made`);
  expect([gone.status, gone.headers.get("x-amzn-errortype")]).toEqual([404, "ResourceNotFoundException"]);
});
