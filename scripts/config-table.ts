// The tables of docs/config.md and the JSON Schema for editors, made from the schema (src/config/config-schema.ts), so that bounds and
// defaults stand in one place. `npx node scripts/config-table.ts` writes both anew; a test compares.

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { editorSchemaText } from "../src/cli/editor-schema.ts";
import { configJsonSchema, type JsonSchema } from "../src/config/config-schema.ts";
import { formOf, membersOf } from "../src/config/setting-form.ts";

const BEGIN = "<!-- settings: made by scripts/config-table.ts -->";
const END = "<!-- end of settings -->";

interface Section {
  readonly title: string;
  readonly schema: JsonSchema;
}

const isSchema = (value: unknown): value is JsonSchema => typeof value === "object" && value !== null;

/** The document with its tables as the schema has them now. */
export function withTables(document: string): string {
  const begin = document.indexOf(BEGIN);
  const end = document.indexOf(END);
  if (begin < 0 || end < begin) throw new Error("docs/config.md has lost the marks of its tables");
  return `${document.slice(0, begin)}${BEGIN}\n\n${tables()}\n\n${document.slice(end)}`;
}

function tables(): string {
  const root = configJsonSchema();
  const under = (schema: JsonSchema, name: string): JsonSchema => {
    const found = name === "*" ? schema.additionalProperties : membersOf(schema).find(([each]) => each === name)?.[1];
    return isSchema(found) ? found : {};
  };
  const items = (schema: JsonSchema): JsonSchema => (isSchema(schema.items) ? schema.items : {});
  const sections: readonly Section[] = [
    { title: "Top", schema: root },
    { title: "`functions.NAME`", schema: under(under(root, "functions"), "*") },
    { title: "`streams.NAME`", schema: under(under(root, "streams"), "*") },
    { title: "`tables.NAME`", schema: under(under(root, "tables"), "*") },
    { title: "`queues[]`, where it is an object", schema: objectOf(items(under(root, "queues"))) },
    { title: "`sqs`", schema: under(root, "sqs") },
    { title: "`topics.NAME`", schema: under(under(root, "topics"), "*") },
    { title: "`sources.ARN`", schema: under(under(root, "sources"), "*") },
    { title: "`schemaRegistries.URI`", schema: under(under(root, "schemaRegistries"), "*") },
    { title: "`mappings[]`", schema: items(under(root, "mappings")) },
    { title: "`destinations.SERVICE`", schema: under(under(root, "destinations"), "sqs") },
    { title: "`brokers.redis`", schema: under(under(root, "brokers"), "redis") },
  ];
  return sections.map(tableOf).join("\n\n");
}

/** Of what may be a name or an object, the object. */
const objectOf = (schema: JsonSchema): JsonSchema =>
  (Array.isArray(schema["anyOf"]) ? schema["anyOf"] : []).find(
    (each): each is JsonSchema => isSchema(each) && isSchema(each.properties),
  ) ?? {};

function tableOf({ title, schema }: Section): string {
  const isTop = title === "Top";
  const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
  const rows = membersOf(schema)
    .filter(([name]) => !name.startsWith("$"))
    .map(([name, each]) => {
      const fallback = required.includes(name) ? "needed" : defaultOf(each);
      const variable = typeof each["x-env"] === "string" ? `\`${each["x-env"]}\`` : "";
      const meaning = typeof each.description === "string" ? each.description : "";
      return `| \`${name}\` | ${cell(formOf(each))} | ${fallback} | ${isTop ? `${variable} | ` : ""}${cell(meaning)} |`;
    });
  const head = isTop
    ? "| setting | what may stand there | default | variable | meaning |\n| --- | --- | --- | --- | --- |"
    : "| setting | what may stand there | default | meaning |\n| --- | --- | --- | --- |";
  return [`### ${title}`, "", head, ...rows].join("\n");
}

function defaultOf(schema: JsonSchema): string {
  const words = schema["x-default"];
  if (typeof words === "string") return words;
  if (schema.default === undefined) return "";
  return `\`${typeof schema.default === "string" ? schema.default : JSON.stringify(schema.default)}\``;
}

const cell = (text: string): string => text.replaceAll("|", "\\|");

if (process.argv[1] === import.meta.filename) {
  const file = join(import.meta.dirname, "..", "docs", "config.md");
  writeFileSync(file, withTables(readFileSync(file, "utf8")));
  writeFileSync(join(import.meta.dirname, "..", "docs", "millrace.config.schema.json"), editorSchemaText());
}
