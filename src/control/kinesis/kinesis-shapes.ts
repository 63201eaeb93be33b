// The shapes of the Kinesis calls that producing and reading need, with the service model's outer bounds.

import { type Structure, wholePattern } from "../shape.ts";

const name = { kind: "string", min: 1, max: 128, pattern: wholePattern("[a-zA-Z0-9_.-]+") } as const;
const streamArn = {
  kind: "string",
  min: 1,
  max: 2_048,
  pattern: wholePattern(String.raw`arn:aws.*:kinesis:.*:\d{12}:stream/\S+`),
} as const;
const sequenceNumber = { kind: "string", pattern: wholePattern(String.raw`0|([1-9]\d{0,128})`) } as const;
const hashKey = { kind: "string", pattern: wholePattern(String.raw`0|([1-9]\d{0,38})`) } as const;
const partitionKey = { kind: "string", min: 1, max: 256 } as const;
const data = { kind: "blob", max: 1_048_576 } as const;
const count = { kind: "integer", min: 1, max: 10_000 } as const;
const token = { kind: "string", min: 1, max: 1_048_576 } as const;

const consumerArn = {
  kind: "string",
  min: 1,
  max: 2_048,
  pattern: wholePattern(
    String.raw`(arn):aws.*:kinesis:.*:\d{12}:.*stream\/[a-zA-Z0-9_.-]+\/consumer\/[a-zA-Z0-9_.-]+:[0-9]+`,
  ),
} as const;

const consumer = { StreamARN: streamArn, ConsumerName: name, ConsumerARN: consumerArn } as const;

const startType = {
  kind: "string",
  oneOf: ["AFTER_SEQUENCE_NUMBER", "LATEST", "AT_TIMESTAMP", "AT_SEQUENCE_NUMBER", "TRIM_HORIZON"],
} as const;

const stream = { StreamName: name, StreamARN: streamArn } as const;

export const kinesisShapes = {
  CreateStream: {
    kind: "structure",
    members: {
      StreamName: name,
      ShardCount: { kind: "integer", min: 1 },
      StreamModeDetails: {
        kind: "structure",
        members: { StreamMode: { kind: "string", oneOf: ["PROVISIONED", "ON_DEMAND"] } },
        required: ["StreamMode"],
      },
      Tags: { kind: "map", value: { kind: "string", min: 0, max: 256 }, keyMin: 1, keyMax: 128 },
      WarmThroughputMiBps: { kind: "integer", min: 0 },
      MaxRecordSizeInKiB: { kind: "integer", min: 1_024, max: 10_240 },
    },
    required: ["StreamName"],
  },
  DeleteStream: { kind: "structure", members: { ...stream, EnforceConsumerDeletion: { kind: "boolean" } } },
  DescribeStream: { kind: "structure", members: { ...stream, Limit: count, ExclusiveStartShardId: name } },
  DescribeStreamSummary: { kind: "structure", members: stream },
  ListStreams: {
    kind: "structure",
    members: { Limit: count, ExclusiveStartStreamName: name, NextToken: token },
  },
  ListShards: {
    kind: "structure",
    members: {
      ...stream,
      NextToken: token,
      ExclusiveStartShardId: name,
      MaxResults: count,
      StreamCreationTimestamp: { kind: "timestamp" },
      ShardFilter: {
        kind: "structure",
        members: {
          Type: {
            kind: "string",
            oneOf: [
              "AFTER_SHARD_ID",
              "AT_TRIM_HORIZON",
              "FROM_TRIM_HORIZON",
              "AT_LATEST",
              "AT_TIMESTAMP",
              "FROM_TIMESTAMP",
            ],
          },
          ShardId: name,
          Timestamp: { kind: "timestamp" },
        },
        required: ["Type"],
      },
    },
  },
  PutRecord: {
    kind: "structure",
    members: {
      ...stream,
      Data: data,
      PartitionKey: partitionKey,
      ExplicitHashKey: hashKey,
      SequenceNumberForOrdering: sequenceNumber,
    },
    required: ["Data", "PartitionKey"],
  },
  PutRecords: {
    kind: "structure",
    members: {
      Records: {
        kind: "list",
        min: 1,
        max: 500,
        item: {
          kind: "structure",
          members: { Data: data, ExplicitHashKey: hashKey, PartitionKey: partitionKey },
          required: ["Data", "PartitionKey"],
        },
      },
      ...stream,
    },
    required: ["Records"],
  },
  GetShardIterator: {
    kind: "structure",
    members: {
      ...stream,
      ShardId: name,
      ShardIteratorType: startType,
      StartingSequenceNumber: sequenceNumber,
      Timestamp: { kind: "timestamp" },
    },
    required: ["ShardId", "ShardIteratorType"],
  },
  GetRecords: {
    kind: "structure",
    members: { ShardIterator: { kind: "string", min: 1, max: 512 }, Limit: count, StreamARN: streamArn },
    required: ["ShardIterator"],
  },
  RegisterStreamConsumer: {
    kind: "structure",
    members: {
      StreamARN: streamArn,
      ConsumerName: name,
      Tags: { kind: "map", value: { kind: "string", min: 0, max: 256 }, keyMin: 1, keyMax: 128 },
    },
    required: ["StreamARN", "ConsumerName"],
  },
  DescribeStreamConsumer: { kind: "structure", members: consumer },
  DeregisterStreamConsumer: { kind: "structure", members: consumer },
  ListStreamConsumers: {
    kind: "structure",
    members: {
      StreamARN: streamArn,
      NextToken: token,
      MaxResults: count,
      StreamCreationTimestamp: { kind: "timestamp" },
    },
    required: ["StreamARN"],
  },
  SplitShard: {
    kind: "structure",
    members: { ...stream, ShardToSplit: name, NewStartingHashKey: hashKey },
    required: ["ShardToSplit", "NewStartingHashKey"],
  },
  MergeShards: {
    kind: "structure",
    members: { ...stream, ShardToMerge: name, AdjacentShardToMerge: name },
    required: ["ShardToMerge", "AdjacentShardToMerge"],
  },
  UpdateShardCount: {
    kind: "structure",
    members: {
      ...stream,
      TargetShardCount: { kind: "integer", min: 1 },
      ScalingType: { kind: "string", oneOf: ["UNIFORM_SCALING"] },
    },
    required: ["TargetShardCount", "ScalingType"],
  },
  IncreaseStreamRetentionPeriod: {
    kind: "structure",
    members: { ...stream, RetentionPeriodHours: { kind: "integer" } },
    required: ["RetentionPeriodHours"],
  },
  DecreaseStreamRetentionPeriod: {
    kind: "structure",
    members: { ...stream, RetentionPeriodHours: { kind: "integer" } },
    required: ["RetentionPeriodHours"],
  },
} as const satisfies { readonly [operation: string]: Structure };

/** The one call that is answered with a stream of events, and so not with the others. */
export const SUBSCRIBE_OPERATION = "SubscribeToShard";

export const subscribeShape = {
  kind: "structure",
  members: {
    ConsumerARN: consumerArn,
    ShardId: name,
    StartingPosition: {
      kind: "structure",
      members: { Type: startType, SequenceNumber: sequenceNumber, Timestamp: { kind: "timestamp" } },
      required: ["Type"],
    },
  },
  required: ["ConsumerARN", "ShardId", "StartingPosition"],
} as const satisfies Structure;

export type KinesisOperation = keyof typeof kinesisShapes;

export const kinesisOperations: readonly KinesisOperation[] = Object.keys(kinesisShapes).filter(
  (operation): operation is KinesisOperation => Object.hasOwn(kinesisShapes, operation),
);
