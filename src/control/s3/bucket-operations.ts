// The calls of S3 that concern buckets: making, listing, taking away, and what is in them.

import type { ListedObject } from "../../ports/buckets.ts";
import type { XmlElement } from "../http/xml.ts";
import { answered, malformedXml, noSuchBucket, notImplemented, type S3Answer, S3Refusal } from "./s3-answer.ts";
import { elementsOf, elementText, type S3Call, type S3Context, textBody } from "./s3-call.ts";

const MOST_KEYS = 1_000;

export async function listBuckets({ buckets, settings }: S3Context, { query }: S3Call): Promise<S3Answer> {
  const prefix = query.get("prefix") ?? "";
  const shown = (await buckets.list()).filter(({ name }) => name.startsWith(prefix));
  return answered([
    "ListAllMyBucketsResult",
    [
      ["Owner", [["ID", settings.accountId]]],
      [
        "Buckets",
        shown.map(
          ({ name, createdAtMs }) =>
            [
              "Bucket",
              [
                ["Name", name],
                ["CreationDate", isoOf(createdAtMs)],
              ],
            ] as const,
        ),
      ],
    ],
  ]);
}

const isoOf = (atMs: number): string => new Date(atMs).toISOString();

export async function createBucket({ buckets, settings }: S3Context, bucket: string, call: S3Call): Promise<S3Answer> {
  const region = elementText(await textBody(call.body), "LocationConstraint") ?? settings.region;
  if (region !== settings.region) {
    throw new S3Refusal(
      "IllegalLocationConstraintException",
      `The ${region} location constraint is incompatible for the region specific endpoint this request was sent to.`,
    );
  }
  const made = await buckets.create(bucket);
  if (made === "invalid") throw new S3Refusal("InvalidBucketName", "The specified bucket is not valid.");
  // As in us-east-1, making one's own bucket again is no error.
  if (made === "exists" && settings.region !== "us-east-1") {
    throw new S3Refusal(
      "BucketAlreadyOwnedByYou",
      "Your previous request to create the named bucket succeeded and you already own it.",
    );
  }
  return answered(null, { location: `/${bucket}` });
}

export async function headBucket({ buckets, settings }: S3Context, bucket: string): Promise<S3Answer> {
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  return answered(null, { "x-amz-bucket-region": settings.region });
}

export async function deleteBucket({ buckets }: S3Context, bucket: string): Promise<S3Answer> {
  switch (await buckets.remove(bucket)) {
    case "removed":
      return answered(null, {}, 204);
    case "missing":
      throw noSuchBucket();
    case "not empty":
      throw new S3Refusal("BucketNotEmpty", "The bucket you tried to delete is not empty");
  }
}

export async function getBucketLocation({ buckets, settings }: S3Context, bucket: string): Promise<S3Answer> {
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  return answered(["LocationConstraint", settings.region === "us-east-1" ? "" : settings.region]);
}

/** A key, or what keys have in common up to a delimiter. */
type Row = { readonly name: string; readonly object: ListedObject | null };

/** ListObjectsV2, and ListObjects, which differs in how it goes on. */
export async function listObjects({ buckets }: S3Context, bucket: string, { query }: S3Call): Promise<S3Answer> {
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  const isSecond = query.get("list-type") === "2";
  const prefix = query.get("prefix") ?? "";
  const delimiter = query.get("delimiter") ?? "";
  const encoding = query.get("encoding-type");
  if (encoding !== undefined && encoding !== "url")
    throw new S3Refusal("InvalidArgument", "Invalid Encoding Method specified in Request");
  const maxText = query.get("max-keys") ?? "";
  if (!/^\d{0,9}$/.test(maxText))
    throw new S3Refusal("InvalidArgument", "Provided max-keys not an integer or within integer range");
  const max = maxText === "" ? MOST_KEYS : Math.min(Number(maxText), MOST_KEYS);
  const token = query.get("continuation-token");
  const after =
    (isSecond ? (token === undefined ? query.get("start-after") : placeOfToken(token)) : query.get("marker")) ?? "";
  const rows = rowsOf(await buckets.objects(bucket, prefix), { prefix, delimiter, after });
  const page = rows.slice(0, max);
  const isMore = max > 0 && rows.length > page.length;
  const last = page.at(-1)?.name ?? "";
  const shown = (text: string): string => (encoding === "url" ? encodedKey(text) : text);
  const common = page.filter(({ object }) => object === null);
  const optional = (name: string, value: string | undefined): readonly XmlElement[] =>
    value === undefined ? [] : [[name, value]];
  return answered([
    "ListBucketResult",
    [
      ["Name", bucket],
      ["Prefix", shown(prefix)],
      ...(delimiter === "" ? [] : [["Delimiter", shown(delimiter)] as const]),
      ["MaxKeys", String(max)],
      ...optional("EncodingType", encoding),
      ["IsTruncated", String(isMore)],
      ...(isSecond
        ? [
            ["KeyCount", String(page.length)] as const,
            ...optional("ContinuationToken", token),
            ...optional("StartAfter", query.has("start-after") ? shown(query.get("start-after") ?? "") : undefined),
            ...optional("NextContinuationToken", isMore ? tokenOf(last) : undefined),
          ]
        : [
            ["Marker", shown(query.get("marker") ?? "")] as const,
            ...optional("NextMarker", isMore ? shown(last) : undefined),
          ]),
      ...(await contentsOf({ buckets }, bucket, page, shown)),
      ...common.map(({ name }) => ["CommonPrefixes", [["Prefix", shown(name)]]] as const),
    ],
  ]);
}

