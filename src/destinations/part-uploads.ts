// Objects that arrive in parts: each part a file below `.uploads/ID`, until they are put together or given up. They outlast restarts.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Buckets, ObjectFacts, PartUploads, UploadPlace } from "../ports/buckets.ts";
import type { Random } from "../ports/random.ts";
import { UPLOADS } from "./object-places.ts";

const LEAST_PART_BYTES = 5_242_880;

interface Upload {
  readonly bucket: string;
  readonly key: string;
  readonly facts: ObjectFacts;
}

interface Part {
  readonly path: string;
  readonly etag: string;
  readonly sizeBytes: number;
}

export function createPartUploads(root: string, buckets: Buckets, random: Random): PartUploads {
  const folderOf = (uploadId: string): string => join(root, UPLOADS, uploadId);

  /** Null: no such upload of this key. */
  async function uploadOf({ uploadId, bucket, key }: UploadPlace): Promise<Upload | null> {
    // The id is a name of ours, or none: it leads nowhere else.
    if (!/^[0-9a-f]{32}$/.test(uploadId)) return null;
    try {
      const upload = JSON.parse(await readFile(join(folderOf(uploadId), "upload.json"), "utf8")) as Upload;
      return upload.bucket === bucket && upload.key === key ? upload : null;
    } catch {
      return null; // Never begun, complete or given up.
    }
  }

  /** By number; a part's file is named by its number, MD5 and size, so that it appears whole. */
  async function partsOf(uploadId: string): Promise<ReadonlyMap<number, Part>> {
    const parts = new Map<number, Part>();
    for (const name of await readdir(folderOf(uploadId))) {
      const [, number, etag, sizeBytes] = /^(\d+)-([0-9a-f]{32})-(\d+)$/.exec(name) ?? [];
      if (number === undefined || etag === undefined) continue;
      parts.set(Number(number), { path: join(folderOf(uploadId), name), etag, sizeBytes: Number(sizeBytes) });
    }
    return parts;
  }

  return {
    async start(upload) {
      const uploadId = random.uuid("destinations").replaceAll("-", "");
      await mkdir(folderOf(uploadId), { recursive: true });
      await writeFile(join(folderOf(uploadId), "upload.json"), JSON.stringify(upload));
      return uploadId;
    },
    async put(at, { number, bytes }) {
      if ((await uploadOf(at)) === null) return null;
      const folder = folderOf(at.uploadId);
      const aside = join(folder, `aside-${random.uuid("destinations")}`);
      const hash = createHash("md5");
      let sizeBytes = 0;
      try {
        const file = await open(aside, "wx");
        try {
          for await (const part of bytes) {
            hash.update(part);
            sizeBytes += part.length;
            await file.writeFile(part);
          }
        } finally {
          await file.close();
        }
        const etag = hash.digest("hex");
        const before = (await partsOf(at.uploadId)).get(number);
        const path = join(folder, `${number}-${etag}-${sizeBytes}`);
        await rename(aside, path);
        if (before !== undefined && before.path !== path) await rm(before.path, { force: true });
        return { etag };
      } catch (error) {
        await rm(aside, { force: true });
        throw error;
      }
    },
    async complete(at, asked) {
      const upload = await uploadOf(at);
      if (upload === null) return null;
      const there = await partsOf(at.uploadId);
      const parts: Part[] = [];
      for (const { number, etag } of asked) {
        const part = there.get(number);
        if (part === undefined || part.etag !== etag) return { kind: "invalid part" };
        parts.push(part);
      }
      if (parts.slice(0, -1).some(({ sizeBytes }) => sizeBytes < LEAST_PART_BYTES)) return { kind: "too small" };
      const digest = createHash("md5");
      for (const { etag } of parts) digest.update(Buffer.from(etag, "hex"));
      const etag = `${digest.digest("hex")}-${parts.length}`;
      const aside = await buckets.writeAside(joined(parts));
      const committed = await aside.commit(upload.bucket, upload.key, { ...upload.facts, etag });
      if (committed === "no bucket") return { kind: "no bucket" };
      await rm(folderOf(at.uploadId), { recursive: true, force: true });
      return { kind: "stored", etag };
    },
    async abort(at) {
      if ((await uploadOf(at)) === null) return false;
      await rm(folderOf(at.uploadId), { recursive: true, force: true });
      return true;
    },
  };
}

async function* joined(parts: readonly Part[]): AsyncGenerator<Uint8Array> {
  for (const { path } of parts) {
    for await (const bytes of createReadStream(path)) yield bytes as Uint8Array;
  }
}
