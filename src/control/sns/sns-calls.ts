// The calls of SNS that are offered, by name. Two of them are also links that a person or an app follows (`SubscribeURL`, `UnsubscribeURL`),
// so they act by GET.

import type { QueryNode } from "../http/query-tree.ts";
import { publish, publishBatch } from "./publish-operations.ts";
import { type SnsAnswer, snsFailure, SnsRefusal, type SnsResult } from "./sns-answer.ts";
import type { SnsContext } from "./sns-context.ts";
import {
  confirmSubscription,
  getSubscriptionAttributes,
  listSubscriptions,
  listSubscriptionsByTopic,
  setSubscriptionAttributes,
  subscribe,
  unsubscribe,
} from "./subscription-operations.ts";
import {
  createTopic,
  deleteTopic,
  getTopicAttributes,
  listTagsForResource,
  listTopics,
  setTopicAttributes,
  tagResource,
  untagResource,
} from "./topic-operations.ts";

const operations = {
  CreateTopic: createTopic,
  DeleteTopic: deleteTopic,
  ListTopics: listTopics,
  GetTopicAttributes: getTopicAttributes,
  SetTopicAttributes: setTopicAttributes,
  TagResource: tagResource,
  UntagResource: untagResource,
  ListTagsForResource: listTagsForResource,
  Subscribe: subscribe,
  ConfirmSubscription: confirmSubscription,
  Unsubscribe: unsubscribe,
  ListSubscriptions: listSubscriptions,
  ListSubscriptionsByTopic: listSubscriptionsByTopic,
  GetSubscriptionAttributes: getSubscriptionAttributes,
  SetSubscriptionAttributes: setSubscriptionAttributes,
  Publish: publish,
  PublishBatch: publishBatch,
} as const satisfies {
  readonly [name: string]: (context: SnsContext, request: QueryNode) => Promise<SnsResult>;
};

export type SnsOperation = keyof typeof operations;

export const isSnsOperation = (name: string): name is SnsOperation => Object.hasOwn(operations, name);

export const snsOperations: readonly SnsOperation[] = Object.keys(operations).filter(isSnsOperation);

const LINKS: readonly SnsOperation[] = ["ConfirmSubscription", "Unsubscribe"];

export const isSnsLink = (operation: SnsOperation): boolean => LINKS.includes(operation);

/** Never rejects. */
export async function callSns(context: SnsContext, operation: SnsOperation, request: QueryNode): Promise<SnsAnswer> {
  try {
    return { kind: "result", result: await operations[operation](context, request) };
  } catch (error) {
    if (error instanceof SnsRefusal) return snsFailure(error.error, error.message);
    return snsFailure("InternalError", error instanceof Error ? error.message : String(error));
  }
}
