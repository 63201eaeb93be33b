// Each tidy check is shown to find a planted fault, and to leave alone what looks like one.

import { describe, expect, test } from "vitest";
import {
  bannedCodeProblems,
  fileSizeProblems,
  headerProblems,
  skippedTestProblems,
} from "../../scripts/tidy/banned-code.ts";
import { dependencyProblems, pathProblems, ruleProblems, rulesDefinedBy } from "../../scripts/tidy/citations.ts";
import { importProblems } from "../../scripts/tidy/imports.ts";
import { bannedWords, wordProblems } from "../../scripts/tidy/words.ts";

describe("import direction", () => {
  test.each([
    ["src/core/lane.ts", 'import type { Clock } from "../ports/clock.ts";', "core may not import ports"],
    ["src/core/lane.ts", 'import { z } from "zod";', "core may not import zod"],
    ["src/core/lane.ts", 'import { readFileSync } from "node:fs";', "core may not import node:fs"],
    ["src/core/filter/x.ts", 'import {\n  a,\n} from "../../runtime/a.ts";', "core may not import runtime"],
    ["src/ports/clock.ts", 'export { x } from "../kinds/x.ts";', "ports may not import kinds"],
    ["src/runtime/runner.ts", 'import { systemClock } from "../platform/system-clock.ts";', "may not import platform"],
    ["src/runtime/runner.ts", 'import "node:timers";', "runtime may not import node:timers"],
    ["src/control/server.ts", 'import { s } from "../stores/s.ts";', "control may not import stores"],
    ["src/control/server.ts", 'const s = await import("../stores/s.ts");', "control may not import stores"],
    ["src/stores/redis.ts", 'import { Redis } from "ioredis";', "ioredis is for workers/ only"],
    ["src/stores/store.ts", 'import { x } from "../../workers/store.ts";', "src does not import workers/store.ts"],
    ["src/main.ts", 'import { x } from "../workers/store.ts";', "src does not import workers/store.ts"],
    ["workers/poller.ts", 'import { main } from "../src/main.ts";', "a worker does not import src/main.ts"],
    ["src/config/load.ts", 'import { x } from "../../test/x.ts";', "test/x.ts is no part of the product"],
  ])("%s: %s", (path, text, problem) => {
    expect(importProblems(path, text)).toEqual([expect.stringContaining(problem)]);
  });

  test.each([
    ["src/core/lane.ts", 'import { assertNever } from "./assert-never.ts";'],
    ["src/core/filter/x.ts", 'import { y } from "../record.ts";'],
    ["src/core/lane.ts", '// import { z } from "zod";'],
    ["src/runtime/runner.ts", 'import { step } from "../core/lane.ts";'],
    ["src/control/server.ts", 'import Fastify from "fastify";\nimport { readFile } from "node:fs/promises";'],
    ["src/control/server.ts", 'import { MillraceError } from "../errors.ts";'],
    ["src/main.ts", 'import { server } from "./control/server.ts";'],
    ["workers/redis.ts", 'import { Redis } from "ioredis";\nimport { x } from "../src/stores/x.ts";'],
    ["test/live/redis.test.ts", 'import { Redis } from "ioredis";'],
    ["workers/explorer.ts", 'import { x } from "../src/wiring/explorer.ts";'],
  ])("%s may: %s", (path, text) => {
    expect(importProblems(path, text)).toEqual([]);
  });
});

describe("banned code", () => {
  test.each([
    ["src/core/a.ts", "const now = Date.now();"],
    ["src/core/a.ts", "const now = new Date();"],
    ["src/core/a.ts", "const id = crypto.randomUUID();"],
    ["src/core/a.ts", "if (process.env.X) return;"],
    ["src/core/a.ts", 'console.log("x");'],
    ["src/core/a.ts", "export async function a() {"],
    ["src/core/a.ts", "function a(): Promise<void> {"],
    ["src/core/a.ts", 'const b = Buffer.from("x");'],
    ["src/control/a.ts", "const now = performance.now();"],
    ["src/control/a.ts", "setTimeout(() => undefined, 1);"],
    ["src/control/a.ts", "const x = Math.random();"],
    ["src/control/a.ts", 'const url = new URL("x", import.meta.url);'],
    ["src/platform/a.ts", 'const url = new URL("x", import.meta.url);'],
  ])("%s: %s", (path, text) => {
    expect(bannedCodeProblems(path, text)).toHaveLength(1);
  });

  test.each([
    ["src/core/a.ts", "// Date.now() is what this never calls."],
    ["src/core/a.ts", 'const text = "console.log and await";'],
    ["src/core/a.ts", "const at = new Date(nowMs);"],
    ["src/control/a.ts", "socket.setTimeout(5);"],
    ["src/platform/system-clock.ts", "const now = Date.now();"],
    ["src/threads/entries.ts", 'const url = new URL("x", import.meta.url);'],
    ["workers/poller.ts", "setTimeout(() => undefined, 1);"],
  ])("%s may: %s", (path, text) => {
    expect(bannedCodeProblems(path, text)).toEqual([]);
  });
});

