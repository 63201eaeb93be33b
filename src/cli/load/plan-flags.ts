// The flags of `millrace load` that say what a plan's file may say too, and the plan of both: a flag comes before the file. Phases are sent
// in the order in which their flags are written.

import { resolve } from "node:path";
import { type Command, InvalidArgumentError, Option } from "commander";
import type { Path } from "../../config/config-document.ts";
import { memberShapes } from "../../control/mapping/mapping-members.ts";
import { MillraceError } from "../../errors.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { loadPlanFile, planOf } from "../../wiring/load/plan-file.ts";
import { withPath } from "../../wiring/load/plan-overrides.ts";
import { isFifoText } from "../../wiring/load/plan-source.ts";
import { wholeNumber } from "../command-options.ts";

/** What commander has read of the options that `withPlanFlags` adds. */
export type PlanFlags = Readonly<Record<string, unknown>>;

interface OrderedPhase {
  readonly order: number;
  readonly flag: string;
  readonly phase: Readonly<Record<string, unknown>>;
}

type Member = readonly [name: string, value: unknown];

const MOST = 10_000_000;

/** Adds the options of a plan to the command, in groups. */
export function withPlanFlags(command: Command): Command {
  let order = 0;
  const phases =
    (flag: string, read: (text: string) => Readonly<Record<string, unknown>>) =>
    (text: string, before: readonly OrderedPhase[] = []): readonly OrderedPhase[] => [
      ...before,
      { order: order++, flag, phase: read(text) },
    ];
  return command
    .optionsGroup("What is sent:")
    .option(
      "--source <source>",
      "kinesis:STREAM, dynamodb:TABLE, sqs:QUEUE, rabbitmq:BROKER/QUEUE, activemq:…, kafka:CLUSTER/TOPIC, documentdb:CLUSTER/DB/COLLECTION",
    )
    .option("--shards <n>", "shards of a Kinesis stream", wholeNumber(1, 1_000))
    .option("--partitions <n>", "partitions of a Kafka topic", wholeNumber(1, 1_000))
    .option(
      "--rate <n>",
      "records a second, for the time of --for",
      phases("--rate", (text) => ({ rate: number(text) })),
    )
    .option("--for <time>", "how long --rate lasts (default: 60s)")
    .option("--ramp <from..to@time>", "the rate grows or falls, as 0..500@30s; may be repeated", phases("--ramp", ramp))
    .option(
      "--burst <n>",
      "so many at one instant; may be repeated",
      phases("--burst", (text) => ({ burst: wholeNumber(1, MOST)(text) })),
    )
    .option(
      "--pause <time>",
      "nothing is sent for so long; may be repeated",
      phases("--pause", (pause) => ({ pause })),
    )
    .option("--poisson", "arrivals by chance, at the same rate; else evenly")
    .option("--per-shard", "each arrival is one record on every shard or partition")
    .option("--keys <n>", "how many partition keys, or none of Kafka (default: 64)", keyCount)
    .option("--groups <n>", "how many message groups of a FIFO queue (default: 64)", wholeNumber(1, 1_000_000))
    .addOption(
      new Option("--distribution <how>", "how often each key or group comes").choices([
        "uniform",
        "zipf",
        "round-robin",
      ]),
    )
    .option("--hot <share>", "part of the records that has the first key or group", share)
    .option("--size <bytes>", "bytes of each record's data, or 100..2000", size)
    .option("--data <json>", "the data, in which ${n} and ${key} are filled in", object)
    .option("--poison <share>", "part of the records whose data has poison: true", share)
    .optionsGroup("What takes it:")
    .option("--function <name>", "name of the function (default: load)")
    .option("--handler <file.export>", "your own handler; else the function is a model")
    .option("--took <time>", "how long a call takes: 40ms, 10ms..90ms, p50=40ms,p99=200ms or mean=…,deviation=…", took)
    .option("--per-record <time>", "added for each record")
    .option("--cold-start <time>", "added where no environment is free that has run before")
    .option("--error-rate <share>", "part of the calls that throws", share)
    .option("--throttle-rate <share>", "part of the calls that is throttled; simulated runs", share)
    .option("--reserved <n>", "reserved concurrency", wholeNumber(0, 1_000))
    .option("--timeout <time>", "of the function (default: 3s)")
    .option("--memory <mb>", "of the function, for its cost (default: 128)", wholeNumber(128, 10_240))
    .option("--set <member=value>", "a member of the mapping, as BatchSize=10; may be repeated", setMember)
    .optionsGroup("How it is run:")
    .option("--simulated", "under virtual time; so unless the plan says otherwise")
    .option("--live", "on a server, in real time")
    .option("--sweep <member=values>", "each of them, as BatchSize=10,100,1000; may be repeated", sweptMember)
    .option("--runs <n>", "runs of each setting, each with the next seed (default: 1)", wholeNumber(1, 1_000))
    .option("--seed <n>", "all chance of the plan (default: 1)", wholeNumber(0, 4_294_967_295))
    .option("--wait <time>", "how long nothing may end before what is left is given up (default: 60s)")
    .option("--expect <expectation>", "what has to hold, as 'iteratorAge.p99 < 2s'; may be repeated", listed);
}

