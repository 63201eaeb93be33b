// What the DynamoDB Streams calls answer: a body, or an error by its type and text.

import type { JsonObject } from "../api-answer.ts";
import type { StreamsProblem } from "../../ports/streams.ts";

const TABLES = "com.amazonaws.dynamodb.v20120810#";
const CORAL = "com.amazon.coral.service#";

const errors = {
  ExpiredIteratorException: { status: 400, type: `${TABLES}ExpiredIteratorException` },
  InternalServerError: { status: 500, type: `${TABLES}InternalServerError` },
  ResourceNotFoundException: { status: 400, type: `${TABLES}ResourceNotFoundException` },
  SerializationException: { status: 400, type: `${CORAL}SerializationException` },
  TrimmedDataAccessException: { status: 400, type: `${TABLES}TrimmedDataAccessException` },
  ValidationException: { status: 400, type: "com.amazon.coral.validate#ValidationException" },
} as const;

export interface StreamAnswer {
  readonly status: number;
  readonly body: JsonObject;
}

/** Thrown within this door only; `callStream` makes it an answer. */
export class StreamRefusal extends Error {
  readonly answer: StreamAnswer;

  constructor(name: keyof typeof errors, text: string) {
    super(text);
    const { status, type } = errors[name];
    const member = name === "SerializationException" ? "Message" : "message";
    this.answer = { status, body: { __type: type, [member]: text } };
  }
}

export const streamMissing = (arn: string): StreamRefusal =>
  new StreamRefusal("ResourceNotFoundException", `Requested resource not found: Stream: ${arn} not found`);

export const shardMissing = (shardId: string, arn: string): StreamRefusal =>
  new StreamRefusal("ResourceNotFoundException", `Requested resource not found: Shard: ${shardId} of ${arn} not found`);

/** What a store cannot do now is a fault of the server: SDKs try again by themselves. */
export function refusalOfProblem(problem: StreamsProblem, arn: string): StreamRefusal {
  if (problem.kind === "missing") return streamMissing(arn);
  return new StreamRefusal("InternalServerError", `Stream ${arn} cannot be read now: ${problem.problem.detail}`);
}
