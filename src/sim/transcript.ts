// What a runner saw of a scenario, for the matcher: answers of the API, invocations, what reached the destination.

import type { Json, JsonObject } from "./scenario.ts";
import { SentRecords } from "./sent-records.ts";

export interface SeenAnswer {
  readonly status: number;
  /** Bare error type; null for an answer that is none. */
  readonly error: string | null;
  readonly body: Json;
}

export interface SeenInvocation {
  readonly function: string;
  readonly start_ms: number;
  readonly end_ms: number;
  readonly event: JsonObject;
}

/** What the world knows beyond what a user of the API sees. */
export interface SeenFacts {
  readonly givenUp: readonly {
    readonly condition: string;
    readonly shard: string;
    /** Positions of its records; null: only the range is known. */
    readonly positions: readonly string[] | null;
    readonly first: string | null;
    readonly last: string | null;
  }[];
  /** Of the first mapping, by shard: the position that its checkpoint has reached. */
  readonly checkpoints: Readonly<Record<string, string | null>>;
  /** Why each first batch closed. */
  readonly closedBy: readonly string[];
}

export interface Transcript {
  readonly vars: Record<string, string>;
  readonly responses: Record<string, SeenAnswer>;
  /** Calls that were refused, in order, by the names of their steps. */
  readonly refusals: { readonly name: string; readonly answer: SeenAnswer }[];
  readonly states: Record<string, string>;
  readonly sent: SentRecords;
  readonly invocations: SeenInvocation[];
  readonly destination: JsonObject[];
  dead_letter_queue: JsonObject[];
  source_left?: number;
  /** Null: the target is no simulated world. */
  facts: SeenFacts | null;
  /** Why the runner could not go on; a difference like any other. */
  readonly problems: string[];
}

export function emptyTranscript(): Transcript {
  return {
    vars: {},
    responses: {},
    refusals: [],
    states: {},
    sent: new SentRecords(),
    invocations: [],
    destination: [],
    dead_letter_queue: [],
    facts: null,
    problems: [],
  };
}

/** `${name}` in every string, filled from what is known so far; an unknown name stays as it is, for the matcher to tell. */
export function fillPlaceholders(value: Json, vars: Readonly<Record<string, string>>): Json {
  if (typeof value === "string") return value.replace(/\$\{([^}]+)\}/g, (whole, name: string) => vars[name] ?? whole);
  if (Array.isArray(value)) return value.map((each) => fillPlaceholders(each, vars));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, fillPlaceholders(each, vars)]));
}

/** Names in `${}` that nothing fills in. */
export function unfilledNames(value: Json): readonly string[] {
  if (typeof value === "string") return [...value.matchAll(/\$\{([^}]+)\}/g)].map(([, name = ""]) => name);
  if (typeof value !== "object" || value === null) return [];
  return Object.values(value).flatMap(unfilledNames);
}
