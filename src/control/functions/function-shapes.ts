// The members of the function API as the service model bounds them: types, ranges, lengths, patterns. What of them is carried out
// is decided in src/control/functions/function-rules.ts.

import { VARIABLE_NAME } from "../../ports/functions.ts";
import { functionNamePattern, memberShapes } from "../mapping/mapping-members.ts";
import { type Parsed, type Shape, wholePattern } from "../shape.ts";

const text = (min: number, max: number) => ({ kind: "string", min, max }) as const;
const anyText = { kind: "string" } as const;
const oneOf = (...values: readonly string[]) => ({ kind: "string", oneOf: values }) as const;
const texts = { kind: "list", item: anyText } as const;
const flag = { kind: "boolean" } as const;

export const functionName = { kind: "string", min: 1, max: 256, pattern: functionNamePattern } as const;
export const qualifier = {
  kind: "string",
  min: 1,
  max: 128,
  pattern: wholePattern(String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`),
} as const;
const maxItems = { kind: "integer", min: 1, max: 10_000 } as const;
const description = { kind: "string", max: 256 } as const;
const role = wholePattern(String.raw`arn:(aws[a-zA-Z-]*)?:iam::\d{12}:role/?[a-zA-Z_0-9+=,.@\-_/]+`);
const version = { kind: "string", min: 1, max: 1_024, pattern: wholePattern(String.raw`(\$LATEST|[0-9]+)`) } as const;
const aliasName = {
  kind: "string",
  min: 1,
  max: 128,
  pattern: wholePattern("(?!^[0-9]+$)([a-zA-Z0-9-_]+)"),
} as const;
const architectures = { kind: "list", min: 1, max: 1, item: oneOf("x86_64", "arm64") } as const;

const code = {
  ZipFile: { kind: "blob" },
  S3Bucket: text(3, 63),
  S3Key: text(1, 1_024),
  S3ObjectVersion: text(1, 1_024),
  S3ObjectStorageMode: anyText,
  ImageUri: anyText,
  SourceKMSKeyArn: anyText,
} as const;

/** Members of both CreateFunction and UpdateFunctionConfiguration. */
const configuration = {
  Runtime: anyText,
  Role: { kind: "string", pattern: role },
  Handler: { kind: "string", max: 128, pattern: wholePattern(String.raw`[^\s]+`) },
  Description: description,
  Timeout: { kind: "integer", min: 1, max: 900 },
  MemorySize: { kind: "integer", min: 128, max: 10_240 },
  VpcConfig: {
    kind: "structure",
    members: { SubnetIds: texts, SecurityGroupIds: texts, Ipv6AllowedForDualStack: flag },
  },
  DeadLetterConfig: { kind: "structure", members: { TargetArn: anyText } },
  Environment: {
    kind: "structure",
    members: {
      Variables: { kind: "map", value: anyText, keyPattern: wholePattern(VARIABLE_NAME) },
    },
  },
  KMSKeyArn: anyText,
  TracingConfig: { kind: "structure", members: { Mode: oneOf("Active", "PassThrough") } },
  Layers: { kind: "list", item: text(1, 140) },
  FileSystemConfigs: { kind: "list", item: { kind: "structure", members: {} } },
  ImageConfig: {
    kind: "structure",
    members: { EntryPoint: texts, Command: texts, WorkingDirectory: anyText },
  },
  EphemeralStorage: {
    kind: "structure",
    members: { Size: { kind: "integer", min: 512, max: 10_240 } },
    required: ["Size"],
  },
  SnapStart: { kind: "structure", members: { ApplyOn: oneOf("PublishedVersions", "None") } },
  LoggingConfig: {
    kind: "structure",
    members: {
      LogFormat: oneOf("JSON", "Text"),
      ApplicationLogLevel: anyText,
      SystemLogLevel: anyText,
      LogGroup: text(1, 512),
    },
  },
  CapacityProviderConfig: { kind: "structure", members: {} },
  DurableConfig: { kind: "structure", members: {} },
} as const satisfies { readonly [name: string]: Shape };

const configurationShape = { kind: "structure", members: configuration } as const;
/** What both operations say of a function. */
export type ConfigurationRequest = Parsed<typeof configurationShape>;

export const createFunctionShape = {
  kind: "structure",
  members: {
    FunctionName: functionName,
    ...configuration,
    Code: { kind: "structure", members: code },
    Publish: flag,
    PublishTo: anyText,
    PackageType: oneOf("Zip", "Image"),
    Tags: memberShapes.Tags,
    CodeSigningConfigArn: anyText,
    Architectures: architectures,
    TenancyConfig: { kind: "structure", members: {} },
  },
  required: ["FunctionName", "Role", "Code"],
} as const;
export type CreateFunctionRequest = Parsed<typeof createFunctionShape>;

export const updateConfigurationShape = {
  kind: "structure",
  members: { FunctionName: functionName, ...configuration, RevisionId: anyText },
  required: ["FunctionName"],
} as const;

export const updateCodeShape = {
  kind: "structure",
  members: {
    FunctionName: functionName,
    ...code,
    Architectures: architectures,
    Publish: flag,
    PublishTo: anyText,
    DryRun: flag,
    RevisionId: anyText,
  },
  required: ["FunctionName"],
} as const;
const codeShape = { kind: "structure", members: code } as const;
export type CodeRequest = Parsed<typeof codeShape>;

/** Whatever names one function, or one version or alias of it. */
export const targetShape = {
  kind: "structure",
  members: { FunctionName: functionName, Qualifier: qualifier },
  required: ["FunctionName"],
} as const;

export const listFunctionsShape = {
  kind: "structure",
  members: {
    MasterRegion: anyText,
    FunctionVersion: oneOf("ALL"),
    Marker: anyText,
    MaxItems: maxItems,
  },
} as const;

export const pagedTargetShape = {
  kind: "structure",
  members: { FunctionName: functionName, FunctionVersion: version, Marker: anyText, MaxItems: maxItems },
  required: ["FunctionName"],
} as const;

export const publishVersionShape = {
  kind: "structure",
  members: {
    FunctionName: functionName,
    CodeSha256: anyText,
    Description: description,
    RevisionId: anyText,
    PublishTo: anyText,
  },
  required: ["FunctionName"],
} as const;

const routing = {
  kind: "structure",
  members: {
    AdditionalVersionWeights: {
      kind: "map",
      value: { kind: "number", min: 0, max: 1 },
      keyMin: 1,
      keyMax: 1_024,
      keyPattern: wholePattern("[0-9]+"),
    },
  },
} as const;

const alias = { FunctionName: functionName, Name: aliasName } as const;
const aliasContent = { FunctionVersion: version, Description: description, RoutingConfig: routing } as const;
export const createAliasShape = {
  kind: "structure",
  members: { ...alias, ...aliasContent },
  required: ["FunctionName", "Name", "FunctionVersion"],
} as const;
export const updateAliasShape = {
  kind: "structure",
  members: { ...alias, ...aliasContent, RevisionId: anyText },
  required: ["FunctionName", "Name"],
} as const;
export const aliasShape = { kind: "structure", members: alias, required: ["FunctionName", "Name"] } as const;
export type AliasRequest = Parsed<typeof updateAliasShape>;

export const concurrencyShape = {
  kind: "structure",
  members: { FunctionName: functionName, ReservedConcurrentExecutions: { kind: "integer", min: 0 } },
  required: ["FunctionName", "ReservedConcurrentExecutions"],
} as const;

const layerName = {
  kind: "string",
  min: 1,
  max: 140,
  pattern: wholePattern(
    String.raw`(arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+)|[a-zA-Z0-9-_]+`,
  ),
} as const;
const runtimes = { kind: "list", max: 15, item: anyText } as const;
const layerArchitectures = { kind: "list", max: 2, item: oneOf("x86_64", "arm64") } as const;

export const publishLayerShape = {
  kind: "structure",
  members: {
    LayerName: layerName,
    Description: description,
    Content: {
      kind: "structure",
      members: {
        ZipFile: code.ZipFile,
        S3Bucket: code.S3Bucket,
        S3Key: code.S3Key,
        S3ObjectVersion: code.S3ObjectVersion,
        S3ObjectStorageMode: code.S3ObjectStorageMode,
      },
    },
    CompatibleRuntimes: runtimes,
    CompatibleArchitectures: layerArchitectures,
    LicenseInfo: { kind: "string", max: 512 },
  },
  required: ["LayerName", "Content"],
} as const;

export const layerVersionShape = {
  kind: "structure",
  members: { LayerName: layerName, VersionNumber: { kind: "integer" } },
  required: ["LayerName", "VersionNumber"],
} as const;

export const layerArnShape = {
  kind: "structure",
  members: {
    Arn: {
      kind: "string",
      min: 1,
      max: 140,
      pattern: wholePattern(
        String.raw`arn:(aws[a-zA-Z-]*)?:lambda:[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:layer:[a-zA-Z0-9-_]+:[0-9]+`,
      ),
    },
  },
  required: ["Arn"],
} as const;

const layerPage = {
  CompatibleRuntime: anyText,
  CompatibleArchitecture: oneOf("x86_64", "arm64"),
  Marker: anyText,
  MaxItems: { kind: "integer", min: 1, max: 50 },
} as const;
export const listLayersShape = { kind: "structure", members: layerPage } as const;
export const listLayerVersionsShape = {
  kind: "structure",
  members: { LayerName: layerName, ...layerPage },
  required: ["LayerName"],
} as const;
