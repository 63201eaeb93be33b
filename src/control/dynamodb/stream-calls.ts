// One call of DynamoDB Streams: its body parsed by its shape, answered from the streams' store and from what the tables say of the
// streams that they have and had. No HTTP here.

import { assertNever } from "../../core/assert-never.ts";
import { admittedChange } from "../../kinds/dynamodb/admitted-change.ts";
import { entryIdFromPosition, placeBefore } from "../../kinds/stream-family.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ItemTables, TableStream } from "../../ports/item-tables.ts";
import type { Position } from "../../ports/source.ts";
import type { ShardDescription, StoredRecord, StreamDescription, Streams } from "../../ports/streams.ts";
import type { JsonObject } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import { findFaults, type Parsed, parseShape, validationText } from "../shape.ts";
import { ITERATOR_LIFE_MS, parseIterator, textOfIterator } from "./change-iterator.ts";
import { refusalOfProblem, shardMissing, type StreamAnswer, streamMissing, StreamRefusal } from "./stream-answer.ts";
import { type StreamOperation, streamOperations, streamShapes } from "./stream-shapes.ts";

const MOST_PAGE = 100;
const MOST_READ_RECORDS = 1_000;
/** AWS's bound of one GetRecords. */
const MOST_READ_BYTES = 1_048_576;

export interface TableDoorContext {
  readonly tables: ItemTables;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly settings: Surroundings;
}

export const isStreamOperation = (name: string): name is StreamOperation =>
  streamOperations.some((operation) => operation === name);

/** Never rejects: what fails is InternalServerError, which clients try again. */
export async function callStream(
  context: TableDoorContext,
  operation: StreamOperation,
  body: unknown,
): Promise<StreamAnswer> {
  try {
    return { status: 200, body: await carryOut(context, operation, body) };
  } catch (error) {
    if (error instanceof StreamRefusal) return error.answer;
    return new StreamRefusal("InternalServerError", error instanceof Error ? error.message : String(error)).answer;
  }
}

function carryOut(context: TableDoorContext, operation: StreamOperation, body: unknown): Promise<JsonObject> {
  switch (operation) {
    case "DescribeStream":
      return describeStream(context, requestOf(operation, body));
    case "ListStreams":
      return listStreams(context, requestOf(operation, body));
    case "GetShardIterator":
      return getShardIterator(context, requestOf(operation, body));
    case "GetRecords":
      return getRecords(context, requestOf(operation, body));
    default:
      return assertNever(operation);
  }
}

type Request<O extends StreamOperation> = Parsed<(typeof streamShapes)[O]>;

function requestOf<O extends StreamOperation>(operation: O, body: unknown): Request<O> {
  const shape: (typeof streamShapes)[O] = streamShapes[operation];
  const parsed = parseShape(body, shape);
  if (parsed.kind === "wrongType") throw new StreamRefusal("SerializationException", parsed.text);
  const faults = findFaults(parsed.value, shape);
  if (faults.length > 0) throw new StreamRefusal("ValidationException", validationText(faults));
  return parsed.value;
}

export const tableStreamArn = ({ table, label }: TableStream, settings: Surroundings): string =>
  `arn:${settings.partition}:dynamodb:${settings.region}:${settings.accountId}:table/${table}/stream/${label}`;

async function knownStream(context: TableDoorContext, arn: string): Promise<TableStream> {
  const known = await context.tables.streams();
  const found = known.find((stream) => tableStreamArn(stream, context.settings) === arn);
  if (found === undefined) throw streamMissing(arn);
  return found;
}

async function storedStream(
  { streams }: TableDoorContext,
  { name }: TableStream,
  arn: string,
): Promise<StreamDescription> {
  const described = await streams.describe(name);
  if (described.kind !== "stream") throw refusalOfProblem(described, arn);
  return described.stream;
}

async function describeStream(context: TableDoorContext, request: Request<"DescribeStream">): Promise<JsonObject> {
  const { StreamArn: arn = "", ShardFilter: filter } = request;
  const known = await knownStream(context, arn);
  const stored = await storedStream(context, known, arn);
  if (filter !== undefined && (filter.Type === undefined || filter.ShardId === undefined)) {
    throw new StreamRefusal("ValidationException", "ShardFilter needs both Type and ShardId");
  }
  const start = request.ExclusiveStartShardId ?? "";
  const rest = stored.shards.filter(
    ({ id, parentId }) => id > start && (filter === undefined || parentId === filter.ShardId),
  );
  const shown = rest.slice(0, request.Limit ?? MOST_PAGE);
  const last = shown.at(-1)?.id;
  return {
    StreamDescription: {
      StreamArn: arn,
      StreamLabel: known.label,
      StreamStatus: known.closedAtMs === null ? "ENABLED" : "DISABLED",
      StreamViewType: known.viewType,
      CreationRequestDateTime: known.createdAtMs / 1_000,
      TableName: known.table,
      KeySchema: known.keySchema.map(({ AttributeName, KeyType }) => ({ AttributeName, KeyType })),
      Shards: shown.map(shardMembers),
      ...(rest.length > shown.length && last !== undefined ? { LastEvaluatedShardId: last } : {}),
    },
  };
}

function shardMembers(shard: ShardDescription): JsonObject {
  const ending = shard.endingSequenceNumber;
  return {
    ShardId: shard.id,
    SequenceNumberRange: {
      StartingSequenceNumber: shard.startingSequenceNumber,
      ...(ending === null ? {} : { EndingSequenceNumber: ending }),
    },
    ...(shard.parentId === null ? {} : { ParentShardId: shard.parentId }),
  };
}

