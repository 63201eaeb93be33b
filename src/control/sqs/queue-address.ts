// Queues by name, by URL and by ARN. A URL is made of the host that the client called, so that whoever reached us reaches us again.

import type { Surroundings } from "../lookups.ts";
import { missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";

export const isFifoName = (name: string): boolean => name.endsWith(".fifo");

export function queueUrl(host: string, name: string, { accountId }: Surroundings): string {
  return `http://${host}/${accountId}/${name}`;
}

export function queueArn(name: string, { partition, region, accountId }: Surroundings): string {
  return `arn:${partition}:sqs:${region}:${accountId}:${name}`;
}

/** The name in the ARN of a queue of this account and region; null: it is another's, or no queue's ARN at all. */
export function nameOfArn(arn: string, settings: Surroundings): string | null {
  const ours = queueArn("", settings);
  const name = arn.startsWith(ours) ? arn.slice(ours.length) : "";
  return /^[\w.-]+$/.test(name) ? name : null;
}

/** The queue's name; its host is not looked at. Throws SqsRefusal. */
export function queueOfUrl(url: string | undefined, { accountId }: Surroundings): string {
  if (url === undefined || url === "") throw missingParameter("QueueUrl");
  const path = URL.parse(url)?.pathname ?? url;
  const [, account, name] = /^\/?(\d{12})\/([^/]+)$/.exec(path) ?? [];
  if (account === undefined || name === undefined) {
    throw new SqsRefusal("InvalidAddress", `The address ${url} is not valid for this endpoint.`);
  }
  if (account !== accountId) throw queueMissing();
  return name;
}

/** Throws SqsRefusal where no queue of this kind can have this name. */
export function checkedQueueName(name: string | undefined, { isFifo }: { readonly isFifo: boolean }): string {
  if (name === undefined || name === "") throw missingParameter("QueueName");
  if (isFifo) {
    if (/^[\w-]{1,75}\.fifo$/.test(name)) return name;
    throw new SqsRefusal(
      "InvalidParameterValue",
      "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length.",
    );
  }
  if (/^[\w-]{1,80}$/.test(name)) return name;
  throw new SqsRefusal(
    "InvalidParameterValue",
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
  );
}
