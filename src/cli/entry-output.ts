// Writes the journal's entries to a terminal or a pipe: as plain lines within the line budget, or with `--json` each as it is.

import { styleText } from "node:util";
import type { Entry } from "../ports/journal.ts";
import { createLineBudget, type LineRank } from "./line-budget.ts";
import { createLineState, errorText, learn } from "./line-state.ts";
import type { Line, Tone } from "./plain-line.ts";
import { lineText, linesOf } from "./plain-lines.ts";
import { localTime } from "./shown-forms.ts";

export interface EntryOutput {
  readonly entries: (entries: readonly Entry[], droppedCount: number) => void;
  /** A line of our own among them. */
  readonly say: (atMs: number, line: Line) => void;
  /** Says what is still to be said. */
  readonly end: (atMs: number) => void;
}

export type Colour = (tone: Tone, text: string) => string;

export const noColour: Colour = (_tone, text) => text;

/** Follows NO_COLOR, FORCE_COLOR and whether standard output is a terminal. */
export const terminalColour: Colour = (tone, text) => {
  switch (tone) {
    case "good":
      return styleText("green", text);
    case "warning":
      return styleText("yellow", text);
    case "bad":
      return styleText(["bold", "red"], text);
    case "quiet":
      return styleText("dim", text);
    case "plain":
      return text;
  }
};

export function createPlainOutput(options: {
  readonly write: (text: string) => void;
  readonly colour: Colour;
  readonly timeText?: (atMs: number) => string;
  /** Which entries are told as lines; by default all. The others are learnt from all the same. */
  readonly isShown?: (entry: Entry) => boolean;
}): EntryOutput {
  const { write, colour, timeText = localTime, isShown = () => true } = options;
  const state = createLineState();
  const budget = createLineBudget();
  const put = (atMs: number, line: Line): void => write(`${timeText(atMs)} ${lineText(line, colour)}\n`);
  const sampled = (atMs: number, text: string | null): void => {
    if (text !== null) put(atMs, { word: "sampled", tone: "warning", text });
  };
  return {
    entries(entries, droppedCount) {
      // The second before is told of first: what was left out belongs to this one.
      const [first] = entries;
      if (first !== undefined) sampled(first.atMs, budget.turn(first.atMs));
      budget.missed(droppedCount);
      // A mapping's settings come just behind its first state: known first, they name its ends in that line too.
      for (const entry of entries) if (entry.kind === "settings") learn(state, entry);
      for (const entry of entries) {
        for (const line of isShown(entry) ? linesOf(entry, state) : []) {
          sampled(entry.atMs, budget.turn(entry.atMs));
          if (budget.take(rankOf(line), rankOf(line) === "failure" ? failureKey(entry) : "")) put(entry.atMs, line);
        }
        learn(state, entry);
      }
    },
    say: put,
    end: (atMs) => sampled(atMs, budget.end()),
  };
}

function rankOf({ tone, word }: Line): LineRank {
  if (tone === "bad" || word === "mapping" || word === "split" || word === "mended") return "telling";
  return word === "failed" ? "failure" : "ordinary";
}

/** The same for failures that say the same of one mapping or function. */
function failureKey(entry: Entry): string {
  const error = "error" in entry && entry.error !== null ? errorText(entry.error) : "";
  const whose = entry.kind === "invocation" ? entry.functionName : (entry.mapping ?? "");
  return `${whose} ${error}`;
}

export function createJsonOutput(write: (text: string) => void): EntryOutput {
  const put = (value: unknown): void => write(`${JSON.stringify(value)}\n`);
  return {
    entries(entries, droppedCount) {
      for (const entry of entries) put(entry);
      const atMs = entries.at(-1)?.atMs ?? null;
      if (droppedCount > 0)
        put({ kind: "dropped", count: droppedCount, atMs, mapping: null, lane: "terminal", seq: 0 });
    },
    say: (atMs, { word, text }) => put({ kind: word, atMs, text }),
    end: () => undefined,
  };
}
