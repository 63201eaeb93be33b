// A KPL aggregate of which no record is delivered, since a hash key in it is outside the shard (P-10).

import type { Position } from "../../ports/source.ts";
import { signsOf } from "../screen.ts";
import { counted, localTime, shortId, shownLane, shownSource } from "../shown-forms.ts";
import type { TextOptions } from "./batch-text.ts";
import type { Explained } from "./explained.ts";
import type { MappingStory } from "./mapping-story.ts";
import { closing, headline, labelled, positionText } from "./story-forms.ts";

/** Null: no mapping has dropped it. */
export function droppedText(
  position: Position,
  mappings: readonly MappingStory[],
  { screen, isFull }: TextOptions,
): Explained | null {
  const found = mappings.flatMap(({ uuid, settings, dropped }) => {
    const entry = dropped.get(position);
    return entry === undefined ? [] : [{ uuid, settings, entry }];
  });
  const [first] = found;
  if (first === undefined) return null;
  const source = `${shownSource(first.settings)}, ${shownLane(first.entry.lane, false)}`;
  const { recordCount } = first.entry;
  const verdict = `a KPL aggregate of ${counted(recordCount, "record")}: a hash key in it is outside the shard, so none is delivered to a consumer`;
  const lines = [
    ...headline(`record ${isFull ? position : positionText(position, signsOf(screen))}  ${source}`, "DROPPED", {
      screen,
      isFull,
    }),
    ...found.flatMap(({ uuid, entry }) =>
      labelled("dropped", `${localTime(entry.atMs)} by mapping ${shortId(uuid)}`, screen),
    ),
    ...closing("verdict", verdict, screen),
  ];
  const json = {
    kind: "record",
    position,
    verdict: { code: "aggregate", text: verdict },
    recordCount,
    mappings: found.map(({ uuid }) => uuid),
  };
  return { text: `${lines.join("\n")}\n`, json };
}