async function contentsOf(
  { buckets }: Pick<S3Context, "buckets">,
  bucket: string,
  page: readonly Row[],
  shown: (text: string) => string,
): Promise<readonly XmlElement[]> {
  const contents: XmlElement[] = [];
  for (const { object } of page) {
    if (object === null) continue;
    const found = await buckets.find(bucket, object.key);
    // Gone since the folder was read.
    if (found === null) continue;
    contents.push([
      "Contents",
      [
        ["Key", shown(object.key)],
        ["LastModified", isoOf(found.modifiedAtMs)],
        ["ETag", `"${found.etag}"`],
        ["Size", String(found.sizeBytes)],
        ["StorageClass", "STANDARD"],
      ],
    ]);
  }
  return contents;
}

function rowsOf(
  objects: readonly ListedObject[],
  { prefix, delimiter, after }: { readonly prefix: string; readonly delimiter: string; readonly after: string },
): readonly Row[] {
  const rows: Row[] = [];
  const afterBytes = Buffer.from(after);
  for (const object of objects) {
    const end = delimiter === "" ? -1 : object.key.indexOf(delimiter, prefix.length);
    const name = end < 0 ? object.key : object.key.slice(0, end + delimiter.length);
    if (Buffer.compare(Buffer.from(name), afterBytes) <= 0 && after !== "") continue;
    if (end < 0) rows.push({ name, object });
    else if (rows.at(-1)?.name !== name) rows.push({ name, object: null });
  }
  return rows;
}

const tokenOf = (name: string): string => Buffer.from(`after:${name}`).toString("base64url");

function placeOfToken(token: string): string {
  const text = Buffer.from(token, "base64url").toString();
  if (text.startsWith("after:")) return text.slice("after:".length);
  throw new S3Refusal("InvalidArgument", "The continuation token provided is incorrect");
}

/** As S3 encodes keys in lists: percent-encoded but for slashes, a space as a plus. */
const encodedKey = (text: string): string =>
  encodeURIComponent(text.toWellFormed())
    .replaceAll("%2F", "/")
    .replaceAll("%20", "+")
    .replace(/[!'()]/g, (each) => `%${each.charCodeAt(0).toString(16).toUpperCase()}`);

/** Up to a thousand at once. */
export async function deleteObjects({ buckets }: S3Context, bucket: string, call: S3Call): Promise<S3Answer> {
  const xml = await textBody(call.body);
  if (!(await buckets.exists(bucket))) throw noSuchBucket();
  const objects = elementsOf(xml, "Object");
  if (objects.length === 0 || objects.length > MOST_KEYS) throw malformedXml();
  const isQuiet = elementText(xml, "Quiet") === "true";
  const deleted: XmlElement[] = [];
  for (const object of objects) {
    const key = elementText(object, "Key");
    if (key === undefined || key === "" || Buffer.byteLength(key) > 1_024) throw malformedXml();
    const version = elementText(object, "VersionId");
    if (version !== undefined && version !== "null") throw notImplemented("versions of objects");
    await buckets.delete(bucket, key);
    if (!isQuiet) deleted.push(["Deleted", [["Key", key]]]);
  }
  return answered(["DeleteResult", deleted]);
}
