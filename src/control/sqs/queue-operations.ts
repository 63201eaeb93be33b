// The calls of SQS that concern a queue as a whole.

import type { Queues } from "../../ports/queues.ts";
import type { JsonObject } from "../api-answer.ts";
import type { Surroundings } from "../lookups.ts";
import type { Parsed } from "../shape.ts";
import { checkedQueueName, queueOfUrl, queueUrl } from "./queue-address.ts";
import { differingAttribute, readAttributes, shownAttributes } from "./queue-attributes.ts";
import { invalidParameter, missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";
import type { SqsOperation, sqsShapes } from "./sqs-shapes.ts";

export interface SqsContext {
  readonly queues: Queues;
  readonly settings: Surroundings;
}

/** How a call came: what its answer depends on besides its members. */
export interface CallOrigin {
  /** The host, with its port, that the client called. */
  readonly host: string;
  /** Aborted when the client has gone, or when the server closes. */
  readonly signal: AbortSignal;
}

export type Members<O extends SqsOperation> = Parsed<(typeof sqsShapes)[O]>;

const MOST_LISTED = 1_000;
const MOST_TAGS = 50;

export async function createQueue(
  { queues, settings }: SqsContext,
  request: Members<"CreateQueue">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const name = checkedQueueName(request.QueueName);
  const asked = readAttributes(request.Attributes ?? new Map());
  const tags = checkedTags(texts(request.tags));
  if ((await queues.createQueue(name, { settings: asked, tags })) === "exists") {
    const queue = await queues.describeQueue(name);
    const differing = queue === null ? null : differingAttribute(asked, queue.settings);
    if (differing !== null) {
      throw new SqsRefusal(
        "QueueNameExists",
        `A queue already exists with the same name and a different value for attribute ${differing}`,
      );
    }
  }
  return { QueueUrl: queueUrl(host, name, settings) };
}

export async function getQueueUrl(
  { queues, settings }: SqsContext,
  request: Members<"GetQueueUrl">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const { QueueName: name, QueueOwnerAWSAccountId: owner = settings.accountId } = request;
  if (name === undefined || name === "") throw missingParameter("QueueName");
  if (owner !== settings.accountId || (await queues.describeQueue(name)) === null) throw queueMissing();
  return { QueueUrl: queueUrl(host, name, settings) };
}

export async function listQueues(
  { queues, settings }: SqsContext,
  request: Members<"ListQueues">,
  { host }: CallOrigin,
): Promise<JsonObject> {
  const { QueueNamePrefix: prefix = "", NextToken, MaxResults } = request;
  if (MaxResults !== undefined && (MaxResults < 1 || MaxResults > MOST_LISTED)) {
    throw invalidParameter("MaxResults", MaxResults, "MaxResults must be an integer between 1 and 1000.");
  }
  const after = NextToken === undefined ? "" : nameOfToken(NextToken);
  const names = (await queues.listQueues()).map(({ name }) => name);
  const left = names.filter((name) => name.startsWith(prefix) && name > after);
  const page = left.slice(0, MaxResults ?? MOST_LISTED);
  const last = page.at(-1);
  const isMore = MaxResults !== undefined && left.length > page.length && last !== undefined;
  return {
    ...(page.length === 0 ? {} : { QueueUrls: page.map((name) => queueUrl(host, name, settings)) }),
    ...(isMore ? { NextToken: Buffer.from(`after:${last}`).toString("base64url") } : {}),
  };
}

function nameOfToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("after:")) return text.slice("after:".length);
  throw new SqsRefusal("InvalidParameterValue", "Invalid or expired next token.");
}

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
  { queues, settings }: SqsContext,
  request: Members<"SetQueueAttributes">,
): Promise<JsonObject> {
  const name = queueOfUrl(request.QueueUrl, settings);
  if (request.Attributes === undefined) throw missingParameter("Attributes");
  if (!(await queues.changeQueue(name, { settings: readAttributes(request.Attributes) }))) throw queueMissing();
  return {};
}

export async function deleteQueue(
  { queues, settings }: SqsContext,
  request: Members<"DeleteQueue">,
): Promise<JsonObject> {
  if (!(await queues.deleteQueue(queueOfUrl(request.QueueUrl, settings)))) throw queueMissing();
  return {};
}

export async function purgeQueue(
  { queues, settings }: SqsContext,
  request: Members<"PurgeQueue">,
): Promise<JsonObject> {
  if (!(await queues.purge(queueOfUrl(request.QueueUrl, settings)))) throw queueMissing();
  return {};
}

export async function listQueueTags(context: SqsContext, request: Members<"ListQueueTags">): Promise<JsonObject> {
  const { tags } = await tagsOf(context, request.QueueUrl);
  return Object.keys(tags).length === 0 ? {} : { Tags: tags };
}

export async function tagQueue(context: SqsContext, request: Members<"TagQueue">): Promise<JsonObject> {
  const { name, tags } = await tagsOf(context, request.QueueUrl);
  if (request.Tags === undefined) throw missingParameter("Tags");
  const added = texts(request.Tags);
  checkedTags({ ...tags, ...added });
  await context.queues.changeQueue(name, { tags: added });
  return {};
}

export async function untagQueue(context: SqsContext, request: Members<"UntagQueue">): Promise<JsonObject> {
  const { name } = await tagsOf(context, request.QueueUrl);
  if (request.TagKeys === undefined) throw missingParameter("TagKeys");
  const keys = request.TagKeys.filter((key) => key !== null);
  await context.queues.changeQueue(name, { tags: Object.fromEntries(keys.map((key) => [key, null])) });
  return {};
}

async function tagsOf(
  { queues, settings }: SqsContext,
  url: string | undefined,
): Promise<{ readonly name: string; readonly tags: Readonly<Record<string, string>> }> {
  const queue = await queues.describeQueue(queueOfUrl(url, settings));
  if (queue === null) throw queueMissing();
  return queue;
}

function checkedTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const count = Object.keys(tags).length;
  if (count <= MOST_TAGS) return tags;
  throw new SqsRefusal("InvalidParameterValue", `Too many tags: ${count}, at most ${MOST_TAGS}.`);
}

function texts(map: ReadonlyMap<string, string | null> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...(map ?? [])].map(([key, value]) => [key, value ?? ""]));
}
