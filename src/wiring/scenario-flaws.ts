// From what the schema of a file, a scenario's or a load plan's, refuses to what a person reads: which member, of what, what may stand there, the likely spelling,
// and a line to paste. Of a choice between forms the one is told of that the author was nearest to.

import type { z } from "zod";
import { pathText, type ConfigDocument, type Path } from "../config/config-document.ts";
import { formOf as settingForm } from "../config/setting-form.ts";
import { valueAt } from "../config/schema-flaws.ts";
import { likelyName } from "../core/likely-name.ts";
import type { ErrorCode } from "../errors.ts";
import { isObject } from "../sim/scenario.ts";
import { scenarioJsonSchema, type JsonSchema } from "../sim/scenario-schema.ts";

type Issue = z.core.$ZodIssue;
type Notation = ConfigDocument["notation"];

export interface ScenarioFlaw {
  readonly code: ErrorCode;
  readonly what: string;
  readonly path: Path;
  readonly part: "name" | "value";
  /** Beside the underline. */
  readonly label: string;
  readonly help: string | null;
}

/** A kind of file: what may stand in it, and how its flaws are told. */
export interface FileForm {
  readonly root: JsonSchema;
  readonly unknownCode: ErrorCode;
  readonly invalidCode: ErrorCode;
  /** Whose members are told of: `a step`. `value`: what stands at the path. */
  ownerWords(path: Path, value: unknown): string;
}

export const scenarioForm = (): FileForm => ({
  root: scenarioJsonSchema(),
  unknownCode: "scenario-unknown-key",
  invalidCode: "scenario-invalid",
  ownerWords,
});

interface Given {
  readonly value: unknown;
  readonly root: JsonSchema;
  readonly notation: Notation;
  readonly form: FileForm;
}

export function schemaFlaws(
  issues: readonly Issue[],
  document: Pick<ConfigDocument, "value" | "notation">,
  form: FileForm,
): readonly ScenarioFlaw[] {
  const given = { value: document.value, root: form.root, notation: document.notation, form };
  return withoutMisspelt(issues.flatMap((issue) => settledIssues(issue, []))).flatMap((issue) => flawsOf(issue, given));
}

// --- Choices between forms --------------------------------------------------------------------------------------------

const pathOf = (issue: Issue): Path => issue.path.filter((step) => typeof step !== "symbol");

/** The issues of the form that was meant, at their places from the root. */
function settledIssues(issue: Issue, above: Path): readonly Issue[] {
  const path = [...above, ...pathOf(issue)];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return [{ ...issue, path }];
  const forms = issue.errors.map((errors) => errors.flatMap((each) => settledIssues(each, [])));
  const nearest = forms.toSorted((a, b) => distanceOf(a) - distanceOf(b))[0] ?? [];
  // No form is an object, or none a number, as what stands there is: what may stand there is said of all of them.
  if (nearest.some((each) => each.code === "invalid_type" && each.path.length === 0)) return [{ ...issue, path }];
  return nearest.map((each) => ({ ...each, path: [...path, ...pathOf(each)] }));
}

/** How far what is written is from a form: what is wrong deep inside speaks for the form. */
function distanceOf(issues: readonly Issue[]): number {
  const unknown = issues.flatMap((each) =>
    each.code === "unrecognized_keys" && each.path.length === 0 ? each.keys : [],
  );
  let distance = 0;
  for (const issue of issues) {
    if (issue.path.length > 1) distance += 1;
    else if (issue.code === "unrecognized_keys") distance += issue.path.length === 0 ? 3 * issue.keys.length : 1;
    else if (issue.code === "invalid_type" && issue.path.length === 0) distance += 100;
    else if (issue.code === "invalid_union" && issue.path.length === 1) distance += isAbsent(issue) ? 3 : 1;
    else if (isAbsent(issue)) distance += likelyName(String(issue.path[0]), unknown) === null ? 2 : -2;
    else distance += 1;
  }
  return distance;
}

/** The parser's own word for a member that is not there. */
const isAbsent = (issue: Issue): boolean => issue.input === undefined && issue.message.endsWith(" undefined");

