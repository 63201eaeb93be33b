// Compressions against a real broker, which has Java's own: what it compressed is read, and what we compressed it takes apart.

import { randomBytes } from "node:crypto";
import { CompressionTypes } from "kafkajs";
import { describe, expect, test } from "vitest";
import { loadKafkajs } from "../../workers/kafka/kafka-client.ts";
import { liveTopic } from "./support/live-topic.ts";

const names = {
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** Some that shrink, and one that does not and is larger than any block of a compression. */
const values = [
  ...Array.from({ length: 200 }, (_, index) => `record ${index} ${"again ".repeat(20)}`),
  randomBytes(200_000).toString("hex"),
];
const messages = values.map((value) => ({ partition: 0, value, headers: { h: "x" } }));

describe.each(Object.entries(names))("M-816: %s", (name, compression) => {
  test("what the broker compressed is read", async () => {
    await using live = await liveTopic({ settings: { "compression.type": name } });
    await live.producer.send({ topic: live.topic, messages });
    expect(await live.member().untilCount(values.length)).toEqual(values);
  });

  test("what is written compressed is taken apart by the broker, and read as it was written", async () => {
    await loadKafkajs();
    await using stripped = await liveTopic({ settings: { "compression.type": "uncompressed" } });
    await stripped.producer.send({ topic: stripped.topic, messages, compression });
    expect(await stripped.member().untilCount(values.length)).toEqual(values);
    await using kept = await liveTopic({ settings: { "compression.type": "producer" } });
    await kept.producer.send({ topic: kept.topic, messages, compression });
    expect(await kept.member().untilCount(values.length)).toEqual(values);
  });
});
