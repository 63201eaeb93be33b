// How SQS's older query protocol names lists and maps: one by one, `AttributeName.1`, `Tag.2.Key`; in its XML as elements that repeat. All
// other members have the same names in both protocols. Requests are read and answers written by this one table.

/** The names of a map's keys and values; null: a list. */
interface QueryName {
  readonly name: string;
  readonly pair: { readonly key: string; readonly value: string } | null;
}

const list = (name: string): QueryName => ({ name, pair: null });
const map = (name: string): QueryName => ({ name, pair: { key: "Name", value: "Value" } });
const tags: QueryName = { name: "Tag", pair: { key: "Key", value: "Value" } };

const names: { readonly [member: string]: QueryName } = {
  AWSAccountIds: list("AWSAccountId"),
  Actions: list("ActionName"),
  AttributeNames: list("AttributeName"),
  Attributes: map("Attribute"),
  BinaryListValues: list("BinaryListValue"),
  Failed: list("BatchResultErrorEntry"),
  MessageAttributeNames: list("MessageAttributeName"),
  MessageAttributes: map("MessageAttribute"),
  MessageSystemAttributeNames: list("MessageSystemAttributeName"),
  MessageSystemAttributes: map("MessageSystemAttribute"),
  Messages: list("Message"),
  QueueUrls: list("QueueUrl"),
  Results: list("ListMessageMoveTasksResultEntry"),
  StringListValues: list("StringListValue"),
  TagKeys: list("TagKey"),
  Tags: tags,
  queueUrls: list("QueueUrl"),
  tags,
};

/** Null: a member that is neither list nor map. */
export function queryNameOf(operation: string, member: string): QueryName | null {
  if (member === "Entries") return list(`${operation}RequestEntry`);
  if (member === "Successful") return list(`${operation}ResultEntry`);
  return Object.hasOwn(names, member) ? (names[member] ?? null) : null;
}
