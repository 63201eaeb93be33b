// Kinesis calls about registered consumers.

import { assertNever } from "../../core/assert-never.ts";
import type { StreamConsumer } from "../../ports/consumers.ts";
import type { StreamDescription } from "../../ports/streams.ts";
import type { Parsed } from "../shape.ts";
import {
  answerOfProblem,
  type KinesisAnswer,
  kinesisFailure,
  kinesisSuccess,
  streamMissing,
} from "./kinesis-answer.ts";
import type { KinesisContext } from "./kinesis-calls.ts";
import type { kinesisShapes } from "./kinesis-shapes.ts";
import { MOST_CONSUMERS } from "./consumer-registry.ts";
import { TOKEN_LIFE_MS } from "./shard-iterator.ts";
import { streamArn, streamOf } from "./stream-reference.ts";
import { Instant, type WireObject } from "./wire-value.ts";

const DEFAULT_PAGE = 100;

type Request<O extends keyof typeof kinesisShapes> = Parsed<(typeof kinesisShapes)[O]>;

type Refused = { readonly kind: "refused"; readonly answer: KinesisAnswer };

async function streamOfArn(
  context: KinesisContext,
  arn: string | undefined,
): Promise<{ readonly kind: "stream"; readonly stream: StreamDescription } | Refused> {
  const found = streamOf({ StreamARN: arn }, context.settings);
  if (found.kind === "refused") return found;
  const described = await context.streams.describe(found.name);
  if (described.kind === "stream") return described;
  return { kind: "refused", answer: answerOfProblem(described, found.name, context.settings.accountId) };
}

export async function registerConsumer(
  context: KinesisContext,
  request: Request<"RegisterStreamConsumer">,
): Promise<KinesisAnswer> {
  const { settings, consumers } = context;
  if (request.Tags !== undefined && request.Tags.size > 0) {
    return kinesisFailure("ValidationException", "Tags is not built yet in this version of Millrace.");
  }
  const found = await streamOfArn(context, request.StreamARN);
  if (found.kind === "refused") return found.answer;
  const { stream } = found;
  const name = request.ConsumerName ?? "";
  const arn = streamArn(stream.name, settings);
  const registered = await consumers.register(stream, name, arn);
  switch (registered.kind) {
    case "registered":
      return kinesisSuccess({ Consumer: consumerMembers(context, registered.consumer) });
    case "exists":
      return kinesisFailure(
        "ResourceInUseException",
        `Consumer ${name} under stream ${arn} already exists for account ${settings.accountId}.`,
      );
    case "tooMany":
      return kinesisFailure(
        "LimitExceededException",
        `This request would exceed the limit of ${MOST_CONSUMERS} consumers for stream ${stream.name} under account ${settings.accountId}.`,
      );
    case "tooManyCreating":
      return kinesisFailure(
        "LimitExceededException",
        `Stream ${stream.name} under account ${settings.accountId} has 5 consumers in state CREATING already.`,
      );
    default:
      return assertNever(registered);
  }
}

export async function describeConsumer(
  context: KinesisContext,
  request: Request<"DescribeStreamConsumer">,
): Promise<KinesisAnswer> {
  const found = await consumerOf(context, request);
  if (found.kind === "refused") return found.answer;
  const { consumer } = found;
  return kinesisSuccess({
    ConsumerDescription: {
      ...consumerMembers(context, consumer),
      StreamARN: streamArn(consumer.streamName, context.settings),
    },
  });
}

export async function deregisterConsumer(
  context: KinesisContext,
  request: Request<"DeregisterStreamConsumer">,
): Promise<KinesisAnswer> {
  const found = await consumerOf(context, request);
  if (found.kind === "refused") return found.answer;
  if (await context.consumers.deregister(found.consumer.arn)) return kinesisSuccess(null);
  return kinesisFailure("ResourceInUseException", `Consumer ${found.consumer.arn} is being deleted already.`);
}

export async function listConsumers(
  context: KinesisContext,
  request: Request<"ListStreamConsumers">,
): Promise<KinesisAnswer> {
  const found = await streamOfArn(context, request.StreamARN);
  if (found.kind === "refused") return found.answer;
  const { stream } = found;
  const createdAt = request.StreamCreationTimestamp;
  if (createdAt !== undefined && Math.floor(createdAt) !== Math.floor(stream.createdAtMs / 1_000)) {
    return streamMissing(stream.name, context.settings.accountId);
  }
  const nowMs = context.clock.nowMs();
  const [madeAt = "", after = ""] =
    request.NextToken === undefined
      ? [String(nowMs), ""]
      : Buffer.from(request.NextToken, "base64").toString("latin1").split("/");
  if (!/^\d{1,16}$/.test(madeAt)) return kinesisFailure("InvalidArgumentException", "Invalid NextToken.");
  if (nowMs - Number(madeAt) > TOKEN_LIFE_MS) {
    return kinesisFailure("ExpiredNextTokenException", "NextToken expired: it is good for five minutes.");
  }
  const rest = (await context.consumers.list(stream)).filter(({ name }) => name > after);
  const limit = request.MaxResults ?? DEFAULT_PAGE;
  const shown = rest.slice(0, limit);
  const token = Buffer.from(`${nowMs}/${shown.at(-1)?.name ?? ""}`).toString("base64");
  return kinesisSuccess({
    Consumers: shown.map((each) => consumerMembers(context, each)),
    ...(rest.length > limit ? { NextToken: token } : {}),
  });
}

/** By its ARN, or by its name and its stream's ARN. */
export async function consumerOf(
  context: KinesisContext,
  request: Partial<Request<"DescribeStreamConsumer">>,
): Promise<
  { readonly kind: "consumer"; readonly consumer: StreamConsumer; readonly stream: StreamDescription } | Refused
> {
  const { ConsumerARN: consumerArn, ConsumerName: name, StreamARN: arn } = request;
  const isByName = arn !== undefined && name !== undefined;
  if (consumerArn === undefined && !isByName) {
    const text = "Either ConsumerARN or both StreamARN and ConsumerName should be provided.";
    return { kind: "refused", answer: kinesisFailure("InvalidArgumentException", text) };
  }
  const found = await streamOfArn(context, arn ?? consumerArn?.slice(0, consumerArn.indexOf("/consumer/")));
  if (found.kind === "refused") return found;
  const consumer = (await context.consumers.list(found.stream)).find((each) =>
    consumerArn === undefined ? each.name === name : each.arn === consumerArn && (name ?? each.name) === each.name,
  );
  if (consumer !== undefined) return { kind: "consumer", consumer, stream: found.stream };
  const text = `Consumer ${consumerArn ?? name}, account ${context.settings.accountId} not found.`;
  return { kind: "refused", answer: kinesisFailure("ResourceNotFoundException", text) };
}

const consumerMembers = ({ consumers }: KinesisContext, consumer: StreamConsumer): WireObject => ({
  ConsumerName: consumer.name,
  ConsumerARN: consumer.arn,
  ConsumerStatus: consumers.statusOf(consumer),
  ConsumerCreationTimestamp: new Instant(consumer.createdAtMs),
});
