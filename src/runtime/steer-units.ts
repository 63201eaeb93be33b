// A person pauses, steps or resumes a mapping whose lanes have a gate: one way for sources of positions and of acknowledgements.

import type { Rec } from "../core/record.ts";
import type { Steer } from "../ports/steer.ts";
import type { LaneContext } from "./mapping-context.ts";

export interface SteeredUnit {
  oldestArrivedAtMs(): number | null;
  stepped(): void;
  gateMoved(): void;
}

/** What is paused stays so over new settings and a new number of lanes, and ends with the runner. */
export function steerUnits(
  context: Pick<LaneContext<Rec>, "isGateShut" | "isStepDue" | "note" | "spec">,
  units: readonly SteeredUnit[],
  command: Steer,
): void {
  if (command === "step") {
    if (!context.isGateShut) return;
    // Steps do not add up: one that finds nothing due waits for the next that is.
    context.isStepDue = true;
    for (const unit of oldestFirst(units)) unit.stepped();
    return;
  }
  const isPaused = command === "pause";
  if (context.isGateShut === isPaused) return;
  context.isGateShut = isPaused;
  context.isStepDue = false;
  context.note(context.spec.uuid, { kind: isPaused ? "mapping-paused" : "mapping-resumed" });
  for (const unit of units) unit.gateMoved();
}

function oldestFirst(units: readonly SteeredUnit[]): readonly SteeredUnit[] {
  const arrivedAtMs = (unit: SteeredUnit): number => unit.oldestArrivedAtMs() ?? Number.MAX_VALUE;
  return units.toSorted((one, other) => arrivedAtMs(one) - arrivedAtMs(other));
}
