// A member of a JSON object as it is written: what a value loses that is parsed and written again (large numbers, the order of
// members that look like numbers, escapes) is kept. The text has been parsed before, so nothing here judges whether it is JSON.

import { JsonCursor } from "./cursor.ts";

const QUOTE = 34;
const COMMA = 44;
const OPEN_ARRAY = 91;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/**
 * The text of the value of the last member called `name` of the object that `json` is, without white space around it; null where
 * there is no such member, or `json` is no object. `json` must be text that JSON.parse takes; however deep it nests, this does not.
 */
export function memberText(json: string, name: string): string | null {
  const cursor = new JsonCursor(json);
  if (cursor.peek() !== OPEN_OBJECT) return null;
  cursor.at += 1;
  let found: string | null = null;
  while (cursor.peek() === QUOTE) {
    const member = cursor.string();
    cursor.colon();
    cursor.peek();
    const start = cursor.at;
    cursor.at = endOfValue(cursor);
    if (member === name) found = json.slice(start, cursor.at);
    if (cursor.more(CLOSE_OBJECT) !== "more") break;
  }
  return found;
}

/** The texts of an array's elements, likewise; none where `json` is no array. */
export function elementTexts(json: string): readonly string[] {
  const cursor = new JsonCursor(json);
  if (cursor.peek() !== OPEN_ARRAY) return [];
  cursor.at += 1;
  const found: string[] = [];
  while (cursor.peek() !== CLOSE_ARRAY) {
    const start = cursor.at;
    cursor.at = endOfValue(cursor);
    found.push(json.slice(start, cursor.at));
    if (cursor.more(CLOSE_ARRAY) !== "more") break;
  }
  return found;
}

/** One behind the last character of the value that begins at the cursor, which may end anywhere. */
function endOfValue(cursor: JsonCursor): number {
  const { text } = cursor;
  let depth = 0;
  for (let at = cursor.at; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      cursor.at = at;
      cursor.skipString();
      at = cursor.at - 1;
      if (depth === 0) return cursor.at;
    } else if (code === OPEN_OBJECT || code === OPEN_ARRAY) depth += 1;
    else if (depth === 0 && endsWord(code)) return at;
    else if (code === CLOSE_OBJECT || code === CLOSE_ARRAY) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

/** Behind a number, `true`, `false` or `null`. */
const endsWord = (code: number): boolean =>
  code === COMMA || code === CLOSE_OBJECT || code === CLOSE_ARRAY || code <= 32;
