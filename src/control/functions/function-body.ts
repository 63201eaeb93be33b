// A function, a version and an alias as answers show them: AWS's members, in the order of the service model.

import { createHash } from "node:crypto";
import { relative } from "node:path";
import type { CodeSource, FunctionAlias, FunctionSnapshot } from "../../ports/function-record.ts";
import type { JsonObject } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import { arnOf } from "./function-target.ts";

/**
 * What a change's own answer shows is under way, though it is done by then; `listed` shows neither state nor runtime version.
 */
export type Phase = "creating" | "updating" | "settled" | "listed";

export interface ShownFunction {
  readonly snapshot: FunctionSnapshot;
  readonly version: string;
  /** As the ARN shows it; null: none. */
  readonly qualifier: string | null;
  readonly phase: Phase;
  /** Absent: the zip's own. */
  readonly codeSha256?: string;
}

const UNDER_WAY = "The function is being created.";

const phases: { readonly [phase in Phase]: JsonObject } = {
  creating: { State: "Pending", StateReason: UNDER_WAY, StateReasonCode: "Creating" },
  updating: {
    State: "Active",
    LastUpdateStatus: "InProgress",
    LastUpdateStatusReason: UNDER_WAY,
    LastUpdateStatusReasonCode: "Creating",
  },
  settled: { State: "Active", LastUpdateStatus: "Successful" },
  listed: {},
};

export function configurationBody(shown: ShownFunction, surroundings: Surroundings): JsonObject {
  const { snapshot, version, qualifier, phase } = shown;
  const { settings, source } = snapshot;
  const { name, environment } = settings;
  return {
    FunctionName: name,
    FunctionArn: arnOf({ name, qualifier }, surroundings),
    Runtime: settings.runtime,
    Role: settings.roleArn,
    Handler: handlerText(source),
    CodeSize: source.kind === "zip" ? source.sizeBytes : 0,
    Description: snapshot.description,
    Timeout: settings.timeoutMs / 1_000,
    MemorySize: settings.memoryMb,
    LastModified: awsTime(snapshot.lastModifiedAtMs),
    CodeSha256: shown.codeSha256 ?? codeSha256(source),
    Version: version,
    ...(Object.keys(environment).length === 0 ? {} : { Environment: { Variables: environment } }),
    TracingConfig: { Mode: "PassThrough" },
    RevisionId: snapshot.revisionId,
    ...layersOf(source),
    ...phases[phase],
    PackageType: "Zip",
    Architectures: [architecture()],
    EphemeralStorage: { Size: 512 },
    SnapStart: { ApplyOn: "None", OptimizationStatus: "Off" },
    ...(phase === "listed"
      ? {}
      : { RuntimeVersionConfig: { RuntimeVersionArn: runtimeVersionArn(settings.runtime, surroundings) } }),
    LoggingConfig: { LogFormat: "Text", LogGroup: `/aws/lambda/${name}` },
  };
}

/** Function code runs on this machine, which is `x86_64` unless it is an `arm64`. */
const architecture = (): string => (process.arch === "arm64" ? "arm64" : "x86_64");

function layersOf(source: CodeSource): JsonObject {
  if (source.kind !== "zip" || source.layers.length === 0) return {};
  return { Layers: source.layers.map(({ arn, sizeBytes }) => ({ Arn: arn, CodeSize: sizeBytes })) };
}

/** As the `Handler` of a request would be written. */
export function handlerText(source: CodeSource): string {
  if (source.kind === "zip") return source.handler;
  if (source.kind === "endpoint") return source.functionName;
  const stem = relative(source.root, source.file).replace(/\.[^./\\]+$/, "");
  return `${stem.replaceAll("\\", "/")}.${source.exportName}`;
}

/** Of a zip; a file of the configuration has none, and its own hash is asked of the store. */
export const codeSha256 = (source: CodeSource): string => (source.kind === "zip" ? source.sha256 : "");

/** Each runtime has one version here, as the Node that runs is the user's own. */
export function runtimeVersionArn(runtime: string, { partition, region }: Surroundings): string {
  return `arn:${partition}:lambda:${region}::runtime:${createHash("sha256").update(runtime).digest("hex")}`;
}

/** `2026-11-29T08:00:00.000+0000` */
export const awsTime = (atMs: number): string => new Date(atMs).toISOString().replace("Z", "+0000");

export function aliasBody(functionName: string, alias: FunctionAlias, surroundings: Surroundings): JsonObject {
  return {
    AliasArn: arnOf({ name: functionName, qualifier: alias.name }, surroundings),
    Name: alias.name,
    FunctionVersion: alias.version,
    Description: alias.description,
    ...(Object.keys(alias.weights).length === 0 ? {} : { RoutingConfig: { AdditionalVersionWeights: alias.weights } }),
    RevisionId: alias.revisionId,
  };
}
