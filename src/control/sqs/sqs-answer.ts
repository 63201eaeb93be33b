// What a call of SQS answers, in either protocol: a body, or an error with its two names: the shape's, `__type` in JSON, and the older
// one, which the query protocol has in its XML and JSON in the header x-amzn-query-error, as clients still go by it.

import type { JsonObject } from "../api-answer.ts";

const QUEUES = "AWS.SimpleQueueService";
const CORAL = "com.amazon.coral.service#";

const errors = {
  BatchEntryIdsNotDistinct: { status: 400, queryCode: `${QUEUES}.BatchEntryIdsNotDistinct` },
  BatchRequestTooLong: { status: 400, queryCode: `${QUEUES}.BatchRequestTooLong` },
  EmptyBatchRequest: { status: 400, queryCode: `${QUEUES}.EmptyBatchRequest` },
  InvalidAddress: { status: 404, queryCode: "InvalidAddress" },
  InvalidAttributeName: { status: 400, queryCode: "InvalidAttributeName" },
  InvalidAttributeValue: { status: 400, queryCode: "InvalidAttributeValue" },
  InvalidBatchEntryId: { status: 400, queryCode: `${QUEUES}.InvalidBatchEntryId` },
  InvalidMessageContents: { status: 400, queryCode: "InvalidMessageContents" },
  InvalidParameterValue: {
    status: 400,
    queryCode: "InvalidParameterValue",
    type: `${CORAL}InvalidParameterValueException`,
  },
  MessageNotInflight: { status: 400, queryCode: `${QUEUES}.MessageNotInflight` },
  MissingParameter: { status: 400, queryCode: "MissingParameter", type: `${CORAL}MissingRequiredParameterException` },
  OverLimit: { status: 403, queryCode: "OverLimit" },
  PurgeQueueInProgress: { status: 403, queryCode: `${QUEUES}.PurgeQueueInProgress` },
  QueueDoesNotExist: { status: 400, queryCode: `${QUEUES}.NonExistentQueue` },
  QueueNameExists: { status: 400, queryCode: "QueueAlreadyExists" },
  ReceiptHandleIsInvalid: { status: 404, queryCode: "ReceiptHandleIsInvalid" },
  ResourceNotFoundException: { status: 404, queryCode: "ResourceNotFoundException" },
  TooManyEntriesInBatchRequest: { status: 400, queryCode: `${QUEUES}.TooManyEntriesInBatchRequest` },
  UnsupportedOperation: { status: 400, queryCode: `${QUEUES}.UnsupportedOperation` },
  SerializationException: { status: 400, queryCode: "MalformedInput", type: `${CORAL}SerializationException` },
  InternalFailure: { status: 500, queryCode: "InternalError", type: `${CORAL}InternalFailure` },
} as const satisfies {
  readonly [name: string]: { readonly status: number; readonly queryCode: string; readonly type?: string };
};

export type SqsErrorName = keyof typeof errors;

export interface SqsAnswer {
  readonly status: number;
  readonly body: JsonObject;
  /** Null: a success. */
  readonly error: {
    readonly name: SqsErrorName;
    /** Its name in the older query protocol. */
    readonly queryCode: string;
    readonly fault: "Sender" | "Receiver";
    readonly text: string;
  } | null;
}

/** Thrown within this door only; `callSqs`, or the entry of a batch, makes it an answer. */
export class SqsRefusal extends Error {
  readonly error: SqsErrorName;

  constructor(error: SqsErrorName, text: string) {
    super(text);
    this.error = error;
  }

  get queryCode(): string {
    return errors[this.error].queryCode;
  }
}

export const sqsSuccess = (body: JsonObject): SqsAnswer => ({ status: 200, body, error: null });

export function sqsFailure(name: SqsErrorName, text: string): SqsAnswer {
  const error = errors[name];
  const type = "type" in error ? error.type : `com.amazonaws.sqs#${name}`;
  return {
    status: error.status,
    body: { __type: type, message: text },
    error: { name, queryCode: error.queryCode, fault: error.status < 500 ? "Sender" : "Receiver", text },
  };
}

export const queueMissing = (): SqsRefusal =>
  new SqsRefusal("QueueDoesNotExist", "The specified queue does not exist.");

export const missingParameter = (name: string): SqsRefusal =>
  new SqsRefusal("MissingParameter", `The request must contain the parameter ${name}.`);

export const invalidParameter = (name: string, value: string | number, reason: string): SqsRefusal =>
  new SqsRefusal("InvalidParameterValue", `Value ${value} for parameter ${name} is invalid. Reason: ${reason}`);
