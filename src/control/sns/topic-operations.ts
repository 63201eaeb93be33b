// The calls of SNS that concern a topic as a whole: making, listing, attributes, tags.

import type { TopicView } from "../../ports/topics.ts";
import { type QueryNode, queryList, queryMap, queryText, queryTexts } from "../http/query-tree.ts";
import { invalid, SnsRefusal, type SnsResult, topicMissing } from "./sns-answer.ts";
import { page, shownMap, type SnsContext, topicArn, topicOfArn } from "./sns-context.ts";

const MOST_TAGS = 50;
const MOST_DISPLAY_NAME = 100;

export async function createTopic({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const name = checkedTopicName(queryText(request, "Name"));
  const given = queryMap(request, "Attributes.entry", ["key", "value"]);
  const attributes = Object.fromEntries([...given].flatMap(([key, value]) => kept(key, value)));
  const tags = tagsOf(request);
  if (Object.keys(tags).length > MOST_TAGS) throw tooManyTags();
  const answer = await topics.create({ name, attributes, tags });
  const there = topics.find(name);
  if (answer === "exists" && there !== null) refuseDiffering(there, { attributes, tags });
  return [["TopicArn", topicArn(name, settings)]];
}

/** As on AWS: what is given again must be as it is; what is not given is not looked at. */
function refuseDiffering(there: TopicView, asked: Omit<TopicView, "name">): void {
  for (const [key, value] of Object.entries(asked.attributes)) {
    if ((there.attributes[key] ?? "") !== value) {
      throw invalid("Attributes Reason: Topic already exists with different attributes");
    }
  }
  for (const [key, value] of Object.entries(asked.tags)) {
    if (there.tags[key] !== value) throw invalid("Tags Reason: Topic already exists with different tags");
  }
}

function checkedTopicName(name: string | undefined): string {
  if (name !== undefined && /^[\w-]{1,251}\.fifo$/.test(name)) throw invalid(`Topic Name Reason: ${NO_FIFO}`);
  if (name === undefined || !/^[\w-]{1,256}$/.test(name)) throw invalid("Topic Name");
  return name;
}

const NO_FIFO = "FIFO topics are not built: this version has standard topics only";

/** What is stored of an attribute: nothing where it says what is so anyway. Throws SnsRefusal for one that would have no effect. */
function kept(name: string, value: string): readonly (readonly [string, string])[] {
  switch (name) {
    case "DisplayName":
      if (value.length > MOST_DISPLAY_NAME) throw invalid("DisplayName");
      return [[name, value]];
    // Kept and shown, as infrastructure tools read them back: there are no rights to check here, and nothing is encrypted.
    case "Policy":
      if (!isJsonObject(value)) throw invalid("Policy Error: null");
      return [[name, value]];
    case "KmsMasterKeyId":
      return [[name, value]];
    case "SignatureVersion":
      if (value !== "1" && value !== "2") throw invalid("SignatureVersion");
      return [[name, value]];
    case "FifoTopic":
      if (value === "false") return [];
      throw invalid(`Attributes Reason: ${NO_FIFO}`);
    case "ContentBasedDeduplication":
      if (value === "false") return [];
      throw invalid(`Attributes Reason: ${NO_FIFO}`);
    case "TracingConfig":
      if (value === "PassThrough") return [];
      throw notCarriedOut(name);
    default:
      if (value === "" && knownElsewhere.test(name)) return [];
      if (knownElsewhere.test(name)) throw notCarriedOut(name);
      throw invalid("AttributeName");
  }
}

/** What AWS has and we do not carry out. */
const knownElsewhere =
  /^(?:DeliveryPolicy|ArchivePolicy|FifoThroughputScope|DataProtectionPolicy|(?:HTTP|Firehose|Lambda|Application|SQS)(?:SuccessFeedbackRoleArn|SuccessFeedbackSampleRate|FailureFeedbackRoleArn))$/;

const notCarriedOut = (name: string): SnsRefusal => invalid(`Attributes Reason: Millrace does not carry out ${name}`);

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null;
  } catch {
    return false; // No JSON: the caller says so.
  }
}

