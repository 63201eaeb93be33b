// Keys of S3, whatever they are made of: they come back, in order, and lead nowhere.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { DeleteObjectCommand, DeleteObjectsCommand } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aBucket } from "./doubles/s3-house.ts";

/** What a key that led out of its bucket would make two folders above: a name that nothing else there has. */
const OUTSIDE = `millrace-outside-${process.pid}`;

describe("keys", () => {
  const odd = [
    "a//b",
    "/a",
    "a/",
    "..",
    `../../${OUTSIDE}`,
    "a/../b",
    ".",
    "\\",
    "é ü?#%25+&",
    "x".repeat(1_024),
    "a\u0001b",
    "~/.aside",
    "💧",
  ];

  test("whatever a key is made of, it comes back, and nothing leaves its bucket", async () => {
    const { s3, Bucket, put, got, keys, bucketRoot } = await aBucket();
    for (const key of odd) await put(key, `of ${key}`);
    for (const key of odd) expect(await got(key)).toBe(`of ${key}`);
    const inOrder = odd.toSorted((one, other) => Buffer.compare(Buffer.from(one), Buffer.from(other)));
    const listed = await keys({ EncodingType: "url" });
    expect(listed.map((key) => decodeURIComponent((key ?? "").replaceAll("+", " ")))).toEqual(inOrder);
    expect((await readdir(join(bucketRoot, ".."))).filter((name) => name === OUTSIDE)).toEqual([]);
    const Objects = odd.filter((key) => !key.includes("\u0001")).map((Key) => ({ Key }));
    expect((await s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))).Deleted).toEqual(Objects);
    expect(await keys()).toEqual(["a\u0001b"]);
  });

  test("an object and a folder of one name are both there, whichever came first", async () => {
    const { put, got, keys, s3, Bucket } = await aBucket();
    await put("a", "file");
    await put("a/b", "below");
    await put("c/d", "below");
    await put("c", "file");
    expect([await got("a"), await got("a/b"), await got("c/d"), await got("c")]).toEqual([
      "file",
      "below",
      "below",
      "file",
    ]);
    expect(await keys()).toEqual(["a", "a/b", "c", "c/d"]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "c/d" }));
    await put("c", "again");
    expect([await got("c"), await keys()]).toEqual(["again", ["a", "a/b", "c"]]);
  });

  test("any keys, put and deleted in any order, are those of a model", { timeout: 60_000 }, async () => {
    const { buckets } = await aBucket();
    const key = fc.oneof(
      fc.array(fc.constantFrom("a", "b", "/", ".", "é"), { minLength: 1, maxLength: 5 }).map((parts) => parts.join("")),
      fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" }),
    );
    const step = fc.record({ key, isDelete: fc.boolean(), body: fc.string({ maxLength: 5 }) });
    let runCount = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const bucket = `model-${(runCount += 1)}`;
        await buckets.create(bucket);
        const model = new Map<string, number>();
        for (const { key: each, isDelete, body } of steps) {
          if (isDelete) {
            await buckets.delete(bucket, each);
            model.delete(each);
          } else {
            const aside = await buckets.writeAside(Readable.from([Buffer.from(body)]));
            await aside.commit(bucket, each, { etag: aside.md5, headers: {}, metadata: {}, checksums: {} });
            model.set(each, Buffer.byteLength(body));
          }
        }
        const listed = (await buckets.objects(bucket, "")).map((each) => [each.key, each.sizeBytes]);
        expect(listed).toEqual(
          [...model].toSorted(([one], [other]) => Buffer.compare(Buffer.from(one), Buffer.from(other))),
        );
      }),
      { numRuns: 150 },
    );
  });
});
