// Publish and PublishBatch: a message is checked as SNS checks it, and handed to the topic.

import type { TopicAttribute, TopicMessage } from "../../ports/topics.ts";
import { type QueryNode, queryList, queryText } from "../http/query-tree.ts";
import type { XmlElement } from "../http/xml.ts";
import { invalid, SnsRefusal, type SnsResult, topicMissing } from "./sns-answer.ts";
import { type SnsContext, topicOfArn } from "./sns-context.ts";

const MOST_MESSAGE_BYTES = 262_144;
const MOST_ENTRIES = 10;
const MOST_SUBJECT = 100;

export async function publish(context: SnsContext, request: QueryNode): Promise<SnsResult> {
  if (queryText(request, "PhoneNumber") !== undefined) throw invalid("PhoneNumber Reason: Millrace sends no SMS");
  const arn = queryText(request, "TopicArn") ?? queryText(request, "TargetArn");
  if (arn === undefined) throw invalid("TopicArn or TargetArn Reason: no value for required parameter");
  const topic = topicOfArn(arn, context.settings);
  if (context.topics.find(topic) === null) throw topicMissing();
  const message = readMessage(request);
  if (sizeOf(message) > MOST_MESSAGE_BYTES) throw invalid("Message too long");
  return [["MessageId", await published(context, topic, message)]];
}

async function published({ topics }: SnsContext, topic: string, message: TopicMessage): Promise<string> {
  const answer = await topics.publish(topic, message);
  if (answer.kind === "missing") throw topicMissing();
  if (answer.kind === "failed") throw new SnsRefusal("InternalError", answer.detail);
  return answer.messageId;
}

export async function publishBatch(context: SnsContext, request: QueryNode): Promise<SnsResult> {
  const topic = topicOfArn(queryText(request, "TopicArn"), context.settings);
  if (context.topics.find(topic) === null) throw topicMissing();
  const entries = checkedEntries(queryList(request, "PublishBatchRequestEntries.member"));
  const successful: XmlElement[] = [];
  const failed: XmlElement[] = [];
  // In order: subscribers hear of them as they were given.
  for (const [id, entry] of entries) {
    try {
      const messageId = await published(context, topic, readMessage(entry));
      successful.push([
        "member",
        [
          ["Id", id],
          ["MessageId", messageId],
        ],
      ]);
    } catch (error) {
      if (!(error instanceof SnsRefusal)) throw error;
      const isSender = error.error !== "InternalError";
      failed.push([
        "member",
        [
          ["Id", id],
          ["Code", error.error],
          ["Message", error.message],
          ["SenderFault", String(isSender)],
        ],
      ]);
    }
  }
  return [
    ["Successful", successful],
    ["Failed", failed],
  ];
}

function checkedEntries(given: readonly QueryNode[]): ReadonlyMap<string, QueryNode> {
  if (given.length === 0) throw new SnsRefusal("EmptyBatchRequest", "The batch request doesn't contain any entries.");
  if (given.length > MOST_ENTRIES) {
    throw new SnsRefusal("TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible.");
  }
  const entries = new Map<string, QueryNode>();
  let sizeBytes = 0;
  for (const entry of given) {
    const id = queryText(entry, "Id") ?? "";
    if (!/^[\w-]{1,80}$/.test(id)) {
      throw new SnsRefusal(
        "InvalidBatchEntryId",
        "The Id of a batch entry in a batch request doesn't abide by the specification.",
      );
    }
    if (entries.has(id)) {
      throw new SnsRefusal("BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.");
    }
    entries.set(id, entry);
    sizeBytes += Buffer.byteLength(queryText(entry, "Message") ?? "") + attributeBytes(givenAttributes(entry));
  }
  if (sizeBytes > MOST_MESSAGE_BYTES) {
    throw new SnsRefusal("BatchRequestTooLong", "The length of all the messages put together is more than the limit.");
  }
  return entries;
}

