// A line of the terminal, and how lines name a mapping and a place in it.

import type { Entry } from "../ports/journal.ts";
import type { LineState, MappingFacts } from "./line-state.ts";
import { shortId } from "./shown-forms.ts";
import { shownPlace } from "./source-family.ts";

/** What a line is about, for its colour: it is never told by colour alone. */
export type Tone = "plain" | "good" | "warning" | "bad" | "quiet";

export interface Line {
  readonly word: string;
  readonly tone: Tone;
  readonly text: string;
}

export type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;

export function line(word: string, text: string, tone: Tone = "plain"): Line {
  return { word, text, tone };
}

export const shownMapping = (entry: Entry): string => shortId(entry.mapping ?? "");

export const factsOf = (entry: Entry, state: LineState): MappingFacts | undefined =>
  state.mappings.get(entry.mapping ?? "");

/** `5e1f09c2 shard 0`, of a queue `5e1f09c2 poller 3`, of a broker `5e1f09c2 consumer 0`. */
export function where(entry: Entry, state: LineState): string {
  const { family = "stream", factor = 1 } = factsOf(entry, state) ?? {};
  return `${shownMapping(entry)} ${shownPlace(entry.lane, family, factor > 1)}`.trimEnd();
}
