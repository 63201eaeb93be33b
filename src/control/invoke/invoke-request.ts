// Invoke as it arrives: which function is meant, how it is to be called, and whether the payload will do. What AWS refuses is refused
// with its texts; what it would carry out and we do not, with one of ours.

import { type ApiAnswer, failure } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import { functionArn, longNameFault, parseFunctionReference } from "../mapping/function-reference.ts";
import { memberShapes } from "../mapping/mapping-members.ts";
import { readRequest } from "../read-request.ts";
import { wholePattern } from "../shape.ts";

/** As a client sends it; texts where the header, label or query is there. */
export interface InvokeRequest {
  readonly functionName: string;
  readonly qualifier: string | undefined;
  readonly invocationType: string | undefined;
  readonly logType: string | undefined;
  /** Base64. */
  readonly clientContext: string | undefined;
  readonly tenantId: string | undefined;
  readonly durableExecutionName: string | undefined;
  readonly payload: Uint8Array;
}

export interface ReadInvoke {
  readonly kind: "invoke";
  readonly type: "RequestResponse" | "Event" | "DryRun";
  readonly functionName: string;
  /** With its qualifier, where one was given. */
  readonly arn: string;
  readonly payload: Uint8Array;
  /** JSON text. */
  readonly clientContext: string | null;
  readonly isLogWanted: boolean;
}

export interface InvokedFunctions {
  /** By bare name: `Active`, or the state in which it cannot be called. Null: no such function, or none of this qualifier. */
  stateOf(name: string, qualifier: string | null): string | null;
  /** Concurrency that is reserved for it; null: none, or no such function. */
  reservedOf(name: string): number | null;
}

type Refused = { readonly kind: "refused"; readonly answer: ApiAnswer };

const MOST_BYTES = { RequestResponse: 6_291_456, Event: 1_048_576, DryRun: 6_291_456 } as const;
const MOST_CONTEXT_BYTES = 3_583;

const shape = {
  kind: "structure",
  members: {
    FunctionName: memberShapes.FunctionName,
    Qualifier: {
      kind: "string",
      min: 1,
      max: 128,
      pattern: wholePattern(String.raw`\$(LATEST(\.PUBLISHED)?)|[a-zA-Z0-9-_$]+`),
    },
    InvocationType: { kind: "string", oneOf: ["Event", "RequestResponse", "DryRun"] },
    LogType: { kind: "string", oneOf: ["None", "Tail"] },
  },
} as const;

export function readInvoke(
  request: InvokeRequest,
  house: { readonly functions: InvokedFunctions; readonly settings: Surroundings },
): ReadInvoke | Refused {
  // AWS's pattern lets an empty one pass, as none.
  const qualifier = request.qualifier === "" ? undefined : request.qualifier;
  const long = longNameFault(request.functionName);
  if (long !== null) return { kind: "refused", answer: long };
  const read = readRequest(
    {
      FunctionName: request.functionName,
      Qualifier: qualifier,
      InvocationType: request.invocationType,
      LogType: request.logType,
    },
    shape,
  );
  if (read.kind === "refused") return read;
  const type = typeOf(request.invocationType);
  const unbuilt = unbuiltMember(request);
  if (unbuilt !== null) return refuse("InvalidParameterValueException", unbuilt);
  const { payload } = request;
  if (payload.length > MOST_BYTES[type]) return refuseSize(payload.length, type);
  const found = findFunction(request.functionName, qualifier, house);
  if (found.kind === "refused") return found;
  const flaw = jsonFlaw(payload);
  if (flaw !== null) return refuse("InvalidRequestContentException", flaw);
  const context = clientContextOf(request.clientContext);
  if (context === undefined) return refuse("InvalidRequestContentException", BAD_CONTEXT);
  return {
    kind: "invoke",
    type,
    functionName: found.name,
    arn: found.arn,
    payload: payload.length === 0 ? EMPTY_EVENT : payload,
    // As on AWS, only a call that waits for its answer carries it.
    clientContext: type === "Event" ? null : context,
    isLogWanted: type === "RequestResponse" && request.logType === "Tail",
  };
}

/** A call without a payload brings an empty object. */
const EMPTY_EVENT = new TextEncoder().encode("{}");

const BAD_CONTEXT = "Client context must be a valid Base64-encoded JSON object.";

export function refuseSize(length: number, type: "RequestResponse" | "Event" | "DryRun"): Refused {
  const text = `${length} byte payload is too large for the ${type} invocation type (limit ${MOST_BYTES[type]} bytes)`;
  return refuse("RequestEntityTooLargeException", text);
}

function typeOf(text: string | undefined): ReadInvoke["type"] {
  return text === "Event" || text === "DryRun" ? text : "RequestResponse";
}

function unbuiltMember({ tenantId, durableExecutionName }: InvokeRequest): string | null {
  if (tenantId !== undefined) return "TenantId: functions with tenant isolation are not offered";
  if (durableExecutionName !== undefined) return "DurableExecutionName: durable functions are not offered";
  return null;
}

function findFunction(
  functionName: string,
  qualifier: string | undefined,
  { functions, settings }: { readonly functions: InvokedFunctions; readonly settings: Surroundings },
): { readonly kind: "found"; readonly name: string; readonly arn: string } | Refused {
  const reference = parseFunctionReference(functionName);
  if (reference === null) return refuse("ResourceNotFoundException", `Function not found: ${functionName}`);
  if (qualifier !== undefined && reference.qualifier !== null && qualifier !== reference.qualifier) {
    const text = "The derived qualifier from the function name does not match the specified qualifier.";
    return refuse("InvalidParameterValueException", text);
  }
  if (reference.region !== null && reference.region !== settings.region) {
    const text = `Functions from '${reference.region}' are not reachable in this region ('${settings.region}')`;
    return refuse("ResourceNotFoundException", text);
  }
  const named = { ...reference, qualifier: qualifier ?? reference.qualifier };
  const arn = functionArn(named, settings);
  const isOurs = named.accountId === null || named.accountId === settings.accountId;
  const state = isOurs ? functions.stateOf(named.name, named.qualifier) : null;
  if (state === null) return refuse("ResourceNotFoundException", `Function not found: ${arn}`);
  if (state === "Active") return { kind: "found", name: named.name, arn };
  const text = "The operation cannot be performed at this time. The function is currently in the following state: ";
  return refuse("ResourceConflictException", text + state);
}

/** Null: it is JSON, or nothing at all. */
function jsonFlaw(payload: Uint8Array): string | null {
  if (payload.length === 0) return null;
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(payload));
    return null;
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return `Could not parse request body into json: Could not parse payload into json: ${detail}`;
  }
}

/** Null: none was given. Undefined: it is no JSON object in base64. */
function clientContextOf(text: string | undefined): string | null | undefined {
  if (text === undefined || text === "") return null;
  if (text.length > MOST_CONTEXT_BYTES || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) return undefined;
  const json = Buffer.from(text, "base64").toString("utf8");
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? json : undefined;
  } catch {
    // Not JSON: the caller says so.
    return undefined;
  }
}

function refuse(name: Parameters<typeof failure>[0], text: string): Refused {
  return { kind: "refused", answer: failure(name, text) };
}
