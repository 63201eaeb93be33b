// The calls of S3 that concern one object: its bytes, its headers, its parts.

import type { ObjectFacts, StoredObject } from "../../ports/buckets.ts";
import type { XmlElement } from "../http/xml.ts";
import {
  answered,
  malformedXml,
  noSuchBucket,
  noSuchKey,
  noSuchUpload,
  type S3Answer,
  S3Refusal,
} from "./s3-answer.ts";
import { elementsOf, elementText, headerOf, type S3Call, type S3Context, textBody } from "./s3-call.ts";
import { uploadBody } from "./upload-body.ts";

export interface ObjectPlace {
  readonly bucket: string;
  readonly key: string;
}

const MOST_METADATA_BYTES = 2_048;
const MOST_PARTS = 10_000;

/** Headers that come back as they were given. */
const keptHeaders = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
];

/** Throws S3Refusal. */
function factsOf(call: S3Call, checksums: Readonly<Record<string, string>>): Omit<ObjectFacts, "etag"> {
  const headers: Record<string, string> = { "content-type": "application/octet-stream" };
  for (const name of keptHeaders) {
    const value = headerOf(call, name);
    if (value === undefined || value === "") continue;
    const kept = name === "content-encoding" ? withoutChunked(value) : value;
    if (kept !== "") headers[name] = kept;
  }
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(call.headers)) {
    if (name.startsWith("x-amz-meta-") && typeof value === "string") metadata[name.slice("x-amz-meta-".length)] = value;
  }
  const bytes = Object.entries(metadata).reduce(
    (sum, [name, value]) => sum + name.length + Buffer.byteLength(value),
    0,
  );
  if (bytes > MOST_METADATA_BYTES) {
    throw new S3Refusal("InvalidArgument", "Your metadata headers exceed the maximum allowed metadata size");
  }
  return { headers, metadata, checksums };
}

const withoutChunked = (value: string): string =>
  value
    .split(",")
    .map((each) => each.trim())
    .filter((each) => each !== "aws-chunked" && each !== "")
    .join(",");

export async function putObject({ buckets }: S3Context, { bucket, key }: ObjectPlace, call: S3Call): Promise<S3Answer> {
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  factsOf(call, {});
  const body = uploadBody(call.headers, call.body);
  const aside = await buckets.writeAside(body.bytes);
  const checksums = body.checksums();
  const facts = { ...factsOf(call, checksums), etag: aside.md5 };
  const ifMatch = headerOf(call, "if-match");
  const ifNone = headerOf(call, "if-none-match");
  const check =
    ifMatch === undefined && ifNone === undefined
      ? undefined
      : (before: StoredObject | null): boolean =>
          (ifMatch === undefined || (before !== null && isOneOf(ifMatch, before.etag))) &&
          (ifNone === undefined || before === null || !isOneOf(ifNone, before.etag));
  const stored = await aside.commit(bucket, key, facts, check);
  if (stored === "no bucket") throw noSuchBucket();
  if (stored === "refused") throw preconditionFailed();
  return answered(null, { etag: `"${aside.md5}"`, ...checksumHeaders(checksums) });
}

const preconditionFailed = (): S3Refusal =>
  new S3Refusal("PreconditionFailed", "At least one of the pre-conditions you specified did not hold");

const checksumHeaders = (checksums: Readonly<Record<string, string>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(checksums).map(([name, value]) => [`x-amz-checksum-${name}`, value]));

