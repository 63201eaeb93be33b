// The shapes of the DynamoDB Streams calls, with the service model's outer bounds.

import { type Structure, wholePattern } from "../shape.ts";

const streamArn = { kind: "string", min: 37, max: 1_024 } as const;
const shardId = { kind: "string", min: 28, max: 65 } as const;
const limit = { kind: "integer", min: 1, max: 100 } as const;

export const streamShapes = {
  DescribeStream: {
    kind: "structure",
    members: {
      StreamArn: streamArn,
      Limit: limit,
      ExclusiveStartShardId: shardId,
      ShardFilter: {
        kind: "structure",
        members: { Type: { kind: "string", oneOf: ["CHILD_SHARDS"] }, ShardId: shardId },
      },
    },
    required: ["StreamArn"],
  },
  ListStreams: {
    kind: "structure",
    members: {
      TableName: { kind: "string", min: 3, max: 255, pattern: wholePattern("[a-zA-Z0-9_.-]+") },
      Limit: limit,
      ExclusiveStartStreamArn: streamArn,
    },
  },
  GetShardIterator: {
    kind: "structure",
    members: {
      StreamArn: streamArn,
      ShardId: shardId,
      ShardIteratorType: {
        kind: "string",
        oneOf: ["TRIM_HORIZON", "LATEST", "AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER"],
      },
      SequenceNumber: { kind: "string", min: 21, max: 40 },
    },
    required: ["StreamArn", "ShardId", "ShardIteratorType"],
  },
  GetRecords: {
    kind: "structure",
    members: {
      ShardIterator: { kind: "string", min: 1, max: 2_048 },
      Limit: { kind: "integer", min: 1, max: 1_000 },
    },
    required: ["ShardIterator"],
  },
} as const satisfies { readonly [operation: string]: Structure };

export type StreamOperation = keyof typeof streamShapes;

export const streamOperations: readonly StreamOperation[] = [
  "DescribeStream",
  "ListStreams",
  "GetShardIterator",
  "GetRecords",
];
