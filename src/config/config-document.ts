// A configuration file that has been read: its value, and where in its text each part stands. One reader a form: JSON with
// comments (json-document.ts), YAML (yaml-document.ts), modules (module-document.ts).

import { lineAndColumn } from "../core/json/line-and-column.ts";
import type { Place } from "../errors.ts";
import { withoutSecrets } from "./hidden-secrets.ts";

/** Names and indices from the root. */
export type Path = readonly (string | number)[];

export interface Span {
  readonly offset: number;
  readonly length: number;
}

/** A flaw of the text itself: bad syntax, a name that is there twice. */
export interface TextFlaw {
  readonly what: string;
  readonly span: Span;
}

export interface ConfigDocument {
  /** As people see it: relative to the current folder where that is shorter. */
  readonly shownFile: string;
  readonly text: string;
  readonly notation: "json" | "yaml" | "module";
  readonly value: unknown;
  readonly flaws: readonly TextFlaw[];
  /** Of a member's name, or of a value. Null where it is not known: a module's values are made by running it. */
  spanOf(path: Path, part: "name" | "value"): Span | null;
}

export function placeAt(document: ConfigDocument, span: Span, label: string): Place {
  const { line, column, source } = lineAndColumn(document.text, span.offset);
  const left = Math.max(1, source.length - column + 1);
  const length = Math.max(1, Math.min(span.length, left));
  const shown = withoutSecrets(document, source, span.offset - column + 1);
  return { file: document.shownFile, line, column, source: shown, length, label };
}

/** `mappings[0].FilterCriteria`; `` for the root. */
export function pathText(path: Path): string {
  return path
    .map((step, index) => (typeof step === "number" ? `[${step}]` : `${index === 0 ? "" : "."}${step}`))
    .join("");
}
