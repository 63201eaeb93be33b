// A mapping's settings as people are shown them: by AWS's members, each with whether it is another one than what AWS shows where it is not set.
// Defaults are the mapping table's, by kind of source (B-8).

import type { Json } from "../api-answer.ts";
import { mappingTable } from "./mapping-table.ts";
import type { MemberName } from "./mapping-members.ts";
import { type EngineOf, type SourceKind, sourceKindOfArn } from "./source-kinds.ts";

type Settings = Readonly<Record<string, unknown>>;

export interface SettingRow {
  readonly member: string;
  readonly value: string;
  readonly isChanged: boolean;
}

/** What says which mapping it is, or how it stands; the rest are settings. */
const OTHERS = new Set([
  "UUID",
  "EventSourceMappingArn",
  "EventSourceArn",
  "FunctionArn",
  "FunctionName",
  "State",
  "StateTransitionReason",
  "LastModified",
  "LastProcessingResult",
  "FilterCriteriaError",
]);

const FIRST = [
  "BatchSize",
  "MaximumBatchingWindowInSeconds",
  "MaximumRetryAttempts",
  "MaximumRecordAgeInSeconds",
  "BisectBatchOnFunctionError",
  "ParallelizationFactor",
  "TumblingWindowInSeconds",
];

/** Of a mapping's body as the API answers it; what sets nothing is left out, and what says how batches are made comes first. */
export function settingRows(settings: Settings): readonly SettingRow[] {
  const kind = kindOf(settings);
  const members = [...FIRST, ...Object.keys(settings).filter((name) => !FIRST.includes(name) && !OTHERS.has(name))];
  return members.flatMap((member) => {
    const value = settings[member];
    if (isEmpty(value)) return [];
    const text = textOf(value);
    return [
      { member, value: text, isChanged: !HAVE_TO_BE_SAID.has(member) && text !== textOf(defaultOf(member, kind)) },
    ];
  });
}

/** Where it begins and what it reads are said for each mapping: they are no change of a default. */
const HAVE_TO_BE_SAID = new Set([
  "StartingPosition",
  "Topics",
  "Queues",
  "SelfManagedEventSource",
  "SourceAccessConfigurations",
]);

/** Either engine of a broker: their defaults are the same. */
const eitherEngine: EngineOf = () => "activeMq";

/** Null: what it reads from is not known yet. */
function kindOf({ EventSourceArn: arn, SelfManagedEventSource: own }: Settings): SourceKind | null {
  if (typeof own === "object" && own !== null) return "selfManagedKafka";
  return typeof arn === "string" ? sourceKindOfArn(arn, eitherEngine) : null;
}

function defaultOf(member: string, kind: SourceKind | null): Json | undefined {
  if (!isMember(member)) return undefined;
  // As streams have it, which have the most settings.
  const cell = mappingTable[member].cells[kind ?? "kinesis"];
  return cell.kind === "honoured" ? cell.default : undefined;
}

const isMember = (name: string): name is MemberName => Object.hasOwn(mappingTable, name);

/** What is not set, or sets nothing. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}

/** Without what is not set within it. */
const textOf = (value: unknown): string =>
  typeof value === "string" ? value : (JSON.stringify(value, (_name, each) => each ?? undefined) ?? "");
