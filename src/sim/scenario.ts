// A scenario file as the runner needs it. Its format is told in docs/scenarios.md; what a runner cannot do is named when it meets it.

import { readFileSync } from "node:fs";
import { MillraceError } from "../errors.ts";

export type Json = unknown;
export type JsonObject = Readonly<Record<string, Json>>;

export interface ScenarioRecord {
  readonly label: string;
  readonly partitionKey?: string;
  readonly data?: string;
  readonly body?: string;
  /** What is done to a table: `put`. */
  readonly op?: string;
  /** The item that is put, in typed JSON. */
  readonly item?: Readonly<Record<string, JsonObject>>;
  /** What the write puts into the table's stream; null: nothing. */
  readonly change?: ScenarioChange | null;
}

export interface ScenarioChange {
  readonly eventName: "INSERT" | "MODIFY" | "REMOVE";
  readonly Keys: Readonly<Record<string, JsonObject>>;
  readonly NewImage?: Readonly<Record<string, JsonObject>>;
  readonly OldImage?: Readonly<Record<string, JsonObject>>;
  readonly SizeBytes: number;
}

export interface Step {
  readonly do: string;
  readonly name?: string;
  readonly mapping?: string;
  readonly state?: string;
  readonly records?: readonly string[];
  readonly batch?: boolean;
  readonly pause_s?: number;
  readonly count?: number;
  readonly within_s?: number;
  readonly seconds?: number;
  readonly op?: string;
  readonly params?: JsonObject;
  readonly function?: string;
}

export interface ScenarioFunction {
  readonly name: string;
  readonly timeout_s?: number;
  readonly reserved_concurrency?: number;
  /** In order of publication. `tag`: what the version's handler adds to what it does. */
  readonly versions?: readonly { readonly version: string; readonly tag?: string }[];
  readonly aliases?: readonly { readonly name: string; readonly version: string }[];
}

export interface SourceSetup {
  readonly type: string;
  readonly shards?: number;
  readonly exists?: boolean;
  /** Of a table: the name of its partition key, a string, and its stream's view type. */
  readonly key?: string;
  readonly view?: string;
}

export interface Scenario {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly requires: readonly string[];
  readonly setup: {
    readonly source?: SourceSetup;
    readonly other_source?: SourceSetup;
    readonly functions?: readonly ScenarioFunction[];
    readonly destination?: { readonly type: "sqs" | "sns" | "s3" };
    readonly dead_letter_queue?: Json;
    readonly secret?: Json;
  };
  readonly mapping: JsonObject | null;
  readonly extra_mappings?: readonly { readonly name: string; readonly request: JsonObject }[];
  readonly handler: Script | null;
  readonly handlers?: Readonly<Record<string, Script>>;
  readonly records: readonly ScenarioRecord[];
  readonly steps: readonly Step[];
  readonly expect: JsonObject;
}

export interface Script {
  readonly do: string;
  readonly value?: Json;
  readonly message?: string;
  readonly identifier?: string;
  readonly when?: JsonObject;
  readonly delay_s?: number;
}

/** Rejects what is no scenario with `scenario-invalid`; members that may be left out get their empty form. */
export function readScenario(file: string): Scenario {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new MillraceError("scenario-invalid", `${file} cannot be read: ${String(error)}`, { cause: error });
  }
  if (!isScenario(value))
    throw new MillraceError("scenario-invalid", `${file} is no scenario`, {
      help: "a scenario has id, title, source, setup, records, steps and expect (docs/scenarios.md)",
    });
  const { requires = [], mapping = null, handler = null } = value as Partial<Scenario>;
  return { ...value, requires, mapping, handler };
}

function isScenario(value: unknown): value is Scenario {
  if (typeof value !== "object" || value === null) return false;
  const text = ["id", "title", "source"].every((name) => typeof Reflect.get(value, name) === "string");
  const lists = ["records", "steps"].every((name) => Array.isArray(Reflect.get(value, name)));
  return text && lists && isObject(Reflect.get(value, "setup")) && isObject(Reflect.get(value, "expect"));
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