/** A name that is only misspelt is not missing besides. */
function withoutMisspelt(issues: readonly Issue[]): readonly Issue[] {
  const unknown = issues.flatMap((issue) =>
    issue.code === "unrecognized_keys" ? issue.keys.map((key) => ({ owner: pathText(pathOf(issue)), key })) : [],
  );
  return issues.filter((issue) => {
    if (!isAbsent(issue)) return true;
    const owner = pathText(pathOf(issue).slice(0, -1));
    const name = String(issue.path.at(-1));
    return !unknown.some((each) => each.owner === owner && likelyName(each.key, [name]) === name);
  });
}

// --- What stands where, by the JSON Schema --------------------------------------------------------------------------

const isSchema = (value: unknown): value is JsonSchema => isObject(value);

const branchesOf = (schema: JsonSchema): readonly JsonSchema[] => {
  const branches = schema["anyOf"] ?? schema["oneOf"];
  return Array.isArray(branches) ? branches.filter(isSchema).flatMap(branchesOf) : [schema];
};

/** The form of a choice that fits what is written best: by its fixed words (`do`, `mode`), then by its names. */
function branchFor(schema: JsonSchema, value: unknown): JsonSchema {
  const branches = branchesOf(schema);
  if (Array.isArray(value)) return branches.find((each) => each["type"] === "array") ?? branches[0] ?? schema;
  if (!isObject(value) || branches.length === 1) return branches[0] ?? schema;
  const score = (branch: JsonSchema): number =>
    membersOf(branch).reduce(
      (sum, [name, member]) => {
        if (!Object.hasOwn(value, name)) return sum;
        return sum + 1 + (member["const"] === undefined ? 0 : member["const"] === value[name] ? 1_000 : -1_000);
      },
      branch["type"] === "object" ? 0 : -10_000,
    );
  return branches.toSorted((a, b) => score(b) - score(a))[0] ?? schema;
}

function membersOf(schema: JsonSchema): readonly (readonly [string, JsonSchema])[] {
  const { properties } = schema;
  return isObject(properties)
    ? Object.entries(properties).flatMap(([name, each]) => (isSchema(each) ? [[name, each] as const] : []))
    : [];
}

/** The schema of the value at a path, choices above it settled; null: there is none. */
function schemaAt({ root, value }: Given, path: Path): JsonSchema | null {
  let here: JsonSchema = root;
  for (const [index, step] of path.entries()) {
    const branch = branchFor(here, valueAt(value, path.slice(0, index)));
    const items = typeof step === "number" ? branch["items"] : undefined;
    const member = membersOf(branch).find(([each]) => each === step)?.[1];
    const next = items ?? member ?? branch["additionalProperties"];
    if (!isSchema(next)) return null;
    here = next;
  }
  return here;
}

const formOf = (schema: JsonSchema | null): string => {
  const form = schema?.["x-form"];
  if (typeof form === "string") return form;
  if (schema !== null && typeof schema["x-unit"] === "string") return settingForm(schema);
  // What may be null besides says its form inside.
  const [inner, ...others] = schema === null ? [] : branchesOf(schema).filter((each) => each["type"] !== "null");
  if (inner !== undefined && inner !== schema && others.length === 0) return formOf(inner);
  const words = schema?.["enum"];
  if (Array.isArray(words)) return `one of ${words.join(", ")}`;
  const only = schema === null ? undefined : schema["const"];
  return only === undefined ? "" : JSON.stringify(only);
};

// --- Flaws ------------------------------------------------------------------------------------------------------------

function flawsOf(issue: Issue, given: Given): readonly ScenarioFlaw[] {
  const path = pathOf(issue);
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => unknownMember([...path, key], given));
  if (valueAt(given.value, path) === undefined) return [missingMember(path, given)];
  if (issue.code === "invalid_union" && "options" in issue) return [unknownWord(issue, path, given)];
  return [wrongValue(issue, path, given)];
}

