// Zips that cannot be used, and what is left of them: nothing.

import { mkdtemp, readdir, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { strToU8, type Zippable, zipSync } from "fflate";
import { describe, expect, onTestFinished, test } from "vitest";
import { checkZip, unpackZip } from "../../src/functions/zip-files.ts";

const UNUSABLE = "Could not unzip uploaded file. Please check your file, then try to upload again.";
const UNIX = 3;
const link = { os: UNIX, attrs: 0o120_777 << 16 } as const;

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-zip-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes over bytes of the first place where this text is. */
function patched(zip: Uint8Array, at: (zip: Buffer) => number, bytes: readonly number[]): Uint8Array {
  const copy = Buffer.from(zip);
  copy.set(bytes, at(copy));
  return copy;
}

const simple: Zippable = { "index.js": strToU8("exports.handler = 1;"), "lib/a.txt": [strToU8("text"), { level: 0 }] };
const centralHeader = (zip: Buffer): number => zip.indexOf(Buffer.from("PK\x01\x02"));

describe("a zip is refused", () => {
  test.each<[string, Uint8Array, string]>([
    ["that is none", strToU8("no zip at all, and long enough to be looked at"), UNUSABLE],
    ["that is empty", new Uint8Array(0), UNUSABLE],
    ["that is cut", zipSync(simple).slice(0, -10), UNUSABLE],
    ["without a file", zipSync({ "folder/": new Uint8Array(0) }), "Uploaded file must be a non-empty zip"],
    ["that leads out", zipSync({ "../out.js": strToU8("1") }), UNUSABLE],
    ["that leads out further on", zipSync({ "a/../../out.js": strToU8("1") }), UNUSABLE],
    ["with an absolute name", zipSync({ "/etc/x": strToU8("1") }), UNUSABLE],
    ["with a name of Windows", zipSync({ "a\\..\\b.js": strToU8("1") }), UNUSABLE],
    ["with a drive", zipSync({ "C:/x.js": strToU8("1") }), UNUSABLE],
    ["with a symbolic link", zipSync({ "link.js": [strToU8("/etc/passwd"), link] }), "link.js is a symbolic link"],
    [
      "whose content is damaged",
      patched(zipSync({ "a.js": [strToU8("0123456789"), { level: 0 }] }), (zip) => zip.indexOf("0123456789"), [0x39]),
      "the content of a.js is damaged (CRC-32)",
    ],
    [
      "whose content is longer than it says",
      patched(zipSync({ "a.js": strToU8("0".repeat(100_000)) }), (zip) => centralHeader(zip) + 24, [10, 0, 0, 0]),
      UNUSABLE,
    ],
    ["of an unknown compression", patched(zipSync(simple), (zip) => centralHeader(zip) + 10, [97, 0]), UNUSABLE],
    [
      "that unpacks to too much",
      zipSync({ "zeros.bin": new Uint8Array(262_144_001) }),
      "Unzipped size must be smaller than 262144000 bytes",
    ],
  ])("%s", async (_what, zip, text) => {
    await expect(checkZip(zip)).rejects.toMatchObject({ code: "bad-argument", message: expect.stringContaining(text) });
    const folder = join(await aFolder(), "task");
    const unpacking = unpackZip(zip, folder, { isWanted: () => true, isOver: false });
    const isRefused = await unpacking.then(
      () => false,
      () => true,
    );
    expect(isRefused).toBe(!text.startsWith("Uploaded"));
    expect(await readdir(join(folder, ".."))).not.toContain("out.js");
  });

  test("that has a name twice, or as a file and as a folder", async () => {
    const once = zipSync({ "aa.js": [strToU8("1"), { level: 0 }], "ab.js": [strToU8("2"), { level: 0 }] });
    const twice = Buffer.from(once);
    for (let at = twice.indexOf("ab.js"); at !== -1; at = twice.indexOf("ab.js", at)) twice.write("aa.js", at);
    await expect(checkZip(twice)).rejects.toThrow("the entry aa.js is there twice");
    const both = zipSync({ aa: strToU8("1"), "aa/b.js": strToU8("2") });
    const how = { isWanted: () => true, isOver: false };
    await expect(unpackZip(both, join(await aFolder(), "task"), how)).rejects.toMatchObject({ code: "bad-argument" });
  });
});

test("a zip is unpacked as it is, programs executable", async () => {
  const folder = join(await aFolder(), "task");
  const program = [strToU8("#!/bin/sh"), { os: UNIX, attrs: 0o100_755 << 16 }] as const;
  const zip = zipSync({ ...simple, "bin/run": [...program] });
  expect(await checkZip(zip)).toEqual([
    { name: "index.js", sizeBytes: 20 },
    { name: "lib/a.txt", sizeBytes: 4 },
    { name: "bin/run", sizeBytes: 9 },
  ]);
  expect(await unpackZip(zip, folder, { isWanted: (name) => name !== "index.js", isOver: false })).toEqual({
    fileCount: 2,
    sizeBytes: 13,
  });
  expect((await readdir(folder)).sort((one, other) => (one < other ? -1 : 1))).toEqual(["bin", "lib"]);
  expect(await readFile(join(folder, "lib", "a.txt"), "utf8")).toBe("text");
  expect((await stat(join(folder, "bin", "run"))).mode & 0o111).toBe(0o111);
  expect((await stat(join(folder, "lib", "a.txt"))).mode & 0o111).toBe(0);
});
