// Attribute values in DynamoDB's typed JSON (D-5), and the bytes that an item counts for in a stream record's SizeBytes (D-2).

/** One member, its type: `{"S":"a"}`, `{"N":"1"}`, `{"B":"<base64>"}`, `{"BOOL":true}`, `{"NULL":true}`, sets, `L`, `M`. */
export type AttributeValue = Readonly<Record<string, unknown>>;
export type Item = Readonly<Record<string, AttributeValue>>;

/** What a list or a map takes beside its members, and what each of these takes more. */
const NESTED_BYTES = 3;
const MEMBER_BYTES = 1;

/** Bytes of names and values. A value of no known type counts nothing. */
export function itemSizeBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + utf8Bytes(name) + valueSizeBytes(value), 0);
}

function valueSizeBytes(value: unknown): number {
  const [type = "", held] = isObject(value) ? (Object.entries(value)[0] ?? []) : [];
  switch (type) {
    case "S":
      return utf8Bytes(held);
    case "N":
      return numberBytes(held);
    case "B":
      return base64Bytes(held);
    case "BOOL":
    case "NULL":
      return 1;
    case "SS":
      return sumOf(held, utf8Bytes);
    case "NS":
      return sumOf(held, numberBytes);
    case "BS":
      return sumOf(held, base64Bytes);
    case "L":
      return NESTED_BYTES + sumOf(held, (each) => MEMBER_BYTES + valueSizeBytes(each));
    case "M":
      return NESTED_BYTES + sumOf(isObject(held) ? Object.entries(held) : [], memberBytes);
    default:
      return 0;
  }
}

function memberBytes(member: unknown): number {
  const [name, value] = Array.isArray(member) ? member : [];
  return MEMBER_BYTES + utf8Bytes(name) + valueSizeBytes(value);
}

function sumOf(list: unknown, bytesOf: (each: unknown) => number): number {
  return Array.isArray(list) ? list.reduce<number>((sum, each) => sum + bytesOf(each), 0) : 0;
}

function utf8Bytes(text: unknown): number {
  return typeof text === "string" ? Buffer.byteLength(text, "utf8") : 0;
}

function base64Bytes(text: unknown): number {
  return typeof text === "string" ? Buffer.byteLength(text, "base64") : 0;
}

/** A byte for two significant digits, one more, and one for a sign: "1" is 2, "123" is 3. Zeros at either end count nothing. */
function numberBytes(text: unknown): number {
  if (typeof text !== "string") return 0;
  const [mantissa = ""] = text.toLowerCase().split("e");
  const digits = mantissa.replace(/[^0-9]/g, "").replace(/^0+|0+$/g, "");
  return Math.ceil(digits.length / 2) + 1 + (text.startsWith("-") ? 1 : 0);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
