import { expect, test } from "vitest";
import { isBucketName } from "../../src/core/bucket-name.ts";

test.each(["abc", "a".repeat(63), "my.bucket-1", "1.2.3", "192.168.1.1.x"])("%s is a bucket's name", (name) => {
  expect(isBucketName(name)).toBe(true);
});

test.each([
  "ab",
  "a".repeat(64),
  "Bad_Bucket",
  "a..b",
  "a.-b",
  "a-.b",
  "192.168.1.1",
  "xn--abc",
  "sthree-x",
  "amzn-s3-demo-x",
  "x-s3alias",
  "x--ol-s3",
  "x.mrap",
  "x--x-s3",
  "x--table-s3",
])("%s is none", (name) => {
  expect(isBucketName(name)).toBe(false);
});
