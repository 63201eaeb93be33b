// What is wrong with the sends of a load plan although each member has its form.

import { msFromText } from "../time-span.ts";
import { flaw, type PlanFlaw } from "./plan-flaw.ts";
import { MOST_RECORDS, MOST_SECONDS, type PlanInput } from "./plan-schema.ts";
import type { SourceKind } from "./plan-source.ts";
import { createRecordData } from "./record-data.ts";

type Send = PlanInput["send"];

interface Target {
  readonly name: string;
  readonly kind: SourceKind;
  readonly isKeyed: boolean;
  readonly isFifo: boolean;
  /** Shards or partitions, the most that a sweep gives it. */
  readonly unitCount: number;
}

export function sendFlaws(send: Send, target: Target): readonly PlanFlaw[] {
  return [
    ...phaseFlaws(send, target),
    ...keyFlaws(send, target),
    ...perShardFlaws(send, target),
    ...dataFlaws(send, target),
  ];
}

function phaseFlaws({ phases, arrivals, perShard }: Send, { unitCount }: Target): readonly PlanFlaw[] {
  const flaws: PlanFlaw[] = [];
  const records = recordsIn(phases) * (perShard === true ? unitCount : 1);
  let totalMs = 0;
  for (const [index, phase] of phases.entries()) {
    const path = ["send", "phases", index];
    const text = "pause" in phase ? phase.pause : "for" in phase ? phase.for : null;
    const forMs = text === null ? 0 : (msFromText(text) ?? 0);
    totalMs += forMs;
    if (text !== null && forMs === 0) flaws.push(flaw(path, "a phase that takes no time sends nothing"));
    if ("ramp" in phase && phase.ramp.from === 0 && phase.ramp.to === 0)
      flaws.push(flaw(path, "a ramp from 0 to 0 sends nothing", { help: "pause: 30s" }));
    if ("pause" in phase && index === phases.length - 1) flaws.push(flaw(path, "nothing is sent after the last pause"));
  }
  const path = ["send", "phases"];
  if (records > MOST_RECORDS) flaws.push(flaw(path, `they send over ${MOST_RECORDS.toLocaleString("en")} records`));
  if (totalMs > MOST_SECONDS * 1_000) flaws.push(flaw(path, "they take over a year"));
  if (records === 0 && flaws.length === 0) flaws.push(flaw(path, "no phase sends anything"));
  if (arrivals === "poisson" && !phases.some((phase) => "rate" in phase || "ramp" in phase))
    flaws.push(flaw(["send", "arrivals"], "only a rate or a ramp has arrivals, and no phase is one", { part: "name" }));
  return flaws;
}

/** On average; with `perShard`, of each shard. */
function recordsIn(phases: Send["phases"]): number {
  return phases.reduce((sum, phase) => {
    if ("burst" in phase) return sum + phase.burst;
    if ("pause" in phase) return sum;
    const seconds = (msFromText(phase.for) ?? 0) / 1_000;
    return sum + ("rate" in phase ? phase.rate : (phase.ramp.from + phase.ramp.to) / 2) * seconds;
  }, 0);
}

function keyFlaws(send: Send, { name, kind, isKeyed, isFifo }: Target): readonly PlanFlaw[] {
  const part = "name" as const;
  const flaws: PlanFlaw[] = [];
  const { keys, groups } = send;
  if (keys !== undefined && !isKeyed)
    flaws.push(
      flaw(["send", "keys"], `records of ${name} have no keys`, {
        part,
        help: isFifo ? "groups: { count: 64 }" : "leave out what is said of keys: --keys, --hot, --distribution",
      }),
    );
  if (groups !== undefined && !isFifo) {
    const help = isKeyed ? "keys: { count: 64 }" : kind === "sqs" ? `source: ${name}.fifo` : "leave `groups` out";
    flaws.push(flaw(["send", "groups"], "only messages of a FIFO queue have groups", { part, help }));
  }
  if (keys === "none" && kind !== "kafka" && isKeyed)
    flaws.push(flaw(["send", "keys"], `each record of ${name} has a key`, { help: "keys: { count: 64 }" }));
  for (const [member, given] of [
    ["keys", keys],
    ["groups", groups],
  ] as const) {
    if (given === undefined || given === "none" || given.hotShare === undefined) continue;
    const path = ["send", member, "hotShare"];
    if (given.count === 1) flaws.push(flaw(path, "one key has all records, with `hotShare` or without", { part }));
    if (given.distribution === "zipf")
      flaws.push(
        flaw(path, "by Zipf's law the first key has its share already", { part, help: "distribution: uniform" }),
      );
  }
  return flaws;
}

function perShardFlaws({ perShard, keys }: Send, { name, kind }: Target): readonly PlanFlaw[] {
  if (perShard !== true) return [];
  const path = ["send", "perShard"];
  if (kind !== "kinesis" && kind !== "kafka")
    return [flaw(path, `${name} has no shards or partitions that could be sent to`, { part: "name" })];
  if (keys === "none")
    return [
      flaw(["send", "keys"], "with `perShard` each record has a key of its partition", { help: "keys: { count: 64 }" }),
    ];
  const flaws: PlanFlaw[] = [];
  if (keys?.hotShare !== undefined)
    flaws.push(flaw(["send", "keys", "hotShare"], "with `perShard` every shard gets as much", { part: "name" }));
  if (keys?.distribution !== undefined && keys.distribution !== "round-robin")
    flaws.push(
      flaw(["send", "keys", "distribution"], "with `perShard` a shard's keys come in turn", {
        help: "distribution: round-robin",
      }),
    );
  return flaws;
}

function dataFlaws(send: Send, { name, isKeyed, isFifo, unitCount }: Target): readonly PlanFlaw[] {
  const flaws: PlanFlaw[] = [];
  const data = send.data ?? { n: "${n}" };
  if (!isKeyed && !isFifo && JSON.stringify(data).includes("${key}"))
    flaws.push(flaw(["send", "data"], `records of ${name} have no key that \${key} could stand for`));
  if (send.poisonShare !== undefined && send.poisonShare > 0 && "poison" in data)
    flaws.push(
      flaw(["send", "data", "poison"], "`poison` is what tells poisoned records from others", { part: "name" }),
    );
  const { size } = send;
  if (size === undefined) return flaws;
  if (typeof size === "object" && "min" in size && size.min > size.max)
    flaws.push(flaw(["send", "size"], "`min` is more than `max`"));
  if (Array.isArray(size) && size.every(({ share }) => share === 0))
    flaws.push(flaw(["send", "size"], "all shares are 0"));
  const least =
    typeof size === "number" ? size : Array.isArray(size) ? Math.min(...size.map((each) => each.bytes)) : size.min;
  const needed = createRecordData(data, (send.poisonShare ?? 0) > 0).bytes(
    mostRecords(send, unitCount),
    longestKey(send),
  );
  if (least < needed)
    flaws.push(
      flaw(["send", "size"], `the data alone takes ${needed} bytes: a size of ${least} cannot be`, {
        help: `size: ${needed}    # or a shorter \`data\``,
      }),
    );
  return flaws;
}

/** A number with as many digits as any record's has, or one more. */
const mostRecords = ({ phases, perShard }: Send, unitCount: number): number =>
  (Math.ceil(recordsIn(phases)) + 1) * (perShard === true ? unitCount : 1);

function longestKey({ keys, groups }: Send): string {
  const given = keys === "none" ? {} : (keys ?? groups ?? {});
  return `${given.prefix ?? "group-"}${given.count ?? 64}`;
}
