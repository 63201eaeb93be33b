// Each compression by itself.

import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { compress } from "snappy";
import { describe, expect, test } from "vitest";
import { lz4Codec, snappyCodec, zstdCodec } from "../../workers/kafka/codecs.ts";
import { loadKafkajs } from "../../workers/kafka/kafka-client.ts";
import { unwrapSnappy, wrapSnappy } from "../../workers/kafka/snappy-frames.ts";

const codecs = { snappy: snappyCodec, lz4: lz4Codec, zstd: zstdCodec };

describe.each(Object.entries(codecs))("M-816: %s", (_name, codec) => {
  test("what is written is read again, byte for byte", async () => {
    const samples = [Buffer.alloc(0), Buffer.from("x"), randomBytes(70_000), Buffer.alloc(300_000, "the same again ")];
    for (const sample of samples) {
      const read = await codec.decompress(await codec.compress({ buffer: sample }));
      expect(read.equals(sample)).toBe(true);
    }
  });

  test("bytes that are no such compression are an error, not a crash", async () => {
    await expect(codec.decompress(Buffer.from("this was never compressed by anyone"))).rejects.toThrow(
      /corrupt|magic|invalid|unknown|prefix/i,
    );
  });
});

describe("M-816: snappy's framings", () => {
  test("a bare block, as librdkafka writes it", async () => {
    const text = Buffer.from("plain ".repeat(50));
    expect((await snappyCodec.decompress(await compress(text))).equals(text)).toBe(true);
  });

  test("many blocks, and streams one behind the other, as Java's client may write them", async () => {
    const parts = ["one ", "two ", "three "].map((word) => Buffer.from(word.repeat(40)));
    const [one, two, three] = await Promise.all(parts.map((part) => compress(part)));
    const second = wrapSnappy(two ?? Buffer.alloc(0));
    const joined = Buffer.concat([
      wrapSnappy(one ?? Buffer.alloc(0)),
      second.subarray(16),
      wrapSnappy(three ?? Buffer.alloc(0)),
    ]);
    expect((await snappyCodec.decompress(joined)).equals(Buffer.concat(parts))).toBe(true);
  });

  test("a block is cut off nowhere: it is whole, or an error", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 40 }), fc.nat(60), (block, cut) => {
        const framed = wrapSnappy(Buffer.from(block));
        const length = Math.min(framed.length, 16 + cut);
        const isWhole = length === framed.length || length === 16;
        expect(isRefused(framed.subarray(0, length))).toBe(!isWhole);
        expect(unwrapSnappy(framed)).toEqual([Buffer.from(block)]);
      }),
    );
  });
});

function isRefused(framed: Buffer): boolean {
  try {
    unwrapSnappy(framed);
    return false;
  } catch {
    return true;
  }
}

test("M-816: the client has all of them once it is loaded", async () => {
  const { CompressionCodecs, CompressionTypes } = await loadKafkajs();
  expect(CompressionCodecs[CompressionTypes.Snappy]()).toBe(snappyCodec);
  expect(CompressionCodecs[CompressionTypes.LZ4]()).toBe(lz4Codec);
  expect(CompressionCodecs[CompressionTypes.ZSTD]()).toBe(zstdCodec);
});
