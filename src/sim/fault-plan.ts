// A run's faults as they are asked for: planned ones, and kinds that are drawn from the seed besides. Read from the `faults` member of a
// scenario file, or from `--faults` on the command line.

import { z } from "zod";
import { MillraceError } from "../errors.ts";
import { type Fault, type FaultKind, faultKinds, faultSchema, isTimed, msOf } from "./fault.ts";

export interface FaultPlan {
  readonly planned: readonly Fault[];
  readonly drawn: ReadonlySet<FaultKind>;
  /** Of the effects at which a drawn kind can befall; null: each kind's own share. */
  readonly share: number | null;
  /** From so long after the world's beginning nothing is drawn any more: it is healed. */
  readonly healedAfterMs: number;
}

/** Nothing is drawn after this unless a file says otherwise. */
export const HEALED_AFTER_MS = 60_000;
const MOST_FAULTS = 10_000;
const LONGEST_DRAWING_S = 31_536_000;

const plannedSchema = z.array(faultSchema).max(MOST_FAULTS);

/** The `faults` member of a scenario file: a list of what befalls, or what is drawn from the seed, or both. */
export const faultsMemberSchema = z.union([
  plannedSchema,
  z.strictObject({
    draw: z.union([z.boolean(), z.array(z.enum(faultKinds))]).exactOptional(),
    share: z.number().gt(0).max(1).exactOptional(),
    until_s: z.number().min(0).max(LONGEST_DRAWING_S).exactOptional(),
    planned: plannedSchema.exactOptional(),
  }),
]);

export type FaultsMember = z.infer<typeof faultsMemberSchema>;

export const noFaultPlan: FaultPlan = {
  planned: [],
  drawn: new Set(),
  share: null,
  healedAfterMs: HEALED_AFTER_MS,
};

/** From the world's beginning: nothing befalls any more, and what was stopped has begun again. */
export function allBefallenMs({ drawn, planned, healedAfterMs }: FaultPlan): number {
  const ends = planned.filter(isTimed).map((fault) => msOf(fault.at_s + ("for_s" in fault ? fault.for_s : 0)) + 1);
  return Math.max(drawn.size > 0 ? healedAfterMs : 0, ...ends);
}

export function faultPlanFrom(member: FaultsMember | null): FaultPlan {
  if (member === null) return noFaultPlan;
  if (Array.isArray(member)) return { ...noFaultPlan, planned: member };
  const { draw = false, share, until_s, planned = [] } = member;
  return {
    planned,
    drawn: new Set(draw === true ? faultKinds : draw === false ? [] : draw),
    share: share ?? null,
    healedAfterMs: until_s === undefined ? HEALED_AFTER_MS : until_s * 1_000,
  };
}

/** `all`, `none`, or kinds with commas between; rejects another word with the one that is likely meant. */
export function faultKindsFrom(text: string): readonly FaultKind[] {
  if (text === "all") return faultKinds;
  if (text === "none") return [];
  return text.split(",").map((word) => {
    const kind = faultKinds.find((each) => each === word.trim());
    if (kind !== undefined) return kind;
    throw new MillraceError(
      "bad-argument",
      `there is no fault \`${word.trim()}\`; there are ${faultKinds.join(", ")}`,
      {
        help: "--faults all    # or none, or some: --faults crash,read-fails",
      },
    );
  });
}

/** `all kinds`, `none`, or their names, as the head of a run tells them. */
export function faultKindsText(kinds: readonly FaultKind[]): string {
  if (kinds.length === 0) return "none";
  return kinds.length === faultKinds.length ? "all kinds" : kinds.join(", ");
}
