// Makes faults plainer that cannot be left out: earlier, shorter, fewer, and updates that change fewer settings.

import type { Fault } from "./fault.ts";
import { shrinkSteps, type Trials } from "./shrink.ts";

type Step = (faults: readonly Fault[]) => readonly Fault[] | null;

export function shrinkFaults(
  faults: readonly Fault[],
  trials: Trials,
  fails: (faults: readonly Fault[]) => Promise<boolean>,
): Promise<readonly Fault[]> {
  const steps = faults.flatMap((fault, index): readonly Step[] => [
    ...wholeMembers.flatMap((name) => (name in fault ? [halved(index, name), lessOne(index, name)] : [])),
    ...secondMembers.flatMap((name) => (name in fault ? [halved(index, name)] : [])),
    ...(fault.kind === "update" ? Object.keys(fault.settings).map((name) => withoutSetting(index, name)) : []),
  ]);
  return shrinkSteps(faults, steps, trials, fails);
}

/** Counted from 1. */
const wholeMembers = ["at_call", "nth", "records"] as const;
/** Down to 0, to the second where that is below the half. */
const secondMembers = ["at_s", "for_s", "by_s", "grace_s"] as const;

const halved =
  (index: number, name: string): Step =>
  (faults) =>
    changed(faults, index, { name, to: (value) => Math.floor(value / 2) });

const lessOne =
  (index: number, name: string): Step =>
  (faults) =>
    changed(faults, index, { name, to: (value) => value - 1 });

function changed(
  faults: readonly Fault[],
  index: number,
  { name, to }: { readonly name: string; readonly to: (value: number) => number },
): readonly Fault[] | null {
  const fault = faults[index];
  const value: unknown = fault === undefined ? undefined : Reflect.get(fault, name);
  if (fault === undefined || typeof value !== "number") return null;
  const least = wholeMembers.some((each) => each === name) ? 1 : 0;
  const next = Math.max(least, to(value));
  return next < value ? faults.with(index, { ...fault, [name]: next }) : null;
}

function withoutSetting(index: number, name: string): Step {
  return (faults) => {
    const fault = faults[index];
    if (fault?.kind !== "update" || !Object.hasOwn(fault.settings, name)) return null;
    const settings = Object.fromEntries(Object.entries(fault.settings).filter(([each]) => each !== name));
    return faults.with(index, { ...fault, settings });
  };
}
