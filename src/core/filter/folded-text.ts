// Comparison without regard to case (F-38 to F-40, F-45): each code point of the pattern offers its lower-case and its
// upper-case form, either possibly longer than one character, and a value fits if it is made of such choices in order.
// The value itself is never folded: `straße` fits STRASSE, and STRASSE does not fit `straße`.

export interface FoldedText {
  readonly source: string;
  /** Two choices for each code point, in order. */
  readonly choices: readonly (readonly [string, string])[];
}

export function foldText(source: string): FoldedText {
  // By code point: a half of a surrogate pair has no case. `toLowerCase` knows no locale, as the rule wants it.
  return { source, choices: Array.from(source, (point) => [point.toLowerCase(), point.toUpperCase()] as const) };
}

export function equalsFolded(text: FoldedText, value: string): boolean {
  return endsOf(text, value, 1).includes(value.length);
}

export function startsWithFolded(text: FoldedText, value: string): boolean {
  return endsOf(text, value, 1).length > 0;
}

export function endsWithFolded(text: FoldedText, value: string): boolean {
  return endsOf(text, value, -1).length > 0;
}

/** Every place in the value that can be reached by the whole pattern from the left end (1) or from the right end (-1). */
function endsOf(text: FoldedText, value: string, direction: 1 | -1): readonly number[] {
  const { choices } = text;
  let places: readonly number[] = [direction === 1 ? 0 : value.length];
  for (let step = 0; step < choices.length && places.length > 0; step += 1) {
    const choice = choices[direction === 1 ? step : choices.length - 1 - step];
    const next: number[] = [];
    for (const place of places) {
      for (const form of choice ?? []) {
        const end = place + direction * form.length;
        const fits = direction === 1 ? value.startsWith(form, place) : end >= 0 && value.startsWith(form, end);
        if (fits && !next.includes(end)) {
          next.push(end);
        }
      }
    }
    places = next;
  }
  return places;
}
