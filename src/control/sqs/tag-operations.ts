// Tags of queues.

import type { JsonObject } from "../api-answer.ts";
import { queueOfUrl } from "./queue-address.ts";
import { missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";
import type { Members, SqsContext } from "./sqs-context.ts";

const MOST_TAGS = 50;

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

/** Throws SqsRefusal. */
export function checkedTags(tags: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  const reserved = Object.keys(tags).find((key) => /^aws:/i.test(key));
  if (reserved !== undefined) {
    throw new SqsRefusal(
      "InvalidParameterValue",
      `The tag key ${reserved} is not taken: aws: begins keys of AWS's own.`,
    );
  }
  const count = Object.keys(tags).length;
  if (count <= MOST_TAGS) return tags;
  throw new SqsRefusal("InvalidParameterValue", `Too many tags: ${count}, at most ${MOST_TAGS}.`);
}

export function texts(map: ReadonlyMap<string, string | null> | undefined): Readonly<Record<string, string>> {
  return Object.fromEntries([...(map ?? [])].map(([key, value]) => [key, value ?? ""]));
}