function unknownMember(path: Path, given: Given): ScenarioFlaw {
  const name = String(path.at(-1));
  const owner = path.slice(0, -1);
  const schema = schemaAt(given, owner);
  const members = schema === null ? [] : membersFor(schema, valueAt(given.value, owner));
  const rivals = schema === null ? [] : rivalsOf(name, schema, valueAt(given.value, owner));
  if (rivals.length > 0)
    return {
      code: given.form.unknownCode,
      what: `\`${name}\` cannot stand beside ${rivals.map((each) => `\`${each}\``).join(", ")} in ${ownersName(owner, given)}`,
      path,
      part: "name",
      label: "one or the other",
      help: `leave \`${name}\` out, or ${rivals.map((each) => `\`${each}\``).join(", ")}`,
    };
  const likely = likelyName(
    name,
    members.map(([each]) => each),
  );
  const found = members.find(([each]) => each === likely);
  const help =
    found === undefined
      ? `known here: ${members.map(([each]) => each).join(", ")}`
      : line(found[0], valueAt(given.value, path), formOf(found[1]), given.notation);
  return {
    code: given.form.unknownCode,
    what: `\`${name}\` is no member of ${ownersName(owner, given)}`,
    path,
    part: "name",
    label: found === undefined ? "not known" : `perhaps ${found[0]}`,
    help,
  };
}

/** What is written beside a name that only other forms have, and that none of those has. */
function rivalsOf(name: string, schema: JsonSchema, value: unknown): readonly string[] {
  const forms = branchesOf(schema)
    .map((each) => membersOf(each).map(([member]) => member))
    .filter((members) => members.includes(name));
  if (forms.length === 0 || !isObject(value)) return [];
  return Object.keys(value).filter((each) => !forms.some((members) => members.includes(each)));
}

/** Of the form that was meant; of all forms where nothing that is written tells which. */
function membersFor(schema: JsonSchema, value: unknown): readonly (readonly [string, JsonSchema])[] {
  const known = membersOf(branchFor(schema, value)).filter(([each]) => each !== "$schema");
  const branches = branchesOf(schema);
  const isTold = isObject(value) && known.some(([each]) => Object.hasOwn(value, each));
  if (isTold || branches.length === 1) return known;
  return [...new Map(branches.flatMap(membersOf))];
}

function unknownWord(issue: Issue, path: Path, given: Given): ScenarioFlaw {
  const word = String(valueAt(given.value, path));
  const words = "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
  const likely = likelyName(word, words);
  const kind = wordKind(path);
  return {
    code: given.form.invalidCode,
    what: `there is no ${kind} \`${word}\``,
    path,
    part: "value",
    label: likely === null ? `no such ${kind}` : `perhaps ${likely}`,
    help: likely === null ? `known here: ${words.join(", ")}` : line(String(path.at(-1)), likely, "", given.notation),
  };
}

function wordKind(path: Path): string {
  if (path.at(-1) === "mode") return "mode";
  if (path.at(-1) === "kind") return "fault";
  return path[0] === "steps" && path.length === 3 ? "step" : "script";
}

function missingMember(path: Path, given: Given): ScenarioFlaw {
  const name = String(path.at(-1));
  const owner = path.slice(0, -1);
  const schema = schemaAt(given, path);
  const form = formOf(schema);
  return {
    code: given.form.invalidCode,
    what: `\`${name}\` is missing in ${ownersName(owner, given)}`,
    path: owner,
    part: "value",
    label: `needs ${name}`,
    help: line(name, exampleOf(schema), form, given.notation),
  };
}

function wrongValue(issue: Issue, path: Path, given: Given): ScenarioFlaw {
  const found = valueAt(given.value, path);
  const schema = schemaAt(given, path);
  const form = formOf(schema);
  const name =
    path.length === 0
      ? "the file"
      : `\`${pathText(path.slice(path.findLastIndex((step) => typeof step === "string")))}\``;
  return {
    code: given.form.invalidCode,
    what: whatOf(issue, name, found, form),
    path,
    part: "value",
    label: form,
    help:
      path.length === 0
        ? null
        : line(
            String(path.findLast((step) => typeof step === "string")),
            listed(path, mended(issue, found, schema)),
            form,
            given.notation,
          ),
  };
}

function whatOf(issue: Issue, name: string, found: unknown, form: string): string {
  if (issue.code === "too_big")
    return typeof found === "number"
      ? `${name} is ${found}, above ${issue.maximum}`
      : `${name} has too many: at most ${issue.maximum}`;
  if (issue.code === "too_small")
    return typeof found === "number"
      ? `${name} is ${found}, below ${issue.minimum}`
      : `${name} has too few: at least ${issue.minimum}`;
  const wanted = form === "" && issue.code === "invalid_type" ? `of type ${issue.expected}` : form;
  return `${name} is ${kindOf(found)}, and has to be ${wanted === "" ? "of another form" : wanted}`;
}

