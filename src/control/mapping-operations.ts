// The five operations on mappings: the order of checks (section 2.4), then the manager, then the answer.

import { assertNever } from "../core/assert-never.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { type ApiAnswer, failure, success } from "./api-answer.ts";
import type { FunctionLookup, QueueLookup, StreamLookup, Surroundings } from "./lookups.ts";
import {
  functionArn,
  longNameFault,
  parseFunctionReference,
  resolveFunction,
  settingsOf,
} from "./mapping/function-reference.ts";
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
  type JudgedBy,
  refuseCreateMembers,
  refuseCreateValues,
  refuseUpdateMembers,
  refuseValues,
  sourceOfRequest,
  userReason,
} from "./mapping/mapping-rules.ts";
import { createdSettings, type MappingSettings, updatedSettings } from "./mapping/mapping-settings.ts";
import { refuseLatePosition } from "./mapping/position-rules.ts";
import { queueMissing, refuseVisibility } from "./mapping/queue-rules.ts";
import { refuseSecret } from "./mapping/document-db-rules.ts";
import { firstRefusal, refusal } from "./mapping/refusal.ts";
import { refuseUnbuilt } from "./mapping/unbuilt-rules.ts";
import { type EngineOf, parseArn, type SourceKind, storedNameOfArn } from "./mapping/source-kinds.ts";
import type { MappingChange, MappingManager } from "./mapping-manager.ts";
import { readRequest } from "./read-request.ts";
import { tagsFault, tagsText } from "./tags.ts";

const MISSING = "The resource you requested does not exist.";

