// A topic on a real Kafka, read through a registry as a mapping reads it.

import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import { expect, onTestFinished, test } from "vitest";
import type { KafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import type { GroupSource, MemberEvent } from "../../../src/ports/group-source.ts";
import type { RegistryReading } from "../../../src/ports/mapping-spec.ts";
import { createDecodingSource } from "../../../workers/kafka/registry/decoding-source.ts";
import { createRegistryDecoder } from "../../../workers/kafka/registry/registry-decoder.ts";
import { liveTopic } from "../support/live-topic.ts";
import { startTestRegistry } from "./test-registry.ts";

const order = { type: "record" as const, name: "Order", namespace: "shop", fields: [{ name: "id", type: "long" }] };

test("TM-58 to TM-60: records are held while the registry is away, then decoded or told as a fault, none lost", async () => {
  await using registry = await startTestRegistry();
  await using live = await liveTopic();
  const producer = new SchemaRegistry({ host: registry.url });
  const { id } = await producer.register(order);
  const unknown = Buffer.from([0, 0, 0, 9, 9, 1]);
  const values = [await producer.encode(id, { id: 1 }), unknown, Buffer.from("plain")];
  await registry.goAway();
  await live.producer.send({ topic: live.topic, messages: values.map((value) => ({ partition: 0, value })) });

  const member = readThrough(live.source(), registry.url);
  await member.until((events) => events.some(({ kind }) => kind === "problem"));
  expect(recordsOf(member.events)).toEqual([]);
  await registry.comeBack();
  await member.until((events) => events.at(-1)?.kind === "recovered" && recordsOf(events).length === 3);
  const records = recordsOf(member.events);
  expect(records.map(({ value }) => Buffer.from(value ?? []).toString("latin1"))).toEqual([
    '{"id":1}',
    unknown.toString("latin1"),
    "plain",
  ]);
  expect(records.map(({ offset, schema }) => [offset, schema?.value?.schemaId ?? schema?.fault])).toEqual([
    ["0", String(id)],
    ["1", "SCHEMA_NOT_FOUND"],
    ["2", "DESERIALIZATION_ERROR"],
  ]);
});

function readThrough(source: GroupSource<KafkaRecord>, url: string) {
  const none = { caFile: null, basicAuthSecretArn: null, clientSecretArn: null, caSecretArn: null };
  const reading: RegistryReading = { url, ...none, format: "JSON", attributes: ["VALUE"] };
  const decoder = createRegistryDecoder(reading, () => Promise.resolve(null));
  const member = createDecodingSource(source, decoder, createSystemClock()).open(0, { startOf: () => null });
  onTestFinished(() => member.close());
  const events: MemberEvent<KafkaRecord>[] = [];
  return {
    events,
    async until(isSo: (events: readonly MemberEvent<KafkaRecord>[]) => boolean): Promise<void> {
      while (!isSo(events)) events.push(...(await member.read(new AbortController().signal)));
    },
  };
}

function recordsOf(events: readonly MemberEvent<KafkaRecord>[]): readonly KafkaRecord[] {
  return events.flatMap((event) => (event.kind === "records" ? event.records : []));
}
