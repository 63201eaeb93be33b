// Buckets with S3's semantics, as its API uses them. On-failure documents are written by src/destinations/bucket-directory.ts, into the
// same folders; an object that has no facts of its own has S3's defaults.

/** What is stored beside the bytes. */
export interface ObjectFacts {
  /** Hex, without quotes; of an object in parts with `-N` behind it. */
  readonly etag: string;
  /** Headers that come back as they were given: Content-Type and its like, by their lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** Of the user, by lower-case names without `x-amz-meta-`. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Base64 by lower-case algorithm, as far as the sender gave them. */
  readonly checksums: Readonly<Record<string, string>>;
}

export interface StoredObject extends ObjectFacts {
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedAtMs: number;
}

/** Bytes that lie aside, until `commit` makes them an object or `discard` takes them away. */
export interface AsideBytes {
  /** MD5 in hex. */
  readonly md5: string;
  readonly sizeBytes: number;
  /**
   * They become the object at this key in one step. `check` sees what is there before, and may refuse: then nothing has changed, and
   * they are gone.
   */
  commit(
    bucket: string,
    key: string,
    facts: ObjectFacts,
    check?: (before: StoredObject | null) => boolean,
  ): Promise<"stored" | "no bucket" | "refused">;
  discard(): Promise<void>;
}

/** Every call rejects where the folders cannot be read or written. Keys have 1 to 1,024 bytes. */
export interface Buckets {
  create(bucket: string): Promise<"created" | "exists" | "invalid">;
  /** In order of name. */
  list(): Promise<readonly { readonly name: string; readonly createdAtMs: number }[]>;
  remove(bucket: string): Promise<"removed" | "missing" | "not empty">;
  exists(bucket: string): Promise<boolean>;
  /** Writes bytes aside; rejects as `bytes` does, and then leaves nothing. */
  writeAside(bytes: AsyncIterable<Uint8Array>): Promise<AsideBytes>;
  /** Null: no such object. */
  find(bucket: string, key: string): Promise<StoredObject | null>;
  /** Bytes from `start` up to `end`, both included. Null: no such object any more. */
  read(
    bucket: string,
    key: string,
    range: { readonly start: number; readonly end: number },
  ): Promise<AsyncIterable<Uint8Array> | null>;
  /** In order of the keys' bytes; those only that begin with `prefix`. */
  objects(bucket: string, prefix: string): Promise<readonly ListedObject[]>;
  /** No object of this key is no error. */
  delete(bucket: string, key: string): Promise<void>;
}

/** Objects that arrive in parts. */
export interface PartUploads {
  start(upload: { readonly bucket: string; readonly key: string; readonly facts: ObjectFacts }): Promise<string>;
  /** Null: no such upload of this key. */
  put(
    at: UploadPlace,
    part: { readonly number: number; readonly bytes: AsyncIterable<Uint8Array> },
  ): Promise<{ readonly etag: string } | null>;
  /** Null: no such upload. */
  complete(
    at: UploadPlace,
    parts: readonly { readonly number: number; readonly etag: string }[],
  ): Promise<
    | { readonly kind: "stored"; readonly etag: string }
    | { readonly kind: "no bucket" }
    /** A part that is not there, or of another ETag; or one but the last that is too small. */
    | { readonly kind: "invalid part" | "too small" }
    | null
  >;
  /** False: no such upload. */
  abort(at: UploadPlace): Promise<boolean>;
}

export interface UploadPlace {
  readonly uploadId: string;
  readonly bucket: string;
  readonly key: string;
}
