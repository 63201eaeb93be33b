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

export interface VirtualCheckpoints {
  /** A view bound to a generation. */
  of(generation: number, fate: () => SaveFate, onSaved: (unit: UnitId, checkpoint: Checkpoint) => void): Checkpoints;
  stored(): ReadonlyMap<UnitId, Checkpoint>;
  clear(): void;
}

export function createVirtualCheckpoints(clock: Clock): VirtualCheckpoints {
  const values = new Map<UnitId, Checkpoint>();
  let newest = 0;
  return {
    of(generation, fate, onSaved) {
      newest = Math.max(newest, generation);
      return {
        load: () => answerAt(clock, clock.nowMs(), () => new Map(values)),
        save(unit, checkpoint) {
          const { delayMs, what } = fate();
          return answerAt(clock, clock.nowMs() + delayMs, (): SaveAnswer => {
            if (generation < newest) return "fenced";
            if (what === "fail") return "failed";
            if (what === "keep") values.set(unit, checkpoint);
            onSaved(unit, checkpoint);
            return "kept";
          });
        },
      };
    },
    stored: () => values,
    clear: () => values.clear(),
  };
}
