// The flags of `millrace load` that say what a plan's file may say too, and the plan of both: a flag comes before the file. Phases are sent
// in the order in which their flags are written.

import { resolve } from "node:path";
import type { Path } from "../../config/config-document.ts";
import { MillraceError } from "../../errors.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { loadPlanFile, planOf } from "../../wiring/load/plan-file.ts";
import { withPath } from "../../wiring/load/plan-overrides.ts";
import { isFifoText } from "../../wiring/load/plan-source.ts";
import type { Member, OrderedPhase, PlanFlags } from "./plan-options.ts";

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
