// Which mappings a person has paused, over the placement that runs them. A pause lasts until it is lifted, the mapping is disabled or
// deleted, or this process ends; a mapping that is started again because its thread died stays paused. AWS's answers know nothing of it.

import type { Steer } from "../ports/steer.ts";
import type { Placement } from "./placement.ts";

/** `notRunning`: it is disabled, or on its way there. `notPaused`: there is nothing to step through. */
export type Steered = "done" | "missing" | "notRunning" | "notPaused";

export interface Steering {
  /** The placement for the mapping manager: it tells what starts and stops. */
  readonly placement: Placement;
  /** Idempotent. A step that finds no call due waits for the next that is; steps do not add up. */
  steer(uuid: string, command: Steer): Exclude<Steered, "missing">;
  isPaused(uuid: string): boolean;
}

export function createSteering(placement: Placement): Steering {
  const running = new Set<string>();
  const paused = new Set<string>();

  return {
    placement: {
      ...placement,
      start(spec) {
        running.add(spec.uuid);
        placement.start(spec);
        if (paused.has(spec.uuid)) placement.steer(spec.uuid, "pause");
      },
      stop(uuid, how) {
        running.delete(uuid);
        paused.delete(uuid);
        placement.stop(uuid, how);
      },
    },
    steer(uuid, command) {
      if (!running.has(uuid)) return "notRunning";
      if (command === "step" && !paused.has(uuid)) return "notPaused";
      if (command === "pause") paused.add(uuid);
      if (command === "resume") paused.delete(uuid);
      placement.steer(uuid, command);
      return "done";
    },
    isPaused: (uuid) => paused.has(uuid),
  };
}
