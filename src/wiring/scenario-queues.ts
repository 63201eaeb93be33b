// A scenario's queues, made, filled and looked at through the calls of SQS: the same bodies go to the door of a simulated house and to
// that of a real server, so that both judge them alike.

import { isObject, type JsonObject, type Scenario, type ScenarioRecord, type SourceSetup } from "../sim/scenario.ts";
import { deadLetterQueueOf, placeholdersOf, SETTINGS, storedNameOf } from "./scenario-names.ts";

/** One call of SQS. Rejects with Stuck, and SQS's own text, where it is refused. */
export type SqsCall = (operation: string, body: JsonObject) => Promise<JsonObject>;

/** SendMessageBatch takes no more. */
const MOST_OF_A_CALL = 10;

/** The dead-letter queue, then the sources that name it. */
export async function makeQueues(scenario: Scenario, call: SqsCall): Promise<void> {
  const { setup } = scenario;
  const deadLetters = deadLetterQueueOf(scenario);
  if (deadLetters !== null)
    await call("CreateQueue", { QueueName: deadLetters, Attributes: fifoAttributes(deadLetters) });
  for (const source of ["source", "other_source"] as const) {
    const own = setup[source];
    if (own?.type !== "sqs-queue" || own.exists === false) continue;
    const QueueName = storedNameOf(own, source);
    const Attributes = { ...fifoAttributes(QueueName), ...redrive(scenario, source), ...own.attributes };
    await call("CreateQueue", { QueueName, Attributes });
  }
}

const fifoAttributes = (name: string): JsonObject => (name.endsWith(".fifo") ? { FifoQueue: "true" } : {});

function redrive(scenario: Scenario, source: "source" | "other_source"): JsonObject {
  const queue = scenario.setup.dead_letter_queue;
  if (queue === undefined || source !== "source") return {};
  const deadLetterTargetArn = placeholdersOf(scenario, SETTINGS)["dead_letter_queue.arn"];
  return { RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: queue.max_receive_count }) };
}

/** An answer a record, in order: `messageId`, and of a FIFO queue `sequenceNumber`. All by calls of ten, or a call each. */
export async function sendMessages(
  scenario: Scenario,
  records: readonly ScenarioRecord[],
  { call, isOneCall }: { readonly call: SqsCall; readonly isOneCall: boolean },
): Promise<readonly JsonObject[]> {
  const { source } = scenario.setup;
  const QueueUrl = urlOf(storedNameOf(source, "source"));
  const given: JsonObject[] = [];
  if (!isOneCall) {
    for (const record of records)
      given.push(givenFrom(await call("SendMessage", { QueueUrl, ...messageOf(record, source) })));
    return given;
  }
  for (let from = 0; from < records.length; from += MOST_OF_A_CALL) {
    const part = records.slice(from, from + MOST_OF_A_CALL);
    const Entries = part.map((record, index) => ({ Id: String(index), ...messageOf(record, source) }));
    const answer = await call("SendMessageBatch", { QueueUrl, Entries });
    const successes = Array.isArray(answer["Successful"]) ? answer["Successful"].filter(isObject) : [];
    for (const index of part.keys())
      given.push(givenFrom(successes.find((each) => each["Id"] === String(index)) ?? {}));
  }
  return given;
}

/** The door looks at the path alone. */
export const urlOf = (queueName: string): string => `http://localhost/${SETTINGS.accountId}/${queueName}`;

function messageOf(record: ScenarioRecord, source: SourceSetup | undefined): JsonObject {
  const { label, body, group, dedup, delay_s, message_attributes } = record;
  const isByContent = source?.attributes?.["ContentBasedDeduplication"] === "true";
  const deduplicationId = dedup ?? (source?.fifo === true && !isByContent ? label : undefined);
  return {
    MessageBody: body ?? label,
    ...(group === undefined ? {} : { MessageGroupId: group }),
    ...(deduplicationId === undefined ? {} : { MessageDeduplicationId: deduplicationId }),
    ...(delay_s === undefined ? {} : { DelaySeconds: delay_s }),
    ...(message_attributes === undefined ? {} : { MessageAttributes: message_attributes }),
  };
}

const givenFrom = ({ MessageId, SequenceNumber }: JsonObject): JsonObject => ({
  ...(MessageId === undefined ? {} : { messageId: MessageId }),
  ...(SequenceNumber === undefined ? {} : { sequenceNumber: SequenceNumber }),
});
