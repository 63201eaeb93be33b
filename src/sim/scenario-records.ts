// Makes the records that a scenario's `generate` entries stand for. Pure: the same scenario and seed make the same records.
//
// G1  Each entry draws from streams of its own, so that one more entry, or another order of them, changes nothing in the others.

import { createKeyChoice } from "./key-choice.ts";
import type { Generate } from "./scenario-generator-schema.ts";
import { DEFAULT_KEY, isObject, type Json, type Scenario, type ScenarioRecord, type Step } from "./scenario.ts";
import { remembered } from "./remembered.ts";
import { createSeededRandom, type SeededRandom } from "./seeded-random.ts";
import { type RecordNames, textTemplate } from "./text-template.ts";

const DEFAULT_KEYS = 64;
const DEFAULT_BURST = 10;
const MS_PER_S = 1_000;

/** The scenario with its generators carried out: plain records, and steps that name each of them. */
export function withGeneratedRecords(scenario: Scenario, seed: number): Scenario {
  if (scenario.generators.length === 0) return scenario;
  const random = createSeededRandom(seed);
  const groups = new Map<string, readonly ScenarioRecord[]>();
  for (const each of scenario.generators) groups.set(each.label, generated(each, random, scenario));
  const steps = scenario.steps.map(
    (step): Step => (step.do === "send" ? { ...step, records: labelsIn(step.records, groups) } : step),
  );
  return { ...scenario, records: scenario.records.concat(...groups.values()), generators: [], steps };
}

function labelsIn(names: readonly string[], groups: ReadonlyMap<string, readonly ScenarioRecord[]>): string[] {
  const labels: string[] = [];
  for (const name of names) {
    const group = groups.get(name);
    if (group === undefined) labels.push(name);
    else for (const { label } of group) labels.push(label);
  }
  return labels;
}

function generated(generate: Generate, random: SeededRandom, scenario: Scenario): readonly ScenarioRecord[] {
  const { label, count, poison_share = 0, data } = generate;
  const arrivalOf = arrivals(generate, random);
  const keyOf = keys(generate, random);
  const sizeOf = sizes(generate, random);
  const queue = scenario.setup.source?.type === "sqs-queue" ? scenario.setup.source : null;
  const tableKey =
    scenario.setup.source?.type === "dynamodb-stream" ? (scenario.setup.source.key ?? DEFAULT_KEY) : null;
  const members = objectFrom(data ?? { n: "${n}" });
  const poisonous = { ...members, poison: true };
  const text = textTemplate(members);
  const poisonousText = textTemplate(poisonous);
  const records: ScenarioRecord[] = [];
  for (let n = 1; n <= count; n += 1) {
    const own = `${label}${n}`;
    const partitionKey = keyOf(n);
    const at_s = arrivalOf(n);
    const isPoison = poison_share > 0 && random.happens(`${label}/poison`, poison_share);
    const names = { n, label: own, key: partitionKey };
    if (queue !== null) {
      const whole = isPoison ? poisonousText : text;
      records.push(new MadeMessage(names, whole, sizeOf(), { isFifo: queue.fifo === true, at_s }));
    } else if (tableKey === null) {
      const whole = isPoison ? poisonousText : text;
      records.push(
        at_s === null ? new MadeRecord(names, whole, sizeOf()) : new TimedRecord(names, whole, sizeOf(), at_s),
      );
    } else {
      const value = objectFrom(filled(isPoison ? poisonous : members, names));
      records.push({ label: own, op: "put", ...insertOf(value, tableKey, own), ...(at_s === null ? {} : { at_s }) });
    }
  }
  return records;
}

/** There may be a million of them, and a record's data is read once or twice: it is made where it is read. */
class MadeRecord implements ScenarioRecord {
  readonly label: string;
  readonly partitionKey: string;
  readonly #n: number;
  readonly #text: (names: RecordNames) => string;
  readonly #leastBytes: number;

  constructor({ n, label, key }: RecordNames, text: (names: RecordNames) => string, leastBytes: number) {
    this.label = label;
    this.partitionKey = key;
    this.#n = n;
    this.#text = text;
    this.#leastBytes = leastBytes;
  }

  get data(): string {
    return padded(this.#text({ n: this.#n, label: this.label, key: this.partitionKey }), this.#leastBytes);
  }

  /** As a file has it. */
  toJSON(): ScenarioRecord {
    const { label, partitionKey, data } = this;
    return { label, partitionKey, data };
  }
}

class TimedRecord extends MadeRecord {
  readonly at_s: number;

  constructor(names: RecordNames, text: (names: RecordNames) => string, leastBytes: number, atS: number) {
    super(names, text, leastBytes);
    this.at_s = atS;
  }

