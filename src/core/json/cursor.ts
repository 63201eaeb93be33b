// Reads JSON text left to right, one token at a time, as RFC 8259 has it and nothing else: no comments, no trailing commas, no
// leading zeros, no raw control characters in strings (F-17). Who builds a tree is read-json.ts; who picks out single fields
// without building anything is src/core/filter/field-scanner.ts. Both share this file so that "is it JSON?" has one answer.
//
// C1  A method that finds something wrong answers null or false, and `problem` and `problemAt` say what and where. The first
//     problem stays. After it the cursor is not to be used any more.
// C2  Nothing nests deeper than DEPTH_LIMIT, so recursion over a value is bounded.

/** Deepest nesting of objects and arrays that is read at all. A text that nests deeper counts as broken. */
export const DEPTH_LIMIT = 1_000;

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  "\\": "\\",
  "/": "/",
  b: "\b",
  f: "\f",
  n: "\n",
  r: "\r",
  t: "\t",
};
const NUMBER = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const HEX4 = /^[0-9a-fA-F]{4}$/;

export class JsonCursor {
  readonly text: string;
  /** Offset of the next character, in UTF-16 units. */
  at: number;
  problem: string | null = null;
  problemAt = 0;

  constructor(text: string, at = 0) {
    this.text = text;
    this.at = at;
  }

  /** Records the first problem, at `at`. Always false, so that callers can return it. */
  fail(problem: string, at = this.at): false {
    if (this.problem === null) {
      this.problem = problem;
      this.problemAt = Math.min(at, this.text.length);
    }
    return false;
  }

