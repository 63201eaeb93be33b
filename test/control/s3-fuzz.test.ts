// Thousands of requests to S3 with any method, path, query, header and body: every answer is one of S3's, never a 5xx but NotImplemented,
// and what was there before is there as it was unless a call could change it. fast-check prints the seed.

import http from "node:http";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { aServedHouse } from "./doubles/served.ts";

const RUNS = 2_000;

const segment = fc.oneof(
  fc.constantFrom("b-1", "none", "..", "%2e%2e", "%2F", "%00", "%zz", "", ".", "a", "UPPER", ".meta", ".odd", "_"),
  fc.string({ maxLength: 5, unit: "grapheme" }).map((text) => encodeURIComponent(text.toWellFormed())),
);
const query = fc.dictionary(
  fc.constantFrom(
    "list-type",
    "prefix",
    "delimiter",
    "max-keys",
    "uploads",
    "uploadId",
    "partNumber",
    "delete",
    "location",
    "acl",
    "versionId",
    "continuation-token",
    "x-id",
  ),
  fc.constantFrom("", "2", "/", "a", "-1", "url", "../..", "x".repeat(300), "0".repeat(32)),
  { maxKeys: 1 },
);
const headers = fc.dictionary(
  fc.constantFrom(
    "range",
    "if-match",
    "if-none-match",
    "if-modified-since",
    "content-md5",
    "x-amz-checksum-crc32",
    "content-encoding",
    "x-amz-copy-source",
    "x-amz-meta-a",
    "x-amz-acl",
    "x-amz-trailer",
    "x-amz-decoded-content-length",
    "content-type",
  ),
  fc.constantFrom(
    "",
    "*",
    '"x"',
    "bytes=0-1",
    "bytes=5-1",
    "bytes=-0",
    "aws-chunked",
    "x-amz-checksum-crc32",
    "7",
    "Sun, 06 Nov 1994 08:49:37 GMT",
    "private",
    "AAAA",
  ),
  { maxKeys: 3 },
);
const body = fc.constantFrom(
  "",
  "x",
  "5\r\nhello\r\n0\r\n\r\n",
  "zz\r\n",
  "<Delete><Object><Key>k</Key></Object></Delete>",
  "<Delete><Object/></Delete>",
  "<&#x110000;>",
  "<Part><PartNumber>1</PartNumber></Part>",
);

const call = fc.record({
  method: fc.constantFrom("GET", "HEAD", "PUT", "POST", "DELETE"),
  path: fc.oneof(
    fc.array(segment, { maxLength: 4 }).map((parts) => `/${parts.join("/")}`),
    fc.array(segment, { minLength: 1, maxLength: 3 }).map((parts) => `/b-1/${parts.join("/")}`),
  ),
  query,
  headers,
  body,
});

function problemOf(method: string, status: number, text: string): string | null {
  if (status >= 500 && status !== 501) return `status ${status}: ${text}`;
  if (status < 400 || method === "HEAD") return null;
  if (!text.includes("<Code>")) return `no form of S3: ${text}`;
  return status === 501 && !text.includes("<Code>NotImplemented</Code>") ? text : null;
}

test("S3", { timeout: 120_000 }, async () => {
  const { port, buckets, bucketRoot } = await aServedHouse();
  const agent = new http.Agent({ keepAlive: true });
  const ask = (given: {
    readonly method: string;
    readonly path: string;
    readonly headers: object;
    readonly body: string;
  }) =>
    new Promise<{ readonly status: number; readonly text: string }>((resolve, reject) => {
      const sent = {
        ...given.headers,
        "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
        "content-length": given.body.length,
      };
      const { method, path } = given;
      const request = http.request({ host: "127.0.0.1", port, agent, method, path, headers: sent }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (part: string) => (text += part));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
      });
      request.on("error", reject);
      request.end(given.body);
    });
  try {
    await fc.assert(
      fc.asyncProperty(call, async (given) => {
        await buckets.create("b-1");
        const path = `${given.path}?${new URLSearchParams(given.query).toString()}`;
        const { status, text } = await ask({ ...given, path });
        expect({ given, problem: problemOf(given.method, status, text) }).toEqual({ given, problem: null });
      }),
      { numRuns: RUNS },
    );
  } finally {
    agent.destroy();
  }
  const known = [".aside", ".meta", ".odd", ".uploads"];
  expect((await readdir(bucketRoot)).filter((name) => name.startsWith(".") && !known.includes(name))).toEqual([]);
  expect(await readdir(join(bucketRoot, ".aside"))).toEqual([]);
});
