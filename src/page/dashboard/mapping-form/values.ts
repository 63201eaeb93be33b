// Between a form's texts and AWS's JSON: what a mapping has as texts, and what was typed as the members of a request. Pure.

import type { FieldType, FormField } from "./members.ts";

/** By member: what stands in its field. A flag is `true`, `false`, or empty where nothing is said. */
export type FormTexts = Readonly<Record<string, string>>;

export type FormBody =
  | { readonly kind: "body"; readonly members: Readonly<Record<string, unknown>> }
  | { readonly kind: "flaw"; readonly member: string; readonly text: string };

/** What a mapping's fields show. */
export function textsOf(fields: readonly FormField[], members: Readonly<Record<string, unknown>>): FormTexts {
  return Object.fromEntries(fields.map(({ member, type }) => [member, textOf(type, members[member] ?? null)]));
}

function textOf(type: FieldType, value: unknown): string {
  if (value === null) return "";
  switch (type.kind) {
    case "deep":
      return plainText(type.path.reduce<unknown>((at, step) => memberOf(at, step), value));
    case "only":
      return Array.isArray(value) ? plainText(value[0]) : "";
    case "patterns": {
      const filters = memberOf(value, "Filters");
      return Array.isArray(filters) ? filters.map((filter) => plainText(memberOf(filter, "Pattern"))).join("\n") : "";
    }
    case "report":
      return String(Array.isArray(value) && value.length > 0);
    case "json":
      return JSON.stringify(value);
    case "text":
    case "number":
    case "flag":
    case "choice":
    case "time":
      return plainText(value);
  }
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

const plainText = (value: unknown): string =>
  typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";

/** The members that differ from `before`; what was left alone is not sent, as AWS keeps it then. */
export function bodyOf(fields: readonly FormField[], texts: FormTexts, before: FormTexts): FormBody {
  const members: Record<string, unknown> = {};
  for (const { member, type, isNeeded } of fields) {
    const text = (texts[member] ?? "").trim();
    if (text === (before[member] ?? "")) {
      if (isNeeded === true && text === "") return { kind: "flaw", member, text: `${member} is needed.` };
      continue;
    }
    const value = valueOf(type, text);
    if (value.kind === "flaw") return { kind: "flaw", member, text: `${member}: ${value.text}` };
    members[member] = value.value;
  }
  return { kind: "body", members };
}

type Value = { readonly kind: "value"; readonly value: unknown } | { readonly kind: "flaw"; readonly text: string };

const valued = (value: unknown): Value => ({ kind: "value", value });
const flawed = (text: string): Value => ({ kind: "flaw", text });

function valueOf(type: FieldType, text: string): Value {
  switch (type.kind) {
    case "text":
    case "choice":
      return valued(text);
    case "only":
      return valued([text]);
    case "flag":
      return text === "" ? flawed("yes or no: AWS keeps what is not sent.") : valued(text === "true");
    case "report":
      return valued(text === "true" ? ["ReportBatchItemFailures"] : []);
    case "number":
      return numberOf(text);
    case "time": {
      const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1_000;
      return Number.isFinite(seconds) ? valued(seconds) : flawed(`${text} is no date and no epoch seconds.`);
    }
    case "patterns": {
      const lines = text.split("\n").map((line) => line.trim());
      return valued({ Filters: lines.filter((line) => line !== "").map((Pattern) => ({ Pattern })) });
    }
    case "deep": {
      // Empty as a whole: AWS refuses a structure within that has nothing in it.
      if (text === "") return valued({});
      const inner = type.isNumber === true ? numberOf(text) : valued(text);
      return inner.kind === "flaw" ? inner : valued(within(type.path, inner.value));
    }
    case "json":
      return jsonOf(text);
  }
}

/** What is empty goes away: AWS keeps a member that is not sent, and a number cannot be empty. */
const numberOf = (text: string): Value =>
  text === ""
    ? flawed("a number: AWS keeps what is not sent.")
    : Number.isFinite(Number(text))
      ? valued(Number(text))
      : flawed(`${text} is no number.`);

const within = (path: readonly string[], value: unknown): unknown =>
  path.toReversed().reduce<unknown>((inner, step) => ({ [step]: inner }), value);

function jsonOf(text: string): Value {
  if (text === "") return valued({});
  try {
    return valued(JSON.parse(text));
  } catch (error) {
    return flawed(`no JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}
