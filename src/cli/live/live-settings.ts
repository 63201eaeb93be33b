// What the live view goes by of a mapping's settings.

import { shownSource } from "../shown-forms.ts";
import { type SourceFamily, sourceFamily } from "../source-family.ts";

export interface LiveSettings {
  readonly family: SourceFamily;
  /** MaximumConcurrency; null: none. */
  readonly mostAtATime: number | null;
  readonly isProvisioned: boolean;
  /** `kinesis:orders`; empty: not known. */
  readonly source: string;
  /** Of a broker; null: none is named. */
  readonly queueName: string | null;
  readonly batchSize: number | null;
  readonly windowSeconds: number | null;
  /** -1: no limit. */
  readonly retries: number | null;
  readonly isBisecting: boolean;
  readonly factor: number;
  readonly destination: string | null;
}

export const noSettings: LiveSettings = {
  family: "stream",
  mostAtATime: null,
  isProvisioned: false,
  source: "",
  queueName: null,
  batchSize: null,
  windowSeconds: null,
  retries: null,
  isBisecting: false,
  factor: 1,
  destination: null,
};

export function settingsOf(settings: Readonly<Record<string, unknown>>): LiveSettings {
  const number = (name: string): number | null => (typeof settings[name] === "number" ? settings[name] : null);
  const config = settings["DestinationConfig"];
  const onFailure = memberOf(config, "OnFailure");
  const destination = memberOf(onFailure, "Destination");
  const most = memberOf(settings["ScalingConfig"], "MaximumConcurrency");
  const [queueName]: readonly unknown[] = Array.isArray(settings["Queues"]) ? settings["Queues"] : [];
  const provisioned = settings["ProvisionedPollerConfig"];
  return {
    family: sourceFamily(settings),
    mostAtATime: typeof most === "number" ? most : null,
    isProvisioned: provisioned !== undefined && provisioned !== null,
    source: shownSource(settings),
    queueName: typeof queueName === "string" ? queueName : null,
    batchSize: number("BatchSize"),
    windowSeconds: number("MaximumBatchingWindowInSeconds") ?? usualWindow(settings),
    retries: number("MaximumRetryAttempts"),
    isBisecting: settings["BisectBatchOnFunctionError"] === true,
    factor: number("ParallelizationFactor") ?? 1,
    destination: typeof destination === "string" ? destination : null,
  };
}

/** Half a second where no window was set (M-002). */
const usualWindow = (settings: Readonly<Record<string, unknown>>): number | null => {
  const family = sourceFamily(settings);
  return family === "topic" || family === "changes" ? 0.5 : null;
};

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
