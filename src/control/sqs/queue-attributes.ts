// The attributes of a queue: those that have an effect are settings of the store, in seconds and bytes as texts; the others are
// refused, but for the values that mean what is so anyway.

import type { QueueCounts, QueueSettings, QueueView } from "../../ports/queues.ts";
import type { Surroundings } from "../lookups.ts";
import { SqsRefusal } from "./sqs-answer.ts";

interface Setting {
  readonly member: "delayMs" | "maxMessageBytes" | "retentionMs" | "receiveWaitMs" | "visibilityMs";
  readonly min: number;
  readonly max: number;
  /** What one of the attribute is in the store's unit. */
  readonly unit: number;
}

const settings: { readonly [attribute: string]: Setting } = {
  DelaySeconds: { member: "delayMs", min: 0, max: 900, unit: 1_000 },
  MaximumMessageSize: { member: "maxMessageBytes", min: 1_024, max: 1_048_576, unit: 1 },
  MessageRetentionPeriod: { member: "retentionMs", min: 60, max: 1_209_600, unit: 1_000 },
  ReceiveMessageWaitTimeSeconds: { member: "receiveWaitMs", min: 0, max: 20, unit: 1_000 },
  VisibilityTimeout: { member: "visibilityMs", min: 0, max: 43_200, unit: 1_000 },
};

/** Not built; the value that says so is taken. */
const unbuilt: { readonly [attribute: string]: string } = {
  KmsMasterKeyId: "",
  Policy: "",
  RedriveAllowPolicy: "",
  RedrivePolicy: "",
  SqsManagedSseEnabled: "false",
};

/** Shown where they are set, which they cannot be yet. */
const neverShown = [
  "ContentBasedDeduplication",
  "DeduplicationScope",
  "FifoQueue",
  "FifoThroughputLimit",
  "KmsDataKeyReusePeriodSeconds",
  ...Object.keys(unbuilt),
];

/** Throws SqsRefusal for an attribute without effect, an unknown one, or a value out of bounds. */
export function readAttributes(attributes: ReadonlyMap<string, string | null>): Partial<QueueSettings> {
  const read: Partial<Record<Setting["member"], number>> = {};
  for (const [name, value] of attributes) {
    if (value === null) continue;
    const setting = Object.hasOwn(settings, name) ? settings[name] : undefined;
    if (setting === undefined) refuseAttribute(name, value);
    else read[setting.member] = readNumber(name, value, setting) * setting.unit;
  }
  return read;
}

function readNumber(name: string, value: string, { min, max }: Setting): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
  if (number >= min && number <= max) return number;
  throw new SqsRefusal("InvalidAttributeValue", `Invalid value for the parameter ${name}.`);
}

function refuseAttribute(name: string, value: string): void {
  if (!Object.hasOwn(unbuilt, name)) throw unknownAttribute(name);
  if (value === unbuilt[name]) return;
  throw new SqsRefusal("UnsupportedOperation", `Millrace does not carry out the queue attribute ${name} yet.`);
}

const unknownAttribute = (name: string): SqsRefusal =>
  new SqsRefusal("InvalidAttributeName", `Unknown Attribute ${name}.`);

/** The first attribute in which a queue differs from what is asked for; null: none. */
export function differingAttribute(asked: Partial<QueueSettings>, has: QueueSettings): string | null {
  const found = Object.entries(settings).find(
    ([, { member }]) => asked[member] !== undefined && asked[member] !== has[member],
  );
  return found?.[0] ?? null;
}

export function shownAttributes(
  queue: QueueView & QueueCounts,
  names: readonly string[],
  { partition, region, accountId }: Surroundings,
): Readonly<Record<string, string>> {
  const all: Readonly<Record<string, string>> = {
    ...Object.fromEntries(
      Object.entries(settings).map(([name, { member, unit }]) => [name, String(queue.settings[member] / unit)]),
    ),
    ApproximateNumberOfMessages: String(queue.visibleCount),
    ApproximateNumberOfMessagesDelayed: String(queue.delayedCount),
    ApproximateNumberOfMessagesNotVisible: String(queue.hiddenCount),
    CreatedTimestamp: String(Math.floor(queue.createdAtMs / 1_000)),
    LastModifiedTimestamp: String(Math.floor(queue.modifiedAtMs / 1_000)),
    QueueArn: `arn:${partition}:sqs:${region}:${accountId}:${queue.name}`,
    SqsManagedSseEnabled: "false",
  };
  for (const name of names) {
    if (name !== "All" && !Object.hasOwn(all, name) && !neverShown.includes(name)) throw unknownAttribute(name);
  }
  return Object.fromEntries(Object.entries(all).filter(([name]) => names.includes("All") || names.includes(name)));
}
