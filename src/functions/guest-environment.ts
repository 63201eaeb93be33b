// `process.env` of a function thread: the whole of it, made anew. Nothing of the host's own AWS settings or secrets gets in, and
// the AWS clients of the user's code find us and nobody else.
//
// `TZ` says UTC, as on AWS; that dates are computed in UTC too is up to whoever starts the process, because a thread of Node has
// its process's time zone.

import { devNull } from "node:os";
import { join } from "node:path";
import { accessKeyOf, appIdOf } from "../ports/calling-function.ts";
import type { FunctionVersion } from "../ports/functions.ts";
import type { GuestSetup } from "./guest-protocol.ts";

/** Of the host's environment, what programs need to run at all. */
const PASSED_ON: readonly string[] = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "SystemRoot", "windir"];

/** Names that a function's own variables cannot have: those that AWS reserves, and two whose values can only be ours. */
export const reservedVariables: ReadonlySet<string> = new Set([
  "_HANDLER",
  "_X_AMZN_TRACE_ID",
  "AWS_ACCESS_KEY",
  "AWS_ACCESS_KEY_ID",
  "AWS_DEFAULT_REGION",
  "AWS_EXECUTION_ENV",
  "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
  "AWS_LAMBDA_FUNCTION_NAME",
  "AWS_LAMBDA_FUNCTION_VERSION",
  "AWS_LAMBDA_INITIALIZATION_TYPE",
  "AWS_LAMBDA_LOG_GROUP_NAME",
  "AWS_LAMBDA_LOG_STREAM_NAME",
  "AWS_LAMBDA_RUNTIME_API",
  "AWS_REGION",
  "AWS_SECRET_ACCESS_KEY",
  "AWS_SESSION_TOKEN",
  "LAMBDA_RUNTIME_DIR",
  "LAMBDA_TASK_ROOT",
  // Calls of the user's code come to us, and never reach real AWS.
  "AWS_ENDPOINT_URL",
  // All threads of a process have its time zone.
  "TZ",
]);

export interface GuestPlace {
  /** Where the function's own AWS calls go. */
  readonly endpointUrl: string;
  readonly region: string;
  /** The host's environment, of which little is passed on. */
  readonly host: Readonly<Record<string, string | undefined>>;
  readonly compileCacheDir: string | null;
}

export function environmentOf(deployed: FunctionVersion, setup: GuestSetup, place: GuestPlace): Record<string, string> {
  const { settings, code } = deployed;
  const environment: Record<string, string> = { LANG: "en_US.UTF-8" };
  for (const name of PASSED_ON) {
    const value = place.host[name];
    if (value !== undefined) environment[name] = value;
  }
  // Not even by asking for a profile does code reach real AWS; who means it says so in the function's own environment.
  environment["AWS_CONFIG_FILE"] = devNull;
  environment["AWS_SHARED_CREDENTIALS_FILE"] = devNull;
  environment["AWS_EC2_METADATA_DISABLED"] = "true";
  // Read while the thread starts; the guest takes it out before the user's code sees it.
  if (place.compileCacheDir !== null) environment["NODE_COMPILE_CACHE"] = place.compileCacheDir;
  const appId = appIdOf(settings.name);
  if (appId !== null) environment["AWS_SDK_UA_APP_ID"] = appId;
  Object.assign(environment, settings.environment);
  return Object.assign(environment, {
    AWS_REGION: place.region,
    AWS_DEFAULT_REGION: place.region,
    AWS_ACCESS_KEY_ID: accessKeyOf(settings.name),
    AWS_SECRET_ACCESS_KEY: "millrace",
    AWS_SESSION_TOKEN: "millrace",
    AWS_ENDPOINT_URL: place.endpointUrl,
    AWS_EXECUTION_ENV: `AWS_Lambda_${settings.runtime}`,
    AWS_LAMBDA_FUNCTION_NAME: settings.name,
    AWS_LAMBDA_FUNCTION_VERSION: deployed.version,
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(settings.memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: "on-demand",
    AWS_LAMBDA_LOG_GROUP_NAME: setup.logGroupName,
    AWS_LAMBDA_LOG_STREAM_NAME: setup.logStreamName,
    LAMBDA_TASK_ROOT: code.taskRoot,
    _HANDLER: setup.handlerText,
    TZ: ":UTC",
  });
}

/** Where function threads may keep V8's cache of their code. */
export function compileCacheDir(stateDir: string): string {
  return join(stateDir, "compile-cache");
}

/** `logStreamId`: 32 hexadecimal digits. */
export function setupOf(
  deployed: FunctionVersion,
  {
    nowMs,
    logStreamId,
    isDebugged,
  }: { readonly nowMs: number; readonly logStreamId: string; readonly isDebugged: boolean },
): GuestSetup {
  const { settings, code } = deployed;
  const day = new Date(nowMs).toISOString().slice(0, 10).replaceAll("-", "/");
  return {
    functionName: settings.name,
    functionVersion: deployed.version,
    memoryMb: settings.memoryMb,
    modulePath: code.modulePath,
    exportName: code.exportName,
    handlerText: code.handlerText,
    runtimeMajor: runtimeMajorOf(settings.runtime),
    logGroupName: `/aws/lambda/${settings.name}`,
    logStreamName: `${day}/[${deployed.version}]${logStreamId}`,
    isDebugged,
    memoryBell: new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)),
  };
}

/** `nodejs24.x` is 24; a name of another form counts as the newest. */
function runtimeMajorOf(runtime: string): number {
  const found = /^nodejs(\d+)\./.exec(runtime);
  return found === null ? Number.POSITIVE_INFINITY : Number(found[1]);
}
