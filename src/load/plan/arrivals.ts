// When the records of a plan arrive: each phase begins anew at its own first instant, and an arrival belongs to a phase if it comes before
// its end. Even arrivals are the instants at which the records so far are a whole number, reckoned and not added up, so that they are exact:
// 50 a second are at 0, 20, 40, … ms to the digit.
//
// A1  Poisson arrivals are those of a Poisson process of rate 1, on the scale of the records that the phase has sent so far: of a ramp
//     they get denser as the ramp does.

import type { Phase, PlannedSends } from "./plan.ts";

const MS_PER_S = 1_000;
/** Products of decimal fractions miss a whole number by less than this. */
const SLIP = 1e-9;

/** ms from the plan's begin. Of each arrival on every shard the instant comes once. `draw`: numbers in [0, 1) for Poisson arrivals. */
export function* arrivalInstants(
  { phases, arrivals }: Pick<PlannedSends, "phases" | "arrivals">,
  draw: () => number,
): Generator<number, void> {
  let beginMs = 0;
  for (const phase of phases) {
    switch (phase.kind) {
      case "pause":
        break;
      case "burst":
        for (let index = 0; index < phase.count; index += 1) yield beginMs;
        break;
      case "rate":
      case "ramp": {
        const total = recordsOf(phase);
        const msAt = instantOf(phase);
        if (arrivals === "even") for (let k = 0; k < total - SLIP; k += 1) yield beginMs + msAt(k);
        else for (let k = gap(draw); k < total; k += gap(draw)) yield beginMs + msAt(k);
      }
    }
    beginMs += phaseMs(phase);
  }
}

const gap = (draw: () => number): number => -Math.log(1 - draw());

/** How long a phase lasts. */
export const phaseMs = (phase: Phase): number => (phase.kind === "burst" ? 0 : phase.forMs);

/** How many it sends, on average; may have a fraction. */
function recordsOf(phase: Phase): number {
  switch (phase.kind) {
    case "rate":
      return (phase.perSecond * phase.forMs) / MS_PER_S;
    case "ramp":
      return ((phase.from + phase.to) * phase.forMs) / (2 * MS_PER_S);
    case "burst":
      return phase.count;
    case "pause":
      return 0;
  }
}

/** From the number of records before it to an arrival's instant, in ms from the phase's begin. */
function instantOf(phase: Phase & { readonly kind: "rate" | "ramp" }): (before: number) => number {
  if (phase.kind === "rate") return (before) => (before * MS_PER_S) / phase.perSecond;
  const { from, to, forMs } = phase;
  const growth = ((to - from) * MS_PER_S) / forMs;
  if (growth === 0) return (before) => (before * MS_PER_S) / from;
  // The records sent until t are from * t + growth * t² / 2. In this form nothing is lost by a difference of near numbers.
  return (before) =>
    before === 0 ? 0 : (2 * before * MS_PER_S) / (from + Math.sqrt(Math.max(0, from * from + 2 * growth * before)));
}
