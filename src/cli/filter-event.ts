// What a person gives as an event, made a filter's view of a record (F-65 to F-70). Three forms are taken, told apart by their
// members: the record as the function receives it (payload in base64 where the source has it so), the document that patterns are
// written against (payload decoded), or the payload alone.

import type { FilteredKind, FilterView } from "../core/filter/filter-view.ts";
import { type JsonMember, type JsonNode, memberOf, readJson } from "../core/json/read-json.ts";

export interface GivenEvent {
  readonly form: "record" | "document" | "payload";
  readonly view: FilterView;
}

/** Never throws: a text that is no JSON object is a payload. */
export function givenEvent(source: FilteredKind, text: string): GivenEvent {
  const json = readJson(text);
  const root = json.kind === "value" ? json.value : null;
  if (root?.kind === "object") {
    const given = GIVEN[source](root, text);
    if (given !== null) {
      return given;
    }
  }
  return { form: "payload", view: { metadata: {}, dataMember: DATA_MEMBER[source], dataText: text } };
}

const DATA_MEMBER: Readonly<Record<FilteredKind, string>> = {
  kinesis: "data",
  dynamodb: "dynamodb",
  sqs: "body",
  kafka: "value",
  mq: "data",
};

type ObjectNode = JsonNode & { readonly kind: "object" };
type Reading = (root: ObjectNode, text: string) => GivenEvent | null;

const GIVEN: Readonly<Record<FilteredKind, Reading>> = { kinesis, dynamodb, sqs, kafka, mq };

function kinesis(root: ObjectNode, text: string): GivenEvent | null {
  const inner = memberOf(root, "kinesis");
  if (inner?.kind === "object") {
    return {
      form: "record",
      view: {
        metadata: metadataOf(inner, ["data"]),
        dataMember: "data",
        dataText: decoded(memberOf(inner, "data"), text, true),
      },
    };
  }
  return hasOne(root, ["data", "partitionKey", "sequenceNumber"]) ? documentOf(root, text, "data") : null;
}

function dynamodb(root: ObjectNode, text: string): GivenEvent | null {
  if (memberOf(root, "dynamodb") === null) {
    return hasOne(root, ["eventName", "eventID", "userIdentity"]) ? documentOf(root, text, "dynamodb") : null;
  }
  return { ...documentOf(root, text, "dynamodb"), form: "record" };
}

function sqs(root: ObjectNode, text: string): GivenEvent | null {
  const isRecord = memberOf(root, "body")?.kind === "string";
  return hasOne(root, ["body", "messageId"])
    ? { ...documentOf(root, text, "body"), form: isRecord ? "record" : "document" }
    : null;
}

function kafka(root: ObjectNode, text: string): GivenEvent | null {
  if (!hasOne(root, ["value", "topic", "offset", "key"])) {
    return null;
  }
  const value = memberOf(root, "value");
  const isRecord =
    memberOf(root, "topic") !== null && (value === null || value.kind === "string" || value.kind === "null");
  const key = memberOf(root, "key");
  const secondData =
    key === null || key.kind === "null" ? {} : { secondData: { member: "key", text: decoded(key, text, isRecord) } };
  const metadata = metadataOf(root, ["value", "key"]);
  const dataText = decoded(value, text, isRecord);
  return { form: isRecord ? "record" : "document", view: { metadata, dataMember: "value", dataText, ...secondData } };
}

function mq(root: ObjectNode, text: string): GivenEvent | null {
  const data = memberOf(root, "data");
  if (data === null && !hasOne(root, ["messageID", "basicProperties"])) {
    return null;
  }
  const isRecord = hasOne(root, ["messageID", "basicProperties"]) && data?.kind === "string";
  return {
    form: isRecord ? "record" : "document",
    view: { metadata: metadataOf(root, ["data"]), dataMember: "data", dataText: decoded(data, text, isRecord) },
  };
}

function documentOf(root: ObjectNode, text: string, member: string): GivenEvent {
  return {
    form: "document",
    view: {
      metadata: metadataOf(root, [member]),
      dataMember: member,
      dataText: decoded(memberOf(root, member), text, false),
    },
  };
}

function hasOne(root: ObjectNode, names: readonly string[]): boolean {
  return root.members.some(({ name }) => names.includes(name));
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** A payload as text: from base64 where it is so encoded, a string's content, or the JSON that stands there. */
function decoded(node: JsonNode | null, text: string, isEncoded: boolean): string | null {
  if (node === null || node.kind === "null") {
    return null;
  }
  if (node.kind !== "string") {
    return text.slice(node.start, node.end);
  }
  return isEncoded && BASE64.test(node.value) ? utf8(Buffer.from(node.value, "base64")) : node.value;
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    // The decoder throws on bytes that are not UTF-8, and has no other way to say so (F-79).
    return null;
  }
}

function metadataOf(root: ObjectNode, without: readonly string[]): Readonly<Record<string, unknown>> {
  return plainObject(root.members.filter(({ name }) => !without.includes(name)));
}

/** Through entries, so that a member called `__proto__` is a member like any other (F-20). */
function plainObject(members: readonly JsonMember[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(members.map(({ name, value }) => [name, plainValue(value)]));
}

function plainValue(node: JsonNode): unknown {
  switch (node.kind) {
    case "object":
      return plainObject(node.members);
    case "array":
      return node.items.map(plainValue);
    case "string":
    case "boolean":
      return node.value;
    case "number":
      return /^-?[0-9]{16,}$/.test(node.text) ? BigInt(node.text) : Number(node.text);
    case "null":
      return null;
  }
}
