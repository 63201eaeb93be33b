// `POST /_millrace/kafka/CLUSTER/TOPIC`: records for a topic of an embedded cluster; by GET the records of a partition from an offset on.
// `/trim` and `/delete` behind it do what they say, `/_millrace/kafka` lists what there is.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { isUtf8 } from "node:buffer";
import type { NewKafkaRecord, SeenKafkaRecord } from "../../ports/kafka-topics.ts";
import type { EmbeddedTopics, Refusal, TopicPlace } from "../embedded-topics.ts";
import { bytesOfBase64, jsonBody, objectOf, pathText } from "./local-body.ts";
import { queryCount } from "./query.ts";

const SHAPE =
  'The body is {"records": [{"value": "…" or null, or "valueData": base64; "key" or "keyData" likewise; "headers": [{"name", "value" or "data"}]; ' +
  '"partition"; "timestamp" in ms}], "partitions": how many the topic is to have}.';

const DEFAULT_RECORDS = 10;
const MOST_RECORDS = 100;
const MOST_PARTITIONS = 1_000;
const MOST_OFFSET = Number.MAX_SAFE_INTEGER;

export function addTopicRoutes(app: FastifyInstance, topics: EmbeddedTopics): void {
  app.get("/_millrace/kafka", async (_request, reply) => reply.send({ topics: await topics.list() }));
  app.get("/_millrace/kafka/:cluster/:topic", async (request, reply) => {
    const from = {
      partition: queryCount(request, "partition", { otherwise: 0, most: MOST_PARTITIONS }),
      offset: queryCount(request, "offset", { otherwise: 0, most: MOST_OFFSET }),
    };
    const max = queryCount(request, "max", { otherwise: DEFAULT_RECORDS, most: MOST_RECORDS });
    const seen = await topics.look(placeOf(request), from, max);
    if (seen.kind === "refused") return sendRefusal(reply, seen);
    return reply.send({ partitions: seen.topic.partitions, records: seen.records.map(shown) });
  });
  app.post("/_millrace/kafka/:cluster/:topic", async (request, reply) => {
    const sending = sendingOf(request);
    if (sending === null) return reply.code(400).send({ message: SHAPE });
    const sent = await topics.send(placeOf(request), sending.records, sending);
    return sent.kind === "refused" ? sendRefusal(reply, sent) : reply.send({ places: sent.places });
  });
  for (const change of ["trim", "delete"] as const) {
    app.post(`/_millrace/kafka/:cluster/:topic/${change}`, async (request, reply) => {
      const done = await topics.change(placeOf(request), change);
      return done.kind === "refused" ? sendRefusal(reply, done) : reply.send({});
    });
  }
}

export function sendRefusal(reply: FastifyReply, { status, text, at }: Refusal): FastifyReply {
  return reply.code(status).send({ message: text, ...(at === undefined ? {} : { at }) });
}

const placeOf = (request: FastifyRequest): TopicPlace => ({
  cluster: pathText(request, "cluster"),
  topic: pathText(request, "topic"),
});

function sendingOf(
  request: FastifyRequest,
): { readonly records: readonly NewKafkaRecord[]; readonly partitionCount: number | null } | null {
  const { records: list, partitions = null, ...others } = objectOf(jsonBody(request)) ?? {};
  if (!Array.isArray(list) || Object.keys(others).length > 0) return null;
  if (partitions !== null && !isCount(partitions, { least: 1, most: MOST_PARTITIONS })) return null;
  const records: NewKafkaRecord[] = [];
  for (const each of list) {
    const record = recordOf(each);
    if (record === null) return null;
    records.push(record);
  }
  return { records, partitionCount: partitions };
}

function recordOf(given: unknown): NewKafkaRecord | null {
  const {
    key,
    keyData,
    value,
    valueData,
    headers = [],
    partition = null,
    timestamp = null,
    ...others
  } = objectOf(given) ?? {};
  if (Object.keys(others).length > 0 || !Array.isArray(headers)) return null;
  const keyBytes = key === undefined && keyData === undefined ? null : bytesOf(key, keyData);
  const valueBytes = bytesOf(value, valueData);
  if (keyBytes === undefined || valueBytes === undefined) return null;
  if (partition !== null && !isCount(partition, { least: 0, most: MOST_PARTITIONS })) return null;
  if (timestamp !== null && !isCount(timestamp, { least: 0, most: MOST_OFFSET })) return null;
  const named: NewKafkaRecord["headers"][number][] = [];
  for (const each of headers) {
    const header = headerOf(each);
    if (header === null) return null;
    named.push(header);
  }
  return { partition, timestampMs: timestamp, key: keyBytes, value: valueBytes, headers: named };
}

function headerOf(given: unknown): NewKafkaRecord["headers"][number] | null {
  const { name, value, data, ...others } = objectOf(given) ?? {};
  const bytes = bytesOf(value, data);
  if (typeof name !== "string" || bytes === undefined || Object.keys(others).length > 0) return null;
  return [name, bytes];
}

/** Undefined: it is neither one text, nor null, nor one base64. */
function bytesOf(text: unknown, data: unknown): Uint8Array | null | undefined {
  if (data !== undefined) return text === undefined ? bytesOfBase64(data) : undefined;
  if (text === null) return null;
  return typeof text === "string" ? Buffer.from(text, "utf8") : undefined;
}

const isCount = (value: unknown, { least, most }: { least: number; most: number }): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= least && value <= most;

/** As a person reads it: text where it is UTF-8, else base64. */
function shown(record: SeenKafkaRecord): object {
  const { partition, offset, timestampMs, key, value, headers } = record;
  return {
    partition,
    offset,
    timestamp: timestampMs,
    ...part("key", "keyData", key),
    ...part("value", "valueData", value),
    headers: headers.map(([name, bytes]) => ({ name, ...part("value", "data", bytes) })),
  };
}

function part(textName: string, dataName: string, bytes: Uint8Array | null): Readonly<Record<string, string | null>> {
  if (bytes === null) return { [textName]: null };
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return isUtf8(buffer) ? { [textName]: buffer.toString("utf8") } : { [dataName]: buffer.toString("base64") };
}