async function listStreams(context: TableDoorContext, request: Request<"ListStreams">): Promise<JsonObject> {
  const { TableName: table, Limit: limit = MOST_PAGE, ExclusiveStartStreamArn: start = "" } = request;
  const known = await context.tables.streams();
  const listed = known
    .filter((stream) => table === undefined || stream.table === table)
    .map((stream) => ({ stream, arn: tableStreamArn(stream, context.settings) }))
    .toSorted((one, other) => (one.arn < other.arn ? -1 : 1))
    .filter(({ arn }) => arn > start);
  const shown = listed.slice(0, limit);
  const last = shown.at(-1)?.arn;
  return {
    Streams: shown.map(({ stream, arn }) => ({ StreamArn: arn, TableName: stream.table, StreamLabel: stream.label })),
    ...(listed.length > shown.length && last !== undefined ? { LastEvaluatedStreamArn: last } : {}),
  };
}

async function getShardIterator(context: TableDoorContext, request: Request<"GetShardIterator">): Promise<JsonObject> {
  const { StreamArn: arn = "", ShardId: shardId = "", ShardIteratorType: type, SequenceNumber: number } = request;
  const known = await knownStream(context, arn);
  const stored = await storedStream(context, known, arn);
  if (!stored.shards.some(({ id }) => id === shardId)) throw shardMissing(shardId, arn);
  const isByNumber = type === "AT_SEQUENCE_NUMBER" || type === "AFTER_SEQUENCE_NUMBER";
  if (isByNumber !== (number !== undefined)) {
    throw new StreamRefusal(
      "ValidationException",
      isByNumber
        ? `SequenceNumber is required with ShardIteratorType ${type}`
        : `SequenceNumber cannot be specified with ShardIteratorType ${type}`,
    );
  }
  const start = { kind: type === "LATEST" ? "latest" : "trimHorizon" } as const;
  const located = await context.streams.locate(known.name, shardId, start);
  if (located.kind !== "place") throw refusalOfProblem(located, arn);
  const after =
    number === undefined
      ? located.after
      : placeOfNumber(number, { isAt: type === "AT_SEQUENCE_NUMBER", oldest: located.after });
  const madeAtMs = context.clock.nowMs();
  return { ShardIterator: textOfIterator({ streamArn: arn, shardId, after, madeAtMs }) };
}

function placeOfNumber(
  number: string,
  { isAt, oldest }: { readonly isAt: boolean; readonly oldest: Position | null },
): Position | null {
  const before = placeBefore("dynamodb", number);
  if (before === undefined) {
    throw new StreamRefusal("ValidationException", `Invalid SequenceNumber: ${number}`);
  }
  const after = isAt ? before : number;
  if (oldest !== null && (after ?? "") < oldest) {
    throw new StreamRefusal(
      "TrimmedDataAccessException",
      "The operation attempted to read past the oldest stream record in a shard.",
    );
  }
  return after;
}

async function getRecords(context: TableDoorContext, request: Request<"GetRecords">): Promise<JsonObject> {
  const iterator = parseIterator(request.ShardIterator ?? "");
  if (iterator === null) throw new StreamRefusal("ValidationException", "Invalid ShardIterator");
  const nowMs = context.clock.nowMs();
  if (nowMs - iterator.madeAtMs > ITERATOR_LIFE_MS) {
    throw new StreamRefusal("ExpiredIteratorException", "The shard iterator has expired: it is good for 15 minutes.");
  }
  const { streamArn, shardId } = iterator;
  const known = await knownStream(context, streamArn);
  const read = await context.streams.read(known.name, shardId, iterator.after, {
    limit: request.Limit ?? MOST_READ_RECORDS,
    maxBytes: MOST_READ_BYTES,
  });
  if (read.kind === "missing") throw shardMissing(shardId, streamArn);
  if (read.kind === "problem") throw refusalOfProblem(read, streamArn);
  const after = read.records.at(-1)?.sequenceNumber ?? iterator.after;
  const next = read.isEnded ? {} : { NextShardIterator: textOfIterator({ ...iterator, after, madeAtMs: nowMs }) };
  return { Records: read.records.map((record) => recordMembers(record, context.settings.region)), ...next };
}

/** A record as this API writes it, which is not quite as an event has it. */
function recordMembers(record: StoredRecord, awsRegion: string): JsonObject {
  const entryId = entryIdFromPosition(record.sequenceNumber) ?? "0-0";
  const change = JSON.parse(Buffer.from(admittedChange(record.data, entryId)).toString("utf8")) as StoredChange;
  const { SizeBytes, StreamViewType, ...shown } = change.dynamodb;
  return {
    eventID: change.eventID,
    eventName: change.eventName,
    eventVersion: "1.1",
    eventSource: "aws:dynamodb",
    awsRegion,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(record.arrivedAtMs / 1_000),
      ...shown,
      SequenceNumber: record.sequenceNumber,
      SizeBytes,
      StreamViewType,
    },
    ...(change.userIdentity === undefined
      ? {}
      : { userIdentity: { PrincipalId: change.userIdentity.principalId, Type: change.userIdentity.type } }),
  };
}

/** What `admittedChange` lets through. */
interface StoredChange {
  readonly eventID: string;
  readonly eventName: string;
  readonly dynamodb: JsonObject & { readonly SizeBytes: number; readonly StreamViewType: string };
  readonly userIdentity?: { readonly type: string; readonly principalId: string };
}
