// The documents of a destination, read back without taking any: messages of a queue, objects of a bucket, records of a topic of Kafka. What a
// topic of SNS was given has gone to its subscribers, and what was sent to a service outside is there.

import type { EmbeddedTopics } from "../../control/embedded-topics.ts";
import { destinationFromArn } from "../../destinations/destination-arn.ts";
import type { Buckets } from "../../ports/buckets.ts";
import type { Queues } from "../../ports/queues.ts";
import { kafkaTopicOf } from "../../ports/reporter.ts";
import type { DestinationContents } from "../frame-answers.ts";
import { readDocument } from "./document.ts";

export interface DestinationHouse {
  readonly queues: Pick<Queues, "peek">;
  readonly buckets: Pick<Buckets, "objects" | "read" | "exists">;
  readonly kafka: Pick<EmbeddedTopics, "look">;
  /** Addresses of services outside, where documents go there; null: they stay here. */
  readonly endpoints: Readonly<Record<"sqs" | "sns" | "s3", { readonly endpoint: string } | null>>;
  /** Clusters of the mappings whose destination is this `kafka://TOPIC`. */
  readonly clustersOf: (destination: string) => Promise<readonly string[]>;
}

const MOST_DOCUMENTS = 100;
const MOST_BODY = 20_000;
const MOST_DOCUMENT_BYTES = 16_000_000;

/** Null: no destination is called so. Rejects with MillraceError `source-unreachable` where its store cannot be reached. */
export async function documentsOf(destination: string, house: DestinationHouse): Promise<DestinationContents | null> {
  const found = await allOf(destination, house);
  if (found === null) return null;
  const documents = found.bodies.map(({ id, atMs, body }) => {
    const read = readDocument(body);
    const isResendable = typeof read !== "string";
    const isCut = body.length > MOST_BODY;
    const shown = isCut ? body.slice(0, MOST_BODY) : body;
    return { id, atMs, body: shown, isCut, isResendable, why: isResendable ? "" : read };
  });
  return { documents, note: found.note, command: found.command };
}

/** A document's whole text. Null: it is no longer there. */
export async function documentCalled(destination: string, id: string, house: DestinationHouse): Promise<string | null> {
  const address = destinationFromArn(destination);
  if (address?.kind === "bucket") {
    const listed = await house.buckets.objects(address.name, id);
    const object = listed.find(({ key }) => key === id);
    return object === undefined ? null : await objectText(house.buckets, address.name, object);
  }
  const found = await allOf(destination, house);
  return found?.bodies.find((each) => each.id === id)?.body ?? null;
}

interface Bodies {
  readonly bodies: readonly { readonly id: string; readonly atMs: number; readonly body: string }[];
  readonly note: string;
  readonly command: string | null;
}

const none = (note: string, command: string | null = null): Bodies => ({ bodies: [], note, command });

async function allOf(destination: string, house: DestinationHouse): Promise<Bodies | null> {
  const topic = kafkaTopicOf(destination);
  if (topic !== null) return ofKafka(destination, topic, house);
  const address = destinationFromArn(destination);
  if (address === null) return null;
  const { name, kind } = address;
  const service = kind === "queue" ? "sqs" : kind === "topic" ? "sns" : "s3";
  const outside = house.endpoints[service];
  if (outside !== null)
    return none(`Documents go to ${outside.endpoint}, and are there.`, outsideCommand(service, name, outside.endpoint));
  switch (kind) {
    case "queue":
      return ofQueue(name, house);
    case "bucket":
      return ofBucket(name, house);
    case "topic":
      return none(
        "A topic keeps nothing: each document went to the subscribers that the topic had then. A queue that is subscribed keeps them.",
        `aws sns subscribe --topic-arn ${destination} --protocol sqs --notification-endpoint QUEUE_ARN`,
      );
  }
}

function outsideCommand(service: "sqs" | "sns" | "s3", name: string, endpoint: string): string {
  const from = `aws --endpoint-url ${endpoint}`;
  if (service === "s3") return `${from} s3 ls --recursive s3://${name}/`;
  if (service === "sns") return `${from} sns list-topics`;
  return `${from} sqs receive-message --queue-url ${endpoint}/${name} --visibility-timeout 0`;
}

