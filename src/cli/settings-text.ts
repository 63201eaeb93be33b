// A mapping's settings in one line: all of them by a person's words for those that decide when a batch closes and what follows a
// failure, then those that are on, by AWS's names.

import { counted, shortArn } from "./shown-forms.ts";

type Settings = Readonly<Record<string, unknown>>;

export function settingsText(settings: Settings): string {
  const number = (name: string): number | null => (typeof settings[name] === "number" ? settings[name] : null);
  const parts = [
    withUnit("size", number("BatchSize"), ""),
    withUnit("window", number("MaximumBatchingWindowInSeconds"), " s"),
    limit("retries", number("MaximumRetryAttempts"), "", "no limit"),
    limit("age", number("MaximumRecordAgeInSeconds"), " s", "none"),
    `bisect ${settings["BisectBatchOnFunctionError"] === true ? "on" : "off"}`,
    `report ${isReporting(settings) ? "on" : "off"}`,
    withUnit("tumbling window", number("TumblingWindowInSeconds") || null, " s"),
    withUnit("factor", number("ParallelizationFactor"), ""),
    filtersText(settings),
    destinationText(settings),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

function withUnit(word: string, value: number | null, unit: string): string {
  return value === null ? "" : `${word} ${value}${unit}`;
}

/** -1 stands for no limit. */
function limit(word: string, value: number | null, unit: string, without: string): string {
  return value === null ? "" : `${word} ${value < 0 ? without : `${value}${unit}`}`;
}

function isReporting(settings: Settings): boolean {
  const types = settings["FunctionResponseTypes"];
  return Array.isArray(types) && types.includes("ReportBatchItemFailures");
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}

function filtersText(settings: Settings): string {
  const filters = memberOf(settings["FilterCriteria"], "Filters");
  return Array.isArray(filters) && filters.length > 0 ? counted(filters.length, "filter") : "";
}

function destinationText(settings: Settings): string {
  const destination = memberOf(memberOf(settings["DestinationConfig"], "OnFailure"), "Destination");
  return typeof destination === "string" ? `given up to ${shortArn(destination)}` : "";
}
