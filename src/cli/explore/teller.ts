// What tells a run of a mapping in lines is given, and what it answers: the same for a stream's mapping and for a queue's.

import type { Entry } from "../../ports/journal.ts";
import type { ToldHistory } from "../../sim/told-history.ts";

export interface Signs {
  readonly arrow: string;
  readonly broken: string;
}

export const plainSigns: Signs = { arrow: "->", broken: "X" };
export const unicodeSigns: Signs = { arrow: "→", broken: "✗" };

export interface TellOptions {
  readonly told: ToldHistory;
  readonly entries: readonly Entry[];
  readonly startedAtMs: number;
  /** The law to mark the breaking of; null: none. */
  readonly checker: string | null;
  /** What a record is called, by its number among those that were put and its position. */
  readonly labelOf: (number: number, position: string) => string;
  readonly signs: Signs;
}

type Closed = Extract<Entry, { kind: "batch-closed" }>;

export interface Teller {
  closed(entry: Closed): string;
  /** The happening of this index; null: nothing that a reader needs. */
  happened(index: number, isBroken: boolean): string | null;
}

/** `  +0.500 s  put      …`: an instant since the world's beginning, a word, and what happened. */
export function toldLine(sinceBeginMs: number, word: string, text: string): string {
  const at = `+${(sinceBeginMs / 1_000).toFixed(3)} s`;
  return `  ${at.padStart(10)}  ${word.padEnd(8)} ${text}`;
}
