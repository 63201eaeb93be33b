// A mapping's settings in one line: all of them by a person's words for those that decide when a batch closes and what follows a
// failure, then those that are on, by AWS's names.

import { counted, shortArn } from "./shown-forms.ts";
import { isBisected, sourceFamily, type SourceFamily } from "./source-family.ts";

type Settings = Readonly<Record<string, unknown>>;

export function settingsText(settings: Settings): string {
  const family = sourceFamily(settings);
  const number = (name: string): number | null => numberOf(settings[name]);
  const parts = [
    withUnit("size", number("BatchSize"), ""),
    windowText(number("MaximumBatchingWindowInSeconds"), family),
    limit("retries", number("MaximumRetryAttempts"), "", "no limit"),
    limit("age", number("MaximumRecordAgeInSeconds"), " s", "none"),
    isBisected(family) ? `bisect ${settings["BisectBatchOnFunctionError"] === true ? "on" : "off"}` : "",
    // Neither brokers nor change streams take a report of failures.
    family === "broker" || family === "changes" ? "" : `report ${isReporting(settings) ? "on" : "off"}`,
    queueText(settings["Queues"]),
    withUnit("at most", numberOf(memberOf(settings["ScalingConfig"], "MaximumConcurrency")), " at a time"),
    pollersText(settings["ProvisionedPollerConfig"]),
    withUnit("tumbling window", number("TumblingWindowInSeconds") || null, " s"),
    withUnit("factor", number("ParallelizationFactor"), ""),
    filtersText(settings),
    destinationText(settings),
  ];
  return parts.filter((part) => part !== "").join(", ");
}

/** A window of half a second cannot be set: it is what there is where none is (M-002). */
function windowText(seconds: number | null, family: SourceFamily): string {
  const isUsual = seconds === null && (family === "topic" || family === "changes" || family === "broker");
  return isUsual ? "window 0.5 s" : withUnit("window", seconds, " s");
}

const numberOf = (value: unknown): number | null => (typeof value === "number" ? value : null);

/** Of a broker's mapping: the one queue that it has. */
function queueText(queues: unknown): string {
  const [queue]: readonly unknown[] = Array.isArray(queues) ? queues : [];
  return typeof queue === "string" ? `queue ${queue}` : "";
}

function pollersText(config: unknown): string {
  const [least, most] = [memberOf(config, "MinimumPollers"), memberOf(config, "MaximumPollers")].map(numberOf);
  return least === null && most === null ? "" : `provisioned ${least ?? "?"} to ${most ?? "?"} pollers`;
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
