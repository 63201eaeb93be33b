// A document's records put once more into the source that they came from. The document stays where it is.
//
// S1  All of them or none: where one is no longer there, or which ones the batch had is not certain, nothing is sent.

import type { EmbeddedTopics } from "../../control/embedded-topics.ts";
import { storedNameOfArn } from "../../control/mapping/source-kinds.ts";
import { MillraceError } from "../../errors.ts";
import { shortArn } from "../../cli/shown-forms.ts";
import type { Streams } from "../../ports/streams.ts";
import { type AsyncCall, readDocument, type ReadDocument, type StreamRange, type TopicRange } from "./document.ts";
import { type Refused, refused, type Settings, streamRecords, topicRecords } from "./named-records.ts";

export interface ResendHouse {
  readonly streams: Pick<Streams, "read" | "append">;
  readonly kafka: Pick<EmbeddedTopics, "look" | "send">;
  /** All mappings, as AWS's API shows them. */
  readonly mappings: () => Promise<readonly Settings[]>;
  /** An Event invocation; null: it is accepted, else what the service says. */
  readonly invoke: (functionArn: string, payload: string) => Promise<string | null>;
}

export type Resent =
  | {
      readonly kind: "sent";
      readonly sentCount: number;
      /** `kinesis:orders`. */
      readonly to: string;
      /** Where each lies now, 100 of them at most: `shardId-000000000000 49…`, `orders-0:17`. */
      readonly places: readonly string[];
    }
  | Refused
  | { readonly kind: "not-resendable"; readonly message: string };

const MOST_PLACES = 100;

/** Rejects with MillraceError `source-unreachable` where the source's store cannot be reached. */
export async function resend(body: string, house: ResendHouse): Promise<Resent> {
  const document = readDocument(body);
  if (typeof document === "string") return { kind: "not-resendable", message: document };
  const { named } = document;
  switch (named.kind) {
    case "stream":
      return toStream(named, document, house);
    case "topic":
      return toTopic(named, document, house);
    case "invocation":
      return invokeAgain(named, house);
  }
}

async function toStream(range: StreamRange, document: ReadDocument, house: ResendHouse): Promise<Resent> {
  const all = await house.mappings();
  const mappings = all.filter((settings) => settings["FunctionArn"] === document.functionArn && isOn(settings, range));
  const records = await streamRecords(range, document, { streams: house.streams, mappings });
  if ("kind" in records) return records;
  const put = await house.streams.append(storedNameOfArn(range.streamArn) ?? "", records);
  switch (put.kind) {
    case "put":
      return {
        kind: "sent",
        sentCount: put.puts.length,
        to: shortArn(range.streamArn),
        places: put.puts.slice(0, MOST_PLACES).map(({ shardId, sequenceNumber }) => `${shardId} ${sequenceNumber}`),
      };
    case "missing":
      return refused("gone", `there is no stream ${shortArn(range.streamArn)} any more`);
    case "problem":
      throw new MillraceError("source-unreachable", put.problem.detail);
  }
}

/** A mapping may name a consumer of the stream. */
const isOn = (settings: Settings, { streamArn }: StreamRange): boolean =>
  typeof settings["EventSourceArn"] === "string" && settings["EventSourceArn"].startsWith(streamArn);

async function toTopic(range: TopicRange, document: ReadDocument, { kafka }: ResendHouse): Promise<Resent> {
  const topics = await topicRecords(range, document, kafka);
  if ("kind" in topics) return topics;
  const places: string[] = [];
  let sentCount = 0;
  // A batch is of one topic.
  for (const { topic, records } of topics) {
    const sent = await kafka.send({ cluster: range.cluster, topic }, records, { partitionCount: null });
    if (sent.kind === "refused") return refused(sent.status === 409 ? "elsewhere" : "gone", sent.text);
    sentCount += sent.places.length;
    for (const { partition, offset } of sent.places) places.push(`${topic}-${partition}:${offset}`);
  }
  const to = `${shortArn(range.cluster)}/${topics.map(({ topic }) => topic).join(",")}`;
  return { kind: "sent", sentCount, to, places: places.slice(0, MOST_PLACES) };
}

async function invokeAgain({ functionArn, payload }: AsyncCall, { invoke }: ResendHouse): Promise<Resent> {
  const problem = await invoke(functionArn, payload);
  if (problem !== null) return refused("gone", problem);
  return { kind: "sent", sentCount: 1, to: shortArn(functionArn), places: [] };
}
