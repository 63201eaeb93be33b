// From what the schema refuses to what a person reads: which setting, where, what may stand there, and the likely spelling. The
// help is a line to paste, in the notation of the file.

import type { z } from "zod";
import { type ConfigDocument, type Path, pathText } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import { type JsonSchema } from "./config-schema.ts";
import { likelyName } from "../core/likely-name.ts";
import { isSecretsName } from "./hidden-secrets.ts";
import { exampleOf, formOf, membersOf, settingAt } from "./setting-form.ts";

type Notation = ConfigDocument["notation"];
export type Issue = z.core.$ZodIssue;

export function schemaFlaws(issues: readonly Issue[], document: ConfigDocument, root: JsonSchema): readonly Flaw[] {
  const given = { value: document.value, root, notation: document.notation, document };
  const misspelt = new Set(issues.flatMap((issue) => misspeltPaths(issue, root)));
  // A name that is only misspelt is not missing besides.
  return issues.filter((issue) => !misspelt.has(pathText(pathOf(issue)))).flatMap((issue) => flawsOf(issue, given));
}

interface Given {
  readonly value: unknown;
  readonly root: JsonSchema;
  readonly notation: Notation;
  readonly document: ConfigDocument;
}

export const pathOf = (issue: Issue): Path => issue.path.filter((step) => typeof step !== "symbol");

function misspeltPaths(issue: Issue, root: JsonSchema): readonly string[] {
  if (issue.code !== "unrecognized_keys") return [];
  const parent = pathOf(issue);
  return issue.keys.flatMap((key) => {
    const likely = likelyMember(root, parent, key);
    return likely === null ? [] : [pathText([...parent, likely.name])];
  });
}

function likelyMember(root: JsonSchema, parent: Path, written: string): { name: string; schema: JsonSchema } | null {
  const members = membersAt(root, parent);
  const likely = likelyName(
    written,
    members.map(([name]) => name),
  );
  const found = members.find(([name]) => name === likely);
  return found === undefined ? null : { name: found[0], schema: found[1] };
}

function membersAt(root: JsonSchema, path: Path): readonly (readonly [string, JsonSchema])[] {
  const owner = settingAt(root, path);
  return owner === null ? [] : membersOf(owner).filter(([name]) => !name.startsWith("$"));
}

function flawsOf(issue: Issue, given: Given): readonly Flaw[] {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownFlaw([...path, key], given));
  if (issue.code === "invalid_key") return [nameFlaw(path, given)];
  if (path[0] === "secrets" && path.length > 1) return [secretFlaw(path, given)];
  const found = valueAt(given.value, path);
  // One of a list that is undefined, as a module may have it, is there and is no value.
  if (found === undefined && typeof path.at(-1) !== "number") return [missingFlaw(path, given)];
  return [valueFlaw(issue, path, found, given)];
}

function unknownFlaw(path: Path, given: Given): Flaw {
  const name = String(path.at(-1));
  const parent = path.slice(0, -1);
  const likely = likelyMember(given.root, parent, name);
  const names = membersAt(given.root, parent).map(([each]) => each);
  const help =
    likely === null
      ? `known here: ${names.join(", ")}`
      : line(likely.name, shownValue(given, path), formOf(likely.schema), given.notation, asWritten(given, path));
  const label = parent.length === 0 ? "" : `in ${pathText(parent)}`;
  return {
    code: "config-unknown-key",
    what: `\`${name}\` is no setting of ${ownerWords(parent)}`,
    path,
    part: "name",
    label,
    help,
  };
}

function nameFlaw(path: Path, given: Given): Flaw {
  const owner = settingAt(given.root, path.slice(0, -1));
  const names = owner?.["propertyNames"];
  const form = typeof names === "object" && names !== null ? formOf(names as JsonSchema) : "";
  const what = `\`${String(path.at(-1))}\` cannot be a name in ${pathText(path.slice(0, -1))}`;
  return { code: "config-invalid", what, path, part: "name", label: "", help: form === "" ? null : form };
}

const shownValue = ({ value }: Given, path: Path): unknown => (isSecretsName(path[0]) ? null : valueAt(value, path));

/** Says what a secret may be, and never what it is. */
function secretFlaw(path: Path, { root }: Given): Flaw {
  const at = path.slice(0, 2);
  const what = `the value of the secret \`${String(at[1])}\` has to be ${formOf(settingAt(root, at) ?? {})}`;
  return { code: "config-invalid", what, path: at, part: "name", label: "", help: null };
}

function missingFlaw(path: Path, given: Given): Flaw {
  const name = String(path.at(-1));
  const schema = settingAt(given.root, path);
  const parent = path.slice(0, -1);
  const help = schema === null ? null : `${name}: …    ${mark(given.notation)} ${formOf(schema)}`;
  const what = `\`${name}\` is missing in ${parent.length === 0 ? "the configuration" : pathText(parent)}`;
  const part = typeof parent.at(-1) === "number" ? "value" : "name";
  return { code: "config-invalid", what, path: parent, part, label: `needs ${name}`, help };
}

