// The bytes of an upload as they were meant: taken out of aws-chunked, counted, and held against every digest that the client sent, in a
// header or behind the body. A flaw rejects the iteration, so that nothing half-read becomes an object.

import { createHash } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { type Checksum, type ChecksumName, createChecksum, isChecksumName } from "./checksums.ts";
import { S3Refusal } from "./s3-answer.ts";

/** What S3 takes in one call. */
const MOST_BYTES = 5_368_709_120;
const MOST_LINE_BYTES = 16_384;

export interface UploadBody {
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Base64 by algorithm, once the bytes have passed: those that the client gave, or asked for. */
  checksums(): Readonly<Record<string, string>>;
}

export function uploadBody(headers: IncomingHttpHeaders, sent: AsyncIterable<Uint8Array>): UploadBody {
  const expected = new Map<string, string>();
  const names = new Set<ChecksumName>();
  for (const [name, value] of Object.entries(headers)) {
    const [, algorithm = ""] = /^x-amz-checksum-(\w+)$/.exec(name) ?? [];
    if (!isChecksumName(algorithm) || typeof value !== "string") continue;
    names.add(algorithm);
    expected.set(algorithm, value);
  }
  for (const name of textOf(headers["x-amz-trailer"]).split(",")) {
    const [, algorithm = ""] = /^\s*x-amz-checksum-(\w+)\s*$/i.exec(name) ?? [];
    if (isChecksumName(algorithm.toLowerCase())) names.add(algorithm.toLowerCase() as ChecksumName);
  }
  const computed: Record<string, string> = {};
  const trailers = new Map<string, string>();
  const isChunked =
    textOf(headers["content-encoding"])
      .split(",")
      .some((each) => each.trim() === "aws-chunked") ||
    textOf(headers["x-amz-content-sha256"]).startsWith("STREAMING-");

  async function* checked(): AsyncGenerator<Uint8Array> {
    const sums = new Map<ChecksumName, Checksum>([...names].map((name) => [name, createChecksum(name)]));
    const md5 = createHash("md5");
    const whole = /^[0-9a-f]{64}$/.exec(textOf(headers["x-amz-content-sha256"]))?.[0];
    const sha256 = whole === undefined ? null : createHash("sha256");
    let sizeBytes = 0;
    for await (const part of isChunked ? unchunked(sent, trailers) : sent) {
      sizeBytes += part.length;
      if (sizeBytes > MOST_BYTES) {
        throw new S3Refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
      }
      for (const sum of sums.values()) sum.update(part);
      md5.update(part);
      sha256?.update(part);
      yield part;
    }
    const length = headers["x-amz-decoded-content-length"] ?? (isChunked ? undefined : headers["content-length"]);
    if (length !== undefined && Number(length) !== sizeBytes) {
      throw new S3Refusal(
        "IncompleteBody",
        "You did not provide the number of bytes specified by the Content-Length HTTP header",
      );
    }
    if (sha256 !== null && sha256.digest("hex") !== whole) {
      throw new S3Refusal(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    }
    const givenMd5 = headers["content-md5"];
    if (givenMd5 !== undefined && md5.digest("base64") !== givenMd5) {
      throw new S3Refusal("BadDigest", "The Content-MD5 you specified did not match what we received.");
    }
    for (const [name, sum] of sums) {
      const value = sum.digest();
      const wanted = expected.get(name) ?? trailers.get(`x-amz-checksum-${name}`);
      if (wanted !== undefined && wanted !== value) {
        const shown = name.toUpperCase();
        throw new S3Refusal("BadDigest", `The ${shown} you specified did not match the calculated checksum.`);
      }
      computed[name] = value;
    }
  }

  return { bytes: checked(), checksums: () => computed };
}

const textOf = (value: string | readonly string[] | undefined): string =>
  typeof value === "string" ? value : (value?.join(",") ?? "");

/** `SIZE[;chunk-signature=…]`, so many bytes, and so on to a size of 0; then trailers, a line each. Signatures are not checked. */
async function* unchunked(sent: AsyncIterable<Uint8Array>, trailers: Map<string, string>): AsyncGenerator<Uint8Array> {
  let held: Buffer = Buffer.alloc(0);
  let leftBytes = 0;
  let state: "size" | "data" | "end of data" | "trailers" = "size";
  for await (const part of sent) {
    held = held.length === 0 ? Buffer.from(part) : Buffer.concat([held, part]);
    for (let isStuck = false; !isStuck; ) {
      if (state === "data") {
        const taken = held.subarray(0, leftBytes);
        held = held.subarray(taken.length);
        leftBytes -= taken.length;
        if (taken.length > 0) yield taken;
        if (leftBytes === 0) state = "end of data";
        else isStuck = true;
        continue;
      }
      const end = held.indexOf("\r\n");
      if (end < 0) {
        if (held.length > MOST_LINE_BYTES) throw brokenChunks();
        isStuck = true;
        continue;
      }
      const line = held.subarray(0, end).toString("latin1");
      held = held.subarray(end + 2);
      if (state === "size") {
        const [, hex] = /^([0-9a-fA-F]{1,13})(?:;.*)?$/.exec(line) ?? [];
        if (hex === undefined) throw brokenChunks();
        leftBytes = Number.parseInt(hex, 16);
        state = leftBytes === 0 ? "trailers" : "data";
      } else if (state === "end of data") {
        if (line !== "") throw brokenChunks();
        state = "size";
      } else {
        const colon = line.indexOf(":");
        if (colon > 0 && trailers.size < 20)
          trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
      }
    }
  }
  if (state === "trailers") {
    // The last trailer may end with the body instead of its line.
    const line = held.toString("latin1");
    const colon = line.indexOf(":");
    if (colon > 0) trailers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    return;
  }
  throw brokenChunks();
}

const brokenChunks = (): S3Refusal => new S3Refusal("IncompleteBody", "The request body terminated unexpectedly");