  /** Skips white space and answers the code of the next character, -1 at the end. */
  peek(): number {
    const text = this.text;
    let at = this.at;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code > SPACE || (code !== SPACE && code !== 10 && code !== 13 && code !== 9)) {
        this.at = at;
        return code;
      }
      at += 1;
    }
    this.at = at;
    return -1;
  }

  /** At a `"`: the decoded string. */
  string(): string | null {
    const end = this.plainEnd();
    if (end < 0) {
      return this.problem === null ? this.escapedString() : null;
    }
    const value = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return value;
  }

  /** At a `"`: steps over the string, checking it. */
  skipString(): boolean {
    const end = this.plainEnd();
    if (end >= 0) {
      this.at = end + 1;
      return true;
    }
    return this.problem === null && this.escapedString() !== null;
  }

  /** Offset of the closing quote of a string without escapes; -1 if it has one, or is broken (then with a problem). */
  private plainEnd(): number {
    const text = this.text;
    const length = text.length;
    for (let at = this.at + 1; at < length; at += 1) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        return at;
      }
      if (code === BACKSLASH) {
        return -1;
      }
      if (code < SPACE) {
        this.fail("a control character in a string has to be written as an escape", at);
        return -1;
      }
    }
    this.fail("the string has no closing quote", this.at);
    return -1;
  }

  private escapedString(): string | null {
    const text = this.text;
    let value = "";
    let from = this.at + 1;
    let at = from;
    while (at < text.length) {
      const code = text.charCodeAt(at);
      if (code === QUOTE) {
        value += text.slice(from, at);
        this.at = at + 1;
        return value;
      }
      if (code < SPACE) {
        this.fail("a control character in a string has to be written as an escape", at);
        return null;
      }
      if (code !== BACKSLASH) {
        at += 1;
        continue;
      }
      value += text.slice(from, at);
      const decoded = this.escape(at);
      if (decoded === null) {
        return null;
      }
      value += decoded;
      at += text[at + 1] === "u" ? 6 : 2;
      from = at;
    }
    this.fail("the string has no closing quote", this.at);
    return null;
  }

  /** The character of the escape at `at`; the halves of a surrogate pair come as two escapes and join by themselves. */
  private escape(at: number): string | null {
    const letter = this.text[at + 1] ?? "";
    if (letter === "u") {
      const digits = this.text.slice(at + 2, at + 6);
      if (HEX4.test(digits)) {
        return String.fromCharCode(Number.parseInt(digits, 16));
      }
      this.fail("an escape of the form \\u needs four hexadecimal digits", at);
      return null;
    }
    const decoded = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
    if (decoded === undefined) {
      this.fail(letter === "" ? "the string has no closing quote" : `JSON knows no escape \\${letter}`, at);
      return null;
    }
    return decoded;
  }

  /** At a digit or a minus sign: the number as it is written. */
  number(): string | null {
    NUMBER.lastIndex = this.at;
    const found = NUMBER.exec(this.text);
    if (found === null) {
      this.fail("a number has to begin with a digit or with a minus sign and a digit");
      return null;
    }
    const end = this.at + found[0].length;
    const next = this.text.charCodeAt(end);
    // A digit, a letter, a point or a sign right behind a number belongs to a spelling that JSON does not have: 01, 1., 1e, 0x1.
    if ((next >= 48 && next <= 57) || (next | 32) === 101 || next === 46 || next === 43 || next === 45) {
      this.fail("this is not how JSON writes a number");
      return null;
    }
    this.at = end;
    return found[0];
  }

  /** Steps over `true`, `false` or `null`, given as `word`. */
  word(word: "true" | "false" | "null"): boolean {
    if (!this.text.startsWith(word, this.at)) {
      return this.unexpected();
    }
    this.at += word.length;
    return true;
  }

  /** Steps over any value whose parents are `depth` deep, checking all of it. */
  skipValue(depth: number): boolean {
    switch (this.peek()) {
      case QUOTE:
        return this.skipString();
      case 123:
        return this.skipObject(depth + 1);
      case 91:
        return this.skipArray(depth + 1);
      case 116:
        return this.word("true");
      case 102:
        return this.word("false");
      case 110:
        return this.word("null");
      case -1:
        return this.unexpected();
      default:
        return this.startsNumber() ? this.number() !== null : this.unexpected();
    }
  }

  private skipObject(depth: number): boolean {
    if (!this.open(depth)) {
      return false;
    }
    if (this.peek() === 125) {
      this.at += 1;
      return true;
    }
    for (;;) {
      if (!this.atName() || !this.skipString() || !this.colon() || !this.skipValue(depth)) {
        return false;
      }
      const more = this.more(125);
      if (more !== "more") {
        return more === "end";
      }
    }
  }

  private skipArray(depth: number): boolean {
    if (!this.open(depth)) {
      return false;
    }
    if (this.peek() === 93) {
      this.at += 1;
      return true;
    }
    for (;;) {
      if (!this.skipValue(depth)) {
        return false;
      }
      const more = this.more(93);
      if (more !== "more") {
        return more === "end";
      }
    }
  }

  /** Steps over an opening bracket of the `depth`th level (C2). */
  open(depth: number): boolean {
    if (depth > DEPTH_LIMIT) {
      return this.fail(`nested deeper than ${DEPTH_LIMIT} levels`);
    }
    this.at += 1;
    return true;
  }

  /** Whether a member's name comes next. */
  atName(): boolean {
    return (
      this.peek() === QUOTE ||
      this.fail(
        this.at < this.text.length
          ? "a member's name in double quotes has to stand here"
          : "the text ends in the middle of an object",
      )
    );
  }

  colon(): boolean {
    if (this.peek() !== 58) {
      return this.fail("a colon has to stand between a member's name and its value");
    }
    this.at += 1;
    return true;
  }

  /** Behind an element: steps over a comma, or over the closing bracket whose code is `close`. */
  more(close: 93 | 125): "more" | "end" | "broken" {
    const code = this.peek();
    if (code === 44) {
      this.at += 1;
      return "more";
    }
    if (code === close) {
      this.at += 1;
      return "end";
    }
    const bracket = close === 93 ? "]" : "}";
    this.fail(
      code === -1 ? `the text ends before a closing ${bracket}` : `a comma or a closing ${bracket} has to stand here`,
    );
    return "broken";
  }

  startsNumber(): boolean {
    const code = this.text.charCodeAt(this.at);
    return code === 45 || (code >= 48 && code <= 57);
  }

  unexpected(): false {
    return this.fail(
      this.at >= this.text.length ? "the text ends where a value has to stand" : "no JSON value begins like this",
    );
  }

  /** Whether only white space is left. */
  atEnd(): boolean {
    return this.peek() === -1 || this.fail("more text follows behind the value");
  }
}
