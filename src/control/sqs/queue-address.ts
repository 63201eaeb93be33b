// Queues by name and by URL. A URL is made of the host that the client called, so that whoever reached us reaches us again.

import type { Surroundings } from "../lookups.ts";
import { missingParameter, queueMissing, SqsRefusal } from "./sqs-answer.ts";

export function queueUrl(host: string, name: string, { accountId }: Surroundings): string {
  return `http://${host}/${accountId}/${name}`;
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

/** Throws SqsRefusal where no standard queue can have this name. */
export function checkedQueueName(name: string | undefined): string {
  if (name === undefined || name === "") throw missingParameter("QueueName");
  if (/^[\w-]{1,75}\.fifo$/.test(name)) {
    throw new SqsRefusal(
      "UnsupportedOperation",
      "FIFO queues are not built yet: this version has standard queues only.",
    );
  }
  if (/^[\w-]{1,80}$/.test(name)) return name;
  throw new SqsRefusal(
    "InvalidParameterValue",
    "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length",
  );
}
