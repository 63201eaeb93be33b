// What a call of SNS answers: what stands in its result, or an error by its code in the query protocol.

import type { XmlElement } from "../http/xml.ts";

export const SNS_VERSION = "2010-03-31";

const statuses = {
  InvalidParameter: 400,
  ParameterValueInvalid: 400,
  NotFound: 404,
  ResourceNotFound: 404,
  TagLimitExceeded: 400,
  EmptyBatchRequest: 400,
  TooManyEntriesInBatchRequest: 400,
  BatchEntryIdsNotDistinct: 400,
  InvalidBatchEntryId: 400,
  BatchRequestTooLong: 400,
  InternalError: 500,
} as const;

export type SnsErrorName = keyof typeof statuses;

/** Null: an operation that answers nothing at all. */
export type SnsResult = readonly XmlElement[] | null;

export type SnsAnswer =
  | { readonly kind: "result"; readonly result: SnsResult }
  | { readonly kind: "error"; readonly status: number; readonly code: SnsErrorName; readonly text: string };

/** Thrown within this door only; `callSns`, or the entry of a batch, makes it an answer. */
export class SnsRefusal extends Error {
  readonly error: SnsErrorName;

  constructor(error: SnsErrorName, text: string) {
    super(text);
    this.error = error;
  }
}

export const snsFailure = (code: SnsErrorName, text: string): SnsAnswer => ({
  kind: "error",
  status: statuses[code],
  code,
  text,
});

export const invalid = (text: string): SnsRefusal => new SnsRefusal("InvalidParameter", `Invalid parameter: ${text}`);
export const topicMissing = (): SnsRefusal => new SnsRefusal("NotFound", "Topic does not exist");
export const subscriptionMissing = (): SnsRefusal => new SnsRefusal("NotFound", "Subscription does not exist");