export interface OperationOptions {
  readonly manager: MappingManager;
  readonly functions: FunctionLookup;
  readonly streams: StreamLookup;
  readonly queues: QueueLookup;
  readonly engineOf: EngineOf;
  readonly hasSecret: (secretArn: string) => boolean;
  /** Whether the configuration says something of this cluster of Kafka's or DocumentDB's. */
  readonly isNamedCluster: (clusterArn: string) => boolean;
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
function readCreate(body: unknown, engineOf: EngineOf): ReadCreate {
  const read = readRequest(body, createShape);
  if (read.kind === "refused") return read;
  const { request } = read;
  const longName = longNameFault(request.FunctionName ?? "");
  if (longName !== null) return { kind: "refused", answer: longName };
  const found = sourceOfRequest(request, engineOf);
  if (found.kind === "refused") return found;
  const { source } = found;
  const refused = refuseCreateMembers(source, request);
  return refused === null ? { kind: "request", request, source } : { kind: "refused", answer: refused };
}

/** What is judged behind the function, and needs no looking up. */
const refuseMeaning = (
  source: SourceKind,
  request: CreateRequest,
  given: JudgedBy & { readonly nowMs: number; readonly settings: MappingSettings },
): ApiAnswer | null =>
  firstRefusal(
    () => refuseCreateValues(source, request, given.nowMs),
    () => refuseValues(source, given.settings, given),
    () => tagsFault(request.Tags),
  );

/** What is wrong with a create whatever functions and sources there are, as the API would tell it; null: nothing. */
export function refuseRequest(
  body: unknown,
  given: { readonly nowMs: number; readonly filterLimit: number; readonly engineOf: EngineOf },
): ApiAnswer | null {
  const { nowMs, filterLimit } = given;
  const read = readCreate(body, given.engineOf);
  if (read.kind === "refused") return read.answer;
  const { source, request } = read;
  const settings = createdSettings(source, request, "");
  return firstRefusal(
    () => refuseMeaning(source, request, { nowMs, filterLimit, settings, functionTimeoutMs: null, others: () => [] }),
    () => refuseLatePosition(source, request, nowMs),
    () => refuseUnbuilt(settings),
  );
}

export async function createMapping(options: OperationOptions, body: unknown): Promise<ApiAnswer> {
  const read = readCreate(body, options.engineOf);
  if (read.kind === "refused") return read.answer;
  const { request, source } = read;
  const found = resolveFunction(request.FunctionName ?? "", options);
  if (found.kind === "refused") return found.answer;
  const settings = createdSettings(source, request, "");
  const nowMs = options.clock.nowMs();
  const timeoutMs = settingsOf(found.arn, options.functions)?.timeoutMs ?? null;
  const given = { nowMs, filterLimit: options.filterLimit, settings, functionTimeoutMs: timeoutMs };
  const refused =
    refuseMeaning(source, request, { ...given, others: () => options.manager.all().map((each) => each.settings) }) ??
    (await refuseUnreachable(options, source, { settings, timeoutMs })) ??
    refuseLatePosition(source, request, nowMs) ??
    refuseUnbuilt(settings);
  if (refused !== null) return refused;
  const uuid = options.random.uuid("mapping");
  const created = await options.manager.create({
    uuid,
    kind: source,
    settings: createdSettings(source, request, uuid),
    functionName: found.name,
    functionArn: found.arn,
    isEnabled: request.Enabled ?? true,
    transitionReason: userReason(source),
    tags: request.Tags === undefined || request.Tags.size === 0 ? null : tagsText(request.Tags),
  });
  if (created.kind === "duplicate") return failure("ResourceConflictException", created.text);
  return success(202, bodyOf(options, created.record, { isExact: true }));
}

/** V13 to V15, V17, V26: the source must be there, and readable, when a mapping is made. */
async function refuseUnreachable(
  options: OperationOptions,
  source: SourceKind,
  { settings, timeoutMs }: { readonly settings: MappingSettings; readonly timeoutMs: number | null },
): Promise<ApiAnswer | null> {
  const eventSourceArn = settings.EventSourceArn ?? "";
  const arn = parseArn(eventSourceArn);
  const { partition, region, accountId } = options.settings;
  const isHere = arn?.partition === partition && arn.region === region && arn.accountId === accountId;
  const isNamed = options.isNamedCluster(eventSourceArn);
  switch (source) {
    case "kinesis":
    case "kinesisConsumer":
    case "dynamodb":
      return isHere ? refuseStream(options, source, eventSourceArn) : refusal(`Stream not found: ${eventSourceArn}`);
    case "sqs":
    case "fifo": {
      const queue = isHere ? await options.queues.find(arn.resource) : null;
      return queue === null ? queueMissing : refuseVisibility(queue.visibilityMs, timeoutMs ?? 0);
    }
    case "documentDb":
      return refuseSecret(settings, options.hasSecret) ?? (isHere || isNamed ? null : noDocumentDb(eventSourceArn));
    case "msk":
      return isHere || isNamed ? null : noMskCluster(eventSourceArn);
    // What is wrong with these shows once they are read (M-706, R-702).
    case "selfManagedKafka":
    case "activeMq":
    case "rabbitMq":
      return null;
    default:
      return assertNever(source);
  }
}

/** X-612, M-621. */
const ELSEWHERE = "(Millrace: it is of another account or region, and `sources` of the configuration does not name it)";
const noDocumentDb = (arn: string): ApiAnswer => refusal(`The requested cluster ${arn} does not exist. ${ELSEWHERE}`);
const noMskCluster = (arn: string): ApiAnswer =>
  refusal(
    `Cannot access cluster ${arn}. Please ensure the role can perform the DescribeClusterV2 (recommended) or DescribeCluster ` +
      `and GetBootstrapBrokers actions on your cluster in IAM. ${ELSEWHERE}`,
  );

/** V17: the words that AWS has for missing rights. */
const readersRights = {
  kinesis:
    "GetRecords, GetShardIterator, DescribeStream, DescribeStreamSummary, ListShards, and ListStreams Actions on your stream.",
  dynamodb: "GetRecords, GetShardIterator, DescribeStream, and ListStreams Actions on your stream in IAM.",
} as const;

async function refuseStream(
  options: OperationOptions,
  source: SourceKind,
  eventSourceArn: string,
): Promise<ApiAnswer | null> {
  const found = await options.streams.find(storedNameOfArn(eventSourceArn) ?? "");
  switch (found.kind) {
    case "found":
      if (source !== "kinesisConsumer" || options.streams.hasConsumer === undefined) return null;
      return (await options.streams.hasConsumer(eventSourceArn))
        ? null
        : refusal(`Stream not found: ${eventSourceArn}`);
    case "missing":
      return refusal(`Stream not found: ${eventSourceArn}`);
    case "problem":
      return refusal(
        `Cannot access stream ${eventSourceArn}. Please ensure the role can perform the ` +
          `${readersRights[source === "dynamodb" ? "dynamodb" : "kinesis"]} (Millrace: ${found.problem.detail})`,
      );
  }
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
  const { kind, uuid } = record;
  const name = request.FunctionName;
  const refusedEarly = (name === undefined ? null : longNameFault(name)) ?? refuseUpdateMembers(kind, request);
  if (refusedEarly !== null) return { refusal: refusedEarly };
  const found = name === undefined ? null : resolveFunction(name, options);
  if (found?.kind === "refused") return { refusal: found.answer };
  const settings = updatedSettings(kind, record.settings, request);
  const functionName = found?.name ?? record.functionName;
  const functionArn = found?.arn ?? record.functionArn;
  const refused = refuseValues(kind, settings, {
    filterLimit: options.filterLimit,
    functionTimeoutMs: settingsOf(functionArn, options.functions)?.timeoutMs ?? null,
    others: () => options.manager.all().flatMap((each) => (each.uuid === uuid ? [] : [each.settings])),
  });
  const unbuilt = refused ?? refuseUnbuilt(settings);
  if (unbuilt !== null) return { refusal: unbuilt };
  const clash = options.manager.findClash({ uuid, kind, settings, functionName, functionArn });
  if (clash !== null) return { refusal: failure("ResourceConflictException", clash.text) };
  return { settings, functionName, functionArn, isEnabled: request.Enabled ?? null };
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
