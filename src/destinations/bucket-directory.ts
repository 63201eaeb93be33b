// Buckets as directories: `<root>/<bucket>/<key>`, one file an object, as poller threads write on-failure documents, whose content type is
// always `application/octet-stream` and which carry no metadata (O-10), so nothing is kept beside the bytes. Whatever else S3 does with
// buckets is bucket-objects.ts's.
//
// U1  A bucket or key cannot leave its root: names with `..`, empty parts, backslashes or NUL are refused, and so is a bucket in
//     which a symbolic link leads outside.
// U2  An object appears whole or not at all: it is written aside and renamed.
// U3  A bucket exists when its directory does. Writing to one that is missing is refused; nothing makes it by the way.

import { mkdir, open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { isBucketName } from "../core/bucket-name.ts";
import { ASIDE, isInside, isMissing, isPathKey, oddPathOf } from "./object-places.ts";

export type PutAnswer = { readonly kind: "stored" } | { readonly kind: "refused"; readonly detail: string };

export type GetAnswer =
  | { readonly kind: "object"; readonly bytes: Uint8Array }
  | { readonly kind: "missing"; readonly what: "bucket" | "key" }
  | { readonly kind: "tooLarge" };

export interface BucketDirectory {
  /** False: the name is no bucket's. */
  create(bucket: string): Promise<boolean>;
  exists(bucket: string): Promise<boolean>;
  /** Also what a person has put there as a file. What has more than `mostBytes` is not read. */
  get(bucket: string, key: string, mostBytes: number): Promise<GetAnswer>;
  /** Never rejects. `temporaryName` must be unlike any other's at the same time. */
  put(
    bucket: string,
    key: string,
    object: { readonly body: string; readonly temporaryName: string },
  ): Promise<PutAnswer>;
}

export function createBucketDirectory(root: string): BucketDirectory {
  return {
    async create(bucket) {
      if (!isBucketName(bucket)) return false;
      await mkdir(join(root, bucket), { recursive: true });
      return true;
    },
    exists: (bucket) => hasBucket(root, bucket),
    async get(bucket, key, mostBytes) {
      if (!(await hasBucket(root, bucket))) return { kind: "missing", what: "bucket" };
      const plain = join(root, bucket, ...key.split("/"));
      const isPlain = isPathKey(key) && (await fileSize(plain)) !== null;
      const path = isPlain ? plain : oddPathOf(root, bucket, key);
      const sizeBytes = await fileSize(path);
      if (sizeBytes === null || (isPlain && !(await isInside(await realpath(join(root, bucket)), path)))) {
        return { kind: "missing", what: "key" };
      }
      return sizeBytes > mostBytes ? { kind: "tooLarge" } : { kind: "object", bytes: await readFile(path) };
    },
    async put(bucket, key, object) {
      try {
        if (!(await hasBucket(root, bucket))) return refused(`there is no bucket ${bucket} (${join(root, bucket)})`);
        if (!isPathKey(key)) return refused(`the key ${JSON.stringify(key)} cannot be a path in a bucket`);
        return await write(root, join(root, bucket, ...key.split("/")), { ...object, bucket });
      } catch (error) {
        return refused(error instanceof Error ? error.message : String(error));
      }
    },
  };
}

async function hasBucket(root: string, bucket: string): Promise<boolean> {
  if (!isBucketName(bucket)) return false;
  try {
    return (await stat(join(root, bucket))).isDirectory();
  } catch {
    // Not there, or not to be looked at: either way nothing can be delivered into it.
    return false;
  }
}

/** Null: there is no such file. */
async function fileSize(path: string): Promise<number | null> {
  try {
    const found = await stat(path);
    return found.isFile() ? found.size : null;
  } catch {
    // Not there, or not to be looked at: there is no object to read.
    return null;
  }
}

async function write(
  root: string,
  path: string,
  object: { readonly bucket: string; readonly body: string; readonly temporaryName: string },
): Promise<PutAnswer> {
  const bucketDir = await realpath(join(root, object.bucket));
  const asideDir = join(root, ASIDE);
  await mkdir(asideDir, { recursive: true });
  if (!(await isInside(bucketDir, dirname(path)))) return refused(`${path} leads out of the bucket ${object.bucket}`);
  await mkdir(dirname(path), { recursive: true });
  const aside = join(asideDir, object.temporaryName);
  try {
    const file = await open(aside, "wx");
    try {
      await file.writeFile(object.body, "utf8");
    } finally {
      await file.close();
    }
    await moveInto(aside, path);
  } catch (error) {
    await rm(aside, { force: true });
    throw error;
  }
  return { kind: "stored" };
}

function refused(detail: string): PutAnswer {
  return { kind: "refused", detail };
}

/** A folder that was empty may be taken away between the two steps (bucket-objects.ts): then it is made once more. */
async function moveInto(aside: string, path: string): Promise<void> {
  for (let triesLeft = 3; ; triesLeft -= 1) {
    try {
      return await rename(aside, path);
    } catch (error) {
      if (triesLeft === 0 || !isMissing(error)) throw error;
      await mkdir(dirname(path), { recursive: true });
    }
  }
}
