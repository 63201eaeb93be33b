// A recorded mapping as a scenario: its records with their times, its settings, and its handler, the user's own or a script for the one
// record that is asked about. Data that is no text, or was not recorded, stands as the record's label: a script only tells it from others.

import { isUtf8 } from "node:buffer";
import { MillraceError } from "../../errors.ts";
import { type ObservedMapping, type RecordKey, recordKey } from "../../recording/observed.ts";
import { type Scenario, type ScenarioHandler, type ScenarioRecord, scenarioFrom } from "../../sim/scenario.ts";
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
  readonly shards: number;
}

export interface NamedRecord {
  readonly label: string;
  readonly key: RecordKey;
}

/** Records are called r1, r2, and so on, in the order in which they came. */
export function scenarioParts(
  mapping: ObservedMapping,
  isWithPayloads: boolean,
): { readonly parts: ScenarioParts; readonly names: readonly NamedRecord[] } {
  if (mapping.spec.source.kind === "embeddedDynamodb" || mapping.spec.source.kind === "redisDynamodb")
    throw new MillraceError(
      "bad-argument",
      "a recording of a table's stream is not written as a scenario: --shrink takes Kinesis streams",
    );
  const arrivals = mapping.units
    .flatMap(({ id, arrivals: own }) => own.map((arrival) => ({ ...arrival, id })))
    .toSorted((a, b) => a.atMs - b.atMs);
  const names: NamedRecord[] = [];
  const records = arrivals.map(({ record, atMs, id }, index) => {
    const label = `r${index + 1}`;
    names.push({ label, key: recordKey(id, mapping.kind.position(record)) });
    const atS = (atMs - mapping.beganAtMs) / 1_000;
    const isText = isWithPayloads && isUtf8(record.data);
    return {
      label,
      partitionKey: Buffer.from(record.partitionKey).toString("utf8"),
      data: isText ? Buffer.from(record.data).toString("utf8") : label,
      ...(atS > 0 ? { at_s: atS } : {}),
    };
  });
  const recorded = recordedSettings(mapping.spec);
  const types = recorded["FunctionResponseTypes"];
  const settings = [
    ...Object.entries(defaults).flatMap(([name, value]) =>
      recorded[name] === value ? [] : [[name, recorded[name]] as const],
    ),
    ...(Array.isArray(types) && types.length > 0 ? [["FunctionResponseTypes", types] as const] : []),
  ];
  return { parts: { records, settings, shards: Math.max(1, mapping.units.length) }, names };
}

/** A record that is tried without limit never ends: an hour shows it, or as long as its age may last. */
function longestS(records: ScenarioParts["records"], settings: ScenarioParts["settings"]): number {
  const age = Number(new Map(settings).get("MaximumRecordAgeInSeconds") ?? 0);
  return Math.ceil(Math.max(0, ...records.map(({ at_s: atS }) => atS ?? 0))) + Math.max(HOUR_S, age + HOUR_S);
}

export function scenarioOf(
  { records, settings, shards }: ScenarioParts,
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
      source: "kinesis",
      setup: { source: { type: "kinesis-stream", shards }, functions: [{ name: "function", ...timeout }] },
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
