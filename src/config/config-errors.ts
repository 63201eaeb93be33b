// All that is wrong with a configuration, in the order of the file. As an error it speaks for the first; commands tell them all.

import { type ErrorCode, MillraceError } from "../errors.ts";
import { type ConfigDocument, type Path, pathText, placeAt, type Span } from "./config-document.ts";

export class ConfigErrors extends MillraceError {
  readonly errors: readonly MillraceError[];

  constructor(errors: readonly [MillraceError, ...MillraceError[]]) {
    const [first] = errors;
    super(first.code, first.message, {
      ...(first.help === null ? {} : { help: first.help }),
      ...(first.place === null ? {} : { place: first.place }),
    });
    this.name = "ConfigErrors";
    this.errors = errors;
  }
}

export interface Flaw {
  readonly code: ErrorCode;
  readonly what: string;
  readonly path: Path;
  readonly part: "name" | "value";
  /** Beside the underline. */
  readonly label: string;
  readonly help: string | null;
  /** Settings at the top of the file without which it cannot be told: their names, or what they say. */
  readonly comparedWith?: readonly string[];
}

/** Throws where there are any. */
export function throwFlaws(document: ConfigDocument, flaws: readonly Flaw[]): void {
  const placed = flaws
    .map((flaw) => ({ flaw, span: document.spanOf(flaw.path, flaw.part) }))
    .toSorted((one, other) => (one.span?.offset ?? Infinity) - (other.span?.offset ?? Infinity));
  throwAll(placed.map(({ flaw, span }) => errorOf(document, flaw, span)));
}

export function throwAll(errors: readonly MillraceError[]): void {
  const [first, ...rest] = errors;
  if (first !== undefined) throw new ConfigErrors([first, ...rest]);
}

function errorOf(document: ConfigDocument, flaw: Flaw, span: Span | null): MillraceError {
  const help = flaw.help === null ? {} : { help: flaw.help };
  if (span !== null) {
    return new MillraceError(flaw.code, flaw.what, { place: placeAt(document, span, flaw.label), ...help });
  }
  // Nothing is underlined where the text does not tell which of several places it is.
  const where = flaw.path.length === 0 ? document.shownFile : `${document.shownFile}, ${pathText(flaw.path)}`;
  return new MillraceError(flaw.code, `${flaw.what} (${where})`, help);
}
