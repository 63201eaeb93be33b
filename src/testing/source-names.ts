// What names the streams and tables of an app under test may have.

export interface NameRule {
  readonly what: string;
  readonly pattern: RegExp;
  readonly rule: string;
}

/** As CreateStream and CreateTable have them. */
export const STREAM_NAME: NameRule = {
  what: "stream",
  pattern: /^[a-zA-Z0-9_.-]{1,128}$/,
  rule: "letters, digits, _ . and -, 1 to 128 of them",
};
export const TABLE_NAME: NameRule = {
  what: "table",
  pattern: /^[a-zA-Z0-9_.-]{3,255}$/,
  rule: "letters, digits, _ . and -, 3 to 255 of them",
};
