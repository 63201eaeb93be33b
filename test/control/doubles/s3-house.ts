// A served house with a bucket, and the AWS SDK's own client of it, which checks the checksums of what it sends and receives.

import http from "node:http";
import { GetObjectCommand, ListObjectsV2Command, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { onTestFinished } from "vitest";
import { aServedHouse } from "./served.ts";

export async function aBucket(style: "path" | "host" = "path") {
  const house = await aServedHouse();
  const credentials = { accessKeyId: "any", secretAccessKey: "any" };
  const endpoint = style === "path" ? house.url : `http://localhost:${house.port}`;
  // Some machines do not know by themselves that whatever is below localhost is this machine.
  const httpAgent = new http.Agent({
    lookup: (_name, _options, found) => found(null, [{ address: "127.0.0.1", family: 4 }]),
  });
  onTestFinished(() => httpAgent.destroy());
  const s3 = new S3Client({
    requestHandler: { httpAgent },
    endpoint,
    region: "us-east-1",
    credentials,
    maxAttempts: 1,
    forcePathStyle: style === "path",
  });
  onTestFinished(() => s3.destroy());
  const Bucket = "b-1";
  await house.buckets.create(Bucket);
  const put = (Key: string, Body: string | Uint8Array = "x") => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  const got = async (Key: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return (await Body?.transformToString()) ?? "";
  };
  const keys = async (more: object = {}) =>
    (await s3.send(new ListObjectsV2Command({ Bucket, ...more }))).Contents?.map(({ Key }) => Key) ?? [];
  return { ...house, s3, Bucket, put, got, keys };
}
