// A mapping's settings by AWS's members, each with whether it is another one than AWS's default.

import { type SourceFamily, sourceFamily } from "../cli/source-family.ts";
import type { MappingFrame } from "./frame.ts";

type Settings = Readonly<Record<string, unknown>>;

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

const DEFAULTS: Readonly<Record<string, unknown>> = {
  MaximumBatchingWindowInSeconds: 0,
  MaximumRetryAttempts: -1,
  MaximumRecordAgeInSeconds: -1,
  BisectBatchOnFunctionError: false,
  ParallelizationFactor: 1,
  TumblingWindowInSeconds: 0,
};

export function settingRows(settings: Settings): MappingFrame["settings"] {
  const family = sourceFamily(settings);
  const members = [...FIRST, ...Object.keys(settings).filter((name) => !FIRST.includes(name) && !OTHERS.has(name))];
  return members.flatMap((member) => {
    const value = settings[member];
    if (isEmpty(value)) return [];
    return [{ member, value: valueText(value), isChanged: value !== defaultOf(member, family) }];
  });
}

const defaultOf = (member: string, family: SourceFamily): unknown =>
  member === "BatchSize" ? (family === "queue" ? 10 : 100) : DEFAULTS[member];

/** What is not set, or sets nothing. */
function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  return typeof value === "object" && Object.values(value).every(isEmpty);
}

const valueText = (value: unknown): string => (typeof value === "string" ? value : JSON.stringify(value));
