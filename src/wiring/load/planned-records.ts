// The records of a load plan, with chance from the plan's seed and keys that lie in the shards or partitions of its source. Each part of a
// record draws from a stream of its own: another size changes no key.

import { arrivalInstants, phaseMs } from "../../load/plan/arrivals.ts";
import type { LoadPlan, PlannedKeys, PlannedSize } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import { createKeyChoice, firstAbove } from "../../sim/key-choice.ts";
import { remembered } from "../../sim/remembered.ts";
import { createSeededRandom, type SeededRandom } from "../../sim/seeded-random.ts";
import { createRecordData, filledUp, type RecordData } from "./record-data.ts";
import { keysByUnit, unitCountOf } from "./unit-keys.ts";

/** Lazily, ordered by `atMs`; the same plan and seed give the same records. */
export function* plannedRecords(plan: LoadPlan): Generator<PlannedRecord, void> {
  const { send, source } = plan;
  const random = createSeededRandom(plan.seed);
  const isGrouped = source.kind === "sqs";
  const texts = { plain: createRecordData(send.data, false), poisonous: createRecordData(send.data, true) };
  const sizeOf = sizes(send.size, random);
  const keyOf = keys(plan, random);
  const copies = send.isPerShard ? unitCountOf(source) : 1;
  const { poisonShare } = send;
  const drawPoison = random.stream("load/poison");
  let n = 0;
  for (const atMs of instantsOf(plan, random)) {
    for (let copy = 0; copy < copies; copy += 1) {
      n += 1;
      const key = keyOf(n);
      const isPoison = poisonShare > 0 && drawPoison() < poisonShare;
      const text = isPoison ? texts.poisonous : texts.plain;
      yield new MadeRecord(text, { n, atMs, key, isGrouped, isPoison, size: sizeOf() });
    }
  }
}

export interface PlanTotals {
  readonly count: number;
  /** How long its phases last. */
  readonly forMs: number;
  /** When the last record arrives, from the plan's begin. */
  readonly lastMs: number;
  /** Most records in any second, from the plan's begin. */
  readonly busiestPerSecond: number;
}

/** How much a plan sends: exact, as the same chance is drawn as for its records. */
export function planTotals(plan: LoadPlan): PlanTotals {
  const copies = plan.send.isPerShard ? unitCountOf(plan.source) : 1;
  let instants = 0;
  let lastMs = 0;
  let second = 0;
  let inSecond = 0;
  let busiest = 0;
  for (const atMs of instantsOf(plan, createSeededRandom(plan.seed))) {
    const at = Math.floor(atMs / 1_000);
    if (at !== second) [second, inSecond] = [at, 0];
    inSecond += 1;
    instants += 1;
    if (inSecond > busiest) busiest = inSecond;
    lastMs = atMs;
  }
  const forMs = plan.send.phases.reduce((sum, phase) => sum + phaseMs(phase), 0);
  return { count: instants * copies, forMs, lastMs, busiestPerSecond: busiest * copies };
}

const instantsOf = ({ send }: LoadPlan, random: SeededRandom) => arrivalInstants(send, random.stream("load/arrivals"));

/** There may be millions of them: the text is made where it is read. */
class MadeRecord implements PlannedRecord {
  readonly n: number;
  readonly atMs: number;
  readonly key: string | null;
  readonly groupId: string | null;
  readonly isPoison: boolean;
  readonly #text: RecordData;
  readonly #size: number;

  constructor(
    text: RecordData,
    made: {
      readonly n: number;
      readonly atMs: number;
      readonly key: string | null;
      readonly isGrouped: boolean;
      readonly isPoison: boolean;
      readonly size: number;
    },
  ) {
    this.n = made.n;
    this.atMs = made.atMs;
    this.key = made.isGrouped ? null : made.key;
    this.groupId = made.isGrouped ? made.key : null;
    this.isPoison = made.isPoison;
    this.#text = text;
    this.#size = made.size;
  }

  get bytes(): number {
    return Math.max(this.#size, this.#text.bytes(this.n, this.key ?? this.groupId ?? ""));
  }

  get data(): string {
    return filledUp(this.#text.text(this.n, this.key ?? this.groupId ?? ""), this.#size);
  }
}

function keys({ send, source }: LoadPlan, random: SeededRandom): (n: number) => string | null {
  const wanted = send.keys;
  if (wanted === null) return () => null;
  if (send.isPerShard) {
    const byUnit = keysByUnit(source, wanted);
    const unitCount = byUnit.length;
    return (n) => {
      const own = byUnit[(n - 1) % unitCount] ?? [];
      return own[Math.floor((n - 1) / unitCount) % own.length] ?? null;
    };
  }
  const indexOf = createKeyChoice(wanted, random, "load");
  const keyAt = remembered((index: number) => keyName(wanted, index));
  return (n) => keyAt(indexOf(n));
}

const keyName = ({ prefix }: PlannedKeys, index: number): string => `${prefix}${index + 1}`;

function sizes(size: PlannedSize | null, random: SeededRandom): () => number {
  if (size === null) return () => 0;
  switch (size.kind) {
    case "fixed":
      return () => size.bytes;
    case "between":
      return () => random.between("load/size", size.min, size.max);
    case "choices": {
      const { choices } = size;
      const total = choices.reduce((sum, { share }) => sum + share, 0);
      let sum = 0;
      const cumulated = choices.map(({ share }) => (sum += share / total));
      const draw = random.stream("load/size");
      return () => choices[firstAbove(cumulated, draw())]?.bytes ?? 0;
    }
  }
}
