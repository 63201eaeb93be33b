// Reads the whole tree and holds it against the project's rules about itself. The checks are in `scripts/tidy/`; that each
// of them finds what it is for is shown in `test/tidy/checks.test.ts`.

import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  bannedCodeProblems,
  fileSizeProblems,
  headerProblems,
  skippedTestProblems,
} from "../scripts/tidy/banned-code.ts";
import { dependencyProblems, pathProblems, ruleProblems, rulesOf } from "../scripts/tidy/citations.ts";
import { importProblems } from "../scripts/tidy/imports.ts";
import { isCode, readTree } from "../scripts/tidy/tree.ts";
import { wordProblems } from "../scripts/tidy/words.ts";

const root = join(import.meta.dirname, "..");
const files = readTree(root);
const code = files.filter((file) => isCode(file.path));
const textOf = (path: string): string => files.find((file) => file.path === path)?.text ?? "";

test("the tree is read", () => {
  expect(code.length).toBeGreaterThan(50);
});

test("imports go one way (docs/architecture.md, Rings)", () => {
  expect(code.flatMap((file) => importProblems(file.path, file.text))).toEqual([]);
});

test("the core is pure, and time and chance come from ports", () => {
  expect(code.flatMap((file) => bannedCodeProblems(file.path, file.text))).toEqual([]);
});

test("no file is over 400 lines without a reason in its header", () => {
  expect(code.flatMap((file) => fileSizeProblems(file.path, file.text))).toEqual([]);
});

test("each source file opens with what it owns", () => {
  expect(code.flatMap((file) => headerProblems(file.path, file.text))).toEqual([]);
});

test("no test is focused or skipped without a reason", () => {
  expect(code.flatMap((file) => skippedTestProblems(file.path, file.text))).toEqual([]);
});

test("each cited rule number is in docs/rules", () => {
  expect(ruleProblems(files, rulesOf(files))).toEqual([]);
});

test("each cited document and source file is there", () => {
  const exists = (path: string) => existsSync(join(root, path));
  expect(files.flatMap((file) => pathProblems(file.path, file.text, exists))).toEqual([]);
});

test("each dependency has its reason in docs/dependencies.md", () => {
  expect(dependencyProblems(JSON.parse(textOf("package.json")), textOf("docs/dependencies.md"))).toEqual([]);
});

test("no file names a package registry's host or a place of one machine", () => {
  expect(files.flatMap((file) => wordProblems(file.path, file.text))).toEqual([]);
});
