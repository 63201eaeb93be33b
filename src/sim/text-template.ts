// The JSON text of a value in which `${n}`, `${label}` and `${key}` stand for what differs from record to record. The value is gone
// through once: a record's text is then its pieces put together.

import { isObject, type Json } from "./scenario.ts";

export interface RecordNames {
  readonly n: number;
  readonly label: string;
  readonly key: string;
}

/** A text that stays, or what stands in its place. */
type Piece = string | ((names: RecordNames) => string);

const inJson = (text: string): string => JSON.stringify(text).slice(1, -1);

const placed: Readonly<Record<string, (names: RecordNames) => string>> = {
  n: ({ n }) => String(n),
  label: ({ label }) => inJson(label),
  key: ({ key }) => inJson(key),
};

/** A string that is `${n}` and nothing else becomes a number. */
export function textTemplate(value: Json): (names: RecordNames) => string {
  const pieces = joined(piecesOf(value));
  return (names) => {
    let text = "";
    for (const piece of pieces) text += typeof piece === "string" ? piece : piece(names);
    return text;
  };
}

function piecesOf(value: Json): readonly Piece[] {
  if (value === "${n}") return [({ n }) => String(n)];
  // What is split by a pattern with a group has the groups at its odd places.
  if (typeof value === "string")
    return [
      '"',
      ...value
        .split(/\$\{(n|label|key)\}/)
        .map((part, index) => (index % 2 === 1 ? placed[part] : null) ?? inJson(part)),
      '"',
    ];
  if (Array.isArray(value)) return ["[", ...listed(value.map(piecesOf)), "]"];
  if (!isObject(value)) return [JSON.stringify(value)];
  return [
    "{",
    ...listed(Object.entries(value).map(([name, each]) => [`${JSON.stringify(name)}:`, ...piecesOf(each)])),
    "}",
  ];
}

const listed = (all: readonly (readonly Piece[])[]): readonly Piece[] =>
  all.flatMap((pieces, index) => (index === 0 ? pieces : [",", ...pieces]));

/** Texts that follow one another are one. */
function joined(pieces: readonly Piece[]): readonly Piece[] {
  const all: Piece[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (typeof piece === "string" && typeof last === "string") all[all.length - 1] = last + piece;
    else all.push(piece);
  }
  return all;
}
