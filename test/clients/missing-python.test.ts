// Where the clients cannot be had, the run says why and how to mend it.

import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { pythonClients } from "../../scripts/clients/python-clients.ts";

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-clients-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A program that answers every call so. */
function aProgram(folder: string, script: string): string {
  const file = join(folder, "python3");
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
  return file;
}

const help = expect.stringContaining("npm test -- --without-clients");

test("no Python", async () => {
  await expect(pythonClients(() => undefined, { cache: aFolder(), find: () => null })).rejects.toMatchObject({
    message: "the tests of unmodified clients need Python 3.10 or newer: there is no python3 on the PATH",
    help,
  });
});

test("an old Python", async () => {
  const folder = aFolder();
  const old = aProgram(folder, 'echo "3 8"');
  const find = (name: string): string | null => (name === "python3" ? old : null);
  await expect(pythonClients(() => undefined, { cache: folder, find })).rejects.toMatchObject({
    message: expect.stringContaining(`${old} is Python 3.8`),
    help,
  });
});

test("an installation that fails leaves nothing that would count as one", async () => {
  const folder = aFolder();
  const broken = aProgram(folder, 'case "$1" in -c) echo "3 12";; *) echo "no module named venv" >&2; exit 1;; esac');
  await expect(pythonClients(() => undefined, { cache: folder, find: () => broken })).rejects.toMatchObject({
    message: expect.stringMatching(/could not be installed: no module named venv$/),
    help,
  });
  expect(readdirSync(folder)).toEqual(["python3"]);
});
