// S3's door with the AWS SDK's own client, which sends checksums behind aws-chunked bodies and checks those that it gets.

import { createHash, randomBytes } from "node:crypto";
import http from "node:http";
import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  type ChecksumAlgorithm,
  CompleteMultipartUploadCommand,
  CopyObjectCommand,
  CreateBucketCommand,
  CreateMultipartUploadCommand,
  DeleteBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListBucketsCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { describe, expect, test } from "vitest";
import { aBucket } from "./doubles/s3-house.ts";

describe("buckets", () => {
  test("a bucket is made, found, listed, refused while it is full, and taken away", async () => {
    const { s3, Bucket, put, bucketRoot } = await aBucket();
    await s3.send(new CreateBucketCommand({ Bucket: "other" }));
    await s3.send(new CreateBucketCommand({ Bucket: "other" }));
    expect((await s3.send(new ListBucketsCommand({}))).Buckets?.map(({ Name }) => Name)).toEqual(["b-1", "other"]);
    await s3.send(new HeadBucketCommand({ Bucket: "other" }));
    await expect(s3.send(new HeadBucketCommand({ Bucket: "none" }))).rejects.toMatchObject({ name: "NotFound" });
    await put("a/b");
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: "BucketNotEmpty" });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "a/b" }));
    await put("..");
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: "BucketNotEmpty" });
    await s3.send(new DeleteObjectCommand({ Bucket, Key: ".." }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    await expect(s3.send(new DeleteBucketCommand({ Bucket }))).rejects.toMatchObject({ name: "NoSuchBucket" });
    expect((await readdir(bucketRoot)).filter((name) => !name.startsWith("."))).toEqual(["other"]);
    await expect(s3.send(new CreateBucketCommand({ Bucket: "UPPER" }))).rejects.toMatchObject({
      name: "InvalidBucketName",
    });
  });
});