/** Throws SnsRefusal. */
function readMessage(given: QueryNode): TopicMessage {
  const text = queryText(given, "Message") ?? "";
  if (text === "") throw invalid("Empty message");
  if (queryText(given, "MessageDeduplicationId") !== undefined) {
    throw invalid(
      "MessageDeduplicationId Reason: The request includes MessageDeduplicationId parameter that is not valid for this topic type",
    );
  }
  const groupId = queryText(given, "MessageGroupId") ?? null;
  if (groupId !== null && !/^[\x21-\x7e]{1,128}$/.test(groupId)) throw invalid("MessageGroupId");
  const structure = queryText(given, "MessageStructure");
  if (structure !== undefined && structure !== "" && structure !== "json") throw invalid("MessageStructure");
  const bodies = structure === "json" ? readBodies(text) : null;
  return {
    body: bodies?.["default"] ?? text,
    subject: readSubject(queryText(given, "Subject")),
    attributes: givenAttributes(given).map(checkedAttribute),
    bodies,
    groupId,
  };
}

function readSubject(subject: string | undefined): string | null {
  if (subject === undefined) return null;
  // Letters, digits or punctuation first, no line break, no control character.
  if (subject.length > MOST_SUBJECT || !/^[^\s\p{Cc}][^\p{Cc}]*$/u.test(subject)) throw invalid("Subject");
  return subject;
}

/** What is no text, and what is for a protocol that nobody has, is passed over as on AWS. */
function readBodies(text: string): Readonly<Record<string, string>> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  if (typeof parsed !== "object" || parsed === null || Array.isArray(parsed)) {
    throw invalid("Message Structure - JSON message body failed to parse");
  }
  const texts = Object.entries(parsed).flatMap(([name, value]) =>
    typeof value === "string" ? [[name, value] as const] : [],
  );
  if (!texts.some(([name]) => name === "default")) {
    throw invalid("Message Structure - No default entry in JSON message body");
  }
  return Object.fromEntries(texts);
}

const givenAttributes = (given: QueryNode): readonly TopicAttribute[] =>
  queryList(given, "MessageAttributes.entry").map((entry) => {
    const value = entry.members.get("Value");
    const type = (value === undefined ? undefined : queryText(value, "DataType")) ?? "";
    const member = isBinary(type) ? "BinaryValue" : "StringValue";
    return {
      name: queryText(entry, "Name") ?? "",
      type,
      value: (value === undefined ? undefined : queryText(value, member)) ?? "",
    };
  });

const isBinary = (type: string): boolean => type === "Binary" || type.startsWith("Binary.");

function checkedAttribute(attribute: TopicAttribute): TopicAttribute {
  const { name, type, value } = attribute;
  const refused = (why: string): SnsRefusal => new SnsRefusal("ParameterValueInvalid", why);
  if (!/^[\w.-]{1,256}$/.test(name) || /^\.|\.$|\.\./.test(name) || /^(?:AWS|Amazon)\./i.test(name)) {
    throw refused(`The message attribute name '${name}' is invalid.`);
  }
  if (!/^(?:String|Number|Binary)(?:\..{1,248})?$/.test(type)) {
    throw refused(
      `The message attribute '${name}' has an invalid message attribute type, the set of supported type prefixes is Binary, Number, and String.`,
    );
  }
  if (value === "") {
    throw refused(
      `The message attribute '${name}' must contain non-empty message attribute value for message attribute type '${type}'.`,
    );
  }
  if (type.startsWith("Number") && !/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?$/.test(value)) {
    throw refused(`Could not cast message attribute '${name}' value to number.`);
  }
  if (isBinary(type) && Buffer.from(value, "base64").length === 0)
    throw refused(`The message attribute '${name}' is no base64.`);
  return attribute;
}

const attributeBytes = (attributes: readonly TopicAttribute[]): number =>
  attributes.reduce(
    (sum, { name, type, value }) =>
      sum +
      Buffer.byteLength(name) +
      Buffer.byteLength(type) +
      (isBinary(type) ? Buffer.from(value, "base64").length : Buffer.byteLength(value)),
    0,
  );

function sizeOf({ body, bodies, attributes }: TopicMessage): number {
  const texts = bodies === null ? [body] : Object.values(bodies);
  return texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0) + attributeBytes(attributes);
}
