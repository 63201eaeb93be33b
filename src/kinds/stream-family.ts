// The two families of streams that the stores carry, told apart by a stream's stored name, and how each writes a record's position.
// The stores number records of both by entry ids; nothing else in the house knows which digits a family makes of one.

import { entryIdFromChangeNumber, changeNumberFromEntryId } from "./dynamodb/change-number.ts";
import { entryIdBefore } from "./entry-id.ts";
import { entryIdFromSequenceNumber, sequenceNumberFromEntryId } from "./kinesis/sequence-number.ts";
import type { Position } from "../ports/source.ts";

export type StreamFamily = "kinesis" | "dynamodb";

/** A name of a Kinesis stream has no slash, so the two can never meet. */
const DYNAMODB_PREFIX = "dynamodb/";

export function familyOf(streamName: string): StreamFamily {
  return streamName.startsWith(DYNAMODB_PREFIX) ? "dynamodb" : "kinesis";
}

/** The stored name of a table's stream; the label is `2026-11-29T12:00:00.123`. */
export function dynamodbStreamName(tableName: string, label: string): string {
  return `${DYNAMODB_PREFIX}${tableName}/${label}`;
}

/** The name within its family: that of a Kinesis stream, `TABLE/LABEL` of a table's. */
export function nameWithinFamily(streamName: string): string {
  return familyOf(streamName) === "dynamodb" ? streamName.slice(DYNAMODB_PREFIX.length) : streamName;
}

/** `entryId` is `<ms>-<counter>`, both decimal without leading zeros and below 2^64. */
export function positionFromEntryId(family: StreamFamily, entryId: string): Position {
  return family === "kinesis" ? sequenceNumberFromEntryId(entryId) : changeNumberFromEntryId(entryId);
}

/** Of a position of either family; null where it is one of neither. */
export function entryIdFromPosition(position: Position): string | null {
  return entryIdFromSequenceNumber(position) ?? entryIdFromChangeNumber(position);
}

/** The greatest place before a record's own; null: it is the shard's beginning. Undefined: no position of this family. */
export function placeBefore(family: StreamFamily, position: Position): Position | null | undefined {
  const entryId = family === "kinesis" ? entryIdFromSequenceNumber(position) : entryIdFromChangeNumber(position);
  if (entryId === null) return undefined;
  return entryId === "0-0" ? null : positionFromEntryId(family, entryIdBefore(entryId));
}
