// What a secret says now, where it stands in a file.

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { secretFileText } from "../../src/config/secret-text.ts";
import { createSecretTable } from "../../src/control/secrets/secret-table.ts";
import { surroundings } from "./doubles/house.ts";

test("M-605: a secret's file is read when it is asked for; what is gone leaves the text that it had", async () => {
  const folder = await mkdtemp(join(tmpdir(), "millrace-secret-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "login.json");
  await writeFile(file, "wrong\n");
  let count = 0;
  const table = createSecretTable(
    [
      { id: "login", text: "wrong", file },
      { id: "other", text: "stays" },
    ],
    {
      settings: surroundings,
      clock: { nowMs: () => count },
      versionId: () => `version ${++count}`,
      textOf: secretFileText,
    },
  );
  const before = table.find("login");
  expect([before?.text, before?.versionId]).toEqual(["wrong", "version 1"]);

  await writeFile(file, "right\n");
  const after = table.find(before?.arn ?? "");
  expect([after?.text, after?.versionId, after?.arn]).toEqual(["right", "version 3", before?.arn]);
  expect(table.find("login")).toEqual(after);

  await rm(file);
  expect(table.find("login")?.text).toBe("right");
  expect(table.find("other")?.text).toBe("stays");
});
