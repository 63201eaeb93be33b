// The checksums that S3's clients send with what they upload, computed as the bytes pass by.

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export interface Checksum {
  update(bytes: Uint8Array): void;
  /** Base64; once. */
  digest(): string;
}

/** By the names of their headers, `x-amz-checksum-NAME`. */
export const checksumNames = ["crc32", "crc32c", "crc64nvme", "sha1", "sha256"] as const;

export type ChecksumName = (typeof checksumNames)[number];

export const isChecksumName = (name: string): name is ChecksumName => checksumNames.some((each) => each === name);

export function createChecksum(name: ChecksumName): Checksum {
  switch (name) {
    case "sha1":
    case "sha256": {
      const hash = createHash(name);
      return { update: (bytes) => void hash.update(bytes), digest: () => hash.digest("base64") };
    }
    case "crc32": {
      let value = 0;
      return {
        update(bytes) {
          value = crc32(bytes, value);
        },
        digest: () => bigEndian([value]),
      };
    }
    case "crc32c":
      return crc32c();
    case "crc64nvme":
      return crc64nvme();
  }
}

function bigEndian(words: readonly number[]): string {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [index, word] of words.entries()) bytes.writeUInt32BE(word >>> 0, index * 4);
  return bytes.toString("base64");
}

const CASTAGNOLI = 0x82_f6_3b_78;

function crc32c(): Checksum {
  const table = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let value = index;
    for (let bit = 0; bit < 8; bit += 1) value = (value & 1) === 1 ? (value >>> 1) ^ CASTAGNOLI : value >>> 1;
    table[index] = value;
  }
  let crc = 0xff_ff_ff_ff;
  return {
    update(bytes) {
      for (const byte of bytes) crc = (table[(crc ^ byte) & 0xff] ?? 0) ^ (crc >>> 8);
    },
    digest: () => bigEndian([~crc]),
  };
}

/** Reflected, in halves of 32 bits, as whole numbers of 64 would be slow. */
const NVME_HIGH = 0x9a_6c_93_29;
const NVME_LOW = 0xac_4b_c9_b5;

function crc64nvme(): Checksum {
  const highs = new Uint32Array(256);
  const lows = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    let high = 0;
    let low = index;
    for (let bit = 0; bit < 8; bit += 1) {
      const isOdd = (low & 1) === 1;
      low = (low >>> 1) | ((high & 1) << 31);
      high >>>= 1;
      if (isOdd) {
        high ^= NVME_HIGH;
        low ^= NVME_LOW;
      }
    }
    highs[index] = high;
    lows[index] = low;
  }
  let high = 0xff_ff_ff_ff;
  let low = 0xff_ff_ff_ff;
  return {
    update(bytes) {
      for (const byte of bytes) {
        const index = (low ^ byte) & 0xff;
        low = ((low >>> 8) | ((high & 0xff) << 24)) ^ (lows[index] ?? 0);
        high = (high >>> 8) ^ (highs[index] ?? 0);
      }
    },
    digest: () => bigEndian([~high, ~low]),
  };
}
