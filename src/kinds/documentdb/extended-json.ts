// MongoDB's values as relaxed Extended JSON v2 (X-102), with all digits of 64-bit integers (X-103: the client's own writer loses them).
//
// A value is told by its form and by `_bsontype`, so that nothing here loads the client. Both forms that it reads values in are taken:
// promoted (number, bigint, string) and as its own classes. Read them with `useBigInt64`: then no 64-bit integer has become a number. With
// `promoteValues: false` a symbol would stay one, but the client would not know the codes of a server's errors any more.

/** What all of the client's classes have. */
interface BsonValue {
  readonly _bsontype: string;
  toExtendedJSON(options: { readonly relaxed: boolean }): unknown;
}

/** Years of which a date is written as text: from 1970 to 9999. */
const END_OF_TEXT_MS = Date.UTC(10_000, 0, 1);
const DWORD = 2 ** 32;

export function extendedJson(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      return doubleText(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : objectText(value);
    case "undefined":
      return '{"$undefined":true}';
    default:
      return "null"; // A function or a Symbol of the language: no document can hold one.
  }
}

/** The members of a document between braces; its own order, but for integer-like names, which the language puts first. */
export function documentText(members: Iterable<readonly [name: string, value: unknown]>): string {
  let text = "";
  for (const [name, value] of members)
    text += `${text === "" ? "" : ","}${JSON.stringify(name)}:${extendedJson(value)}`;
  return `{${text}}`;
}

function objectText(value: object): string {
  if (Array.isArray(value)) return `[${value.map(extendedJson).join(",")}]`;
  if (isBsonValue(value)) return bsonText(value);
  if (value instanceof Date) return dateText(value.getTime());
  if (value instanceof Uint8Array) return binaryText(value);
  if (value instanceof RegExp) return regularExpressionText(value);
  return documentText(value instanceof Map ? value : Object.entries(value));
}

const isBsonValue = (value: object): value is BsonValue =>
  "_bsontype" in value &&
  typeof value._bsontype === "string" &&
  "toExtendedJSON" in value &&
  typeof value.toExtendedJSON === "function";

function bsonText(value: BsonValue): string {
  switch (value._bsontype) {
    case "Long":
      return longText(value);
    case "Int32":
    case "Double":
      return "value" in value && typeof value.value === "number" ? doubleText(value.value) : "null";
    case "Binary":
      return "buffer" in value && value.buffer instanceof Uint8Array
        ? binaryText(value.buffer, subTypeOf(value))
        : "null";
    case "Code":
    case "DBRef":
      return nestedText(value.toExtendedJSON({ relaxed: false }));
    default:
      // What is left holds texts and small integers alone: nothing that a writer could lose.
      return JSON.stringify(value.toExtendedJSON({ relaxed: false }));
  }
}

/** A code's scope and a reference's id hold values of any kind; the client gives them as they are. */
function nestedText(given: unknown): string {
  return typeof given === "object" && given !== null ? documentText(Object.entries(given)) : "null";
}

function longText(value: object): string {
  if (!("high" in value && "low" in value)) return "null";
  const { high, low } = value;
  if (typeof high !== "number" || typeof low !== "number") return "null";
  const near = high * DWORD + (low >>> 0);
  if (Number.isSafeInteger(near)) return String(near);
  return String((BigInt(high) << 32n) + BigInt(low >>> 0));
}

function doubleText(value: number): string {
  if (!Number.isFinite(value)) return `{"$numberDouble":"${value}"}`;
  return Object.is(value, -0) ? "-0.0" : String(value);
}

/** X-104: no fraction where it is nought, else three digits. */
function dateText(atMs: number): string {
  // A date that no `Date` can hold: the client has lost it already.
  if (Number.isNaN(atMs)) return "null";
  if (atMs < 0 || atMs >= END_OF_TEXT_MS) return `{"$date":{"$numberLong":"${atMs}"}}`;
  const text = new Date(atMs).toISOString();
  return `{"$date":"${text.endsWith(".000Z") ? `${text.slice(0, -5)}Z` : text}"}`;
}

function binaryText(bytes: Uint8Array, subType = 0): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64");
  return `{"$binary":{"base64":"${base64}","subType":"${subType.toString(16).padStart(2, "0")}"}}`;
}

const subTypeOf = (value: object): number =>
  "sub_type" in value && typeof value.sub_type === "number" ? value.sub_type : 0;

function regularExpressionText({ source, flags }: RegExp): string {
  const options = flags.replace(/[^imsux]/g, "");
  return `{"$regularExpression":{"pattern":${JSON.stringify(source)},"options":"${options}"}}`;
}