async function ofQueue(name: string, { queues }: DestinationHouse): Promise<Bodies> {
  const messages = await queues.peek(name, MOST_DOCUMENTS);
  if (messages === null)
    return none(
      `There is no queue ${name}: documents for it are refused, and lost.`,
      `aws sqs create-queue --queue-name ${name}`,
    );
  const bodies = messages.map(({ messageId, sentAtMs, body }) => ({ id: messageId, atMs: sentAtMs, body }));
  return { bodies, note: oldest(bodies.length), command: null };
}

const oldest = (count: number): string => (count < MOST_DOCUMENTS ? "" : `The oldest ${MOST_DOCUMENTS} are shown.`);

async function ofBucket(name: string, { buckets }: DestinationHouse): Promise<Bodies> {
  if (!(await buckets.exists(name)))
    return none(`There is no bucket ${name}: documents for it are refused, and lost.`, `aws s3 mb s3://${name}`);
  const objects = await buckets.objects(name, "");
  const newest = objects.toSorted((one, other) => other.modifiedAtMs - one.modifiedAtMs).slice(0, MOST_DOCUMENTS);
  const bodies = [];
  for (const object of newest) {
    const body = await objectText(buckets, name, object);
    if (body !== null) bodies.push({ id: object.key, atMs: object.modifiedAtMs, body });
  }
  const more = objects.length - newest.length;
  return {
    bodies,
    note: more === 0 ? "" : `The newest ${MOST_DOCUMENTS} of ${objects.length} are shown.`,
    command: null,
  };
}

/** Null: it has gone, or is too large for a document. */
async function objectText(
  buckets: DestinationHouse["buckets"],
  bucket: string,
  { key, sizeBytes }: { readonly key: string; readonly sizeBytes: number },
): Promise<string | null> {
  if (sizeBytes > MOST_DOCUMENT_BYTES) return null;
  if (sizeBytes === 0) return "";
  const bytes = await buckets.read(bucket, key, { start: 0, end: sizeBytes - 1 });
  if (bytes === null) return null;
  const pieces: Uint8Array[] = [];
  for await (const piece of bytes) pieces.push(piece);
  return Buffer.concat(pieces).toString("utf8");
}

async function ofKafka(destination: string, topic: string, house: DestinationHouse): Promise<Bodies | null> {
  const clusters = await house.clustersOf(destination);
  if (clusters.length === 0) return null;
  const bodies: Bodies["bodies"][number][] = [];
  const notes: string[] = [];
  for (const cluster of clusters) {
    const place = { cluster, topic };
    const seen = await house.kafka.look(place, { partition: 0, offset: 0 }, 1);
    if (seen.kind === "refused") {
      notes.push(seen.text);
      continue;
    }
    for (const { partition, firstOffset, nextOffset } of seen.topic.partitions) {
      const offset = Math.max(firstOffset, nextOffset - MOST_DOCUMENTS);
      if (offset > firstOffset) notes.push(`The newest ${MOST_DOCUMENTS} of partition ${partition} are shown.`);
      const run = await house.kafka.look(place, { partition, offset }, MOST_DOCUMENTS);
      if (run.kind === "refused") continue;
      for (const record of run.records) {
        const body = record.value === null ? "" : Buffer.from(record.value).toString("utf8");
        bodies.push({ id: `${cluster}|${partition}|${record.offset}`, atMs: record.timestampMs, body });
      }
    }
  }
  const sorted = bodies.toSorted((one, other) => one.atMs - other.atMs);
  const command = notes.length > 0 && bodies.length === 0 ? consumerCommand(clusters[0] ?? "", topic) : null;
  return { bodies: sorted.slice(-MOST_DOCUMENTS), note: notes.join(" "), command };
}

/** A cluster of one's own is named by its servers. */
const consumerCommand = (cluster: string, topic: string): string | null =>
  cluster.startsWith("kafka://")
    ? `kafka-console-consumer --bootstrap-server ${cluster.slice("kafka://".length)} --topic ${topic} --from-beginning`
    : null;
