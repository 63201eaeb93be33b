// One call of S3 as its operations see it, and what is refused of it whatever the operation: headers and queries that would have no effect.

import type { IncomingHttpHeaders } from "node:http";
import type { Buckets, PartUploads } from "../../ports/buckets.ts";
import type { Surroundings } from "../lookups.ts";
import { notImplemented, S3Refusal } from "./s3-answer.ts";

export interface S3Context {
  readonly buckets: Buckets;
  readonly uploads: PartUploads;
  readonly settings: Surroundings;
}

export interface S3Call {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly query: ReadonlyMap<string, string>;
  readonly body: AsyncIterable<Uint8Array>;
}

/** Of the headers that S3 knows, those with their effect here, and those that have none anywhere. */
const KNOWN =
  /^x-amz-(?:content-sha256|date|security-token|user-agent|meta-.*|checksum-.*|sdk-checksum-algorithm|trailer|decoded-content-length|expected-bucket-owner|request-payer|mp-object-size|id-2|request-id|api-version)$/;

/** Headers that are taken with the value that says what is so anyway. */
const asItIs: Readonly<Record<string, readonly string[]>> = {
  "x-amz-acl": ["private", "bucket-owner-full-control"],
  "x-amz-storage-class": ["STANDARD"],
  "x-amz-bucket-object-lock-enabled": ["false", "False"],
  "x-amz-object-ownership": ["BucketOwnerEnforced"],
};

/** Queries that say how a call is signed or named, and change nothing. */
const SIGNING = /^(?:x-amz-.*|x-id|awsaccesskeyid|signature|expires)$/i;

/** Throws S3Refusal. `names`: the queries that the operation carries out. */
export function refuseOthers({ headers, query }: S3Call, names: readonly string[], { settings }: S3Context): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!name.startsWith("x-amz-") || KNOWN.test(name)) continue;
    if (typeof value === "string" && asItIs[name]?.includes(value) === true) continue;
    throw notImplemented(`the header ${name}`);
  }
  for (const name of query.keys()) {
    if (!names.includes(name) && !SIGNING.test(name)) throw notImplemented(`the query ${name}`);
  }
  const owner = headers["x-amz-expected-bucket-owner"];
  if (owner !== undefined && owner !== settings.accountId) throw new S3Refusal("AccessDenied", "Access Denied");
}

/** A header that is given once; undefined: it is not. */
export function headerOf({ headers }: Pick<S3Call, "headers">, name: string): string | undefined {
  const value = headers[name];
  return typeof value === "string" ? value : undefined;
}

const MOST_DOCUMENT_BYTES = 2_097_152;

/** A body that is XML. Throws S3Refusal. */
export async function textBody(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const part of bytes) {
    sizeBytes += part.length;
    if (sizeBytes > MOST_DOCUMENT_BYTES)
      throw new S3Refusal("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

/** What stands within each element of this name, in order; names have no prefix. */
export function elementsOf(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}\\s*>`, "g"))].map(
    ([, inner = ""]) => inner,
  );
}

/** The text of the first element of this name, with its references resolved; undefined: there is none. */
export function elementText(xml: string, name: string): string | undefined {
  const [inner] = elementsOf(xml, name);
  return inner?.replace(
    /&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/g,
    (_whole, hex?: string, decimal?: string, word?: string) => {
      if (word !== undefined) return { lt: "<", gt: ">", amp: "&", quot: '"', apos: "'" }[word] ?? "";
      const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16);
      return code <= 0x10_ff_ff ? String.fromCodePoint(code) : "";
    },
  );
}
