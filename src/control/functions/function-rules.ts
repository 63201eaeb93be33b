// What of a request to the function API is carried out, and what is refused: every member that is accepted has its effect. Members
// without meaning on one machine are accepted at the value that they have when a client leaves them out, as many clients send it.

import type { FunctionSettings } from "../../ports/functions.ts";
import { type ApiAnswer, failure } from "../api-answer.ts";
import type { CodeRequest, ConfigurationRequest } from "./function-shapes.ts";

const RUNTIMES: readonly string[] = ["nodejs18.x", "nodejs20.x", "nodejs22.x", "nodejs24.x"];
const MOST_ENVIRONMENT_BYTES = 4_096;
const MOST_LAYERS = 5;

const invalid = (text: string): ApiAnswer => failure("InvalidParameterValueException", text);

/** One sentence says what is not there and what to do. */
export const unbuilt = (member: string, instead: string): ApiAnswer => ({
  ...invalid(`Millrace does not carry out ${member}: ${instead}.`),
  notHonoured: { what: member, page: "docs/functions.md" },
});

const LEAVE_OUT = "leave it out";

/** Members of both CreateFunction and UpdateFunctionConfiguration that are not carried out. */
export function refuseConfiguration(request: ConfigurationRequest, functionName: string): ApiAnswer | null {
  const { VpcConfig, TracingConfig, SnapStart, EphemeralStorage, LoggingConfig } = request;
  const isAnyOf = (...lists: readonly (readonly unknown[] | undefined)[]): boolean =>
    lists.some((list) => (list ?? []).length > 0);
  const refusals: readonly (readonly [boolean, string, string])[] = [
    [
      isAnyOf(VpcConfig?.SubnetIds, VpcConfig?.SecurityGroupIds) || VpcConfig?.Ipv6AllowedForDualStack === true,
      "VpcConfig",
      "functions use this machine's network",
    ],
    [isText(request.DeadLetterConfig?.TargetArn), "DeadLetterConfig", LEAVE_OUT],
    [isAnyOf(request.FileSystemConfigs), "FileSystemConfigs", "functions see this machine's files"],
    [isText(request.KMSKeyArn), "KMSKeyArn", "what is stored lies in clear in the state directory"],
    [TracingConfig?.Mode === "Active", "TracingConfig Active", "there is no X-Ray; PassThrough is the default"],
    [SnapStart?.ApplyOn === "PublishedVersions", "SnapStart", "None is the default"],
    [hasMembers(request.ImageConfig), "ImageConfig", "functions are zips"],
    [
      EphemeralStorage?.Size !== undefined && EphemeralStorage.Size !== 512,
      "EphemeralStorage of another size than 512",
      "a function's use of /tmp is not bounded",
    ],
    [LoggingConfig?.LogFormat === "JSON", "LoggingConfig with LogFormat JSON", "Text is the default"],
    [
      LoggingConfig?.ApplicationLogLevel !== undefined || LoggingConfig?.SystemLogLevel !== undefined,
      "levels of LoggingConfig",
      "all that a function writes is logged",
    ],
    [
      LoggingConfig?.LogGroup !== undefined && LoggingConfig.LogGroup !== `/aws/lambda/${functionName}`,
      "a LogGroup of LoggingConfig",
      `it is /aws/lambda/${functionName}`,
    ],
    [request.CapacityProviderConfig !== undefined, "CapacityProviderConfig", LEAVE_OUT],
    [request.DurableConfig !== undefined, "DurableConfig", LEAVE_OUT],
  ];
  for (const [isGiven, member, instead] of refusals) if (isGiven) return unbuilt(member, instead);
  return refuseRuntime(request.Runtime) ?? refuseLayers(request.Layers);
}

function refuseRuntime(runtime: string | undefined): ApiAnswer | null {
  if (runtime === undefined || RUNTIMES.includes(runtime)) return null;
  return invalid(
    `Millrace does not carry out the runtime ${runtime}: functions made through the API run on ${RUNTIMES.join(", ")}.`,
  );
}

