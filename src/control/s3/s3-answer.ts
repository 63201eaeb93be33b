// What a call of S3 answers: a status with headers and a body, or an error by its code.

import type { XmlElement } from "../http/xml.ts";

const statuses = {
  AccessDenied: 403,
  BadDigest: 400,
  BucketAlreadyOwnedByYou: 409,
  BucketNotEmpty: 409,
  EntityTooLarge: 400,
  EntityTooSmall: 400,
  IllegalLocationConstraintException: 400,
  IncompleteBody: 400,
  InternalError: 500,
  InvalidArgument: 400,
  InvalidBucketName: 400,
  InvalidDigest: 400,
  InvalidPart: 400,
  InvalidPartOrder: 400,
  InvalidRange: 416,
  InvalidRequest: 400,
  InvalidURI: 400,
  KeyTooLongError: 400,
  MalformedXML: 400,
  MethodNotAllowed: 405,
  NoSuchBucket: 404,
  NoSuchKey: 404,
  NoSuchUpload: 404,
  NotImplemented: 501,
  PreconditionFailed: 412,
  XAmzContentSHA256Mismatch: 400,
} as const;

export type S3ErrorName = keyof typeof statuses;

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Null: none. An element is sent as XML. */
  readonly body: XmlElement | AsyncIterable<Uint8Array> | null;
}

/** Thrown within this door only; `callS3` makes it an answer. */
export class S3Refusal extends Error {
  readonly code: S3ErrorName;

  constructor(code: S3ErrorName, text: string) {
    super(text);
    this.code = code;
  }

  get status(): number {
    return statuses[this.code];
  }
}

export const answered = (
  body: S3Answer["body"],
  headers: Readonly<Record<string, string>> = {},
  status = 200,
): S3Answer => ({ status, headers, body });

export const noSuchBucket = (): S3Refusal => new S3Refusal("NoSuchBucket", "The specified bucket does not exist");
export const noSuchKey = (): S3Refusal => new S3Refusal("NoSuchKey", "The specified key does not exist.");
export const noSuchUpload = (): S3Refusal =>
  new S3Refusal(
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
  );
export const malformedXml = (): S3Refusal =>
  new S3Refusal(
    "MalformedXML",
    "The XML you provided was not well-formed or did not validate against our published schema",
  );
export const notImplemented = (what: string): S3Refusal =>
  new S3Refusal("NotImplemented", `Millrace does not carry out ${what}: docs/aws-calls.md says what it offers of S3.`);
