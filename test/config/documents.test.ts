// The documents beside the code say what the code says: docs/config.md has the schema's tables, the file for editors is the schema, docs/redis-layout.md the names of keys and
// fields, docs/local-pages.md the kinds of entries, the package's version is that of package.json.

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { withTables } from "../../scripts/config-table.ts";
import { editorSchemaText } from "../../src/cli/editor-schema.ts";
import { offeredOperations } from "../../src/control/http/offered.ts";
import { version } from "../../src/index.ts";
import {
  dataField,
  explicitHashKeyField,
  partitionKeyField,
  streamKeys,
  trimmedField,
} from "../../workers/redis/redis-layout.ts";

const root = join(import.meta.dirname, "..", "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

test("docs/config.md has every setting with its bounds and default as the schema has them", () => {
  const document = read("docs/config.md");

  expect(document).toBe(withTables(document));
  expect(document).toContain("| `MaximumBatchingWindowInSeconds` | whole seconds, 0 to 300 |");
});

test("a default that changes in the document alone is noticed", () => {
  const document = read("docs/config.md").replace("| `4566` |", "| `4567` |");

  expect(withTables(document)).not.toBe(document);
});

test("docs/millrace.config.schema.json is the schema as `millrace config schema` prints it", () => {
  expect(read("docs/millrace.config.schema.json")).toBe(editorSchemaText());
});

test("docs/aws-calls.md names every call that is offered", () => {
  const words = new Set(read("docs/aws-calls.md").match(/\w+/g));
  expect(offeredOperations.length).toBeGreaterThan(30);
  expect(offeredOperations.filter((operation) => !words.has(operation))).toEqual([]);
});

test("docs/redis-layout.md names every key and field of the layout", () => {
  const document = read("docs/redis-layout.md");
  const keys = streamKeys("");

  for (const key of [
    ...keys.allNames,
    keys.changes,
    keys.meta("NAME"),
    keys.shard("NAME", "shardId-000000000000"),
    keys.meta("dynamodb/TABLE/LABEL"),
  ]) {
    expect(document).toContain(`\`${key}\``);
  }
  for (const key of ["sqs:queue", "sqs:hidden", "sqs:sequence", "sqs:groups", "sqs:busy", "sqs:held", "sqs:queues"])
    expect(document).toContain(`\`${key}\``);
  for (const field of [partitionKeyField, dataField, explicitHashKeyField, trimmedField("")]) {
    expect(document).toContain(`\`${field}\``);
  }
});

test("docs/local-pages.md names every kind of the journal's entries", () => {
  const [, union = ""] = read("src/ports/journal.ts").split("export type Fact =");
  const kinds = [...(union.split("export type Entry")[0]?.matchAll(/readonly kind: "([a-z-]+)"/g) ?? [])].map(
    ([, kind]) => kind,
  );
  const document = read("docs/local-pages.md");

  expect(kinds.length).toBeGreaterThan(15);
  expect(kinds.filter((kind) => !document.includes(`\`${kind}\``))).toEqual([]);
});

test("the version that the command tells is the package's", () => {
  const manifest = JSON.parse(read("package.json")) as { readonly version: string };

  expect(version).toBe(manifest.version);
});