function valueFlaw(issue: Issue, path: Path, found: unknown, given: Given): Flaw {
  const schema = settingAt(given.root, path) ?? {};
  const name = pathText(path.slice(path.findLastIndex((step) => typeof step === "string")));
  const form = formOf(schema);
  return {
    code: "config-invalid",
    what:
      path.length === 0
        ? `the configuration is ${kindOf(found)}, and has to be an object`
        : whatOf(issue, name, found, form),
    path,
    part: "value",
    label: form,
    help: path.length === 0 ? null : line(String(name), mended(issue, found, schema), form, given.notation),
  };
}

function whatOf(issue: Issue, name: string, found: unknown, form: string): string {
  switch (issue.code) {
    case "too_big":
      return typeof found === "number"
        ? `\`${name}\` is ${shown(found)}, above ${shown(issue.maximum)}`
        : `\`${name}\` is too long: at most ${shown(issue.maximum)}`;
    case "too_small":
      return typeof found === "number"
        ? `\`${name}\` is ${shown(found)}, below ${shown(issue.minimum)}`
        : `\`${name}\` is empty`;
    case "invalid_type":
      return `\`${name}\` is ${kindOf(found)}, and has to be ${form === "" ? issue.expected : form}`;
    default:
      return `\`${name}\` is ${typeof found === "object" ? kindOf(found) : `\`${shown(found)}\``}, and has to be ${form}`;
  }
}

/** The value that the user may have meant; null where there is nothing to guess. */
function mended(issue: Issue, found: unknown, schema: JsonSchema): unknown {
  if (issue.code === "too_big" && typeof found === "number") return Number(issue.maximum);
  if (issue.code === "too_small" && typeof found === "number") return Number(issue.minimum);
  if (schema.type === "string" && (typeof found === "number" || typeof found === "boolean")) return String(found);
  if (schema.type === "integer" && typeof found === "string" && /^-?\d+$/.test(found)) return Number(found);
  if (schema.type === "array" && typeof found === "string") return [found];
  const names: unknown = schema["enum"];
  if (typeof found === "string" && Array.isArray(names)) return likelyName(found, names.map(String)) ?? names[0];
  return exampleOf(schema);
}

/** `Name: value    # form` in the file's notation. */
function line(name: string, value: unknown, form: string, notation: Notation, source: string | null = null): string {
  const isScalar = value === null || typeof value !== "object" || Array.isArray(value);
  const text = value === null || value === undefined || !isScalar ? "…" : (source ?? written(value, notation));
  const member = notation === "json" ? `${JSON.stringify(name)}: ${text}` : `${name}: ${text}`;
  return form === "" ? member : `${member}    ${mark(notation)} ${form}`;
}

function written(value: unknown, notation: Notation): string {
  if (notation !== "yaml") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(String).join(", ")}]`;
  // A text that YAML would take for something else is quoted.
  return typeof value === "string" && (/^[\d.+-]*$/.test(value) || /^(?:true|false|null|~)$/.test(value))
    ? JSON.stringify(value)
    : String(value);
}

/** A value as its author has it, digits and all; null where it is not short, or not known. */
function asWritten({ document }: Given, path: Path): string | null {
  const span = isSecretsName(path[0]) ? null : document.spanOf(path, "value");
  if (span === null || document.notation === "module") return null;
  const text = document.text.slice(span.offset, span.offset + span.length).trim();
  return text === "" || text.length > 60 || text.includes("\n") ? null : text;
}

const mark = (notation: Notation): string => (notation === "yaml" ? "#" : "//");

function shown(value: unknown): string {
  return typeof value === "number" || typeof value === "bigint" ? value.toLocaleString("en") : String(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "empty";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return "text";
    case "number":
      return Number.isInteger(value) ? `the number ${value}` : `${value}`;
    case "boolean":
    case "undefined":
      return `${value}`;
    default:
      return "an object";
  }
}

export function valueAt(value: unknown, path: Path): unknown {
  let here: unknown = value;
  for (const step of path) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, step)) return undefined;
    here = (here as Readonly<Record<string | number, unknown>>)[step];
  }
  return here;
}

function ownerWords(path: Path): string {
  const [top, name, ...rest] = path;
  if (top === undefined) return "the configuration";
  if (rest.length > 0 || name === undefined)
    return `\`${pathText(path.slice(path.findLastIndex((step) => typeof step === "string")))}\``;
  switch (top) {
    case "mappings":
      return "a mapping";
    case "queues":
      return "a queue";
    case "functions":
      return "a function";
    case "streams":
      return "a stream";
    case "topics":
      return "a topic";
    case "sources":
      return "a source";
    case "schemaRegistries":
      return "a schema registry";
    default:
      return `\`${pathText(path)}\``;
  }
}
