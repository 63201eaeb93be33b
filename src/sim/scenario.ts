// A scenario as its runner needs it: what its file says, with what may be left out filled in. The file's own form is in
// scenario-schema.ts; it is read by src/wiring/scenario-file.ts and told in docs/scenarios.md.

import type { FaultsMember } from "./fault-plan.ts";
import type { Generate } from "./scenario-generator-schema.ts";
import type { HandlerFile, ScenarioHandler, Script } from "./scenario-handler-schema.ts";
import type { StoryMember } from "./story-schema.ts";
import type { ScenarioFile, ScenarioRecord } from "./scenario-schema.ts";
import type { Step } from "./scenario-step-schema.ts";

export type { HandlerFile, ScenarioHandler, ScenarioRecord, Script, Step };

export type Json = unknown;
export type JsonObject = Readonly<Record<string, Json>>;

type Setup = NonNullable<ScenarioFile["setup"]>;
export type ScenarioFunction = NonNullable<Setup["functions"]>[number];
export type SourceSetup = NonNullable<Setup["source"]>;

export interface Scenario {
  readonly id: string;
  readonly title: string;
  /** `kinesis`, `dynamodb`, …, or `api`. */
  readonly source: string;
  readonly requires: readonly string[];
  /** Null: the file says nothing of it. */
  readonly seed: number | null;
  /** The world's first instant, epoch ms; null: the file says nothing of it. */
  readonly startsAtMs: number | null;
  readonly setup: Setup;
  readonly mapping: JsonObject | null;
  readonly extra_mappings: readonly { readonly name: string; readonly request: JsonObject }[];
  readonly handler: ScenarioHandler | null;
  readonly handlers: Readonly<Record<string, ScenarioHandler>>;
  readonly records: readonly ScenarioRecord[];
  /** Records that are still to be made, from a seed (scenario-records.ts). */
  readonly generators: readonly Generate[];
  /** Mishaps of the world: written one by one, or which are drawn; null: the file says nothing of them. */
  readonly faults: FaultsMember | null;
  /** A story of one mapping, which is run in place of steps; null: there is none. */
  readonly story: StoryMember | null;
  readonly steps: readonly Step[];
  readonly expect: JsonObject;
  /** Folder that handler files are named from; null: there is none. */
  readonly folder: string | null;
}

/** A table's partition key, where its setup names none. */
export const DEFAULT_KEY = "id";
/** What a file says nothing of: a stream of one shard, one function, and a mapping from the stream's beginning. */
const DEFAULT_SETUP: Setup = { source: { type: "kinesis-stream", shards: 1 }, functions: [{ name: "function" }] };
const defaultMapping = (setup: Setup): JsonObject => ({
  EventSourceArn: "${source.arn}",
  FunctionName: setup.functions?.[0]?.name ?? "function",
  ...(setup.source?.type === "sqs-queue" ? {} : { StartingPosition: "TRIM_HORIZON" }),
});
const WEEK_S = 604_800;

const sourceNames: Readonly<Record<string, string>> = {
  "kinesis-stream": "kinesis",
  "dynamodb-stream": "dynamodb",
  "sqs-queue": "sqs",
};

/** `id`: where the file names none. */
export function scenarioFrom(
  file: ScenarioFile,
  { id, folder }: { readonly id: string; readonly folder: string | null },
): Scenario {
  const isShort = file.steps === undefined && file.story === undefined;
  const isSending = isShort || file.steps?.some((step) => step.do === "send") === true;
  const setup = file.setup === undefined || isSending ? { ...DEFAULT_SETUP, ...file.setup } : file.setup;
  const records = (file.records ?? []).flatMap((each) => ("generate" in each ? [] : [recordFrom(each, setup)]));
  const generators = (file.records ?? []).flatMap((each) => ("generate" in each ? [each.generate] : []));
  const type = setup.source?.type ?? "api";
  const sourceName = type === "sqs-queue" && setup.source?.fifo === true ? "sqs-fifo" : sourceNames[type];
  return {
    id: file.id ?? id,
    title: file.title ?? "",
    source: file.source ?? sourceName ?? type,
    requires: file.requires ?? [],
    seed: file.seed ?? null,
    startsAtMs: file.starts_at === undefined ? null : Date.parse(file.starts_at),
    setup,
    mapping: mappingOf(file, setup, isShort),
    extra_mappings: file.extra_mappings ?? [],
    handler: file.handler ?? null,
    handlers: file.handlers ?? {},
    records,
    generators,
    faults: file.faults ?? null,
    story: file.story ?? null,
    steps: file.steps ?? defaultSteps([...records, ...generators].map(({ label }) => label)),
    expect: file.expect ?? {},
    folder,
  };
}

/** With what a record of its kind of source has unless said. */
function recordFrom(record: ScenarioRecord, { source }: Setup): ScenarioRecord {
  switch (source?.type) {
    case "kinesis-stream":
      return record.partitionKey === undefined ? { ...record, partitionKey: record.label } : record;
    case "sqs-queue": {
      const own = record.body === undefined ? { ...record, body: record.label } : record;
      return source.fifo === true && own.group === undefined ? { ...own, group: own.label } : own;
    }
    default:
      return record;
  }
}

/** Of a file without steps it is filled in by member; elsewhere only where the file says nothing of what is there either. */
function mappingOf(file: ScenarioFile, setup: Setup, isShort: boolean): JsonObject | null {
  if (file.mapping === null) return null;
  if (isShort) return { ...defaultMapping(setup), ...file.mapping };
  return file.mapping ?? (file.setup === undefined ? defaultMapping(setup) : null);
}

const defaultSteps = (labels: string[]): readonly Step[] => [
  { do: "create-mapping" },
  { do: "wait-state", state: "Enabled" },
  { do: "send", records: labels },
  { do: "wait-drained", within_s: WEEK_S },
];

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
