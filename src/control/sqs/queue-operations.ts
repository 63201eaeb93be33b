// The calls of SQS that make, find, list and empty queues.

import type { QueueSettings } from "../../ports/queues.ts";
import type { JsonObject } from "../api-answer.ts";
import { checkRedrive } from "./attribute-operations.ts";
import { checkedQueueName, queueOfUrl, queueUrl } from "./queue-address.ts";
import { checkThroughput, differingAttribute, mergedKept, readAttributes } from "./queue-attributes.ts";
import { pageOf } from "./queue-pages.ts";
import { missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";
import type { CallOrigin, Members, SqsContext } from "./sqs-context.ts";
import { checkedTags, texts } from "./tag-operations.ts";

export async function createQueue(
  context: SqsContext,
  request: Members<"CreateQueue">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const { queues, settings: home } = context;
  const given = request.Attributes ?? new Map<string, string | null>();
  const isFifo = given.get("FifoQueue") === "true";
  const name = checkedQueueName(request.QueueName, { isFifo });
  const asked = readAttributes(given, { isFifo, isNew: true, home });
  const tags = checkedTags(texts(request.tags));
  const existing = await queues.describeQueue(name);
  if (existing === null) {
    checkThroughput(asked.settings);
    await checkRedrive(context, name, asked.settings.redrive ?? null, given.get("RedrivePolicy") ?? "");
    const settings = { ...asked.settings, keptAttributes: mergedKept({}, asked.kept) };
    if ((await queues.createQueue(name, { settings, tags })) === "created") context.sqs.purges.forget(name);
    else await refuseDifference(context, name, (has) => differingAttribute(given.keys(), asked, has, home));
  } else {
    await refuseDifference(context, name, (has) => differingAttribute(given.keys(), asked, has, home));
  }
  return { QueueUrl: queueUrl(host, name, home) };
}

async function refuseDifference(
  { queues }: SqsContext,
  name: string,
  differing: (has: QueueSettings) => string | null,
): Promise<void> {
  const queue = await queues.describeQueue(name);
  const attribute = queue === null ? null : differing(queue.settings);
  if (attribute === null) return;
  throw new SqsRefusal(
    "QueueNameExists",
    `A queue already exists with the same name and a different value for attribute ${attribute}`,
  );
}

export async function getQueueUrl(
  { queues, settings }: SqsContext,
  request: Members<"GetQueueUrl">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const { QueueName: name, QueueOwnerAWSAccountId: owner = settings.accountId } = request;
  if (name === undefined || name === "") throw missingParameter("QueueName");
  const isOurs = owner === settings.accountId && !isOfBroker(name);
  if (!isOurs || (await queues.describeQueue(name)) === null) throw queueMissing();
  return { QueueUrl: queueUrl(host, name, settings) };
}

/** Embedded brokers keep theirs in the same store, under names that no queue of SQS can have. */
const isOfBroker = (name: string): boolean => name.includes("/");

export async function listQueues(
  { queues, settings }: SqsContext,
  request: Members<"ListQueues">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const { QueueNamePrefix: prefix = "" } = request;
  const all = (await queues.listQueues()).map(({ name }) => name);
  const names = all.filter((name) => name.startsWith(prefix) && !isOfBroker(name));
  const { page, more } = pageOf(names, request);
  return {
    ...(page.length === 0 ? {} : { QueueUrls: page.map((name) => queueUrl(host, name, settings)) }),
    ...more,
  };
}

export async function listDeadLetterSourceQueues(
  { queues, settings }: SqsContext,
  request: Members<"ListDeadLetterSourceQueues">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const target = queueOfUrl(request.QueueUrl, settings);
  if ((await queues.describeQueue(target)) === null) throw queueMissing();
  const all = (await queues.listQueues()).map(({ name }) => name);
  const views = await Promise.all(all.map((name) => queues.describeQueue(name)));
  const sources = views.flatMap((view) => (view?.settings.redrive?.deadLetterQueue === target ? [view.name] : []));
  const { page, more } = pageOf(sources, request);
  return { queueUrls: page.map((name) => queueUrl(host, name, settings)), ...more };
}

/** The name is free at once: what AWS waits for in the minute after a deletion does not exist here. */
export async function deleteQueue(
  { queues, settings, sqs }: SqsContext,
  request: Members<"DeleteQueue">,
): Promise<JsonObject> {
  const name = queueOfUrl(request.QueueUrl, settings);
  if (!(await queues.deleteQueue(name))) throw queueMissing();
  sqs.purges.forget(name);
  return {};
}

export async function purgeQueue(
  { queues, settings, sqs }: SqsContext,
  request: Members<"PurgeQueue">,
): Promise<JsonObject> {
  const name = queueOfUrl(request.QueueUrl, settings);
  if ((await queues.describeQueue(name)) === null) throw queueMissing();
  if (!sqs.purges.take(name)) {
    const text = `Only one PurgeQueue operation on ${name} is allowed every 60 seconds.`;
    throw new SqsRefusal("PurgeQueueInProgress", text);
  }
  let isDone = false;
  try {
    isDone = await queues.purge(name);
  } finally {
    if (!isDone) sqs.purges.forget(name);
  }
  if (!isDone) throw queueMissing();
  return {};
}