/** `file`: of a plan, or null for flags alone. Rejects with MillraceError bad-argument, or with what loadPlanFile rejects with. */
export async function planFromFlags(
  flags: PlanFlags,
  { file, cwd }: { readonly file: string | null; readonly cwd: string },
): Promise<LoadPlan> {
  const given = givenMembers(flags, cwd);
  if (file === null && flags["source"] === undefined)
    throw new MillraceError("bad-argument", "which source? a plan's file or --source is missing", { help: EXAMPLE });
  if (file === null && phasesOf(flags).length === 0)
    throw new MillraceError("bad-argument", "what is to be sent? --rate, --ramp or --burst is missing", {
      help: EXAMPLE,
    });
  const value = given.reduce((made, { path, value: member }) => withPath(made, path, member), {});
  // What is wrong with an object, as with `send.keys`, was given by the flag of its member.
  const flagOf = (path: Path): string | null =>
    (
      given.findLast((each) => isWithin(path, each.path)) ??
      given.findLast((each) => path.length > 1 && isWithin(each.path, path))
    )?.flag ?? null;
  const overrides = { value, flagOf };
  return file === null ? planOf(overrides, cwd) : loadPlanFile(file, { cwd, overrides });
}

const EXAMPLE = "millrace load --source kinesis:orders --rate 200 --for 60s";

const isWithin = (path: Path, owner: Path): boolean =>
  path.length >= owner.length && owner.every((step, index) => path[index] === step);

interface Given {
  readonly flag: string;
  readonly path: readonly string[];
  readonly value: unknown;
}

/** Flags whose value is the member's own. */
const plain: readonly (readonly [name: string, flag: string, path: readonly string[]])[] = [
  ["source", "--source", ["source", "name"]],
  ["shards", "--shards", ["source", "shards"]],
  ["partitions", "--partitions", ["source", "partitions"]],
  ["perShard", "--per-shard", ["send", "perShard"]],
  ["size", "--size", ["send", "size"]],
  ["data", "--data", ["send", "data"]],
  ["poison", "--poison", ["send", "poisonShare"]],
  ["groups", "--groups", ["send", "groups", "count"]],
  ["function", "--function", ["function", "name"]],
  ["took", "--took", ["function", "took"]],
  ["perRecord", "--per-record", ["function", "perRecord"]],
  ["coldStart", "--cold-start", ["function", "coldStart"]],
  ["errorRate", "--error-rate", ["function", "errorShare"]],
  ["throttleRate", "--throttle-rate", ["function", "throttleShare"]],
  ["reserved", "--reserved", ["function", "reservedConcurrency"]],
  ["timeout", "--timeout", ["function", "timeout"]],
  ["memory", "--memory", ["function", "memoryMb"]],
  ["runs", "--runs", ["repetitions"]],
  ["seed", "--seed", ["seed"]],
  ["wait", "--wait", ["wait"]],
  ["expect", "--expect", ["expect"]],
];

function givenMembers(flags: PlanFlags, cwd: string): readonly Given[] {
  const given: Given[] = plain.flatMap(([name, flag, path]) =>
    flags[name] === undefined ? [] : [{ flag, path, value: flags[name] }],
  );
  const add = (flag: string, path: readonly string[], value: unknown): void => {
    if (value !== undefined) given.push({ flag, path, value });
  };
  const { handler, keys } = flags;
  if (typeof handler === "string") add("--handler", ["function", "handler"], resolve(cwd, handler));
  if (flags["poisson"] === true) add("--poisson", ["send", "arrivals"], "poisson");
  add("--keys", keys === "none" ? ["send", "keys"] : ["send", "keys", "count"], keys);
  const isGrouped = flags["groups"] !== undefined || isFifoText(String(flags["source"]));
  const owner = isGrouped ? "groups" : "keys";
  add("--distribution", ["send", owner, "distribution"], flags["distribution"]);
  add("--hot", ["send", owner, "hotShare"], flags["hot"]);
  refuseRepeated(flags);
  for (const [name, value] of membersOf(flags, "set")) add(`--set ${name}`, ["mapping", ...name.split(".")], value);
  for (const [name, value] of membersOf(flags, "sweep")) add(`--sweep ${name}`, ["sweep", name], value);
  addRun(flags, add);
  addPhases(flags, add);
  return given;
}

