// Objects as they are read back; that they are written whole and nowhere else is in embedded-reporter.test.ts.

import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createBucketDirectory } from "../../src/destinations/bucket-directory.ts";

async function aRoot(): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), "millrace-buckets-"));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  return root;
}

test("an object is read; a key that no object can have, or that leads out (U1), has none", async () => {
  const root = await aRoot();
  const buckets = createBucketDirectory(root);
  await buckets.create("code");
  await mkdir(join(root, "code", "zips"));
  await writeFile(join(root, "code", "zips", "one.zip"), "zip");
  await writeFile(join(root, "outside.zip"), "secret");
  await symlink(join(root, "outside.zip"), join(root, "code", "link.zip"));
  expect(await buckets.get("code", "zips/one.zip", 3)).toEqual({ kind: "object", bytes: Buffer.from("zip") });
  expect(await buckets.get("code", "zips/one.zip", 2)).toEqual({ kind: "tooLarge" });
  const keys = ["zips", "zips/two.zip", "zips/one.zip/in.zip", "k".repeat(300), "../outside.zip", "link.zip", "a\0b"];
  const answers = await Promise.all(keys.map((key) => buckets.get("code", key, 3)));
  expect(answers).toEqual(keys.map(() => ({ kind: "missing", what: "key" })));
  expect(await buckets.get("other", "zips/one.zip", 3)).toEqual({ kind: "missing", what: "bucket" });
});
