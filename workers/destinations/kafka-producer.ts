// Topics of a real cluster as destinations of its mappings (M-424), on kafkajs. A message goes where Kafka's own producers put its key;
// without one each partition takes its turn. The connection stays between reports; one that failed is replaced, its secrets read anew.

import type { Producer } from "kafkajs";
import type { KafkaAddress } from "../../src/ports/mapping-spec.ts";
import type { ReportMessage } from "../../src/ports/reporter.ts";
import type { ProduceFlaw, TopicProducer } from "../../src/ports/topic-producer.ts";
import { loadKafkajs } from "../kafka/kafka-client.ts";
import { kafkaClientOptions, type KafkaReadings } from "../kafka/kafka-connection.ts";
import { protocolErrorOf } from "../kafka/kafka-errors.ts";
import { kafkaProblem } from "../kafka/kafka-problems.ts";

/** A topic takes as much in one request by default, 1 MiB, with what surrounds it. */
const CHUNK_BYTES = 900_000;
const MESSAGE_EXTRA_BYTES = 100;
const CONNECT_WITHIN_MS = 3_000;

export interface KafkaProducerOptions extends KafkaReadings {
  readonly address: Pick<Extract<KafkaAddress, { kind: "kafka" }>, "servers" | "security">;
  readonly clientId: string;
}

export function createKafkaProducer(options: KafkaProducerOptions): TopicProducer {
  const { address, clientId } = options;
  const where = `Kafka at ${address.servers.join(", ")}`;
  /** All who ask meanwhile get the same one. */
  let opened: Promise<Producer | ProduceFlaw> | null = null;

  /** Never rejects. */
  async function open(): Promise<Producer | ProduceFlaw> {
    let producer: Producer | null = null;
    try {
      const [kafkajs, settings] = await Promise.all([loadKafkajs(), kafkaClientOptions(address, options)]);
      if ("problem" in settings) return { detail: settings.problem.detail, mayPass: false };
      const retry = { retries: address.servers.length, initialRetryTime: 100, maxRetryTime: 500 };
      const kafka = new kafkajs.Kafka({ ...settings, clientId, connectionTimeout: CONNECT_WITHIN_MS, retry });
      producer = kafka.producer({
        allowAutoTopicCreation: false,
        createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
        // Who sends has a count of his own.
        retry: { retries: 0 },
      });
      await producer.connect();
      return producer;
    } catch (error) {
      closeQuietly(producer);
      const { code, detail } = kafkaProblem(error, { servers: address.servers, topic: "", groupId: "" });
      return { detail, mayPass: code === "unreachable" };
    }
  }

  async function produceNow(topic: string, messages: readonly ReportMessage[], so: Tally): Promise<ProduceFlaw | null> {
    const producer = await (opened ??= open());
    if ("detail" in producer) return producer;
    for (const chunk of chunksOf(messages)) {
      const flaw = await sendChunk(producer, topic, chunk, so);
      if (flaw !== null) return flaw;
      if (so.isOver) return null;
    }
    return null;
  }

  async function sendChunk(
    producer: Producer,
    topic: string,
    chunk: readonly ReportMessage[],
    so: Tally,
  ): Promise<ProduceFlaw | null> {
    try {
      await producer.send({ topic, messages: chunk.map(({ key, value }) => ({ key: bufferOf(key), value })) });
      so.doneCount += chunk.length;
      return null;
    } catch (error) {
      if (!isTooLarge(error)) return flawOf(error, topic);
    }
    if (chunk.length === 1) {
      so.doneCount += 1;
      so.tooLargeCount += 1;
      return null;
    }
    // The topic's limit is lower than usual: which of them it takes is found out one by one.
    for (const message of chunk) {
      const flaw = await sendChunk(producer, topic, [message], so);
      if (flaw !== null) return flaw;
    }
    return null;
  }

  function flawOf(error: unknown, topic: string): ProduceFlaw {
    const type = protocolErrorOf(error);
    if (type === "UNKNOWN_TOPIC_OR_PARTITION")
      return { detail: `there is no topic ${topic} in ${where}`, mayPass: false };
    if (type?.endsWith("_AUTHORIZATION_FAILED") === true) {
      return { detail: `${where} does not let this user write to the topic ${topic} (${type})`, mayPass: false };
    }
    const words = error instanceof Error ? error.message : String(error);
    return { detail: `${where} did not take it: ${words}`, mayPass: true };
  }

  function forget(): void {
    const gone = opened;
    opened = null;
    void gone?.then((producer) => ("detail" in producer ? undefined : closeQuietly(producer)));
  }

  return {
    async produce(topic, messages, withinMs) {
      const so: Tally = { doneCount: 0, tooLargeCount: 0, isOver: false };
      const { promise: late, resolve } = Promise.withResolvers<ProduceFlaw>();
      const timer = setTimeout(() => {
        resolve({ detail: `${where} did not answer within ${withinMs} ms`, mayPass: true });
      }, withinMs);
      const flaw = await Promise.race([
        late,
        produceNow(topic, messages, so).catch((error: unknown) => flawOf(error, topic)),
      ]);
      clearTimeout(timer);
      so.isOver = true;
      if (flaw !== null) forget();
      return { doneCount: so.doneCount, tooLargeCount: so.tooLargeCount, flaw };
    },
    async close() {
      const last = opened;
      opened = null;
      const producer = await last;
      if (producer !== null && !("detail" in producer)) await producer.disconnect().catch(() => {});
    },
  };
}

/** What has become of the messages of one try. */
interface Tally {
  doneCount: number;
  tooLargeCount: number;
  isOver: boolean;
}

function chunksOf(messages: readonly ReportMessage[]): readonly (readonly ReportMessage[])[] {
  const chunks: ReportMessage[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const message of messages) {
    const own = (message.key?.length ?? 0) + Buffer.byteLength(message.value, "utf8") + MESSAGE_EXTRA_BYTES;
    bytes += own;
    if (bytes > CHUNK_BYTES) {
      chunks.push([]);
      bytes = own;
    }
    chunks.at(-1)?.push(message);
  }
  return chunks;
}

const bufferOf = (key: Uint8Array | null): Buffer | null =>
  key === null ? null : Buffer.from(key.buffer, key.byteOffset, key.length);

const isTooLarge = (error: unknown): boolean => protocolErrorOf(error) === "MESSAGE_TOO_LARGE";

function closeQuietly(producer: Producer | null): void {
  // It has failed already; what it says to that is of no use to anybody.
  producer?.disconnect().catch(() => {});
}
