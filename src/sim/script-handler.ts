// A scenario's scripted handler: what it answers to an event. Under virtual time it is called in place of a function; in a live run
// workers/scripted-handler.ts makes a user's handler of it.

import { assertNever } from "../core/assert-never.ts";
import { isObject, type Json, type JsonObject, type Script } from "./scenario.ts";

export type ScriptAnswer =
  | { readonly kind: "returned"; readonly json: string }
  | { readonly kind: "threw"; readonly message: string }
  | { readonly kind: "hangs" };

/** Whether what a script does now and then it does now; one of a record is asked for each record for which `when` holds. */
export interface Chance {
  isNow(): boolean;
  isFor(record: Json): boolean;
}

const always: Chance = { isNow: () => true, isFor: () => true };
const nothing: ScriptAnswer = { kind: "returned", json: "null" };

export function runScript(script: Script, event: Json, chance: Chance = always): ScriptAnswer {
  const records = isObject(event) && Array.isArray(event["Records"]) ? event["Records"] : [];
  switch (script.do) {
    case "return":
      return { kind: "returned", json: JSON.stringify(script.value ?? null) };
    case "return-event":
      return { kind: "returned", json: JSON.stringify(event) };
    case "return-bytes":
      return { kind: "returned", json: script.value ?? "" };
    case "throw":
    case "time-out": {
      const { when } = script;
      if (when !== undefined && !records.some((record) => holds(when, record))) return nothing;
      if (!chance.isNow()) return nothing;
      return script.do === "throw" ? { kind: "threw", message: script.message ?? "" } : { kind: "hangs" };
    }
    case "report": {
      const { when } = script;
      const meant = records.filter((record) => when === undefined || holds(when, record));
      const failed = meant.length > 0 && chance.isNow() ? meant.filter((record) => chance.isFor(record)) : [];
      const batchItemFailures = failed.map((record) => ({ itemIdentifier: at(record, script.identifier) ?? null }));
      return { kind: "returned", json: JSON.stringify({ batchItemFailures }) };
    }
    default:
      return assertNever(script);
  }
}

function holds(condition: JsonObject, record: Json): boolean {
  if (typeof condition["path"] === "string") return isMeant(at(record, condition["path"]), condition);
  if (typeof condition["data_field"] === "string") {
    const body = at(record, "body");
    const text = typeof body === "string" ? body : decoded(at(record, "kinesis.data"));
    return isMeant(field(text, condition["data_field"]), condition);
  }
  const most = condition["receive_count_at_most"];
  if (isObject(most) && typeof most["body_field"] === "string") {
    const count = Number(at(record, "attributes.ApproximateReceiveCount"));
    return count <= Number(field(String(at(record, "body")), most["body_field"]));
  }
  return false;
}

function isMeant(value: Json, { equals, one_of: several }: JsonObject): boolean {
  return Array.isArray(several) ? several.includes(value) : value === equals;
}

const decoded = (base64: Json): string => Buffer.from(String(base64), "base64").toString("utf8");

function field(text: string, name: string): Json {
  try {
    const value: unknown = JSON.parse(text);
    return isObject(value) ? value[name] : undefined;
  } catch {
    return undefined; // A payload that is no JSON has no fields.
  }
}

function at(value: Json, path: string): Json {
  let here = value;
  for (const name of path.split(".")) here = isObject(here) ? here[name] : undefined;
  return here;
}
