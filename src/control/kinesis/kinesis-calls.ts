// One Kinesis call: its body parsed by its shape, carried out on the streams, its answer as a value. No HTTP here.

import { assertNever } from "../../core/assert-never.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Streams } from "../../ports/streams.ts";
import type { Surroundings } from "../lookups.ts";
import { findFaults, type Parsed, parseShape, validationText } from "../shape.ts";
import { type KinesisAnswer, kinesisFailure } from "./kinesis-answer.ts";
import { type KinesisOperation, kinesisOperations, kinesisShapes } from "./kinesis-shapes.ts";
import { deregisterConsumer, describeConsumer, listConsumers, registerConsumer } from "./consumer-operations.ts";
import type { ConsumerRegistry } from "./consumer-registry.ts";
import { mergeShards, splitShard, updateShardCount } from "./reshard-operations.ts";
import { getRecords, getShardIterator, putRecord, putRecords } from "./record-operations.ts";
import {
  changeRetention,
  createStream,
  deleteStream,
  describeStream,
  describeStreamSummary,
  listShards,
  listStreams,
} from "./stream-operations.ts";

export interface KinesisContext {
  readonly streams: Streams;
  readonly consumers: ConsumerRegistry;
  readonly clock: Clock;
  readonly settings: Surroundings;
  /** Records have been put. */
  readonly onPut?: (streamName: string, recordCount: number) => void;
}

export const isKinesisOperation = (name: string): name is KinesisOperation =>
  kinesisOperations.some((operation) => operation === name);

/** Never rejects: a store that fails is InternalFailure, which clients try again. */
export async function callKinesis(
  context: KinesisContext,
  operation: KinesisOperation,
  body: unknown,
): Promise<KinesisAnswer> {
  try {
    return await carryOut(context, operation, body);
  } catch (error) {
    return kinesisFailure("InternalFailure", error instanceof Error ? error.message : String(error));
  }
}

async function carryOut(context: KinesisContext, operation: KinesisOperation, body: unknown): Promise<KinesisAnswer> {
  switch (operation) {
    case "CreateStream":
      return read(operation, body, (request) => createStream(context, request));
    case "DeleteStream":
      return read(operation, body, (request) => deleteStream(context, request));
    case "DescribeStream":
      return read(operation, body, (request) => describeStream(context, request));
    case "DescribeStreamSummary":
      return read(operation, body, (request) => describeStreamSummary(context, request));
    case "ListStreams":
      return read(operation, body, (request) => listStreams(context, request));
    case "ListShards":
      return read(operation, body, (request) => listShards(context, request));
    case "PutRecord":
      return read(operation, body, (request) => putRecord(context, request));
    case "PutRecords":
      return read(operation, body, (request) => putRecords(context, request));
    case "GetShardIterator":
      return read(operation, body, (request) => getShardIterator(context, request));
    case "GetRecords":
      return read(operation, body, (request) => getRecords(context, request));
    case "RegisterStreamConsumer":
      return read(operation, body, (request) => registerConsumer(context, request));
    case "DescribeStreamConsumer":
      return read(operation, body, (request) => describeConsumer(context, request));
    case "DeregisterStreamConsumer":
      return read(operation, body, (request) => deregisterConsumer(context, request));
    case "ListStreamConsumers":
      return read(operation, body, (request) => listConsumers(context, request));
    case "SplitShard":
      return read(operation, body, (request) => splitShard(context, request));
    case "MergeShards":
      return read(operation, body, (request) => mergeShards(context, request));
    case "UpdateShardCount":
      return read(operation, body, (request) => updateShardCount(context, request));
    case "IncreaseStreamRetentionPeriod":
      return read(operation, body, (request) => changeRetention(context, request, "longer"));
    case "DecreaseStreamRetentionPeriod":
      return read(operation, body, (request) => changeRetention(context, request, "shorter"));
    default:
      return assertNever(operation);
  }
}

function read<O extends KinesisOperation>(
  operation: O,
  body: unknown,
  work: (request: Parsed<(typeof kinesisShapes)[O]>) => Promise<KinesisAnswer>,
): Promise<KinesisAnswer> {
  const shape: (typeof kinesisShapes)[O] = kinesisShapes[operation];
  const parsed = parseShape(body, shape);
  if (parsed.kind === "wrongType") return Promise.resolve(kinesisFailure("SerializationException", parsed.text));
  const faults = findFaults(parsed.value, shape);
  if (faults.length > 0) return Promise.resolve(kinesisFailure("ValidationException", validationText(faults)));
  return work(parsed.value);
}