export async function deleteTopic({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  // As on AWS a topic that is not there is no error.
  await topics.remove(topicOfArn(queryText(request, "TopicArn"), settings));
  return null;
}

export async function listTopics({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  return page(topics.list(), queryText(request, "NextToken"), {
    name: "Topics",
    keyOf: ({ name }) => name,
    members: ({ name }) => [["TopicArn", topicArn(name, settings)]],
  });
}

export async function getTopicAttributes({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const topic = topics.find(topicOfArn(queryText(request, "TopicArn"), settings));
  if (topic === null) throw topicMissing();
  const arn = topicArn(topic.name, settings);
  const { accountId } = settings;
  const all = topics.subscriptions(topic.name);
  const confirmedCount = all.filter(({ token }) => token === null).length;
  return [
    shownMap("Attributes", {
      TopicArn: arn,
      Owner: accountId,
      DisplayName: "",
      Policy: defaultPolicy(arn, accountId),
      EffectiveDeliveryPolicy: EFFECTIVE_DELIVERY_POLICY,
      SubscriptionsConfirmed: String(confirmedCount),
      SubscriptionsPending: String(all.length - confirmedCount),
      SubscriptionsDeleted: "0",
      ...topic.attributes,
    }),
  ];
}

/** What is carried out: src/destinations/topics/address-deliveries.ts. */
export const EFFECTIVE_DELIVERY_POLICY = JSON.stringify({
  http: {
    defaultHealthyRetryPolicy: {
      minDelayTarget: 1,
      maxDelayTarget: 20,
      numRetries: 50,
      numMaxDelayRetries: 35,
      numNoDelayRetries: 3,
      numMinDelayRetries: 2,
      backoffFunction: "linear",
    },
    disableSubscriptionOverrides: false,
  },
});

function defaultPolicy(arn: string, accountId: string): string {
  return JSON.stringify({
    Version: "2008-10-17",
    Id: "__default_policy_ID",
    Statement: [
      {
        Sid: "__default_statement_ID",
        Effect: "Allow",
        Principal: { AWS: "*" },
        Action: [
          "SNS:GetTopicAttributes",
          "SNS:SetTopicAttributes",
          "SNS:AddPermission",
          "SNS:RemovePermission",
          "SNS:DeleteTopic",
          "SNS:Subscribe",
          "SNS:ListSubscriptionsByTopic",
          "SNS:Publish",
        ],
        Resource: arn,
        Condition: { StringEquals: { "AWS:SourceOwner": accountId } },
      },
    ],
  });
}

export async function setTopicAttributes({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const name = topicOfArn(queryText(request, "TopicArn"), settings);
  const attribute = queryText(request, "AttributeName") ?? "";
  const value = queryText(request, "AttributeValue") ?? "";
  if (topics.find(name) === null) throw topicMissing();
  if (attribute === "FifoTopic") throw invalid("AttributeName");
  const isDefault = value === "" || kept(attribute, value).length === 0;
  if (value === "") kept(attribute, attribute === "Policy" ? "{}" : attribute === "SignatureVersion" ? "1" : value);
  await topics.change(name, { attributes: { [attribute]: isDefault ? null : value } });
  return null;
}

export async function tagResource({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const topic = taggedTopic({ topics, settings }, request);
  const tags = tagsOf(request);
  if (Object.keys({ ...topic.tags, ...tags }).length > MOST_TAGS) throw tooManyTags();
  await topics.change(topic.name, { tags });
  return [];
}

export async function untagResource({ topics, settings }: SnsContext, request: QueryNode): Promise<SnsResult> {
  const topic = taggedTopic({ topics, settings }, request);
  const keys = queryTexts(request, "TagKeys.member");
  await topics.change(topic.name, { tags: Object.fromEntries(keys.map((key) => [key, null])) });
  return [];
}

export async function listTagsForResource(context: SnsContext, request: QueryNode): Promise<SnsResult> {
  const { tags } = taggedTopic(context, request);
  return [
    [
      "Tags",
      Object.entries(tags).map(
        ([key, value]) =>
          [
            "member",
            [
              ["Key", key],
              ["Value", value],
            ],
          ] as const,
      ),
    ],
  ];
}

function taggedTopic({ topics, settings }: SnsContext, request: QueryNode): TopicView {
  const topic = topics.find(topicOfArn(queryText(request, "ResourceArn"), settings, "ResourceArn"));
  if (topic === null) throw new SnsRefusal("ResourceNotFound", "Resource does not exist");
  return topic;
}

/** Throws SnsRefusal. */
function tagsOf(request: QueryNode): Readonly<Record<string, string>> {
  const tags = queryList(request, "Tags.member").map(
    (tag) => [queryText(tag, "Key") ?? "", queryText(tag, "Value") ?? ""] as const,
  );
  if (tags.some(([key, value]) => key.length < 1 || key.length > 128 || value.length > 256)) {
    throw invalid("Tags Reason: a key has 1 to 128 characters, and a value at most 256");
  }
  return Object.fromEntries(tags);
}

const tooManyTags = (): SnsRefusal =>
  new SnsRefusal("TagLimitExceeded", "Could not complete request: tag quota of per resource exceeded");