/** `"a", "b"`, `*`. */
const isOneOf = (list: string, etag: string): boolean =>
  list.split(",").some((each) => each.trim() === "*" || each.trim().replace(/^W\//, "").replace(/^"|"$/g, "") === etag);

/** GetObject and HeadObject. */
export async function getObject({ buckets }: S3Context, place: ObjectPlace, call: S3Call): Promise<S3Answer> {
  const { bucket, key } = place;
  const found = await buckets.find(bucket, key);
  if (found === null) throw (await buckets.exists(bucket)) ? noSuchKey() : noSuchBucket();
  const state = conditionOf(call, found);
  if (state === "failed") throw preconditionFailed();
  const shown = objectHeaders(found, call);
  if (state === "not modified") return answered(null, shown, 304);
  const range = rangeOf(headerOf(call, "range"), found.sizeBytes);
  const { start, end } = range ?? { start: 0, end: found.sizeBytes - 1 };
  const lengthBytes = end - start + 1;
  const headers = {
    ...shown,
    ...(range === null ? wholeChecksums(found, call) : { "content-range": `bytes ${start}-${end}/${found.sizeBytes}` }),
    "content-length": String(lengthBytes),
  };
  const status = range === null ? 200 : 206;
  if (call.method === "HEAD") return answered(null, headers, status);
  if (lengthBytes === 0) return answered(noBytes(), headers, status);
  const bytes = await buckets.read(bucket, key, { start, end });
  if (bytes === null) throw noSuchKey();
  return answered(bytes, headers, status);
}

async function* noBytes(): AsyncGenerator<Uint8Array> {}

/** As RFC 9110 orders them. */
function conditionOf(call: S3Call, found: StoredObject): "met" | "failed" | "not modified" {
  const ifMatch = headerOf(call, "if-match");
  const ifNone = headerOf(call, "if-none-match");
  const seconds = Math.floor(found.modifiedAtMs / 1_000) * 1_000;
  if (ifMatch === undefined) {
    const unmodifiedMs = Date.parse(headerOf(call, "if-unmodified-since") ?? "");
    if (seconds > unmodifiedMs) return "failed";
  } else if (!isOneOf(ifMatch, found.etag)) return "failed";
  if (ifNone !== undefined) return isOneOf(ifNone, found.etag) ? "not modified" : "met";
  const modifiedMs = Date.parse(headerOf(call, "if-modified-since") ?? "");
  return seconds <= modifiedMs ? "not modified" : "met";
}

function objectHeaders(found: StoredObject, { query }: S3Call): Readonly<Record<string, string>> {
  const asked = keptHeaders.flatMap((name) => {
    const value = query.get(`response-${name}`);
    return value === undefined || /[\r\n\0]/.test(value) ? [] : [[name, value] as const];
  });
  return {
    ...found.headers,
    ...Object.fromEntries(asked),
    ...Object.fromEntries(Object.entries(found.metadata).map(([name, value]) => [`x-amz-meta-${name}`, value])),
    etag: `"${found.etag}"`,
    "last-modified": new Date(found.modifiedAtMs).toUTCString(),
    "accept-ranges": "bytes",
  };
}

function wholeChecksums(found: StoredObject, call: S3Call): Readonly<Record<string, string>> {
  return headerOf(call, "x-amz-checksum-mode")?.toUpperCase() === "ENABLED" ? checksumHeaders(found.checksums) : {};
}

/** Null: the whole object, also where the header cannot be read, as RFC 9110 has it. Throws S3Refusal for what lies beyond its end. */
function rangeOf(
  header: string | undefined,
  sizeBytes: number,
): { readonly start: number; readonly end: number } | null {
  const [, from = "", to = ""] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header ?? "") ?? [];
  if (from === "" && to === "") return null;
  const start = from === "" ? Math.max(sizeBytes - Number(to), 0) : Number(from);
  const end = from === "" || to === "" ? sizeBytes - 1 : Math.min(Number(to), sizeBytes - 1);
  if (start >= sizeBytes || (from === "" && Number(to) === 0)) {
    throw new S3Refusal("InvalidRange", "The requested range is not satisfiable");
  }
  return start > end ? null : { start, end };
}

export async function deleteObject({ buckets }: S3Context, { bucket, key }: ObjectPlace): Promise<S3Answer> {
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  await buckets.delete(bucket, key);
  return answered(null, {}, 204);
}

export async function createUpload(
  { buckets, uploads }: S3Context,
  place: ObjectPlace,
  call: S3Call,
): Promise<S3Answer> {
  const { bucket, key } = place;
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  const uploadId = await uploads.start({ bucket, key, facts: { ...factsOf(call, {}), etag: "" } });
  return answered([
    "InitiateMultipartUploadResult",
    [
      ["Bucket", bucket],
      ["Key", key],
      ["UploadId", uploadId],
    ],
  ]);
}

export async function uploadPart({ uploads }: S3Context, place: ObjectPlace, call: S3Call): Promise<S3Answer> {
  const number = Number(call.query.get("partNumber") ?? "");
  if (!Number.isInteger(number) || number < 1 || number > MOST_PARTS) {
    throw new S3Refusal("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  }
  const body = uploadBody(call.headers, call.body);
  const put = await uploads.put(
    { ...place, uploadId: call.query.get("uploadId") ?? "" },
    { number, bytes: body.bytes },
  );
  if (put === null) throw noSuchUpload();
  return answered(null, { etag: `"${put.etag}"`, ...checksumHeaders(body.checksums()) });
}

export async function completeUpload({ uploads }: S3Context, place: ObjectPlace, call: S3Call): Promise<S3Answer> {
  const { bucket, key } = place;
  const parts = elementsOf(await textBody(call.body), "Part").map((part) => ({
    number: Number(elementText(part, "PartNumber") ?? ""),
    etag: (elementText(part, "ETag") ?? "").replace(/^"|"$/g, ""),
  }));
  if (parts.length === 0 || parts.length > MOST_PARTS) throw malformedXml();
  if (parts.some(({ number }, index) => !(number > (parts[index - 1]?.number ?? 0)))) {
    throw new S3Refusal(
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
    );
  }
  const done = await uploads.complete({ ...place, uploadId: call.query.get("uploadId") ?? "" }, parts);
  switch (done?.kind) {
    case undefined:
      throw noSuchUpload();
    case "no bucket":
      throw noSuchBucket();
    case "invalid part":
      throw new S3Refusal(
        "InvalidPart",
        "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      );
    case "too small":
      throw new S3Refusal("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    case "stored": {
      const result: XmlElement = [
        "CompleteMultipartUploadResult",
        [
          ["Location", `/${bucket}/${key}`],
          ["Bucket", bucket],
          ["Key", key],
          ["ETag", `"${done.etag}"`],
        ],
      ];
      return answered(result);
    }
  }
}

export async function abortUpload({ uploads }: S3Context, place: ObjectPlace, call: S3Call): Promise<S3Answer> {
  if (!(await uploads.abort({ ...place, uploadId: call.query.get("uploadId") ?? "" }))) throw noSuchUpload();
  return answered(null, {}, 204);
}
