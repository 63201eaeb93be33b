// Answers of the Kinesis calls: a body, or an error whose name stands in `__type`.

import type { StreamsProblem } from "../../ports/streams.ts";
import { assertNever } from "../../core/assert-never.ts";
import type { WireObject } from "./wire-value.ts";

const statuses = {
  ResourceNotFoundException: 400,
  ResourceInUseException: 400,
  ValidationException: 400,
  InvalidArgumentException: 400,
  ExpiredIteratorException: 400,
  ExpiredNextTokenException: 400,
  LimitExceededException: 400,
  SerializationException: 400,
  UnknownOperationException: 400,
  RequestEntityTooLarge: 413,
  AccessDeniedException: 400,
  InternalFailure: 500,
} as const;

export type KinesisErrorName = keyof typeof statuses;

export interface KinesisAnswer {
  readonly status: number;
  readonly errorType: KinesisErrorName | null;
  /** Null: an empty body. */
  readonly body: WireObject | null;
}

export const kinesisSuccess = (body: WireObject | null): KinesisAnswer => ({ status: 200, errorType: null, body });

export function kinesisFailure(errorType: KinesisErrorName, text: string): KinesisAnswer {
  // Coral writes this one error's text under a capital letter.
  const member = errorType === "SerializationException" ? "Message" : "message";
  return { status: statuses[errorType], errorType, body: { __type: errorType, [member]: text } };
}

export const streamMissing = (name: string, accountId: string): KinesisAnswer =>
  kinesisFailure("ResourceNotFoundException", `Stream ${name} under account ${accountId} not found.`);

export const shardMissing = (shardId: string, streamName: string, accountId: string): KinesisAnswer =>
  kinesisFailure(
    "ResourceNotFoundException",
    `Shard ${shardId} in stream ${streamName} under account ${accountId} does not exist`,
  );

/** What a store cannot do now is a fault of the server: SDKs try again by themselves. */
export function answerOfProblem(problem: StreamsProblem, name: string, accountId: string): KinesisAnswer {
  switch (problem.kind) {
    case "missing":
      return streamMissing(name, accountId);
    case "problem":
      return kinesisFailure("InternalFailure", `Stream ${name} cannot be used now: ${problem.problem.detail}`);
    default:
      return assertNever(problem);
  }
}
