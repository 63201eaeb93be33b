// A record that the source has and no mapping has read: it was there before a start at LATEST, it is still to be read, or it was read
// before the journal begins.

import type { Position } from "../../ports/source.ts";
import { type Screen, signsOf } from "../screen.ts";
import { counted, localTime, shortId, shownLane, shownSource } from "../shown-forms.ts";
import type { Of } from "./batch-story.ts";
import type { TextOptions } from "./batch-text.ts";
import type { Explained } from "./explained.ts";
import { type MappingStory, readThrough, type UnitStory } from "./mapping-story.ts";
import type { SourceRecord } from "./source-records.ts";
import { closing, headline, labelled, MOST_KEY, nextLines, positionText, userText } from "./story-forms.ts";

export interface UnreadPlace {
  readonly mapping: MappingStory;
  readonly unit: UnitStory;
  readonly record: SourceRecord;
}

/** Null: no place. */
export function unreadText(places: readonly UnreadPlace[], options: TextOptions): Explained | null {
  const [first] = places;
  if (first === undefined) return null;
  const { screen, isFull } = options;
  const { mapping, record, unit } = first;
  const position = isFull ? record.position : positionText(record.position, signsOf(screen));
  const source = `${shownSource(mapping.settings)}, ${shownLane(`/${unit.unit}`, false)}`;
  const reasons = places.map((place) => ({ mapping: place.mapping.uuid, ...reasonOf(place) }));
  const lines = [
    ...headline(
      `record ${position}  key ${userText(record.partitionKey, MOST_KEY, { isFull, signs: signsOf(screen) })}  ${source}`,
      "NOT READ",
      options,
    ),
    ...labelled("arrived", localTime(record.arrivedAtMs), screen),
    ...reasons.flatMap(({ text, mapping: uuid }, index) =>
      verdictLines(index, `mapping ${shortId(uuid)}: ${text}`, screen),
    ),
    ...nextLines(
      [[`${options.command} explain ${shortId(mapping.uuid)}`, "how the mapping stands now"]],
      screen,
      options,
    ),
  ];
  const { arrivedAtMs, partitionKey: key } = record;
  const json = { kind: "record", position: record.position, key, arrivedAtMs, verdict: { code: "unread" }, reasons };
  return { text: `${lines.join("\n")}\n`, json };
}

const verdictLines = (index: number, text: string, screen: Screen): readonly string[] =>
  closing(index === 0 ? "verdict" : "", text, screen);

function reasonOf({ unit, record }: UnreadPlace): { readonly code: string; readonly text: string } {
  const { placed } = unit;
  if (placed !== null && placed.after !== null && record.position <= placed.after) {
    const were =
      placed.earlierCount === 1
        ? "the one record that was there before"
        : `one of ${counted(placed.earlierCount, "record")} that were there before`;
    return { code: "latest", text: `it starts at LATEST, and this is ${were}` };
  }
  const through = readThrough(unit);
  if (through === null || record.position > through) return { code: "waiting", text: "it has not been read yet" };
  return { code: "earlier", text: "it was read before the journal begins, or before a start anew" };
}

export const isLost = (lost: Of<"lost"> | null, position: Position): boolean =>
  lost !== null && position > (lost.after ?? "") && lost.before !== null && position < lost.before;

/** Retention, or a trim, was faster than a mapping (E-68). */
export function lostText(position: Position, mappings: readonly MappingStory[], options: TextOptions): Explained {
  const { screen, isFull } = options;
  const shown = isFull ? position : positionText(position, signsOf(screen));
  const lines = [
    ...headline(`record ${shown}`, "LOST", options),
    ...mappings.flatMap(({ uuid, lastLost }, index) => {
      const count = lastLost?.count ?? null;
      const among = count === null ? "" : `, one of ${counted(count, "record")}`;
      return verdictLines(
        index,
        `the source: it left the stream before mapping ${shortId(uuid)} had read it${among}`,
        screen,
      );
    }),
  ];
  const ids = mappings.map(({ uuid }) => uuid);
  return {
    text: `${lines.join("\n")}\n`,
    json: { kind: "record", position, verdict: { code: "source" }, mappings: ids },
  };
}
