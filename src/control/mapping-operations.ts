// The five operations on mappings: the order of checks (section 2.4), then the manager, then the answer.

import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { type ApiAnswer, failure, success } from "./api-answer.ts";
import type { FunctionLookup, StreamLookup, Surroundings } from "./lookups.ts";
import { functionArn, longNameFault, parseFunctionReference, resolveFunction } from "./mapping/function-reference.ts";
import { mappingBody } from "./mapping/mapping-body.ts";
import { pageOf } from "./mapping/mapping-list.ts";
import {
  type CreateRequest,
  createShape,
  functionNamePattern,
  sourceArnPattern,
  updateShape,
  type UpdateRequest,
} from "./mapping/mapping-members.ts";
import type { MappingRecord } from "./mapping/mapping-record.ts";
import {
  refuseCreateValues,
  refuseEmptyDestination,
  refuseForeignMembers,
  refuseUnbuilt,
  refuseValues,
  refusal,
  sourceOfRequest,
} from "./mapping/mapping-rules.ts";
import { createdSettings, updatedSettings } from "./mapping/mapping-settings.ts";
import { isStreamKind, parseArn, type SourceKind, streamNameOfArn } from "./mapping/source-kinds.ts";
import type { MappingChange, MappingManager } from "./mapping-manager.ts";
import { readRequest } from "./read-request.ts";
import { tagsFault, tagsText } from "./tags.ts";

const MISSING = "The resource you requested does not exist.";

export interface OperationOptions {
  readonly manager: MappingManager;
  readonly functions: FunctionLookup;
  readonly streams: StreamLookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Surroundings;
  /** Most filters of a mapping (F-4). */
  readonly filterLimit: number;
}

function bodyOf(
  options: OperationOptions,
  record: MappingRecord,
  how: { readonly isExact?: boolean; readonly isListed?: boolean } = {},
) {
  return mappingBody(record, {
    surroundings: options.settings,
    isExact: how.isExact ?? false,
    isListed: how.isListed ?? false,
    lastResult: options.manager.resultOf(record),
  });
}

type ReadCreate =
  | { readonly kind: "request"; readonly request: CreateRequest; readonly source: SourceKind }
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

/** What is judged before the function is looked for. */
function readCreate(body: unknown): ReadCreate {
  const read = readRequest(body, createShape);
  if (read.kind === "refused") return read;
  const { request } = read;
  const longName = longNameFault(request.FunctionName ?? "");
  if (longName !== null) return { kind: "refused", answer: longName };
  const found = sourceOfRequest(request);
  if (found.kind === "refused") return found;
  const { source } = found;
  const foreign = refuseForeignMembers(source, request);
  return foreign === null ? { kind: "request", request, source } : { kind: "refused", answer: foreign };
}

interface JudgedBy {
  readonly nowMs: number;
  readonly filterLimit: number;
}

/** What is judged behind the function, and needs nothing but the request. */
function refuseMeaning(source: SourceKind, request: CreateRequest, given: JudgedBy): ApiAnswer | null {
  return (
    refuseCreateValues(source, request, given.nowMs) ??
    refuseValues(source, createdSettings(source, request), given.filterLimit) ??
    tagsFault(request.Tags) ??
    refuseUnbuilt(source, request)
  );
}

/** What is wrong with a create whatever functions and streams there are, as the API would tell it; null: nothing. */
export function refuseRequest(body: unknown, given: JudgedBy): ApiAnswer | null {
  const read = readCreate(body);
  return read.kind === "refused" ? read.answer : refuseMeaning(read.source, read.request, given);
}

export async function createMapping(options: OperationOptions, body: unknown): Promise<ApiAnswer> {
  const read = readCreate(body);
  if (read.kind === "refused") return read.answer;
  const { request, source } = read;
  const found = resolveFunction(request.FunctionName ?? "", options);
  if (found.kind === "refused") return found.answer;
  const settings = createdSettings(source, request);
  const refused =
    refuseMeaning(source, request, { nowMs: options.clock.nowMs(), filterLimit: options.filterLimit }) ??
    (await refuseUnreachable(options, settings.EventSourceArn ?? ""));
  if (refused !== null) return refused;
  const created = await options.manager.create({
    uuid: options.random.uuid("mapping"),
    kind: source,
    settings,
    functionName: found.name,
    functionArn: found.arn,
    isEnabled: request.Enabled ?? true,
    transitionReason: isStreamKind(source) ? "User action" : "USER_INITIATED",
    tags: request.Tags === undefined || request.Tags.size === 0 ? null : tagsText(request.Tags),
  });
  if (created.kind === "duplicate") return duplicate(created.record);
  return success(202, bodyOf(options, created.record, { isExact: true }));
}

