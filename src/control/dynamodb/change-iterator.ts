// Shard iterators of table streams: opaque texts that carry a place and the instant they were made at. They hold no secret and are
// checked part by part when they come back.

import { entryIdFromPosition, positionFromEntryId } from "../../kinds/stream-family.ts";
import type { Position } from "../../ports/source.ts";

/** AWS's: fifteen minutes. */
export const ITERATOR_LIFE_MS = 900_000;

export interface ChangeIterator {
  readonly streamArn: string;
  readonly shardId: string;
  /** Null: the shard's beginning. */
  readonly after: Position | null;
  readonly madeAtMs: number;
}

/** `ARN|1|…`, as AWS's look. */
export function textOfIterator({ streamArn, shardId, after, madeAtMs }: ChangeIterator): string {
  return `${streamArn}|1|${Buffer.from([madeAtMs, shardId, after ?? ""].join("/")).toString("base64")}`;
}

export function parseIterator(text: string): ChangeIterator | null {
  const [streamArn = "", version, place = "", ...rest] = text.split("|");
  if (version !== "1" || rest.length > 0) return null;
  const bytes = Buffer.from(place, "base64");
  if (bytes.toString("base64") !== place) return null;
  const [madeAt = "", shardId = "", after = "", ...more] = bytes.toString("latin1").split("/");
  if (more.length > 0 || !/^\d{1,16}$/.test(madeAt) || !/^[\w-]{1,65}$/.test(shardId)) return null;
  if (after !== "" && entryIdFromPosition(after) === null) return null;
  return { streamArn, shardId, after: after === "" ? null : after, madeAtMs: Number(madeAt) };
}

const MOST_COUNTER = 18_446_744_073_709_551_615n;

/** The greatest place before a record's own; null: it is the shard's beginning. Undefined: no sequence number of ours. */
export function placeBefore(sequenceNumber: string): Position | null | undefined {
  const entryId = entryIdFromPosition(sequenceNumber);
  if (entryId === null) return undefined;
  const [ms = "0", counter = "0"] = entryId.split("-");
  if (counter !== "0") return positionFromEntryId("dynamodb", `${ms}-${BigInt(counter) - 1n}`);
  return ms === "0" ? null : positionFromEntryId("dynamodb", `${BigInt(ms) - 1n}-${MOST_COUNTER}`);
}