function mended(issue: Issue, found: unknown, schema: JsonSchema | null): unknown {
  if (issue.code === "too_big" && typeof found === "number") return Number(issue.maximum);
  if (issue.code === "too_small" && typeof found === "number") return Number(issue.minimum);
  const names = schema?.["enum"];
  if (typeof found === "string" && Array.isArray(names)) return likelyName(found, names.map(String)) ?? names[0];
  if (schema?.["type"] === "array" && typeof found === "string") return [found];
  const isText = schema?.["type"] === "string" && schema["format"] === undefined;
  const pattern = schema?.["pattern"];
  if (isText && typeof found === "number")
    return typeof pattern === "string" && !new RegExp(pattern).test(`${found}`) ? exampleOf(schema) : String(found);
  if (isText && typeof found === "object" && found !== null) return JSON.stringify(found);
  const takesNumber = schema === null || branchesOf(schema).some(({ type }) => type === "number" || type === "integer");
  if (takesNumber && typeof found === "string" && found.trim() !== "" && Number.isFinite(Number(found)))
    return Number(found);
  return exampleOf(schema);
}

/** Of a list's member the whole list is shown, to paste. */
const listed = (path: Path, value: unknown): unknown => (typeof path.at(-1) === "number" ? [value] : value);

/** The least that may stand there; null where the schema says nothing of it. */
function exampleOf(schema: JsonSchema | null): unknown {
  if (schema === null) return null;
  if (Array.isArray(schema["examples"])) return schema["examples"][0];
  if (schema["const"] !== undefined) return schema["const"];
  if (Array.isArray(schema["enum"])) return schema["enum"][0];
  const [first] = branchesOf(schema);
  if (first !== undefined && first !== schema) return exampleOf(first);
  switch (schema["type"]) {
    case "string":
      return schema["format"] === "date-time" ? "2026-11-29T12:00:00Z" : "text";
    case "boolean":
      return true;
    case "integer":
    case "number":
      return Math.max(1, Number(schema["minimum"] ?? 1));
    case "array": {
      const { items, minItems } = schema;
      return Array.from({ length: Number(minItems ?? 0) }, () => exampleOf(isSchema(items) ? items : null));
    }
    case "object": {
      const required: readonly unknown[] = Array.isArray(schema["required"]) ? schema["required"] : [];
      const members = membersOf(schema).filter(([name]) => required.includes(name));
      return Object.fromEntries(members.map(([name, each]) => [name, exampleOf(each)]));
    }
    default:
      return null;
  }
}

const ownersName = (path: Path, { value, form }: Given): string => form.ownerWords(path, valueAt(value, path));

function ownerWords(path: Path, value: unknown): string {
  const word = isObject(value) ? value["do"] : undefined;
  if (path.length === 0) return "a scenario";
  if (path[0] === "steps" && path.length === 2) return typeof word === "string" ? `the step \`${word}\`` : "a step";
  if (path[0] === "records" && path.length === 2) return "a record";
  if (typeof word === "string") return `the script \`${word}\``;
  return `\`${pathText(path)}\``;
}

/** A member to paste, in the file's notation, and what may stand there. */
export function line(name: string, value: unknown, form: string, notation: Notation): string {
  const isJson = notation === "json";
  const shown = JSON.stringify(value ?? null);
  const member = isJson ? `${JSON.stringify(name)}: ${shown}` : `${name}: ${shown}`;
  if (form === "") return member;
  return isJson ? `${member}    (${form})` : `${member}    # ${form}`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return value.length <= 40 ? `the text \`${value}\`` : "text";
  return typeof value === "object" ? "an object" : JSON.stringify(value);
}

/** `r1 to r6` where they are numbered through, else the first few. */
export function listText(names: readonly string[]): string {
  const [first] = names;
  const last = names.at(-1);
  if (first === undefined || last === undefined) return "none";
  const numbered = names.every(
    (each, index) => each === first.replace(/\d+$/, (digits) => String(Number(digits) + index)),
  );
  if (numbered && names.length > 2) return `${first} to ${last}`;
  return names.length <= 8 ? names.join(", ") : `${names.slice(0, 8).join(", ")} and ${names.length - 8} more`;
}
