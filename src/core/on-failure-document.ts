// The document that a destination receives for a batch that was given up (O-2 to O-17, M-421 to M-426), member order included, and the
// key of the object where it goes to S3. The source's own part is made by its kind; who sends it is the reporter's business.

import { instantWithMs, javaInstant } from "./instant.ts";
import type { Condition } from "./lane-state.ts";
import type { Outcome } from "./outcome.ts";
import type { WindowPart } from "./tumbling.ts";

/** The member of the document that is its source's own: its name (`KinesisBatchInfo`, `KafkaBatchInfo`) and its members in order. */
export interface BatchInfo {
  readonly name: string;
  readonly members: Readonly<Record<string, string | number | InfoPart>>;
}

interface InfoPart {
  readonly [member: string]: string | InfoPart;
}

export interface ResponseContext {
  readonly statusCode: number;
  readonly executedVersion: string;
  readonly functionError: "Unhandled" | null;
}

export interface GivenUp {
  /** The request id of the batch's identity; drawn for it even if it was never invoked (O-8). */
  readonly requestId: string;
  /** As the mapping has it, with alias or version (O-2). */
  readonly functionArn: string;
  readonly condition: Condition;
  /** The identity's counted attempts; the document shows at least 1 (O-8). */
  readonly attempts: number;
  /** What decided it, null for age. */
  readonly outcome: Outcome | null;
  /** `$LATEST` or a number; null where the function did not run. */
  readonly executedVersion: string | null;
  /** When the document was made. */
  readonly atMs: number;
  readonly batchInfo: BatchInfo;
  readonly window: Pick<WindowPart, "startMs" | "endMs" | "isFinal" | "isTerminatedEarly"> | null;
}

/** The document for SQS and SNS: compact JSON without the records (O-9). */
export function onFailureDocument(given: GivenUp): string {
  return JSON.stringify(membersOf(given, null));
}

/** The object for S3: the same with the event as the function got it, as a string (O-10). */
export function onFailureObject(given: GivenUp, eventJson: string): string {
  return JSON.stringify(membersOf(given, eventJson));
}

/**
 * The message for a topic of Kafka: the same of one record, with the event of it alone as it is and a word of its own for the condition
 * (M-424). `given.batchInfo` is the record's.
 */
export function onFailureMessage(given: GivenUp, eventJson: string): string {
  const { functionArn } = given;
  const isQualified = functionArn.split(":").length > UNQUALIFIED_PARTS;
  const condition = given.condition === "RetryAttemptsExhausted" ? "RetriesExhausted" : given.condition;
  const members = membersOf({ ...given, functionArn: isQualified ? functionArn : `${functionArn}:$LATEST` }, null);
  const { requestContext, ...others } = members;
  const text = JSON.stringify({ requestContext: { ...requestContext, condition }, ...others });
  // The event's own text: its offset may have more digits than a number keeps (M-106).
  return `${text.slice(0, -1)},"payload":${eventJson}}`;
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME` */
const UNQUALIFIED_PARTS = 7;

/** Key of the S3 object, to the second of the document's timestamp (O-11). */
export function onFailureObjectKey(place: {
  readonly mappingUuid: string;
  readonly unit: string;
  readonly atMs: number;
  readonly randomUuid: string;
}): string {
  const [day = "", time = ""] = instantWithMs(place.atMs).slice(0, 19).split("T");
  const folder = `aws/lambda/${place.mappingUuid}/${place.unit}/${day.replaceAll("-", "/")}`;
  return `${folder}/${day}T${time.replaceAll(":", ".")}-${place.randomUuid}`;
}

/** Null, and then absent as a key, where no answer of the function decided the outcome (O-6, O-7). */
export function responseContextOf(
  given: Pick<GivenUp, "condition" | "outcome" | "executedVersion">,
): ResponseContext | null {
  const { outcome, executedVersion } = given;
  if (given.condition === "RecordAgeExceeded" || outcome === null || executedVersion === null) return null;
  if (outcome.kind === "answered") return { statusCode: 200, executedVersion, functionError: null };
  return outcome.kind === "functionError" ? { statusCode: 200, executedVersion, functionError: "Unhandled" } : null;
}

interface Members extends Readonly<Record<string, unknown>> {
  readonly requestContext: object;
}

function membersOf(given: GivenUp, eventJson: string | null): Members {
  const responseContext = responseContextOf(given);
  const { window } = given;
  return {
    requestContext: {
      requestId: given.requestId,
      functionArn: given.functionArn,
      condition: given.condition,
      approximateInvokeCount: Math.max(1, given.attempts),
    },
    ...(responseContext === null ? {} : { responseContext }),
    version: "1.0",
    ...(eventJson === null ? {} : { payload: eventJson }),
    timestamp: instantWithMs(given.atMs),
    [given.batchInfo.name]: given.batchInfo.members,
    ...(window === null
      ? {}
      : {
          timeWindowInfo: {
            window: { start: javaInstant(window.startMs), end: javaInstant(window.endMs) },
            isFinalInvokeForWindow: window.isFinal,
            isWindowTerminatedEarly: window.isTerminatedEarly,
          },
        }),
  };
}