describe("objects", () => {
  test.each(["path", "host"] as const)(
    "%s style: bytes, headers and metadata come back as they were given",
    async (style) => {
      const { s3, Bucket } = await aBucket(style);
      const Body = randomBytes(100_000);
      const given = {
        ContentType: "text/x",
        CacheControl: "no-store",
        ContentEncoding: "gzip",
        Metadata: { a: "b", "c-d": "é" },
      };
      const put = await s3.send(
        new PutObjectCommand({ Bucket, Key: "k", Body, ...given, Metadata: { a: "b", "c-d": "e" } }),
      );
      const etag = `"${createHash("md5").update(Body).digest("hex")}"`;
      expect(put).toMatchObject({ ETag: etag, ChecksumCRC32: expect.any(String) });
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", ChecksumMode: "ENABLED" }));
      expect(Buffer.from((await got.Body?.transformToByteArray()) ?? []).equals(Body)).toBe(true);
      const shown = {
        ETag: etag,
        ContentLength: 100_000,
        ContentType: "text/x",
        CacheControl: "no-store",
        ContentEncoding: "gzip",
      };
      expect(got).toMatchObject({ ...shown, ChecksumCRC32: put.ChecksumCRC32, Metadata: { a: "b", "c-d": "e" } });
      const head = await s3.send(new HeadObjectCommand({ Bucket, Key: "k" }));
      expect(head).toMatchObject(shown);
      expect(Math.abs((head.LastModified?.getTime() ?? 0) - Date.now())).toBeLessThan(600_000);
    },
  );

  test("a body whose length nobody knows comes in chunks, and one that is empty is an object", async () => {
    const { s3, Bucket, got, put } = await aBucket();
    const Body = Readable.from([Buffer.from("one "), Buffer.from("two")]);
    const sent = new PutObjectCommand({ Bucket, Key: "k", Body, ContentLength: 7 });
    await s3.send(sent);
    expect(await got("k")).toBe("one two");
    await put("empty", "");
    expect(await got("empty")).toBe("");
  });

  test.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] satisfies ChecksumAlgorithm[])(
    "a checksum that is wrong leaves nothing behind, and a right one is kept: %s",
    async (ChecksumAlgorithm) => {
      const { url, keys, bucketRoot } = await aBucket();
      const name = `x-amz-checksum-${ChecksumAlgorithm.toLowerCase()}`;
      const headers = { "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
      const wrong = await fetch(`${url}/b-1/k`, {
        method: "PUT",
        body: "123456789",
        headers: { ...headers, [name]: "AAAA" },
      });
      expect([wrong.status, await wrong.text()]).toEqual([400, expect.stringContaining("<Code>BadDigest</Code>")]);
      expect(await keys()).toEqual([]);
      expect(await readdir(join(bucketRoot, ".aside"))).toEqual([]);
      // The published check values of these sums, of the text 123456789.
      const right = {
        CRC32: "y/Q5Jg==",
        CRC32C: "4waSgw==",
        CRC64NVME: "rosUhgp5mIg=",
        SHA1: createHash("sha1").update("123456789").digest("base64"),
        SHA256: createHash("sha256").update("123456789").digest("base64"),
      }[ChecksumAlgorithm];
      const kept = await fetch(`${url}/b-1/k`, {
        method: "PUT",
        body: "123456789",
        headers: { ...headers, [name]: right },
      });
      expect([kept.status, kept.headers.get(name)]).toEqual([200, right]);
    },
  );

  test("a part of an object, and what is asked for on conditions", async () => {
    const { s3, Bucket, put } = await aBucket();
    const { ETag } = await put("k", "0123456789");
    const range = async (Range: string) => {
      const got = await s3.send(new GetObjectCommand({ Bucket, Key: "k", Range }));
      return [await got.Body?.transformToString(), got.ContentRange];
    };
    expect(await range("bytes=2-4")).toEqual(["234", "bytes 2-4/10"]);
    expect(await range("bytes=7-")).toEqual(["789", "bytes 7-9/10"]);
    expect(await range("bytes=-2")).toEqual(["89", "bytes 8-9/10"]);
    expect(await range("bytes=8-99")).toEqual(["89", "bytes 8-9/10"]);
    await expect(range("bytes=10-")).rejects.toMatchObject({ name: "InvalidRange" });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: "k", IfNoneMatch: ETag }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 304 },
    });
    await expect(s3.send(new GetObjectCommand({ Bucket, Key: "k", IfMatch: '"no"' }))).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
    const again = { Bucket, Key: "k", Body: "new" };
    await expect(s3.send(new PutObjectCommand({ ...again, IfNoneMatch: "*" }))).rejects.toMatchObject({
      name: "PreconditionFailed",
    });
    await s3.send(new PutObjectCommand({ ...again, IfMatch: ETag }));
    await s3.send(new PutObjectCommand({ Bucket, Key: "k2", Body: "new", IfNoneMatch: "*" }));
  });

  test("what a person puts into the folder is an object, with S3's defaults, and facts of other bytes do not count", async () => {
    const { s3, Bucket, put, bucketRoot } = await aBucket();
    await writeFile(join(bucketRoot, "b-1", "by-hand.txt"), "hello");
    const head = () => s3.send(new HeadObjectCommand({ Bucket, Key: "by-hand.txt" }));
    const etag = `"${createHash("md5").update("hello").digest("hex")}"`;
    expect(await head()).toMatchObject({ ETag: etag, ContentType: "application/octet-stream" });
    expect(await head()).toMatchObject({ ETag: etag });
    await put("by-hand.txt", "other");
    await writeFile(join(bucketRoot, "b-1", "by-hand.txt"), "hello again");
    expect(await head()).toMatchObject({ ETag: `"${createHash("md5").update("hello again").digest("hex")}"` });
  });

  test("what is not there, and what is not offered, is said with S3's codes", async () => {
    const { s3, Bucket, put } = await aBucket();
    await put("k");
    const asked = [
      [new GetObjectCommand({ Bucket, Key: "none" }), "NoSuchKey", 404],
      [new GetObjectCommand({ Bucket: "none", Key: "k" }), "NoSuchBucket", 404],
      [new PutObjectCommand({ Bucket: "none", Key: "k", Body: "x" }), "NoSuchBucket", 404],
      [new PutObjectCommand({ Bucket, Key: "x".repeat(1_025), Body: "x" }), "KeyTooLongError", 400],
      [new PutObjectCommand({ Bucket, Key: "k", Body: "x", Tagging: "a=b" }), "NotImplemented", 501],
      [new PutObjectCommand({ Bucket, Key: "k", Body: "x", ServerSideEncryption: "aws:kms" }), "NotImplemented", 501],
      [new GetObjectCommand({ Bucket, Key: "k", VersionId: "v" }), "NotImplemented", 501],
      [new CopyObjectCommand({ Bucket, Key: "copy", CopySource: "b-1/k" }), "NotImplemented", 501],
    ] as const;
    for (const [command, name, httpStatusCode] of asked) {
      // One list of unlike commands: the client's own types want them one by one.
      await expect(s3.send(command as GetObjectCommand)).rejects.toMatchObject({ name, $metadata: { httpStatusCode } });
    }
    await s3.send(new DeleteObjectCommand({ Bucket, Key: "none" }));
  });
});

describe("lists", () => {
  test("by prefix, by delimiter, from a place on, and in pages that lose and double nothing", async () => {
    const { s3, Bucket, put, keys } = await aBucket();
    for (const key of ["a/1", "a/2", "b", "c/x/1", "c/x/2", "c/y", "d"]) await put(key);
    expect(await keys({ Prefix: "c/" })).toEqual(["c/x/1", "c/x/2", "c/y"]);
    expect(await keys({ StartAfter: "c/x/1" })).toEqual(["c/x/2", "c/y", "d"]);
    const top = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/" }));
    expect([
      top.Contents?.map(({ Key }) => Key),
      top.CommonPrefixes?.map(({ Prefix }) => Prefix),
      top.KeyCount,
    ]).toEqual([["b", "d"], ["a/", "c/"], 4]);
    const pages: (string | undefined)[][] = [];
    let ContinuationToken: string | undefined;
    do {
      const page = await s3.send(new ListObjectsV2Command({ Bucket, Delimiter: "/", MaxKeys: 1, ContinuationToken }));
      pages.push([
        ...(page.Contents ?? []).map(({ Key }) => Key),
        ...(page.CommonPrefixes ?? []).map(({ Prefix }) => Prefix),
      ]);
      ContinuationToken = page.NextContinuationToken;
    } while (ContinuationToken !== undefined);
    expect(pages).toEqual([["a/"], ["b"], ["c/"], ["d"]]);
  });
});