describe("tests, sizes, headers", () => {
  test.each(["test.only(", "describe.skip(", "test.todo(", "test.concurrent.only(", "test.skipIf(isMac)("])(
    "%s is found",
    (form) => {
      expect(skippedTestProblems("test/a.test.ts", `${form}\n`)).toHaveLength(1);
    },
  );

  test("a conditional test may be skipped where its comment says where and why", () => {
    const text = "// Skipped where there is no /proc, as the memory is read there.\ntest.skipIf(isMac)(\n";
    expect(skippedTestProblems("test/a.test.ts", text)).toEqual([]);
  });

  test("400 lines pass, 401 do not, unless the header says why", () => {
    const lines = (count: number) => "// A header.\n".repeat(count);
    expect(fileSizeProblems("src/a/a.ts", lines(400))).toEqual([]);
    expect(fileSizeProblems("src/a/a.ts", lines(401))).toHaveLength(1);
    expect(fileSizeProblems("src/a/a.ts", `// Over 400 lines, as one table.\n${lines(401)}`)).toEqual([]);
  });

  test("a file without a header is found, a script's first line is no header", () => {
    expect(headerProblems("src/a/a.ts", 'import "x";\n')).toHaveLength(1);
    expect(headerProblems("src/cli/bin.ts", '#!/usr/bin/env node\nimport "x";\n')).toHaveLength(1);
    expect(headerProblems("src/cli/bin.ts", "#!/usr/bin/env node\n// The command.\n")).toEqual([]);
  });
});

describe("citations", () => {
  const rule = (family: string, number: number) => `${family}-${number}`;
  const defined = new Set([rule("E", 12), rule("B", 4)]);

  test("a rule is defined at the start of a line, an item, a heading, a row, or in bold", () => {
    const text = ["E-1 a", "- **E-2** b", "### E-3 c", "| E-4 | d |", "text **E-5a** e", "see E-6"].join("\n");
    expect(new Set(rulesDefinedBy(text))).toEqual(new Set([1, 2, 3, 4].map((n) => rule("E", n)).concat("E-5a")));
  });

  test("an unknown rule is found in code, tests and documents", () => {
    const files = [
      { path: "src/core/a.ts", text: `// As ${rule("E", 99)} and ${rule("E", 12)} say.` },
      { path: "test/a.test.ts", text: `test("${rule("E", 99)}: x", () => {});` },
      { path: "docs/rules/e.md", text: `see ${rule("B", 97)}` },
    ];
    expect(ruleProblems(files, defined)).toEqual([
      `${rule("E", 99)} is not in docs/rules/ (cited 2 times, first src/core/a.ts:1)`,
    ]);
  });

  test("so are the control plane's rules and sections", () => {
    const page = "### 2.4 What is refused\n\n- **V8** A timestamp.\n";
    const unknown = [["V", 97].join(""), ["section", 8.1].join(" ")];
    const text = `// V8b, V8, section 2.4; the engine V8, SigV4, ${unknown.join(", ")}.`;
    expect(ruleProblems([{ path: "src/a.ts", text }], new Set(rulesDefinedBy(page)))).toEqual(
      unknown.map((each) => `${each} is not in docs/rules/ (cited 1 times, first src/a.ts:1)`),
    );
  });

  test("known rules, their letters and parts pass, as does what only looks like a rule", () => {
    const text = `${rule("E", 12)}, ${rule("E", 12)}a, ${rule("E", 12)}.3; UTF-8, SHA-256, us-east-1, 1-10, X-Amz, a/B-97`;
    expect(ruleProblems([{ path: "docs/a.md", text }], defined)).toEqual([]);
  });

  test("a path that is not there is found in comments, documents and links", () => {
    const exists = (path: string) => path === "docs/architecture.md";
    const comment = "// See docs/architecture.md and docs/gone.md.";
    expect(pathProblems("src/a.ts", comment, exists)).toEqual(["src/a.ts:1: docs/gone.md is not there"]);
    expect(pathProblems("docs/b.md", "[a](architecture.md) [b](gone.md) [c](https://x.org/d)", exists)).toEqual([
      "docs/b.md:1: docs/gone.md is not there",
    ]);
    expect(pathProblems("src/a.ts", 'const path = "docs/gone.md";', exists)).toEqual([]);
  });

  test("a dependency without a reason and a reason without a dependency are found", () => {
    const manifest = { dependencies: { zod: "1" }, devDependencies: { vitest: "5" } };
    const document =
      "- `zod`: parses what comes from outside, once.\n- `vitest` 5: short.\n- `gone`: was of use some time ago.";
    expect(dependencyProblems(manifest, document)).toEqual([
      "docs/dependencies.md: no reason for vitest",
      "docs/dependencies.md: gone is no dependency",
    ]);
  });
});

test("each banned word is found", () => {
  expect(bannedWords.flatMap((word) => wordProblems("README.md", `a\nb ${word} c`))).toHaveLength(bannedWords.length);
  expect(wordProblems("README.md", "npm ci\nnetworks/ and teamwork/")).toEqual([]);
});
