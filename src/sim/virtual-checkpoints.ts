// Checkpoints of the world: they outlive its processes, refuse an older generation, and may fail or lose what they were given.

import type { Checkpoint, Checkpoints, SaveAnswer } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { UnitId } from "../ports/source.ts";
import { answerAt } from "./virtual-stream.ts";

export interface SaveFate {
  readonly delayMs: number;
  /** `lose`: answered as kept and never written, as a store may do that had not yet synced when its host died. */
  readonly what: "keep" | "fail" | "lose";
}

export interface StoreFates {
  load(): "loaded" | "failed";
  save(unit: UnitId): SaveFate;
  /** A save was answered as kept. */
  onSaved(unit: UnitId, checkpoint: Checkpoint, isLost: boolean): void;
}

export interface VirtualCheckpoints {
  /** A view bound to a generation; from now on older ones are refused. */
  of(generation: number, fates: StoreFates): Checkpoints;
  stored(): ReadonlyMap<UnitId, Checkpoint>;
}

/** Nothing goes wrong and nothing takes time. */
export const calmStore: StoreFates = {
  load: () => "loaded",
  save: () => ({ delayMs: 0, what: "keep" }),
  onSaved: () => undefined,
};

export function createVirtualCheckpoints(clock: Clock): VirtualCheckpoints {
  const values = new Map<UnitId, Checkpoint>();
  let newest = 0;
  return {
    of(generation, fates) {
      newest = Math.max(newest, generation);
      return {
        load: () => answerAt(clock, clock.nowMs(), () => (fates.load() === "failed" ? "failed" : new Map(values))),
        save(unit, checkpoint) {
          const { delayMs, what } = fates.save(unit);
          return answerAt(clock, clock.nowMs() + delayMs, (): SaveAnswer => {
            if (generation < newest) return "fenced";
            if (what === "fail") return "failed";
            if (what === "keep") values.set(unit, checkpoint);
            fates.onSaved(unit, checkpoint, what === "lose");
            return "kept";
          });
        },
      };
    },
    stored: () => values,
  };
}
