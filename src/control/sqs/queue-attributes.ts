// The attributes of a queue, texts on the wire. Those that have an effect are settings of the store; a policy and what concerns
// encryption are kept and shown, since there are neither rights to check nor keys to encrypt with here.

import type { QueueCounts, QueueSettings, QueueView } from "../../ports/queues.ts";
import type { Surroundings } from "../lookups.ts";
import { queueArn } from "./queue-address.ts";
import {
  readRedriveAllowPolicy,
  readRedrivePolicy,
  redriveAllowText,
  redrivePolicyText,
} from "./redrive-attributes.ts";
import { SqsRefusal } from "./sqs-answer.ts";

interface NumberSetting {
  readonly member: "delayMs" | "maxMessageBytes" | "retentionMs" | "receiveWaitMs" | "visibilityMs";
  readonly min: number;
  readonly max: number;
  /** What one of the attribute is in the store's unit. */
  readonly unit: number;
}

const numbers: { readonly [attribute: string]: NumberSetting } = {
  DelaySeconds: { member: "delayMs", min: 0, max: 900, unit: 1_000 },
  MaximumMessageSize: { member: "maxMessageBytes", min: 1_024, max: 1_048_576, unit: 1 },
  MessageRetentionPeriod: { member: "retentionMs", min: 60, max: 1_209_600, unit: 1_000 },
  ReceiveMessageWaitTimeSeconds: { member: "receiveWaitMs", min: 0, max: 20, unit: 1_000 },
  VisibilityTimeout: { member: "visibilityMs", min: 0, max: 43_200, unit: 1_000 },
};

/** Kept and shown; the empty text takes one away. */
const kept: { readonly [attribute: string]: (value: string) => boolean } = {
  KmsDataKeyReusePeriodSeconds: (value) => /^\d{2,5}$/.test(value) && Number(value) >= 60 && Number(value) <= 86_400,
  KmsMasterKeyId: (value) => value.length <= 2_048,
  Policy: (value) => isJsonObject(value),
  SqsManagedSseEnabled: (value) => value === "true" || value === "false",
};

const fifoOnly = ["ContentBasedDeduplication", "DeduplicationScope", "FifoQueue", "FifoThroughputLimit"];

/** What may be asked for beside what is always shown. */
const sometimesShown = [...fifoOnly, ...Object.keys(kept), "RedriveAllowPolicy", "RedrivePolicy"];

/** The members of a draft are written one by one. */
type Draft = { -readonly [M in keyof QueueSettings]?: QueueSettings[M] };

export interface ReadAttributes {
  readonly settings: Partial<QueueSettings>;
  /** Null: goes. */
  readonly kept: Readonly<Record<string, string | null>>;
}

export interface AttributesFor {
  readonly isFifo: boolean;
  /** False: the queue is there already, and is to be changed. */
  readonly isNew: boolean;
  readonly home: Surroundings;
}

/** Throws SqsRefusal for an attribute that this kind of queue has not, an unknown one, or a value out of bounds. */
export function readAttributes(attributes: ReadonlyMap<string, string | null>, of: AttributesFor): ReadAttributes {
  const settings: Draft = {};
  const keptNow = new Map<string, string | null>();
  for (const [name, value] of attributes) {
    if (value === null) continue;
    const number = Object.hasOwn(numbers, name) ? numbers[name] : undefined;
    if (number !== undefined) settings[number.member] = readNumber(name, value, number) * number.unit;
    else if (fifoOnly.includes(name)) readFifo(name, value, settings, of);
    else if (name === "RedrivePolicy") settings.redrive = readRedrivePolicy(value, of.home);
    else if (name === "RedriveAllowPolicy") {
      settings.redriveSources = readRedriveAllowPolicy(value, of.home);
      // Who wrote `allowAll` sees it again.
      keptNow.set(name, value === "" ? null : JSON.stringify(JSON.parse(value)));
    } else keptNow.set(name, readKept(name, value));
  }
  oneEncryption(keptNow);
  return { settings, kept: Object.fromEntries(keptNow) };
}

function readNumber(name: string, value: string, { min, max }: NumberSetting): number {
  const number = /^\d{1,9}$/.test(value) ? Number(value) : -1;
  if (number >= min && number <= max) return number;
  throw invalidValue(name);
}

function readFifo(name: string, value: string, settings: Draft, { isFifo, isNew }: AttributesFor): void {
  if (!isFifo) {
    const isThroughput = name === "DeduplicationScope" || name === "FifoThroughputLimit";
    if (!isThroughput) throw unknownAttribute(name);
    throw new SqsRefusal("InvalidAttributeName", `You can specify the ${name} only when FifoQueue is set to true.`);
  }
  switch (name) {
    case "FifoQueue":
      if (value === "true") settings.isFifo = true;
      else throw isNew ? invalidValue(name) : invalidValue(name, "Modifying queue type is not supported.");
      return;
    case "ContentBasedDeduplication":
      if (value !== "true" && value !== "false") throw invalidValue(name);
      settings.isDeduplicatedByContent = value === "true";
      return;
    case "DeduplicationScope":
      if (value !== "queue" && value !== "messageGroup") throw invalidValue(name);
      settings.deduplicationScope = value;
      return;
    default:
      if (value !== "perQueue" && value !== "perMessageGroupId") throw invalidValue(name);
      settings.fifoThroughputLimit = value;
  }
}