  override toJSON(): ScenarioRecord {
    return { ...super.toJSON(), at_s: this.at_s };
  }
}

/** A message: its body is made where it is read, and its key is a FIFO queue's group. */
class MadeMessage implements ScenarioRecord {
  readonly label: string;
  readonly group?: string;
  readonly at_s?: number;
  readonly #names: RecordNames;
  readonly #text: (names: RecordNames) => string;
  readonly #leastBytes: number;

  constructor(
    names: RecordNames,
    text: (names: RecordNames) => string,
    leastBytes: number,
    { isFifo, at_s }: { readonly isFifo: boolean; readonly at_s: number | null },
  ) {
    this.label = names.label;
    if (isFifo) this.group = names.key;
    if (at_s !== null) this.at_s = at_s;
    this.#names = names;
    this.#text = text;
    this.#leastBytes = leastBytes;
  }

  get body(): string {
    return padded(this.#text(this.#names), this.#leastBytes);
  }

  /** As a file has it. */
  toJSON(): ScenarioRecord {
    const { label, body, group, at_s } = this;
    return { label, body, ...(group === undefined ? {} : { group }), ...(at_s === undefined ? {} : { at_s }) };
  }
}

/** Seconds after the step began; null: it is not timed. */
function arrivals(generate: Generate, random: SeededRandom): (n: number) => number | null {
  const { label, rate, every_ms, arrivals: kind = "even", burst = DEFAULT_BURST, start_s = 0 } = generate;
  const everyMs = every_ms ?? (rate === undefined ? 0 : MS_PER_S / rate);
  if (everyMs === 0) return () => (generate.start_s === undefined ? null : start_s);
  let poissonMs = 0;
  return (n) => {
    switch (kind) {
      case "even":
        return atSeconds(start_s, (n - 1) * everyMs);
      case "burst":
        return atSeconds(start_s, Math.floor((n - 1) / burst) * burst * everyMs);
      case "poisson":
        if (n > 1) poissonMs += -Math.log(1 - random.draw(`${label}/arrivals`)) * everyMs;
        return atSeconds(start_s, poissonMs);
    }
  };
}

/** The world's clock has whole milliseconds. */
const atSeconds = (startS: number, ms: number): number => Math.round(startS * MS_PER_S + ms) / MS_PER_S;

function keys({ label, keys: wanted = {} }: Generate, random: SeededRandom): (n: number) => string {
  const { count = DEFAULT_KEYS, prefix = "key-", distribution = "uniform", hot_share = null } = wanted;
  const indexOf = createKeyChoice({ count, distribution, hotShare: hot_share }, random, label);
  const keyAt = remembered((index: number) => `${prefix}${index + 1}`);
  return (n) => keyAt(indexOf(n));
}

function sizes({ label, size }: Generate, random: SeededRandom): () => number {
  if (size === undefined) return () => 0;
  if (typeof size === "number") return () => size;
  return () => random.between(`${label}/size`, size.min, size.max);
}

/** JSON text of an object, of at least so many bytes: what is missing is made up by a member `pad`. */
function padded(text: string, leastBytes: number): string {
  const missing = leastBytes - Buffer.byteLength(text);
  if (missing <= 0) return text;
  const isEmpty = text === "{}";
  const frame = (isEmpty ? "" : ",").length + '"pad":""'.length;
  return `${text.slice(0, -1)}${isEmpty ? "" : ","}"pad":"${"x".repeat(Math.max(0, missing - frame))}"}`;
}

function filled(value: Json, names: RecordNames): Json {
  if (typeof value === "string") {
    if (value === "${n}") return names.n;
    return value.replace(/\$\{(n|label|key)\}/g, (_, name: keyof RecordNames) => String(names[name]));
  }
  if (Array.isArray(value)) return value.map((each) => filled(each, names));
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, names)]));
}

const objectFrom = (value: Json): Readonly<Record<string, Json>> => (isObject(value) ? value : {});

/** A new item with the record's label as its key, and the change that its put makes. */
function insertOf(value: Readonly<Record<string, Json>>, key: string, label: string) {
  const Keys = { [key]: { S: label } };
  const item = { ...typedMembers(value), ...Keys };
  return { item, change: { eventName: "INSERT" as const, Keys, NewImage: item } };
}

type Typed = Record<string, Json>;

const typedMembers = (value: Readonly<Record<string, Json>>): Record<string, Typed> =>
  Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typed(each)]));

function typed(value: Json): Typed {
  if (typeof value === "string") return { S: value };
  if (typeof value === "number") return { N: String(value) };
  if (typeof value === "boolean") return { BOOL: value };
  if (Array.isArray(value)) return { L: value.map(typed) };
  return isObject(value) ? { M: typedMembers(value) } : { NULL: true };
}
