// Buckets by boto3 and the AWS command line, unmodified.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aServer } from "../live/support/live-server.ts";
import { useClients } from "./run-client.ts";

const clientsAt = useClients();

test("boto3: a bucket's whole life", async () => {
  const server = await aServer({});
  const { code, out, error } = await clientsAt(server.url).python("boto3_buckets.py");
  expect(error).toBe("");
  expect(out.trim().split("\n")).toEqual([
    'list_buckets ["papers"]',
    'put_object "bb6cb5c68df4652941caf652a366f2d8" true',
    'get_object application/json {"who": "me"} {"a":1}',
    'range "a"',
    "list_objects_v2 [5, 5, 2]",
    'prefixes ["a b/", "many/"]',
    "presigned xxx",
    "transfer 10240000 true",
    'head_object -2"',
    "get_object NoSuchKey 404 NoSuchKey",
    "head_object ClientError 404 404",
    "put_object_tagging ClientError 501 NotImplemented",
    "delete_bucket ClientError 409 BucketNotEmpty",
    "delete_objects 14",
    "list_objects_v2 NoSuchBucket 404 NoSuchBucket",
  ]);
  expect(code).toBe(0);
});

test("the AWS command line: folders go up and come down, large files in parts", async () => {
  const clients = clientsAt((await aServer({ buckets: ["papers"] })).url);
  const said = async (line: string): Promise<string> => {
    const { code, out, error } = await clients.aws(...line.split(" "));
    expect({ line, code, error }).toEqual({ line, code: 0, error: "" });
    return out.trim();
  };
  const up = join(clients.folder, "up");
  mkdirSync(join(up, "below"), { recursive: true });
  writeFileSync(join(up, "one.txt"), "one");
  writeFileSync(join(up, "below", "big.bin"), Buffer.alloc(17_000_000, 7));
  await said("s3 cp up s3://papers/up --recursive --quiet");
  expect(await said("s3 ls s3://papers/up/")).toMatch(/^PRE below\/\n.* 3 one\.txt$/);
  await said("s3 cp s3://papers/up/below/big.bin down.bin --quiet");
  expect(readFileSync(join(clients.folder, "down.bin")).equals(Buffer.alloc(17_000_000, 7))).toBe(true);
  await said("s3 rm s3://papers/up --recursive --quiet");
  expect(await said("s3 ls s3://papers")).toBe("");
  await said("s3 rb s3://papers");
  expect(await said("s3 ls")).toBe("");
});
