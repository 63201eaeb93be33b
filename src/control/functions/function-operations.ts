// The operations on functions as a whole. What a change's answer shows as under way is done by then: unpacked, stored and deployed.
// The answer's RevisionId is then an old one, as on AWS, where the end of the change makes another.

import type { FunctionRecord, FunctionSnapshot, LayerUse, ZipSource } from "../../ports/function-record.ts";
import type { FunctionChange, FunctionTurn, KeptFunction } from "../../ports/function-store.ts";
import { type FunctionSettings, LATEST } from "../../ports/functions.ts";
import type { TableChange } from "../../ports/tables.ts";
import { type ApiAnswer, failure, success } from "../api-answer.ts";
import { longNameFault } from "../mapping/function-reference.ts";
import { readRequest } from "../read-request.ts";
import { tagsFault, tagsText } from "../tags.ts";
import { configurationBody, handlerText, type Phase } from "./function-body.ts";
import { type FunctionContext, refuseConfigured, refuseForeignCode, zipOf } from "./function-context.ts";
import {
  refuseArchitectures,
  refuseCode,
  refuseConfiguration,
  refuseEnvironment,
  unbuilt,
  withConfiguration,
} from "./function-rules.ts";
import {
  type ConfigurationRequest,
  createFunctionShape,
  type CreateFunctionRequest,
  updateCodeShape,
  updateConfigurationShape,
} from "./function-shapes.ts";
import { arnOf, notFound, preconditionFailed, type Refused, refused, readTarget, targetOf } from "./function-target.ts";
import { published } from "./published.ts";
import { useLayers } from "./used-layers.ts";

const DEFAULT_TIMEOUT_MS = 3_000;
const DEFAULT_MEMORY_MB = 128;

/** An answer, and what the function's turn leaves behind. */
export interface Turned {
  readonly answer: ApiAnswer;
  readonly change: FunctionChange;
}

export const nothing = (answer: ApiAnswer): Turned => ({ answer, change: { kind: "none" } });

export async function createFunction(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readRequest(params, createFunctionShape);
  if (read.kind === "refused") return read.answer;
  const { request } = read;
  const target = targetOf(request.FunctionName ?? "", undefined, context.settings);
  if (target.kind === "refused") return target.answer;
  const { name, qualifier } = target;
  const refusal =
    longNameFault(name) ??
    (qualifier === null ? null : badName(request.FunctionName ?? "")) ??
    refuseCreate(context, request, name);
  if (refusal !== null) return refusal;
  return await context.functions.turn(name, (turn) => createNow(context, name, request, turn));
}

function refuseCreate(context: FunctionContext, request: CreateFunctionRequest, name: string): ApiAnswer | null {
  if (request.PackageType === "Image") return unbuilt("PackageType Image", "send a zip");
  if (request.CodeSigningConfigArn !== undefined) return unbuilt("CodeSigningConfigArn", "leave it out");
  if (request.TenancyConfig !== undefined) return unbuilt("TenancyConfig", "leave it out");
  if (request.PublishTo !== undefined) return unbuilt("PublishTo", "Publish makes a numbered version");
  if (request.Runtime === undefined || request.Handler === undefined) {
    return failure(
      "InvalidParameterValueException",
      "Runtime and Handler are mandatory parameters for functions created with deployment packages.",
    );
  }
  return (
    refuseConfiguration(request, name) ??
    refuseArchitectures(request.Architectures) ??
    refuseEnvironment(request.Environment?.Variables, context.reservedVariables) ??
    refuseCode(request.Code ?? {}) ??
    tagsFault(request.Tags)
  );
}

const badName = (text: string): ApiAnswer =>
  failure(
    "InvalidParameterValueException",
    `A function is made under its bare name, without a version or alias: ${text}`,
  );

async function createNow(
  context: FunctionContext,
  name: string,
  request: CreateFunctionRequest,
  turn: FunctionTurn,
): Promise<Turned> {
  if (turn.kept !== null) return nothing(failure("ResourceConflictException", `Function already exist: ${name}`));
  const code = await zipOf(context, request.Code ?? {});
  if (code.kind === "refused") return nothing(code.answer);
  const layers = await useLayers(context, turn, request.Layers ?? []);
  if (layers.kind === "refused") return nothing(layers.answer);
  const bare: FunctionSettings = {
    name,
    arn: arnOf({ name, qualifier: null }, context.settings),
    timeoutMs: DEFAULT_TIMEOUT_MS,
    memoryMb: DEFAULT_MEMORY_MB,
    environment: {},
    reservedConcurrency: null,
    runtime: request.Runtime ?? "",
    roleArn: request.Role ?? "",
  };
  const source: ZipSource = {
    kind: "zip",
    handler: request.Handler ?? "",
    ...(await turn.keepZip(code.bytes)),
    layers: layers.layers,
  };
  const record: FunctionRecord = {
    settings: withConfiguration(bare, request),
    source,
    description: request.Description ?? "",
    revisionId: context.random.uuid("revision"),
    lastModifiedAtMs: context.clock.nowMs(),
    lastVersion: 0,
    published: [],
    aliases: [],
  };
  const after = request.Publish === true ? published(context, record, null).record : record;
  const answer = success(201, {
    ...shownUnderWay(context, record, "creating"),
    ...(request.Publish === true ? { Version: "1" } : {}),
  });
  return { answer, change: { kind: "put", record: after, also: [tagsOf(record.settings.arn, request)] } };
}

