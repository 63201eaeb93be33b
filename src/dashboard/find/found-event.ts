// The event of one record alone, as its function gets it, read from the source again.

import type { BatchQuestion } from "../../cli/explain/batch-text.ts";
import { asked, streamOf } from "../../cli/explain/record-question.ts";
import { familyOfSettings, kindOf } from "../../cli/explain/record-facts.ts";
import { recordsBetween, type SourceRecords } from "../../cli/explain/source-records.ts";
import { sourceFamily } from "../../cli/source-family.ts";
import { entryIdFromPosition } from "../../kinds/stream-family.ts";

/** JSON; null: it is no record of a stream, or the source does not have it any more. */
export async function eventOf({ story, focus }: BatchQuestion, records: SourceRecords | null): Promise<string | null> {
  if (records === null || focus.kind !== "record" || sourceFamily(story.settings) !== "stream") return null;
  const { position } = focus;
  const [, unit = ""] = story.lane.split("/");
  const place = { stream: streamOf(story.settings), unit, first: position, last: position };
  const [record] = (await asked(() => recordsBetween(records, place))) ?? [];
  const entryId = entryIdFromPosition(position);
  if (record === undefined || entryId === null) return null;
  const kind = kindOf(story.settings, familyOfSettings(story.settings));
  const { arrivedAtMs, partitionKey, data } = record;
  const read = {
    ordinal: 0,
    arrivedAtMs,
    sizeBytes: 0,
    entryId,
    partitionKey: Buffer.from(partitionKey, "utf8"),
    data: kind.admitted(data, entryId),
  };
  return kind.text(unit, [read], null);
}
