// Shard iterators of table streams: opaque texts that carry a place and the instant they were made at. They hold no secret and are
// checked part by part when they come back.

import { entryIdFromPosition } from "../../kinds/stream-family.ts";
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