function refuseLayers(layers: readonly (string | null)[] | undefined): ApiAnswer | null {
  const arns = layers ?? [];
  if (arns.length > MOST_LAYERS) return invalid(`Cannot reference more than ${MOST_LAYERS} layers.`);
  const seen = new Map<string, string>();
  for (const arn of arns) {
    const layer = (arn ?? "").replace(/:\d+$/, "");
    const other = seen.get(layer);
    if (other !== undefined) {
      return invalid(
        `Two different versions of the same layer are not allowed to be referenced in the same function. ${other} and ${arn ?? ""} are versions of the same layer.`,
      );
    }
    seen.set(layer, arn ?? "");
  }
  return null;
}

/** Our machine runs one architecture; the one that AWS takes where none is given is taken everywhere. */
export function refuseArchitectures(architectures: readonly (string | null)[] | undefined): ApiAnswer | null {
  const [wanted] = architectures ?? [];
  if (wanted === undefined || wanted === "x86_64" || wanted === process.arch) return null;
  return unbuilt(`Architectures ${wanted ?? ""}`, `functions run on this machine, which is no ${wanted ?? ""}`);
}

/** Of the places where code may come from, exactly one that is carried out. */
export function refuseCode(code: CodeRequest): ApiAnswer | null {
  if (code.ImageUri !== undefined) return unbuilt("container images", "send a zip");
  if (code.SourceKMSKeyArn !== undefined) return unbuilt("SourceKMSKeyArn", "zips lie in clear in the state directory");
  if (code.S3ObjectVersion !== undefined) return unbuilt("S3ObjectVersion", "buckets keep one version of each object");
  if (code.S3ObjectStorageMode !== undefined) return unbuilt("S3ObjectStorageMode", LEAVE_OUT);
  const isStored = code.S3Bucket !== undefined || code.S3Key !== undefined;
  if (code.ZipFile !== undefined && isStored) {
    return invalid("Please do not provide other FunctionCode parameters when providing a ZipFile.");
  }
  if (code.ZipFile === undefined && (code.S3Bucket === undefined || code.S3Key === undefined)) {
    return invalid("Please provide a source for function code.");
  }
  return null;
}

/** `reserved`: names whose values are given by AWS, or by us in its stead. */
export function refuseEnvironment(
  variables: ReadonlyMap<string, string | null> | undefined,
  reserved: ReadonlySet<string>,
): ApiAnswer | null {
  if (variables === undefined) return null;
  const taken = [...variables.keys()].filter((name) => reserved.has(name));
  const unable =
    "Lambda was unable to configure your environment variables because the environment variables you have provided";
  if (taken.length > 0) {
    return invalid(
      `${unable} contains reserved keys that are currently not supported for modification. Reserved keys used in this request: ${taken.join(", ")}`,
    );
  }
  const text = JSON.stringify(Object.fromEntries(variables));
  if (Buffer.byteLength(text) <= MOST_ENVIRONMENT_BYTES) return null;
  return invalid(`${unable} exceeded the 4KB limit. String measured: ${text}`);
}

/** What the request changes of the settings; the rest stays. */
export function withConfiguration(settings: FunctionSettings, request: ConfigurationRequest): FunctionSettings {
  const { Timeout, MemorySize, Environment, Runtime, Role } = request;
  const variables = Environment === undefined ? null : (Environment.Variables ?? new Map<string, string | null>());
  return {
    ...settings,
    timeoutMs: Timeout === undefined ? settings.timeoutMs : Timeout * 1_000,
    memoryMb: MemorySize ?? settings.memoryMb,
    environment:
      variables === null
        ? settings.environment
        : Object.fromEntries([...variables].map(([name, value]) => [name, value ?? ""])),
    runtime: Runtime ?? settings.runtime,
    roleArn: Role ?? settings.roleArn,
  };
}

const isText = (value: string | undefined): boolean => value !== undefined && value !== "";

const hasMembers = (value: object | undefined): boolean => value !== undefined && Object.keys(value).length > 0;
