// What SNS's calls know, and how they name things: topics and subscriptions by ARN, pages by the name that the last one ended with.

import type { Topics } from "../../ports/topics.ts";
import type { XmlElement } from "../http/xml.ts";
import type { Surroundings } from "../lookups.ts";
import { invalid } from "./sns-answer.ts";

export interface SnsContext {
  readonly topics: Topics;
  readonly settings: Surroundings;
}

const PAGE_LENGTH = 100;

export const topicArn = (name: string, { partition, region, accountId }: Surroundings): string =>
  `arn:${partition}:sns:${region}:${accountId}:${name}`;

export const subscriptionArn = (
  { topic, id }: { readonly topic: string; readonly id: string },
  settings: Surroundings,
): string => `${topicArn(topic, settings)}:${id}`;

/** The topic's name, or one that no topic has where the ARN is of elsewhere. Throws SnsRefusal. */
export function topicOfArn(arn: string | undefined, settings: Surroundings, member = "TopicArn"): string {
  if (arn === undefined || arn === "") throw invalid(member);
  const parts = arn.split(":");
  if (parts.length !== 6 || parts[0] !== "arn" || parts[2] !== "sns") {
    throw invalid(`${member} Reason: An ARN must have at least 6 elements, not ${parts.length}`);
  }
  const [, partition, , region, accountId, name = ""] = parts;
  const isHere = partition === settings.partition && region === settings.region && accountId === settings.accountId;
  return isHere ? name : "";
}

/** Throws SnsRefusal. */
export function subscriptionOfArn(
  arn: string | undefined,
  settings: Surroundings,
): { readonly topic: string; readonly id: string } {
  const parts = (arn ?? "").split(":");
  const id = parts[6];
  if (parts.length !== 7 || parts[2] !== "sns" || id === undefined) {
    throw invalid(`SubscriptionArn Reason: An ARN must have at least 7 elements, not ${parts.length}`);
  }
  return { topic: topicOfArn(parts.slice(0, 6).join(":"), settings), id };
}

/** One page of `all`, which are in the order of their keys, as `<Topics><member>…` and a token if there are more. Throws SnsRefusal. */
export function page<T>(
  all: readonly T[],
  token: string | undefined,
  shown: {
    readonly name: string;
    readonly keyOf: (each: T) => string;
    readonly members: (each: T) => readonly XmlElement[];
  },
): readonly XmlElement[] {
  const after = token === undefined || token === "" ? null : keyOfToken(token);
  const start = after === null ? 0 : all.findIndex((each) => shown.keyOf(each) === after) + 1;
  if (after !== null && start === 0) throw invalid("NextToken");
  const listed = all.slice(start, start + PAGE_LENGTH);
  const last = listed.at(-1);
  const isMore = last !== undefined && start + listed.length < all.length;
  return [
    [shown.name, listed.map((each) => ["member", shown.members(each)])],
    ...(isMore ? [["NextToken", Buffer.from(`after:${shown.keyOf(last)}`).toString("base64url")] as const] : []),
  ];
}

function keyOfToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("after:")) return text.slice("after:".length);
  throw invalid("NextToken");
}

/** A map of texts as the query protocol shows it. */
export const shownMap = (name: string, entries: Readonly<Record<string, string>>): XmlElement => [
  name,
  Object.entries(entries).map(
    ([key, value]) =>
      [
        "entry",
        [
          ["key", key],
          ["value", value],
        ],
      ] as const,
  ),
];
