// A recorded mapping as a scenario: its records with their times, its settings, and its handler, the user's own or a script for the
// records that are the poison.

import type { ObservedMapping } from "../../recording/observed.ts";
import { type Scenario, type ScenarioHandler, type ScenarioRecord, scenarioFrom } from "../../sim/scenario.ts";
import { type RecordedRecords, recordedRecords, type StreamSetup } from "./recorded-records.ts";
import { recordedSettings } from "./recorded-settings.ts";

const defaults: Readonly<Record<string, unknown>> = {
  BatchSize: 100,
  MaximumBatchingWindowInSeconds: 0,
  MaximumRetryAttempts: -1,
  MaximumRecordAgeInSeconds: -1,
  BisectBatchOnFunctionError: false,
  ParallelizationFactor: 1,
  TumblingWindowInSeconds: 0,
};

const HOUR_S = 3_600;

export interface ScenarioParts {
  readonly records: readonly ScenarioRecord[];
  /** Settings that are not the default, by AWS's names. */
  readonly settings: readonly (readonly [name: string, value: unknown])[];
  readonly source: StreamSetup;
  readonly shards: number;
}

/** What a scenario needs of a recorded mapping; `names` and `notesOn` as in recorded-records.ts. */
export function scenarioParts(
  mapping: ObservedMapping,
  isWithPayloads: boolean,
): Pick<RecordedRecords, "names" | "notesOn"> & { readonly parts: ScenarioParts } {
  const { records, names, source, notesOn } = recordedRecords(mapping, isWithPayloads);
  const recorded = recordedSettings(mapping.spec);
  const types = recorded["FunctionResponseTypes"];
  const settings = [
    ...Object.entries(defaults).flatMap(([name, value]) =>
      recorded[name] === value ? [] : [[name, recorded[name]] as const],
    ),
    ...(Array.isArray(types) && types.length > 0 ? [["FunctionResponseTypes", types] as const] : []),
  ];
  return { parts: { records, settings, source, shards: Math.max(1, mapping.units.length) }, names, notesOn };
}

/** A record that is tried without limit never ends: an hour shows it, or as long as its age may last. */
function longestS(records: ScenarioParts["records"], settings: ScenarioParts["settings"]): number {
  const age = Number(new Map(settings).get("MaximumRecordAgeInSeconds") ?? 0);
  return Math.ceil(Math.max(0, ...records.map(({ at_s: atS }) => atS ?? 0))) + Math.max(HOUR_S, age + HOUR_S);
}

export function scenarioOf(
  { records, settings, source, shards }: ScenarioParts,
  given: {
    readonly id: string;
    readonly title: string;
    readonly handler: ScenarioHandler;
    /** Of the function; null: the default. */
    readonly timeoutMs: number | null;
    readonly expect: NonNullable<Parameters<typeof scenarioFrom>[0]["expect"]>;
    readonly folder: string;
  },
): Scenario {
  const timeout = given.timeoutMs === null ? {} : { timeout_s: given.timeoutMs / 1_000 };
  return scenarioFrom(
    {
      schema: 1,
      title: given.title,
      source: source.type === "kinesis-stream" ? "kinesis" : "dynamodb",
      setup: { source: { ...source, shards }, functions: [{ name: "function", ...timeout }] },
      mapping: {
        EventSourceArn: "${source.arn}",
        FunctionName: "${function.name}",
        StartingPosition: "TRIM_HORIZON",
        ...Object.fromEntries(settings),
      },
      handler: given.handler,
      records: [...records],
      steps: [
        { do: "create-mapping" },
        { do: "wait-state", state: "Enabled" },
        { do: "send", records: records.map(({ label }) => label) },
        { do: "wait-drained", within_s: longestS(records, settings) },
      ],
      expect: given.expect,
    },
    { id: given.id, folder: given.folder },
  );
}
