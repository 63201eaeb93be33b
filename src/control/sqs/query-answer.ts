// An answer as the query protocol has it: the body of the JSON answer, with its lists and maps as elements that repeat.

import type { Json, JsonObject } from "../api-answer.ts";
import { queryNameOf } from "./query-names.ts";
import type { SqsAnswer } from "./sqs-answer.ts";

/** As src/control/http/xml.ts has it. */
type Element = readonly [name: string, content: string | readonly Element[]];

export const SQS_VERSION = "2012-11-05";
export const SQS_NAMESPACE = `http://queue.amazonaws.com/doc/${SQS_VERSION}/`;

/** The root element. */
export function queryAnswer(operation: string, { body, error }: SqsAnswer, requestId: string): Element {
  if (error !== null) {
    const told: Element[] = [
      ["Type", error.fault],
      ["Code", error.queryCode],
      ["Message", queryText(error.text)],
      ["Detail", ""],
    ];
    const parts: Element[] = [
      ["Error", told],
      ["RequestId", requestId],
    ];
    return ["ErrorResponse", parts];
  }
  const result = members(operation, body);
  const metadata: Element = ["ResponseMetadata", [["RequestId", requestId]]];
  // A call that answers nothing by its nature has no result; what only found nothing has an empty one.
  const isVoid = result.length === 0 && voidOperations.has(operation);
  return [`${operation}Response`, isVoid ? [metadata] : [[`${operation}Result`, result], metadata]];
}

const voidOperations: ReadonlySet<string> = new Set([
  "AddPermission",
  "ChangeMessageVisibility",
  "DeleteMessage",
  "DeleteQueue",
  "PurgeQueue",
  "RemovePermission",
  "SetQueueAttributes",
  "TagQueue",
  "UntagQueue",
]);

/** The one text that AWS words differently here. */
const queryText = (text: string): string =>
  text === "The specified queue does not exist." ? "The specified queue does not exist for this wsdl version." : text;

function members(operation: string, body: JsonObject): readonly Element[] {
  return Object.entries(body).flatMap(([member, value]): readonly Element[] => {
    const called = queryNameOf(operation, member);
    if (called === null) return [[member, content(operation, value)]];
    const { name, pair } = called;
    if (pair === null) return listOf(value).map((item): Element => [name, content(operation, item)]);
    return Object.entries(objectOf(value)).map(([key, each]): Element => {
      const parts: Element[] = [
        [pair.key, key],
        [pair.value, content(operation, each)],
      ];
      return [name, parts];
    });
  });
}

function content(operation: string, value: Json): string | readonly Element[] {
  return typeof value === "object" && value !== null ? members(operation, objectOf(value)) : String(value);
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);
const listOf = (value: Json): readonly Json[] => (isList(value) ? value : []);
const objectOf = (value: Json): JsonObject =>
  typeof value === "object" && value !== null && !isList(value) ? value : {};