/** V15, V17: the stream must be there, and readable, when a mapping is made. */
async function refuseUnreachable(options: OperationOptions, eventSourceArn: string): Promise<ApiAnswer | null> {
  const arn = parseArn(eventSourceArn);
  const missing = refusal(`Stream not found: ${eventSourceArn}`);
  const { region, accountId } = options.settings;
  if (arn === null || arn.region !== region || arn.accountId !== accountId) return missing;
  const found = await options.streams.find(streamNameOfArn(eventSourceArn) ?? "");
  switch (found.kind) {
    case "found":
      return null;
    case "missing":
      return missing;
    case "problem":
      return refusal(
        `Cannot access stream ${eventSourceArn}. Please ensure the role can perform the GetRecords, GetShardIterator, ` +
          "DescribeStream, DescribeStreamSummary, ListShards, and ListStreams Actions on your stream. " +
          `(Millrace: ${found.problem.detail})`,
      );
  }
}

/** Section 4.4, with the blanks that AWS writes inside the quotes. */
function duplicate(twin: MappingRecord): ApiAnswer {
  return failure(
    "ResourceConflictException",
    `The event source arn (" ${twin.settings.EventSourceArn ?? ""} ") and function (" ${twin.functionName} ") provided mapping ` +
      `already exists. Please update or delete the existing mapping with UUID ${twin.uuid}`,
  );
}

export function getMapping(options: OperationOptions, uuid: string): ApiAnswer {
  const record = options.manager.get(uuid);
  if (record === null) return failure("ResourceNotFoundException", MISSING);
  return success(200, bodyOf(options, record));
}

const listShape = {
  kind: "structure",
  members: {
    EventSourceArn: { kind: "string", pattern: sourceArnPattern },
    FunctionName: { kind: "string", min: 1, max: 256, pattern: functionNamePattern },
    Marker: { kind: "string" },
    MaxItems: { kind: "integer", min: 1, max: 10_000 },
  },
} as const;

export function listMappings(options: OperationOptions, query: unknown): ApiAnswer {
  const read = readRequest(query, listShape);
  if (read.kind === "refused") return read.answer;
  const { EventSourceArn, FunctionName, Marker, MaxItems } = read.request;
  const reference = FunctionName === undefined ? null : parseFunctionReference(FunctionName);
  const page = pageOf(
    options.manager.all(),
    {
      eventSourceArn: EventSourceArn ?? null,
      functionArn: reference === null ? null : functionArn(reference, options.settings),
    },
    { marker: Marker ?? null, maxItems: MaxItems ?? null },
  );
  return success(200, {
    EventSourceMappings: page.records.map((record) => bodyOf(options, record, { isListed: true })),
    NextMarker: page.nextMarker,
  });
}

export async function updateMapping(options: OperationOptions, uuid: string, body: unknown): Promise<ApiAnswer> {
  const read = readRequest(body, updateShape);
  if (read.kind === "refused") return read.answer;
  const changed = await options.manager.update(uuid, (record) => judgeUpdate(options, record, read.request));
  switch (changed.kind) {
    case "accepted":
      return success(202, bodyOf(options, changed.record, { isExact: true }));
    case "refused":
      return changed.refusal;
    case "inUse":
      return failure("ResourceInUseException", "Cannot update the event source mapping because it is in use.");
    case "missing":
      return failure("ResourceNotFoundException", MISSING);
  }
}

function judgeUpdate(
  options: OperationOptions,
  record: MappingRecord,
  request: UpdateRequest,
): MappingChange | { readonly refusal: ApiAnswer } {
  const name = request.FunctionName;
  const long = name === undefined ? null : longNameFault(name);
  if (long !== null) return { refusal: long };
  const foreign = refuseForeignMembers(record.kind, request) ?? refuseEmptyDestination(request);
  if (foreign !== null) return { refusal: foreign };
  const found = name === undefined ? null : resolveFunction(name, options);
  if (found?.kind === "refused") return { refusal: found.answer };
  const settings = updatedSettings(record.kind, record.settings, request);
  const refused = refuseValues(record.kind, settings, options.filterLimit) ?? refuseUnbuilt(record.kind, request);
  if (refused !== null) return { refusal: refused };
  const arn = found?.arn ?? record.functionArn;
  const twin = options.manager.findTwin({
    eventSourceArn: settings.EventSourceArn ?? "",
    functionArn: arn,
    exceptUuid: record.uuid,
  });
  if (twin !== null) return { refusal: duplicate(twin) };
  return {
    settings,
    functionName: found?.name ?? record.functionName,
    functionArn: arn,
    isEnabled: request.Enabled ?? null,
  };
}

export async function deleteMapping(options: OperationOptions, uuid: string): Promise<ApiAnswer> {
  const deleted = await options.manager.delete(uuid);
  switch (deleted.kind) {
    case "accepted":
      return success(202, bodyOf(options, deleted.record));
    case "inUse":
    case "refused":
      return failure("ResourceInUseException", "Cannot delete the event source mapping because it is in use.");
    case "missing":
      return failure("ResourceNotFoundException", MISSING);
  }
}
