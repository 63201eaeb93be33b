// Aliases: names for versions, one of which may share its calls with another.

import type { FunctionAlias, FunctionRecord } from "../../ports/function-record.ts";
import { LATEST } from "../../ports/functions.ts";
import { type ApiAnswer, failure, success } from "../api-answer.ts";
import { aliasBody } from "./function-body.ts";
import type { FunctionContext } from "./function-context.ts";
import { nothing, type Turned } from "./function-operations.ts";
import {
  type AliasRequest,
  aliasShape,
  createAliasShape,
  pagedTargetShape,
  updateAliasShape,
} from "./function-shapes.ts";
import {
  arnOf,
  keptOf,
  notFound,
  preconditionFailed,
  readTarget,
  type Refused,
  refused,
  type Target,
} from "./function-target.ts";
import { pageOfItems } from "./pages.ts";

const MOST_ITEMS = 10_000;
const invalid = (text: string): ApiAnswer => failure("InvalidParameterValueException", text);

export async function createAlias(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, createAliasShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { request } = read;
  const { Name: name = "", FunctionVersion: version = "" } = request;
  return await changeAliases(context, read, version, (record) => {
    if (record.aliases.some((each) => each.name === name)) {
      const arn = arnOf({ name: read.name, qualifier: name }, context.settings);
      return nothing(failure("ResourceConflictException", `Alias already exists: ${arn}`));
    }
    const weights = weightsOf(context, record, version, givenWeights(request));
    if (weights.kind === "refused") return nothing(weights.answer);
    const alias = { name, version, description: request.Description ?? "", weights: weights.weights };
    return withAlias(context, record, alias, 201);
  });
}

export async function updateAlias(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, updateAliasShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { request } = read;
  return await changeAliases(context, read, null, (record) => {
    const before = record.aliases.find((each) => each.name === request.Name);
    if (before === undefined) return nothing(missingAlias(context, read.name, request.Name ?? ""));
    if (request.RevisionId !== undefined && request.RevisionId !== before.revisionId)
      return nothing(preconditionFailed());
    const version = request.FunctionVersion ?? before.version;
    const given = request.RoutingConfig === undefined ? new Map(Object.entries(before.weights)) : givenWeights(request);
    const weights = weightsOf(context, record, version, given);
    if (weights.kind === "refused") return nothing(weights.answer);
    const description = request.Description ?? before.description;
    return withAlias(context, record, { name: before.name, version, description, weights: weights.weights }, 200);
  });
}

export async function deleteAlias(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = readTarget(params, aliasShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { Name } = read.request;
  return await changeAliases(context, read, null, (record) => {
    const left = record.aliases.filter((each) => each.name !== Name);
    if (left.length === record.aliases.length) return nothing(success(204, null));
    return { answer: success(204, null), change: { kind: "put", record: { ...record, aliases: left }, also: [] } };
  });
}

export function getAlias(context: FunctionContext, params: unknown): ApiAnswer {
  const read = readTarget(params, aliasShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const { Name = "" } = read.request;
  const alias = context.functions.get(read.name)?.record.aliases.find((each) => each.name === Name);
  if (alias === undefined) return missingAlias(context, read.name, Name);
  return success(200, aliasBody(read.name, alias, context.settings));
}

export function listAliases(context: FunctionContext, params: unknown): ApiAnswer {
  const read = readTarget(params, pagedTargetShape, context.settings);
  if (read.kind === "refused") return read.answer;
  const kept = keptOf(context.functions, read, context.settings);
  if (kept.kind === "refused") return kept.answer;
  const { FunctionVersion, Marker, MaxItems } = read.request;
  const shown = kept.record.aliases.filter(
    ({ version }) => FunctionVersion === undefined || version === FunctionVersion,
  );
  const page = pageOfItems(shown, (each) => each.name, { marker: Marker, maxItems: MaxItems, most: MOST_ITEMS });
  return success(200, {
    Aliases: page.items.map((each) => aliasBody(read.name, each, context.settings)),
    NextMarker: page.nextMarker,
  });
}

/** `version`: of the ARN that is told where there is no such function. */
async function changeAliases(
  context: FunctionContext,
  { name }: Target,
  version: string | null,
  work: (record: FunctionRecord) => Turned,
): Promise<ApiAnswer> {
  const missing = notFound(arnOf({ name, qualifier: version }, context.settings));
  if (context.functions.get(name) === null) return missing;
  return await context.functions.turn(name, async ({ kept }) => (kept === null ? nothing(missing) : work(kept.record)));
}

/** By name, as lists show them. */
function withAlias(
  context: FunctionContext,
  record: FunctionRecord,
  content: Omit<FunctionAlias, "revisionId">,
  status: number,
): Turned {
  const { name } = record.settings;
  if (!hasVersion(record, content.version)) return nothing(missingVersion(context, name, content.version));
  const alias = { ...content, revisionId: context.random.uuid("revision") };
  const others = record.aliases.filter((each) => each.name !== alias.name);
  const aliases = [...others, alias].sort((one, other) => (one.name < other.name ? -1 : 1));
  const answer = success(status, aliasBody(name, alias, context.settings));
  return { answer, change: { kind: "put", record: { ...record, aliases }, also: [] } };
}

type Weights = ReadonlyMap<string, number | null>;

const givenWeights = ({ RoutingConfig }: AliasRequest): Weights => RoutingConfig?.AdditionalVersionWeights ?? new Map();

/** The share of another version; an empty one, as clients send to take it away, is none. */
function weightsOf(
  context: FunctionContext,
  record: FunctionRecord,
  version: string,
  weights: Weights,
): { readonly kind: "weights"; readonly weights: FunctionAlias["weights"] } | Refused {
  const given = [...weights];
  if (given.length > 1) return refused(invalid("Number of items in AdditionalVersionWeights cannot be greater than 1"));
  const [first] = given;
  if (first === undefined) return { kind: "weights", weights: {} };
  const [other, weight] = first;
  if (other === version) {
    return refused(
      invalid(
        `Invalid function version ${other}. Function version ${other} is already included in routing configuration.`,
      ),
    );
  }
  if (version === LATEST) {
    // Recorded without a `Type`.
    const message = `${LATEST} is not supported for an alias pointing to more than 1 version`;
    return refused({ ...invalid(message), body: { message } });
  }
  const { name } = record.settings;
  const absent = [version, other].find((each) => !hasVersion(record, each));
  if (absent !== undefined) return refused(missingVersion(context, name, absent));
  return { kind: "weights", weights: { [other]: weight ?? 0 } };
}

const hasVersion = (record: FunctionRecord, version: string): boolean =>
  version === LATEST || record.published.some((each) => each.version === version);

const missingVersion = (context: FunctionContext, name: string, version: string): ApiAnswer =>
  notFound(arnOf({ name, qualifier: version }, context.settings));

const missingAlias = (context: FunctionContext, name: string, alias: string): ApiAnswer =>
  failure("ResourceNotFoundException", `Cannot find alias arn: ${arnOf({ name, qualifier: alias }, context.settings)}`);