/** Of two the first would have no effect. */
function refuseRepeated(flags: PlanFlags): void {
  for (const flag of ["set", "sweep"] as const) {
    const names = membersOf(flags, flag).map(([name]) => name);
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice === undefined) continue;
    throw new MillraceError("bad-argument", `--${flag} ${twice} is there twice, and only one can have its effect`, {
      help: flag === "sweep" ? `--sweep ${twice}=…,…    # all of its values` : `--set ${twice}=…    # once`,
    });
  }
}

function addRun(flags: PlanFlags, add: (flag: string, path: readonly string[], value: unknown) => void): void {
  const { simulated, live } = flags;
  if (simulated === true && live === true)
    throw new MillraceError("bad-argument", "a run is either --simulated or --live");
  if (simulated === true) add("--simulated", ["run"], "simulated");
  if (live === true) add("--live", ["run"], "live");
}

function addPhases(flags: PlanFlags, add: (flag: string, path: readonly string[], value: unknown) => void): void {
  const phases = phasesOf(flags);
  const hasRate = phases.some(({ flag }) => flag === "--rate");
  if (flags["for"] !== undefined && !hasRate)
    throw new MillraceError("bad-argument", "--for is how long --rate lasts, and there is no --rate", {
      help: EXAMPLE,
    });
  if (phases.filter(({ flag }) => flag === "--rate").length > 1)
    throw new MillraceError("bad-argument", "--rate is there twice, and --for can mean one of them", {
      help: "--ramp 100..100@30s --ramp 200..200@30s",
    });
  if (phases.length === 0) return;
  const made = phases.map(({ flag, phase }) => (flag === "--rate" ? { ...phase, for: flags["for"] ?? "60s" } : phase));
  add([...new Set(phases.map(({ flag }) => flag))].join(", "), ["send", "phases"], made);
}

function phasesOf(flags: PlanFlags): readonly OrderedPhase[] {
  return ["rate", "ramp", "burst", "pause"]
    .flatMap((name) => (flags[name] as readonly OrderedPhase[] | undefined) ?? [])
    .toSorted((one, other) => one.order - other.order);
}

const membersOf = (flags: PlanFlags, name: string): readonly Member[] =>
  (flags[name] as readonly Member[] | undefined) ?? [];

// --- Values -----------------------------------------------------------------------------------------------------------

function number(text: string): number {
  const value = Number(text);
  if (!/^\d+(?:\.\d+)?$/.test(text)) throw new InvalidArgumentError("It has to be a number.");
  return value;
}

function share(text: string): number {
  const [, percent] = /^(\d+(?:\.\d+)?) ?%$/.exec(text) ?? [];
  const value = percent === undefined ? Number(text) : Number(percent) / 100;
  if (text.trim() === "" || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError("It has to be a part of a whole: 0.05, or 5%.");
  return value;
}

function keyCount(text: string): number | "none" {
  return text === "none" ? "none" : wholeNumber(1, 1_000_000)(text);
}

function size(text: string): unknown {
  const [, min, max] = /^(\d+)\.\.(\d+)$/.exec(text) ?? [];
  return min === undefined ? wholeNumber(0, 1_048_576)(text) : { min: Number(min), max: Number(max) };
}

function ramp(text: string): Readonly<Record<string, unknown>> {
  const [, from, to, time] = /^(\d+(?:\.\d+)?)\.\.(\d+(?:\.\d+)?)@(.+)$/.exec(text) ?? [];
  if (time === undefined) throw new InvalidArgumentError("It has to be two rates and a time: 0..500@30s.");
  return { ramp: { from: Number(from), to: Number(to) }, for: time };
}

function took(text: string): unknown {
  const [, min, max] = /^(.+)\.\.(.+)$/.exec(text) ?? [];
  if (min !== undefined) return { min, max };
  return text.includes("=") ? Object.fromEntries(text.split(",").map((each) => split(each))) : text;
}

function object(text: string): unknown {
  let value: unknown = null;
  try {
    value = JSON.parse(text);
  } catch {
    // Told below, as any other text that is no object.
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new InvalidArgumentError("It has to be a JSON object.");
}

function split(text: string): readonly [string, string] {
  const at = text.indexOf("=");
  if (at <= 0) throw new InvalidArgumentError("It has to be NAME=VALUE.");
  return [text.slice(0, at), text.slice(at + 1)];
}

function setMember(text: string, before: readonly Member[] = []): readonly Member[] {
  const [name, value] = split(text);
  const shapes: Readonly<Record<string, { readonly kind: string }>> = memberShapes;
  const isList = Object.hasOwn(shapes, name) && shapes[name]?.kind === "list";
  const read = parsed(value);
  return [...before, [name, isList && typeof read === "string" ? [read] : read]];
}

function sweptMember(text: string, before: readonly Member[] = []): readonly Member[] {
  const [name, values] = split(text);
  return [...before, [name, values.split(",").map(parsed)]];
}

/** JSON where it is some, else the text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

const listed = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];
