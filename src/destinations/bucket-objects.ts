// Buckets with S3's semantics over the folders that bucket-directory.ts writes documents into. Facts of an object lie beside it and count
// only while its bytes are those of then: what a person puts there is an object, too. Main is the only one that changes objects here.
//
// U5  An object is its bytes: facts of another size or time are passed over, and a crash between the two loses facts at most.
// U6  Changes of one bucket are made one at a time.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import {
  lstat,
  mkdir,
  open,
  readdir,
  readFile,
  realpath,
  rename,
  rm,
  rmdir,
  stat,
  unlink,
  writeFile,
} from "node:fs/promises";
import { dirname, join, relative, sep } from "node:path";
import { isBucketName } from "../core/bucket-name.ts";
import type { AsideBytes, Buckets, ListedObject, ObjectFacts, StoredObject } from "../ports/buckets.ts";
import type { Random } from "../ports/random.ts";
import {
  ASIDE,
  codeOf,
  factsPathOf,
  isInside,
  isMissing,
  isPathKey,
  META,
  ODD,
  oddPathOf,
  pathOf,
} from "./object-places.ts";

/** As they are written: to which bytes they belong, and to which key. */
interface KeptFacts extends ObjectFacts {
  readonly key: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

interface Place {
  readonly path: string;
  readonly sizeBytes: number;
  readonly mtimeMs: number;
}

export function createBucketObjects(root: string, random: Random): Buckets {
  const turns = new Map<string, Promise<unknown>>();

  /** U6. */
  function inTurn<T>(bucket: string, work: () => Promise<T>): Promise<T> {
    const turn = (turns.get(bucket) ?? Promise.resolve()).then(work);
    const settled = turn.catch(() => undefined);
    turns.set(bucket, settled);
    void settled.then(() => {
      if (turns.get(bucket) === settled) turns.delete(bucket);
    });
    return turn;
  }

  async function exists(bucket: string): Promise<boolean> {
    if (!isBucketName(bucket)) return false;
    return (await placeAt(join(root, bucket), "directory")) !== null;
  }

  async function placeOf(bucket: string, key: string): Promise<Place | null> {
    if (!(await exists(bucket))) return null;
    if (isPathKey(key)) {
      const path = pathOf(root, bucket, key);
      const place = await placeAt(path, "file");
      if (place !== null && (await isInside(await realpath(join(root, bucket)), path))) return place;
    }
    return await placeAt(oddPathOf(root, bucket, key), "file");
  }

  /** Those that are written, or S3's defaults, which are then written (the digest takes reading everything). */
  async function factsOf(bucket: string, key: string, place: Place): Promise<ObjectFacts> {
    const kept = await readFacts(factsPathOf(root, bucket, key));
    if (kept?.key === key && kept.sizeBytes === place.sizeBytes && kept.mtimeMs === place.mtimeMs) return kept;
    const facts = { etag: await md5Of(place.path), headers: DEFAULT_HEADERS, metadata: {}, checksums: {} };
    await inTurn(bucket, async () => {
      // What has changed meanwhile has facts of its own.
      const now = await placeOf(bucket, key);
      if (now?.mtimeMs === place.mtimeMs && now.sizeBytes === place.sizeBytes)
        await writeFacts(bucket, key, now, facts);
    });
    return facts;
  }

  async function writeFacts(bucket: string, key: string, place: Place, facts: ObjectFacts): Promise<void> {
    const { etag, headers, metadata, checksums } = facts;
    const { sizeBytes, mtimeMs } = place;
    const kept: KeptFacts = { key, sizeBytes, mtimeMs, etag, headers, metadata, checksums };
    const path = factsPathOf(root, bucket, key);
    await mkdir(dirname(path), { recursive: true });
    const aside = await asidePath();
    await writeFile(aside, JSON.stringify(kept));
    await rename(aside, path);
  }

  async function asidePath(): Promise<string> {
    await mkdir(join(root, ASIDE), { recursive: true });
    return join(root, ASIDE, random.uuid("destinations"));
  }

  async function find(bucket: string, key: string): Promise<StoredObject | null> {
    const place = await placeOf(bucket, key);
    if (place === null) return null;
    const { etag, headers, metadata, checksums } = await factsOf(bucket, key, place);
    const { sizeBytes, mtimeMs } = place;
    return { etag, headers, metadata, checksums, sizeBytes, modifiedAtMs: mtimeMs };
  }

  async function commit(
    aside: string,
    at: { readonly bucket: string; readonly key: string; readonly facts: ObjectFacts },
  ) {
    const { bucket, key, facts } = at;
    const odd = oddPathOf(root, bucket, key);
    if (isPathKey(key) && (await moveTo(aside, bucket, pathOf(root, bucket, key)))) await rm(odd, { force: true });
    else {
      await mkdir(dirname(odd), { recursive: true });
      await rename(aside, odd);
    }
    const place = await placeOf(bucket, key);
    if (place !== null) await writeFacts(bucket, key, place, facts);
  }

  /** False: a folder or a file is in its way. */
  async function moveTo(aside: string, bucket: string, path: string): Promise<boolean> {
    try {
      if (!(await isInside(await realpath(join(root, bucket)), dirname(path)))) return false;
      await mkdir(dirname(path), { recursive: true });
      await rename(aside, path);
      return true;
    } catch (error) {
      if (["EISDIR", "ENOTDIR", "EEXIST", "ENOTEMPTY", "ENAMETOOLONG"].includes(codeOf(error))) return false;
      throw error;
    }
  }

  /** A folder that is empty now would keep an object of its name from being a path. */
  async function removeEmpty(bucket: string, directory: string): Promise<void> {
    for (let at = directory; at !== join(root, bucket) && at.startsWith(join(root, bucket) + sep); at = dirname(at)) {
      try {
        await rmdir(at);
      } catch {
        return; // Not empty, or already gone: whatever is above it stays as well.
      }
    }
  }

  return {
    exists,
    find,
    async create(bucket) {
      if (!isBucketName(bucket)) return "invalid";
      try {
        await mkdir(root, { recursive: true });
        await mkdir(join(root, bucket));
        return "created";
      } catch (error) {
        if (codeOf(error) === "EEXIST") return "exists";
        throw error;
      }
    },
    async list() {
      const names = (await entriesOf(root)).filter((each) => each.isDirectory() && isBucketName(each.name));
      const all = await Promise.all(
        names.map(async ({ name }) => ({ name, createdAtMs: (await stat(join(root, name))).birthtimeMs })),
      );
      return all.toSorted((one, other) => (one.name < other.name ? -1 : 1));
    },
    remove: (bucket) =>
      inTurn(bucket, async () => {
        if (!(await exists(bucket))) return "missing";
        if ((await entriesOf(join(root, ODD, bucket))).length > 0) return "not empty";
        if (await hasFile(join(root, bucket))) return "not empty";
        await rm(join(root, bucket), { recursive: true });
        await rm(join(root, ODD, bucket), { recursive: true, force: true });
        await rm(join(root, META, bucket), { recursive: true, force: true });
        return "removed";
      }),
    async writeAside(bytes) {
      const path = await asidePath();
      const hash = createHash("md5");
      let sizeBytes = 0;
      try {
        const file = await open(path, "wx");
        try {
          for await (const part of bytes) {
            hash.update(part);
            sizeBytes += part.length;
            await file.writeFile(part);
          }
        } finally {
          await file.close();
        }
      } catch (error) {
        await rm(path, { force: true });
        throw error;
      }
      return {
        md5: hash.digest("hex"),
        sizeBytes,
        commit: (bucket, key, facts, check) =>
          inTurn(bucket, async () => {
            try {
              if (!(await exists(bucket))) return "no bucket";
              if (check !== undefined) {
                const place = await placeOf(bucket, key);
                const kept = place === null ? null : await readFacts(factsPathOf(root, bucket, key));
                if (!check(place === null ? null : beforeOf(place, kept, await md5Of(place.path)))) return "refused";
              }
              await commit(path, { bucket, key, facts });
              return "stored";
            } finally {
              await rm(path, { force: true });
            }
          }),
        discard: () => rm(path, { force: true }),
      } satisfies AsideBytes;
    },
    async read(bucket, key, { start, end }) {
      const place = await placeOf(bucket, key);
      if (place === null) return null;
      return createReadStream(place.path, { start, end: Math.max(end, 0) });
    },
    async objects(bucket, prefix) {
      const found: ListedObject[] = [];
      const bucketDir = join(root, bucket);
      for (const entry of await entriesOf(bucketDir, true)) {
        if (!entry.isFile()) continue;
        const path = join(entry.parentPath, entry.name);
        const key = relative(bucketDir, path).split(sep).join("/");
        if (!key.startsWith(prefix)) continue;
        const place = await placeAt(path, "file");
        if (place !== null) found.push({ key, sizeBytes: place.sizeBytes, modifiedAtMs: place.mtimeMs });
      }
      for (const { name } of await entriesOf(join(root, ODD, bucket))) {
        const place = await placeAt(join(root, ODD, bucket, name), "file");
        const kept = await readFacts(join(root, META, bucket, `${name}.json`));
        if (place === null || kept === null || !kept.key.startsWith(prefix)) continue;
        found.push({ key: kept.key, sizeBytes: place.sizeBytes, modifiedAtMs: place.mtimeMs });
      }
      const bytes = new Map(found.map(({ key }) => [key, Buffer.from(key)]));
      const empty = Buffer.alloc(0);
      return found.toSorted((one, other) => Buffer.compare(bytes.get(one.key) ?? empty, bytes.get(other.key) ?? empty));
    },
    delete: (bucket, key) =>
      inTurn(bucket, async () => {
        const place = await placeOf(bucket, key);
        if (place === null) return;
        await unlink(place.path);
        await rm(factsPathOf(root, bucket, key), { force: true });
        await removeEmpty(bucket, dirname(place.path));
      }),
  };
}

const DEFAULT_HEADERS = { "content-type": "application/octet-stream" };

function beforeOf(place: Place, kept: KeptFacts | null, md5: string): StoredObject {
  const isKept = kept?.sizeBytes === place.sizeBytes && kept.mtimeMs === place.mtimeMs;
  const facts = isKept ? kept : { etag: md5, headers: DEFAULT_HEADERS, metadata: {}, checksums: {} };
  return { ...facts, sizeBytes: place.sizeBytes, modifiedAtMs: place.mtimeMs };
}

async function placeAt(path: string, kind: "file" | "directory"): Promise<Place | null> {
  try {
    const found = await stat(path);
    if (kind === "file" ? !found.isFile() : !found.isDirectory()) return null;
    return { path, sizeBytes: found.size, mtimeMs: found.mtimeMs };
  } catch (error) {
    if (isMissing(error) || ["ENAMETOOLONG", "ELOOP", "EACCES"].includes(codeOf(error))) return null;
    throw error;
  }
}

async function entriesOf(directory: string, recursive = false) {
  try {
    return await readdir(directory, { withFileTypes: true, recursive });
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

async function hasFile(directory: string): Promise<boolean> {
  for (const entry of await entriesOf(directory, true)) {
    if (!(await lstat(join(entry.parentPath, entry.name))).isDirectory()) return true;
  }
  return false;
}

/** Null: there are none that can be read. */
async function readFacts(path: string): Promise<KeptFacts | null> {
  try {
    return JSON.parse(await readFile(path, "utf8")) as KeptFacts;
  } catch {
    return null; // None written, or cut off in a crash: U5.
  }
}

async function md5Of(path: string): Promise<string> {
  const hash = createHash("md5");
  for await (const part of createReadStream(path)) hash.update(part as Uint8Array);
  return hash.digest("hex");
}
