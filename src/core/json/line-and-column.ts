// Where an offset is, as a person counts: lines and columns from 1, a column being one UTF-16 unit.

export interface LineAndColumn {
  readonly line: number;
  readonly column: number;
  /** The line's text, without its break. */
  readonly source: string;
}

export function lineAndColumn(text: string, offset: number): LineAndColumn {
  const before = text.slice(0, offset);
  const line = before.split("\n").length;
  const lineStart = before.lastIndexOf("\n") + 1;
  const lineEnd = text.indexOf("\n", lineStart);
  const source = text.slice(lineStart, lineEnd < 0 ? text.length : lineEnd).replace(/\r$/, "");
  return { line, column: offset - lineStart + 1, source };
}
