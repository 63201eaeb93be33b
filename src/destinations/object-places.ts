// Where an object's bytes and facts are below the buckets' root. A key that can be a path is one, for people to look at; every other key,
// and one that meets a folder or a file in its way, has a name made of its hash.
//
//   ROOT/BUCKET/KEY                      bytes, where the key can be a path
//   ROOT/.odd/BUCKET/HASH                bytes, where it cannot
//   ROOT/.meta/BUCKET/HASH.json          facts, with the key
//   ROOT/.aside/NAME                     bytes on their way
//   ROOT/.uploads/ID/…                   objects that arrive in parts
//
// U4  No name that is made of a key has a part of it that could lead elsewhere: it is a checked path or a hash.

import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { dirname, join, sep } from "node:path";

export const ASIDE = ".aside";
export const ODD = ".odd";
export const META = ".meta";
export const UPLOADS = ".uploads";

const KEY_LIMIT_BYTES = 1_024;
const PART_LIMIT_BYTES = 255;

/** Whether the key can be a path below its bucket. */
export function isPathKey(key: string): boolean {
  if (key === "" || Buffer.byteLength(key, "utf8") > KEY_LIMIT_BYTES || /[\\\0]/.test(key)) return false;
  return (
    key.isWellFormed() &&
    key
      .split("/")
      .every((part) => part !== "" && part !== "." && part !== ".." && Buffer.byteLength(part) <= PART_LIMIT_BYTES)
  );
}

export const pathOf = (root: string, bucket: string, key: string): string => join(root, bucket, ...key.split("/"));

const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

export const oddPathOf = (root: string, bucket: string, key: string): string => join(root, ODD, bucket, hashOf(key));

export const factsPathOf = (root: string, bucket: string, key: string): string =>
  join(root, META, bucket, `${hashOf(key)}.json`);

/** Looks where the nearest directory that exists really is, before anything is made below it. */
export async function isInside(bucketDir: string, directory: string): Promise<boolean> {
  for (let at = directory; ; at = dirname(at)) {
    try {
      const real = await realpath(at);
      return real === bucketDir || real.startsWith(bucketDir + sep);
    } catch (error) {
      // Not made yet: its parent decides. The walk ends at the bucket, which exists. A file in the way is a place inside, too.
      if (!isMissing(error) || at === dirname(at)) throw error;
    }
  }
}

export const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

export const isMissing = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error));