function readKept(name: string, value: string): string | null {
  const isRight = Object.hasOwn(kept, name) ? kept[name] : undefined;
  if (isRight === undefined) throw unknownAttribute(name);
  if (value === "") return null;
  if (!isRight(value)) throw invalidValue(name);
  return value;
}

/** Of SQS's own encryption and that of KMS the later one given replaces the other; both at once are refused. */
function oneEncryption(given: Map<string, string | null>): void {
  const hasKey = typeof given.get("KmsMasterKeyId") === "string";
  const hasOwn = given.get("SqsManagedSseEnabled") === "true";
  if (hasKey && hasOwn) {
    const text =
      "You can use one type of server-side encryption (SSE) at one time. You can either enable KMS SSE or SQS SSE.";
    throw new SqsRefusal("InvalidAttributeName", text);
  }
  if (hasKey) given.set("SqsManagedSseEnabled", null);
  if (hasOwn) for (const name of ["KmsMasterKeyId", "KmsDataKeyReusePeriodSeconds"]) given.set(name, null);
}

const invalidValue = (name: string, reason: string | null = null): SqsRefusal =>
  new SqsRefusal(
    "InvalidAttributeValue",
    `Invalid value for the parameter ${name}.${reason === null ? "" : ` Reason: ${reason}`}`,
  );

const unknownAttribute = (name: string): SqsRefusal =>
  new SqsRefusal("InvalidAttributeName", `Unknown Attribute ${name}.`);

/** The kept attributes as a change leaves them. */
export function mergedKept(
  has: QueueSettings["keptAttributes"],
  change: ReadAttributes["kept"],
): QueueSettings["keptAttributes"] {
  const merged = new Map(Object.entries(has));
  for (const [name, value] of Object.entries(change)) {
    if (value === null) merged.delete(name);
    else merged.set(name, value);
  }
  return Object.fromEntries(merged);
}

/** High throughput by group needs its ids to count by group. Throws SqsRefusal. */
export function checkThroughput({ fifoThroughputLimit, deduplicationScope }: Partial<QueueSettings>): void {
  if (fifoThroughputLimit !== "perMessageGroupId" || deduplicationScope === "messageGroup") return;
  throw new SqsRefusal(
    "InvalidAttributeValue",
    "Invalid value for the parameter FifoThroughputLimit. Reason: The perMessageGroupId value is allowed only when the value for DeduplicationScope is messageGroup.",
  );
}

/** The first of the given attributes in which a queue differs from what is asked for; null: none. */
export function differingAttribute(
  names: Iterable<string>,
  asked: ReadAttributes,
  has: QueueSettings,
  home: Surroundings,
): string | null {
  const keptAttributes = mergedKept(has.keptAttributes, asked.kept);
  const wanted = shownSettings({ ...has, ...asked.settings, keptAttributes }, home);
  const shown = shownSettings(has, home);
  return [...names].find((name) => wanted.get(name) !== shown.get(name)) ?? null;
}

/** As the API has them, in the order in which they are shown. */
export function shownSettings(settings: QueueSettings, home: Surroundings): ReadonlyMap<string, string> {
  const shown = new Map<string, string>();
  for (const [name, { member, unit }] of Object.entries(numbers)) shown.set(name, String(settings[member] / unit));
  if (settings.isFifo) {
    shown.set("FifoQueue", "true");
    shown.set("ContentBasedDeduplication", String(settings.isDeduplicatedByContent));
    shown.set("DeduplicationScope", settings.deduplicationScope);
    shown.set("FifoThroughputLimit", settings.fifoThroughputLimit);
  }
  // Nothing is encrypted unless someone has said so.
  shown.set("SqsManagedSseEnabled", "false");
  const policies = {
    RedrivePolicy: redrivePolicyText(settings.redrive, home),
    RedriveAllowPolicy: redriveAllowText(settings.redriveSources, home),
  };
  for (const [name, text] of Object.entries(policies)) if (text !== null) shown.set(name, text);
  for (const [name, text] of Object.entries(settings.keptAttributes)) shown.set(name, text);
  return shown;
}

/** Throws SqsRefusal for a name that no queue has. */
export function shownAttributes(
  queue: QueueView & QueueCounts,
  names: readonly string[],
  home: Surroundings,
): Readonly<Record<string, string>> {
  const all = new Map<string, string>([
    ...shownSettings(queue.settings, home),
    ["ApproximateNumberOfMessages", String(queue.visibleCount)],
    ["ApproximateNumberOfMessagesDelayed", String(queue.delayedCount)],
    ["ApproximateNumberOfMessagesNotVisible", String(queue.hiddenCount)],
    ["CreatedTimestamp", String(Math.floor(queue.createdAtMs / 1_000))],
    ["LastModifiedTimestamp", String(Math.floor(queue.modifiedAtMs / 1_000))],
    ["QueueArn", queueArn(queue.name, home)],
  ]);
  for (const name of names) {
    if (name !== "All" && !all.has(name) && !sometimesShown.includes(name)) throw unknownAttribute(name);
  }
  return Object.fromEntries([...all].filter(([name]) => names.includes("All") || names.includes(name)));
}

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    // Told by the caller.
    return false;
  }
}
