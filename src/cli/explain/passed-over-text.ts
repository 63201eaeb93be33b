// A record that was read and is in no batch: passed over by the filter, or still waiting for one.

import type { Position } from "../../ports/source.ts";
import { signsOf } from "../screen.ts";
import { explanationText } from "../filter-report.ts";
import { localTime, shortId, shownLane, shownSource } from "../shown-forms.ts";
import type { Of } from "./batch-story.ts";
import type { TextOptions } from "./batch-text.ts";
import type { Explained } from "./explained.ts";
import type { MappingStory } from "./mapping-story.ts";
import { arrivalOf } from "./position-pattern.ts";
import type { RecordFacts } from "./record-facts.ts";
import { closing, headline, labelled, MOST_KEY, nextLines, positionText, userText } from "./story-forms.ts";

export function passedOverText(
  given: {
    readonly position: Position;
    readonly entry: Of<"read">;
    readonly mapping: MappingStory;
    /** Null: the source could not be asked. */
    readonly facts: RecordFacts | null;
  },
  options: TextOptions,
): Explained {
  const { position, entry, mapping, facts } = given;
  const { screen, isFull } = options;
  const source = `${shownSource(mapping.settings)}, ${shownLane(entry.lane, false)}`;
  const key = facts === null ? "" : `  key ${userText(facts.key, MOST_KEY, { isFull, signs: signsOf(screen) })}`;
  const title = `record ${isFull ? position : positionText(position, signsOf(screen))}${key}  ${source}`;
  const isFiltered = facts === null ? entry.filteredCount > 0 : facts.explanation !== null;
  const isKnown = facts !== null || entry.filteredCount === 0 || entry.filteredCount === entry.recordCount;
  const arrivedAtMs = facts?.arrivedAtMs ?? arrivalOf(position);
  const verdict = !isFiltered
    ? "not in a batch yet, or its batch is no longer in the journal"
    : isKnown
      ? "the filter: no pattern fits, so the record is in no batch and goes to no destination"
      : "the filter, perhaps: the read passed records over, and the source could not be asked for this one";
  const lines = [
    ...headline(title, isFiltered && isKnown ? "PASSED OVER" : "NOT DECIDED YET", options),
    ...(arrivedAtMs === null ? [] : labelled("arrived", localTime(arrivedAtMs), screen)),
    ...labelled(
      "read",
      `${localTime(entry.atMs)} for mapping ${shortId(mapping.uuid)}, ${entry.recordCount} at once, ${entry.filteredCount} passed over`,
      screen,
    ),
    ...(facts?.explanation === undefined || facts.explanation === null
      ? []
      : ["", ...explanationText(facts.explanation, null, screen).trimEnd().split("\n"), ""]),
    ...closing("verdict", verdict, screen),
    ...nextLines(
      [[`${options.command} explain ${shortId(mapping.uuid)}`, "how the mapping stands now"]],
      screen,
      options,
    ),
  ];
  return {
    text: `${lines.join("\n")}\n`,
    json: {
      kind: "record",
      position,
      mapping: mapping.uuid,
      key: facts?.key ?? null,
      arrivedAtMs,
      readAtMs: entry.atMs,
      verdict: { code: isFiltered && isKnown ? "filtered" : "undecided", text: verdict },
      filter: facts?.explanation ?? null,
    },
  };
}