describe("objects in parts", () => {
  test("parts become one object, whose ETag says so; what is given up leaves nothing", async () => {
    const { s3, Bucket, got, keys, bucketRoot } = await aBucket();
    const place = { Bucket, Key: "big" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...place, ContentType: "text/plain" }));
    const bodies = ["x".repeat(5_242_880), "the end"];
    const Parts = await Promise.all(
      bodies.map(async (Body, index) => {
        const PartNumber = index + 1;
        const { ETag } = await s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }));
        return { ETag, PartNumber };
      }),
    );
    const done = await s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
    expect(done.ETag).toMatch(/^"[0-9a-f]{32}-2"$/);
    expect((await got("big")).length).toBe(5_242_887);
    expect(await s3.send(new HeadObjectCommand(place))).toMatchObject({ ETag: done.ETag, ContentType: "text/plain" });

    const other = { Bucket, Key: "other" };
    const { UploadId: given } = await s3.send(new CreateMultipartUploadCommand(other));
    await s3.send(new UploadPartCommand({ ...other, UploadId: given, PartNumber: 1, Body: "x" }));
    await s3.send(new AbortMultipartUploadCommand({ ...other, UploadId: given }));
    const part = new UploadPartCommand({ ...other, UploadId: given, PartNumber: 1, Body: "x" });
    await expect(s3.send(part)).rejects.toMatchObject({ name: "NoSuchUpload" });
    expect(await keys()).toEqual(["big"]);
    expect(await readdir(join(bucketRoot, ".uploads"))).toEqual([]);
  });

  test("parts that are too small, unknown or out of order are refused, and the upload goes on", async () => {
    const { s3, Bucket } = await aBucket();
    const place = { Bucket, Key: "k" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(place));
    const [one, two] = await Promise.all(
      [1, 2].map((PartNumber) => s3.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body: "x" }))),
    );
    const complete = (...Parts: readonly { readonly ETag: string | undefined; readonly PartNumber: number }[]) =>
      s3.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts: [...Parts] } }));
    const first = { ETag: one?.ETag, PartNumber: 1 };
    const second = { ETag: two?.ETag, PartNumber: 2 };
    await expect(complete(first, second)).rejects.toMatchObject({ name: "EntityTooSmall" });
    await expect(complete(second, first)).rejects.toMatchObject({ name: "InvalidPartOrder" });
    await expect(complete({ ETag: '"no"', PartNumber: 1 })).rejects.toMatchObject({ name: "InvalidPart" });
    await complete(first);
  });
});

describe("whose requests are S3's", () => {
  /** `fetch` sets the host itself. */
  const asked = (port: number, host: string, path: string, headers: object = {}) =>
    new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
      const request = http.get({ host: "127.0.0.1", port, path, headers: { ...headers, host } }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
    });

  test("a signature in the address is enough, as is a host of S3; a foreign host is refused first", async () => {
    const { port, put } = await aBucket();
    await put("k", "hello");
    const presigned =
      "/b-1/k?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=any%2F20261129%2Fus-east-1%2Fs3%2Faws4_request";
    expect(await asked(port, `127.0.0.1:${port}`, presigned)).toEqual({ status: 200, text: "hello" });
    expect(await asked(port, `b-1.s3.localhost:${port}`, "/k")).toEqual({ status: 200, text: "hello" });
    expect(await asked(port, `b-1.s3.us-east-1.localhost:${port}`, "/k")).toEqual({ status: 200, text: "hello" });
    expect(await asked(port, `s3.localhost:${port}`, "/b-1/k")).toEqual({ status: 200, text: "hello" });
    const foreign = await asked(port, "b-1.s3.evil.example", "/k");
    expect([foreign.status, foreign.text]).toEqual([403, expect.stringContaining("<Code>AccessDenied</Code>")]);
    expect((await asked(port, `127.0.0.1:${port}`, "/_millrace/ready")).status).toBe(200);
    expect((await asked(port, `127.0.0.1:${port}`, "/b-1/k")).status).toBe(404);
  });
});

test("what a killed upload left half-written is no object", async () => {
  const { port, keys, bucketRoot } = await aBucket();
  await new Promise<void>((resolve) => {
    const headers = { "content-length": "1000", "x-amz-content-sha256": "UNSIGNED-PAYLOAD" };
    const request = http.request({ host: "127.0.0.1", port, path: "/b-1/k", method: "PUT", headers });
    request.on("error", () => resolve());
    request.write("half", () => request.destroy());
    request.on("close", () => resolve());
  });
  expect(await keys()).toEqual([]);
  expect((await stat(bucketRoot)).isDirectory()).toBe(true);
});
