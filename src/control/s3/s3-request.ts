// Which requests are for buckets, and what they name. On the one port a request is S3's when its signature says so, in a header or in its
// query, when its host is that of a bucket (`BUCKET.s3.localhost`, `s3.localhost`), or, unsigned, by S3's own header. Whoever may ask is
// judged before, by the host check: a bucket's host is below `localhost` or below a name that is let in.

import type { IncomingHttpHeaders } from "node:http";
import { S3Refusal } from "./s3-answer.ts";

/** What is known of a request before it has a route. */
export interface RawRequest {
  readonly headers: IncomingHttpHeaders;
  readonly url: string;
}

export interface S3Place {
  /** Null: no bucket, as ListBuckets has it. */
  readonly bucket: string | null;
  /** Null: the bucket itself. */
  readonly key: string | null;
}

const MOST_KEY_BYTES = 1_024;

export function isForBuckets({ headers, url }: RawRequest): boolean {
  if (headers["x-amz-target"] !== undefined) return false;
  const signed = serviceOf({ headers, url });
  if (signed !== null) return signed.startsWith("s3");
  return headers["x-amz-content-sha256"] !== undefined || bucketHost(hostOf(headers)) !== null;
}

/** The service that a signature names, which is not checked otherwise; null: unsigned. S3's older signature names none but is only S3's. */
export function serviceOf({ headers, url }: RawRequest): string | null {
  const authorization = headers.authorization ?? "";
  const inHeader = /Credential=[^/,\s]*\/\d{8}\/[^/]*\/([\w-]+)\/aws4_request/.exec(authorization);
  if (inHeader?.[1] !== undefined) return inHeader[1];
  if (/^AWS [^:\s]+:/.test(authorization)) return "s3";
  const inQuery = /[?&]X-Amz-Credential=[^&]*%2F([\w-]+)%2Faws4_request/i.exec(url);
  if (inQuery?.[1] !== undefined) return inQuery[1];
  return /[?&]AWSAccessKeyId=/.test(url) && /[?&]Signature=/.test(url) ? "s3" : null;
}

function hostOf(headers: IncomingHttpHeaders): string {
  const authority: unknown = headers[":authority"];
  const host = typeof authority === "string" ? authority : (headers.host ?? "");
  return host.replace(/:\d+$/, "").toLowerCase();
}

/** `s3.localhost`, `BUCKET.s3.localhost`, with a region or without, and the same below other names. Null: no host of S3. */
function bucketHost(host: string): { readonly bucket: string | null } | null {
  const found = /^(?:(.+)\.)?s3(?:[.-][a-z]{2}(?:-[a-z]+)+-\d)?\.[a-z0-9.-]+$/.exec(host);
  return found === null ? null : { bucket: found[1] ?? null };
}

/** Throws S3Refusal. */
export function placeOf({ headers, url }: RawRequest): S3Place {
  const path = url.split("?", 1)[0] ?? "";
  const host = hostOf(headers);
  const named = bucketHost(host) ?? { bucket: /^(.+)\.localhost$/.exec(host)?.[1] ?? null };
  const rest = path.replace(/^\//, "");
  if (named.bucket !== null) return { bucket: named.bucket, key: keyOf(rest) };
  if (rest === "") return { bucket: null, key: null };
  const end = rest.indexOf("/");
  if (end < 0) return { bucket: decoded(rest), key: null };
  return { bucket: decoded(rest.slice(0, end)), key: keyOf(rest.slice(end + 1)) };
}

function keyOf(rest: string): string | null {
  if (rest === "") return null;
  const key = decoded(rest);
  if (Buffer.byteLength(key) > MOST_KEY_BYTES) throw new S3Refusal("KeyTooLongError", "Your key is too long");
  return key;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Refusal("InvalidURI", "Couldn't parse the specified URI.");
  }
}

/** The query; a name that is given twice counts the first time. */
export function queryOf({ url }: RawRequest): ReadonlyMap<string, string> {
  const at = url.indexOf("?");
  const query = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(at < 0 ? "" : url.slice(at + 1))) {
    if (!query.has(name)) query.set(name, value);
  }
  return query;
}
