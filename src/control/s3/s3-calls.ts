// The calls of S3 that are offered: which one a request is, by its method, its level and its queries.

import {
  createBucket,
  deleteBucket,
  deleteObjects,
  getBucketLocation,
  headBucket,
  listBuckets,
  listObjects,
} from "./bucket-operations.ts";
import {
  abortUpload,
  completeUpload,
  createUpload,
  deleteObject,
  getObject,
  putObject,
  uploadPart,
} from "./object-operations.ts";
import { notImplemented, type S3Answer, S3Refusal } from "./s3-answer.ts";
import { refuseOthers, type S3Call, type S3Context } from "./s3-call.ts";
import type { S3Place } from "./s3-request.ts";

export const s3Operations = [
  "ListBuckets",
  "CreateBucket",
  "HeadBucket",
  "DeleteBucket",
  "GetBucketLocation",
  "ListObjectsV2",
  "ListObjects",
  "PutObject",
  "GetObject",
  "HeadObject",
  "DeleteObject",
  "DeleteObjects",
  "CreateMultipartUpload",
  "UploadPart",
  "CompleteMultipartUpload",
  "AbortMultipartUpload",
] as const;

const LIST_QUERIES = [
  "list-type",
  "prefix",
  "delimiter",
  "max-keys",
  "encoding-type",
  "continuation-token",
  "start-after",
  "fetch-owner",
  "marker",
];
const GET_QUERIES = [
  "content-type",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "expires",
].map((name) => `response-${name}`);

/** Throws S3Refusal. `place`: what the request names. */
export function callS3(context: S3Context, place: S3Place, call: S3Call): Promise<S3Answer> {
  const { bucket, key } = place;
  if (call.headers["x-amz-copy-source"] !== undefined) throw notImplemented("copies of objects (x-amz-copy-source)");
  if (bucket === null) return callService(context, call);
  return key === null ? callBucket(context, bucket, call) : callObject(context, { bucket, key }, call);
}

function callService(context: S3Context, call: S3Call): Promise<S3Answer> {
  if (call.method !== "GET") throw notAllowed();
  refuseOthers(call, ["prefix"], context);
  return listBuckets(context, call);
}

function callBucket(context: S3Context, bucket: string, call: S3Call): Promise<S3Answer> {
  const { method, query } = call;
  const only = (...names: readonly string[]): void => refuseOthers(call, names, context);
  switch (method) {
    case "PUT":
      only();
      return createBucket(context, bucket, call);
    case "HEAD":
      only();
      return headBucket(context, bucket);
    case "DELETE":
      only();
      return deleteBucket(context, bucket);
    case "GET":
      if (query.has("location")) {
        only("location");
        return getBucketLocation(context, bucket);
      }
      only(...LIST_QUERIES);
      if (query.get("fetch-owner") === "true") throw notImplemented("the query fetch-owner");
      return listObjects(context, bucket, call);
    case "POST":
      if (!query.has("delete")) throw notAllowed();
      only("delete");
      return deleteObjects(context, bucket, call);
    default:
      throw notAllowed();
  }
}

function callObject(
  context: S3Context,
  place: { readonly bucket: string; readonly key: string },
  call: S3Call,
): Promise<S3Answer> {
  const { method, query } = call;
  const only = (...names: readonly string[]): void => refuseOthers(call, names, context);
  switch (method) {
    case "PUT":
      if (query.has("uploadId")) {
        only("uploadId", "partNumber");
        return uploadPart(context, place, call);
      }
      only();
      return putObject(context, place, call);
    case "GET":
    case "HEAD":
      only(...GET_QUERIES);
      return getObject(context, place, call);
    case "DELETE":
      if (query.has("uploadId")) {
        only("uploadId");
        return abortUpload(context, place, call);
      }
      only();
      return deleteObject(context, place);
    case "POST":
      if (query.has("uploads")) {
        only("uploads");
        return createUpload(context, place, call);
      }
      if (!query.has("uploadId")) throw notAllowed();
      only("uploadId");
      return completeUpload(context, place, call);
    default:
      throw notAllowed();
  }
}

const notAllowed = (): S3Refusal =>
  new S3Refusal("MethodNotAllowed", "The specified method is not allowed against this resource.");