/** A tag that came while an older function of the name was being deleted is not this one's. */
function tagsOf(key: string, { Tags }: CreateFunctionRequest): TableChange {
  return Tags === undefined || Tags.size === 0
    ? { kind: "delete", table: "tags", key }
    : { kind: "put", table: "tags", key, value: tagsText(Tags) };
}

/** With the RevisionId that the change had while it was under way. */
function shownUnderWay(context: FunctionContext, snapshot: FunctionSnapshot, phase: Phase) {
  const under = { ...snapshot, revisionId: context.random.uuid("revision") };
  return configurationBody({ snapshot: under, version: LATEST, qualifier: null, phase }, context.settings);
}

interface Changing {
  readonly kept: KeptFunction;
  readonly name: string;
}

/** What every change of a function's code or configuration needs first. */
function changing(
  context: FunctionContext,
  turn: FunctionTurn,
  target: { readonly name: string; readonly qualifier: string | null },
  asked: { readonly revisionId: string | undefined; readonly what: string },
): (Changing & { readonly kind: "changing" }) | Refused {
  const { name, qualifier } = target;
  const { kept } = turn;
  if (kept === null) return refused(notFound(arnOf({ name, qualifier: null }, context.settings)));
  if (qualifier !== null && qualifier !== LATEST) {
    return refused(
      failure("InvalidParameterValueException", `Only ${LATEST} can be changed, and not ${name}:${qualifier}.`),
    );
  }
  if (kept.isConfigured) return refused(refuseConfigured(context, name, asked.what));
  if (asked.revisionId !== undefined && asked.revisionId !== kept.record.revisionId)
    return refused(preconditionFailed());
  return { kind: "changing", kept, name };
}

export async function updateFunctionCode(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, updateCodeShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { request } = read;
  const refusal =
    request.PublishTo !== undefined
      ? unbuilt("PublishTo", "Publish makes a numbered version")
      : (refuseCode(request) ?? refuseArchitectures(request.Architectures));
  if (context.functions.get(read.name) === null) return notFound(arnOf({ ...read, qualifier: null }, context.settings));
  if (refusal !== null) return refusal;
  return await context.functions.turn(read.name, async (turn) => {
    const asked = { revisionId: request.RevisionId, what: "code" };
    const found = changing(context, turn, read, asked);
    if (found.kind === "refused") return nothing(found.answer);
    const code = await zipOf(context, request);
    if (code.kind === "refused") return nothing(code.answer);
    const { record } = found.kept;
    if (request.DryRun === true) {
      await context.functions.checkZip(code.bytes);
      return nothing(success(200, shownUnderWay(context, record, "settled")));
    }
    const before = record.source;
    const source: ZipSource = {
      kind: "zip",
      // Of a file that an older configuration named, the zip is expected to have the same.
      handler: before.kind === "endpoint" ? "index.handler" : handlerText(before),
      ...(await turn.keepZip(code.bytes)),
      layers: before.kind === "zip" ? before.layers : [],
    };
    const changed = { ...record, source, ...stamped(context) };
    if (request.Publish !== true) return put(changed, success(200, shownUnderWay(context, changed, "updating")));
    const made = published(context, changed, null);
    const body = configurationBody(
      { snapshot: made.version, version: made.version.version, qualifier: made.version.version, phase: "creating" },
      context.settings,
    );
    return put(made.record, success(200, body));
  });
}

const put = (record: FunctionRecord, answer: ApiAnswer): Turned => ({
  answer,
  change: { kind: "put", record, also: [] },
});

const stamped = (context: FunctionContext) => ({
  revisionId: context.random.uuid("revision"),
  lastModifiedAtMs: context.clock.nowMs(),
});

export async function updateFunctionConfiguration(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, updateConfigurationShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { request, name } = read;
  if (context.functions.get(name) === null) return notFound(arnOf({ name, qualifier: null }, context.settings));
  const refusal =
    refuseConfiguration(request, name) ?? refuseEnvironment(request.Environment?.Variables, context.reservedVariables);
  if (refusal !== null) return refusal;
  return await context.functions.turn(name, async (turn) => {
    const asked = { revisionId: request.RevisionId, what: "configuration" };
    const found = changing(context, turn, read, asked);
    if (found.kind === "refused") return nothing(found.answer);
    const { record } = found.kept;
    const source = await changedSource(context, turn, record, request);
    if (source.kind === "refused") return nothing(source.answer);
    const changed: FunctionRecord = {
      ...record,
      source: source.source,
      settings: withConfiguration(record.settings, request),
      description: request.Description ?? record.description,
      ...stamped(context),
    };
    return put(changed, success(200, shownUnderWay(context, changed, "updating")));
  });
}

/** Handler and layers belong to the code; behind an endpoint there is no environment of ours either. */
async function changedSource(
  context: FunctionContext,
  turn: FunctionTurn,
  { source, settings }: FunctionRecord,
  request: ConfigurationRequest,
): Promise<{ readonly kind: "source"; readonly source: FunctionRecord["source"] } | Refused> {
  const { Handler, Layers, Environment, MemorySize, Runtime } = request;
  const ofThreads = source.kind === "endpoint" ? [Environment, MemorySize, Runtime] : [];
  if ([Handler, Layers, ...ofThreads].every((each) => each === undefined)) return { kind: "source", source };
  if (source.kind !== "zip") return refused(refuseForeignCode(settings.name, source));
  const layers: { readonly kind: "layers"; readonly layers: readonly LayerUse[] } | Refused =
    Layers === undefined ? { kind: "layers", layers: source.layers } : await useLayers(context, turn, Layers);
  if (layers.kind === "refused") return layers;
  return { kind: "source", source: { ...source, handler: Handler ?? source.handler, layers: layers.layers } };
}
