// Reading and changing the attributes of a queue that is there, and its policy by AddPermission and RemovePermission.

import type { QueueSettings } from "../../ports/queues.ts";
import type { JsonObject } from "../api-answer.ts";
import { isFifoName, queueOfUrl } from "./queue-address.ts";
import { checkThroughput, mergedKept, readAttributes, shownAttributes } from "./queue-attributes.ts";
import { policyWith, policyWithout } from "./queue-policy.ts";
import { invalidParameter, missingParameter, queueMissing } from "./sqs-answer.ts";
import type { Members, SqsContext } from "./sqs-context.ts";

export async function getQueueAttributes(
  { queues, settings }: SqsContext,
  request: Members<"GetQueueAttributes">,
): Promise<JsonObject> {
  const queueName = queueOfUrl(request.QueueUrl, settings);
  const [queue, counts] = await Promise.all([queues.describeQueue(queueName), queues.countMessages(queueName)]);
  if (queue === null || counts === null) throw queueMissing();
  const names = (request.AttributeNames ?? []).filter((name) => name !== null);
  const shown = shownAttributes({ ...queue, ...counts }, names, settings);
  return Object.keys(shown).length === 0 ? {} : { Attributes: shown };
}

export async function setQueueAttributes(
  context: SqsContext,
  request: Members<"SetQueueAttributes">,
): Promise<JsonObject> {
  const { settings: home } = context;
  const name = queueOfUrl(request.QueueUrl, home);
  const { Attributes: attributes } = request;
  if (attributes === undefined) throw missingParameter("Attributes");
  await changed(context, name, async (has) => {
    const { settings, kept } = readAttributes(attributes, { isFifo: has.isFifo, isNew: false, home });
    if (settings.fifoThroughputLimit !== undefined || settings.deduplicationScope !== undefined) {
      checkThroughput({ ...has, ...settings });
    }
    await checkRedrive(context, name, settings.redrive ?? null, attributes.get("RedrivePolicy") ?? "");
    if (Object.keys(kept).length === 0) return settings;
    return { ...settings, keptAttributes: mergedKept(has.keptAttributes, kept) };
  });
  return {};
}

export async function addPermission(context: SqsContext, request: Members<"AddPermission">): Promise<JsonObject> {
  const { settings: home } = context;
  const name = queueOfUrl(request.QueueUrl, home);
  await changed(context, name, async ({ keptAttributes }) => ({
    keptAttributes: { ...keptAttributes, Policy: policyWith(keptAttributes["Policy"], request, { name, home }) },
  }));
  return {};
}

export async function removePermission(context: SqsContext, request: Members<"RemovePermission">): Promise<JsonObject> {
  const name = queueOfUrl(request.QueueUrl, context.settings);
  await changed(context, name, async ({ keptAttributes }) => {
    const Policy = policyWithout(keptAttributes["Policy"], request.Label);
    return { keptAttributes: mergedKept(keptAttributes, { Policy }) };
  });
  return {};
}

/** One after another, so that what is read is what is changed. Throws SqsRefusal. */
async function changed(
  { queues, sqs }: SqsContext,
  name: string,
  change: (has: QueueSettings) => Promise<Partial<QueueSettings>>,
): Promise<void> {
  await sqs.changes.run(async () => {
    const queue = await queues.describeQueue(name);
    if (queue === null) throw queueMissing();
    const settings = await change(queue.settings);
    if (!(await queues.changeQueue(name, { settings }))) throw queueMissing();
  });
}

/** Whether a queue may have this one for its dead letters. Throws SqsRefusal. */
export async function checkRedrive(
  { queues }: SqsContext,
  source: string,
  redrive: QueueSettings["redrive"],
  text: string,
): Promise<void> {
  if (redrive === null) return;
  const { deadLetterQueue } = redrive;
  const refuse = (reason: string): never => {
    throw invalidParameter("RedrivePolicy", text, reason);
  };
  // It would have no effect: nothing would ever leave the queue by it.
  if (deadLetterQueue === source) return refuse("A queue cannot be its own dead-letter queue.");
  const target = await queues.describeQueue(deadLetterQueue);
  if (target === null) return refuse("Dead letter target does not exist.");
  if (isFifoName(source) !== target.settings.isFifo) {
    return refuse("Dead-letter queue must be same type of queue as the source.");
  }
  const { redriveSources } = target.settings;
  if (redriveSources !== null && !redriveSources.includes(source)) {
    return refuse("The dead-letter queue's RedriveAllowPolicy does not allow this source queue.");
  }
  return undefined;
}
