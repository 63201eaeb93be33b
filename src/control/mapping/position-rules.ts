// Starting positions and their timestamps (V5, V7, V8, M-501). Streams judge both at once; Kafka and DocumentDB look at a timestamp
// that fits nothing, and DocumentDB at a missing position, only once the source has been reached.

import type { ApiAnswer } from "../api-answer.ts";
import { fault, validationText } from "../shape.ts";
import type { CreateRequest } from "./mapping-members.ts";
import { refusal } from "./refusal.ts";
import { isKafkaKind, isStreamKind, type SourceKind } from "./source-kinds.ts";

const NEEDLESS_TIMESTAMP = "Timestamp only valid with StartingPosition AT_TIMESTAMP";
/** The service's own sentence, with a full stop that the model layer's lacks. */
const missingPosition = `${validationText([fault(null, "startingPosition", "Member must not be null")])}.`;

export function refusePosition(kind: SourceKind, request: CreateRequest, nowMs: number): ApiAnswer | null {
  const { StartingPosition: position, StartingPositionTimestamp: timestamp } = request;
  if (isStreamKind(kind) && position === undefined) return refusal(missingPosition);
  if (kind === "dynamodb" && position === "AT_TIMESTAMP") {
    return refusal(`Unsupported starting position for arn type: ${request.EventSourceArn}`);
  }
  if (position === "AT_TIMESTAMP" && timestamp === undefined) {
    return isStreamKind(kind)
      ? refusal("Need to specify a timestamp")
      : refusal("When the starting position is 'AT_TIMESTAMP', a starting position timestamp must be provided.");
  }
  if (isStreamKind(kind) && timestamp !== undefined) return refuseStreamTimestamp(position, timestamp, nowMs);
  return null;
}

/** V8a, V8b. */
function refuseStreamTimestamp(position: string | undefined, timestamp: number, nowMs: number): ApiAnswer | null {
  if (position !== "AT_TIMESTAMP") return refusal(NEEDLESS_TIMESTAMP);
  if (timestamp * 1_000 <= nowMs) return null;
  const wholeSecondMs = Math.floor(timestamp) * 1_000;
  return refusal(
    "Received Exception while reading from provided stream. The timestampInMillis parameter cannot be greater than the " +
      `currentTimestampInMillis. timestampInMillis: ${wholeSecondMs}, currentTimestampInMillis: ${nowMs}`,
  );
}

/** What is looked at last. No text of AWS's is known. */
export function refuseLatePosition(kind: SourceKind, request: CreateRequest, nowMs: number): ApiAnswer | null {
  const { StartingPosition: position, StartingPositionTimestamp: timestamp } = request;
  if (kind === "documentDb" && position === undefined) return refusal(missingPosition);
  if (timestamp === undefined || !(isKafkaKind(kind) || kind === "documentDb")) return null;
  if (position !== "AT_TIMESTAMP") return refusal(NEEDLESS_TIMESTAMP);
  return timestamp * 1_000 <= nowMs ? null : refusal("StartingPositionTimestamp must not lie in the future.");
}
