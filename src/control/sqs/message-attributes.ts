// The attributes of a message as its sender gives them, checked, and as a receiver asks for them.

import type { MessageAttribute } from "../../kinds/sqs/stored-attributes.ts";
import type { JsonObject } from "../api-answer.ts";
import { invalidParameter, SqsRefusal } from "./sqs-answer.ts";

/** As the wire has it. */
export interface GivenAttribute {
  readonly StringValue?: string | undefined;
  readonly BinaryValue?: Uint8Array | undefined;
  readonly StringListValues?: readonly unknown[] | undefined;
  readonly BinaryListValues?: readonly unknown[] | undefined;
  readonly DataType?: string | undefined;
}

const MOST_ATTRIBUTES = 10;

/** Sorted by name. Throws SqsRefusal. */
export function readMessageAttributes(
  given: ReadonlyMap<string, GivenAttribute | null> | undefined,
): readonly MessageAttribute[] {
  const entries = [...(given ?? [])];
  if (entries.length > MOST_ATTRIBUTES) {
    throw refused(`Number of message attributes [${entries.length}] exceeds the allowed maximum [${MOST_ATTRIBUTES}].`);
  }
  return entries
    .map(([name, attribute]) => readAttribute(name, attribute ?? {}))
    .toSorted((one, other) => Buffer.compare(Buffer.from(one.name), Buffer.from(other.name)));
}

/** The one attribute for SQS itself that a sender may give. */
export function readTraceHeader(given: ReadonlyMap<string, GivenAttribute | null> | undefined): string | null {
  let header: string | null = null;
  for (const [name, attribute] of given ?? []) {
    if (name !== "AWSTraceHeader") {
      throw invalidParameter("MessageSystemAttributeName", name, "Only AWSTraceHeader may be sent.");
    }
    const { type, value } = readAttribute(name, attribute ?? {});
    if (type !== "String") throw refused("The message system attribute 'AWSTraceHeader' must be of type String.");
    header = value;
  }
  return header;
}

function readAttribute(name: string, given: GivenAttribute): MessageAttribute {
  checkName(name);
  const type = given.DataType ?? "";
  if (type === "") throw refused(`The message attribute '${name}' must contain a non-empty message attribute type.`);
  const [prefix = ""] = type.split(".");
  if (!["Binary", "Number", "String"].includes(prefix) || type.length > 256) {
    throw refused(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if ((given.StringListValues ?? []).length > 0 || (given.BinaryListValues ?? []).length > 0) {
    throw new SqsRefusal(
      "UnsupportedOperation",
      "Message attribute list values in SendMessage operation are not supported.",
    );
  }
  const isBinary = prefix === "Binary";
  const value = isBinary ? Buffer.from(given.BinaryValue ?? []).toString("base64") : (given.StringValue ?? "");
  if (value === "") {
    throw refused(`Message (user) attribute '${name}' must contain a non-empty value of type '${type}'.`);
  }
  refuseForeignCharacters(`${type}${value}`);
  if (prefix === "Number" && !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) {
    throw refused(`Can't cast the value of message (user) attribute '${name}' to a number.`);
  }
  return { name, type, isBinary, value };
}

/** What XML cannot hold, SQS does not take. */
export function refuseForeignCharacters(text: string): void {
  if (!/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u.test(text)) return;
  const ranges = "#x9 | #xA | #xD | #x20 to #xD7FF | #xE000 to #xFFFD | #x10000 to #x10FFFF";
  throw new SqsRefusal("InvalidMessageContents", `Invalid characters found. Valid unicode characters are ${ranges}`);
}

function checkName(name: string): void {
  const isRight = /^[\w.-]{1,256}$/.test(name) && !/^\.|\.$|\.\./.test(name) && !/^(?:AWS|Amazon)\./i.test(name);
  if (!isRight) {
    throw refused(
      `The message attribute name '${name}' is invalid: letters, digits, _, - and . are allowed, not a dot at either end or two in a row, and not AWS. or Amazon. in front.`,
    );
  }
}

const refused = (text: string): SqsRefusal => new SqsRefusal("InvalidParameterValue", text);

/** What attributes add to a message's size, before they are checked. */
export function givenBytes(given: ReadonlyMap<string, GivenAttribute | null> | undefined): number {
  return [...(given ?? [])].reduce(
    (sum, [name, attribute]) =>
      sum +
      Buffer.byteLength(`${name}${attribute?.DataType ?? ""}${attribute?.StringValue ?? ""}`) +
      (attribute?.BinaryValue?.length ?? 0),
    0,
  );
}

/** Those that are asked for: by name, by `All` or `.*`, or by what they begin with, `order.*`. */
export function selected(
  attributes: readonly MessageAttribute[],
  names: readonly string[],
): readonly MessageAttribute[] {
  const isAll = names.includes("All") || names.includes(".*");
  const prefixes = names.filter((name) => name.endsWith(".*")).map((name) => name.slice(0, -2));
  return attributes.filter(
    ({ name }) => isAll || names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix)),
  );
}

export function shownMessageAttributes(attributes: readonly MessageAttribute[]): JsonObject {
  return Object.fromEntries(
    attributes.map(({ name, type, isBinary, value }) => [
      name,
      { [isBinary ? "BinaryValue" : "StringValue"]: value, DataType: type },
    ]),
  );
}
