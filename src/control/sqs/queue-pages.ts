// Lists of queues by page.

import type { JsonObject } from "../api-answer.ts";
import { invalidParameter, SqsRefusal } from "./sqs-answer.ts";

const MOST_LISTED = 1_000;

/** `names` are sorted. As on AWS there is a next page only for who has asked for pages. Throws SqsRefusal. */
export function pageOf(
  names: readonly string[],
  { NextToken, MaxResults }: { readonly NextToken?: string | undefined; readonly MaxResults?: number | undefined },
): { readonly page: readonly string[]; readonly more: JsonObject } {
  if (MaxResults !== undefined && (MaxResults < 1 || MaxResults > MOST_LISTED)) {
    throw invalidParameter("MaxResults", MaxResults, "MaxResults must be an integer between 1 and 1000.");
  }
  const after = NextToken === undefined ? "" : nameOfToken(NextToken);
  const left = names.filter((name) => name > after);
  const page = left.slice(0, MaxResults ?? MOST_LISTED);
  const last = page.at(-1);
  const isMore = MaxResults !== undefined && left.length > page.length && last !== undefined;
  return { page, more: isMore ? { NextToken: Buffer.from(`after:${last}`).toString("base64url") } : {} };
}

function nameOfToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("after:")) return text.slice("after:".length);
  throw new SqsRefusal("InvalidParameterValue", "Invalid or expired next token.");
}
