// Compressions that a producer may use and the client has not: snappy, lz4, zstd (M-816). The client's table of them is one a process.
// The native modules are loaded with the first batch that needs them.

import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import type { CompressionCodecs, CompressionTypes } from "kafkajs";
import { unwrapSnappy, wrapSnappy } from "./snappy-frames.ts";

/** As the client calls it: what it compresses lies in the `buffer` of its encoder. */
export interface Codec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>;
  decompress(buffer: Buffer): Promise<Buffer>;
}

const zstdCompressed = promisify(zstdCompress);
const zstdDecompressed = promisify(zstdDecompress);

export const snappyCodec: Codec = {
  async compress({ buffer }) {
    const { compress } = await import("snappy");
    return wrapSnappy(await compress(buffer));
  },
  async decompress(buffer) {
    const { uncompress } = await import("snappy");
    const blocks = await Promise.all(unwrapSnappy(buffer).map((block) => uncompress(block, { asBuffer: true })));
    return Buffer.concat(blocks.map((block) => (typeof block === "string" ? Buffer.from(block) : block)));
  },
};

export const lz4Codec: Codec = {
  async compress({ buffer }) {
    const { compressFrame } = await import("lz4-napi");
    return compressFrame(buffer);
  },
  async decompress(buffer) {
    const { decompressFrame } = await import("lz4-napi");
    return decompressFrame(buffer);
  },
};

export const zstdCodec: Codec = {
  compress: ({ buffer }) => zstdCompressed(buffer),
  decompress: (buffer) => zstdDecompressed(buffer),
};

export function registerCodecs(codecs: typeof CompressionCodecs, types: typeof CompressionTypes): void {
  codecs[types.Snappy] = () => snappyCodec;
  codecs[types.LZ4] = () => lz4Codec;
  codecs[types.ZSTD] = () => zstdCodec;
}
