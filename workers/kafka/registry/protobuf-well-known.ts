// Google's well-known messages that Protobuf's mapping to JSON writes in a form of their own: times, wrappers, structs.

import { integerDigits } from "./json-numbers.ts";

export interface WellKnownParts {
  /** JSON of what an Any holds. */
  readonly messageJson: (url: string, bytes: Uint8Array) => string;
  /** JSON of a field; null: it is not in the message. */
  readonly fieldJson: (name: string) => string | null;
}

const wrapperDefaults: Readonly<Record<string, string>> = {
  DoubleValue: "0",
  FloatValue: "0",
  Int64Value: '"0"',
  UInt64Value: '"0"',
  Int32Value: "0",
  UInt32Value: "0",
  BoolValue: "false",
  StringValue: '""',
  BytesValue: '""',
};

const valueKinds = ["null_value", "number_value", "string_value", "bool_value", "struct_value", "list_value"];

/** Null: the message has no form of its own. */
export function wellKnownJson(fullName: string, message: object, parts: WellKnownParts): string | null {
  const [, name] = /^\.google\.protobuf\.(\w+)$/.exec(fullName) ?? [];
  if (name === undefined) return null;
  const wrapped = wrapperDefaults[name];
  if (wrapped !== undefined) return parts.fieldJson("value") ?? wrapped;
  switch (name) {
    case "Timestamp":
      return JSON.stringify(timestampText(secondsOf(message), nanosOf(message)));
    case "Duration":
      return JSON.stringify(durationText(secondsOf(message), nanosOf(message)));
    case "FieldMask":
      return JSON.stringify(pathsOf(message).map(camelCase).join(","));
    case "Struct":
      return parts.fieldJson("fields") ?? "{}";
    case "ListValue":
      return parts.fieldJson("values") ?? "[]";
    case "Value":
      return (
        valueKinds
          .map((kind) => parts.fieldJson(kind) ?? parts.fieldJson(camelCase(kind)))
          .find((json) => json !== null) ?? "null"
      );
    case "Any":
      return parts.messageJson(textOf(message, "type_url"), bytesOf(message));
    default:
      return null;
  }
}

function timestampText(seconds: bigint, nanos: number): string {
  const instant = new Date(Number(seconds) * 1000);
  if (Number.isNaN(instant.getTime())) throw new Error(`${seconds} s is no instant of a Timestamp`);
  return `${instant.toISOString().slice(0, -".000Z".length)}${fractionText(nanos)}Z`;
}

function durationText(seconds: bigint, nanos: number): string {
  const isNegative = seconds < 0n || nanos < 0;
  const whole = seconds < 0n ? -seconds : seconds;
  return `${isNegative ? "-" : ""}${whole}${fractionText(Math.abs(nanos))}s`;
}

/** None, or three, six or nine digits. */
function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  return `.${String(nanos)
    .padStart(9, "0")
    .replace(/(?:000){1,2}$/, "")}`;
}

const camelCase = (path: string): string => path.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());

function memberOf(message: object, name: string): unknown {
  return Object.hasOwn(message, name) ? Reflect.get(message, name) : undefined;
}

const secondsOf = (message: object): bigint => BigInt(integerDigits(memberOf(message, "seconds")));
const nanosOf = (message: object): number => Number(memberOf(message, "nanos") ?? 0);

function textOf(message: object, name: string): string {
  const text = memberOf(message, name);
  return typeof text === "string" ? text : "";
}

function pathsOf(message: object): readonly string[] {
  const paths = memberOf(message, "paths");
  return Array.isArray(paths) ? paths.map(String) : [];
}

function bytesOf(message: object): Uint8Array {
  const bytes = memberOf(message, "value");
  return bytes instanceof Uint8Array ? bytes : new Uint8Array();
}
