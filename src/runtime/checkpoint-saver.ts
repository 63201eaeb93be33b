// Saves the checkpoints of one unit: at most one save under way, and then the newest. What came between is never needed, since a
// checkpoint says how far everything has ended. Saves of a busy unit keep a small distance, as a save costs more than a small
// batch; a crash delivers that much more again.

import type { Checkpoint } from "../ports/checkpoints.ts";
import type { Rec } from "../core/record.ts";
import type { SourceProblem, UnitId } from "../ports/source.ts";
import { assertNever } from "../core/assert-never.ts";
import { createGrowingDelay } from "./growing-delay.ts";
import type { MappingContext } from "./mapping-context.ts";

/** Least time between the beginnings of two saves of one unit. The first after a quiet while goes at once. */
const SAVE_DISTANCE_MS = 10;

/** What is said of a mapping whose checkpoints cannot be read or kept. */
export const storeProblem: SourceProblem = {
  code: "broken",
  text: "PROBLEM: Connection error. Please check your event source connection configuration.",
  detail: "the store of checkpoints cannot be reached",
};

export interface CheckpointSaver {
  save(checkpoint: Checkpoint): void;
  /** Nothing is under way and nothing waits. */
  isIdle(): boolean;
}

export function createCheckpointSaver<R extends Rec>(
  context: MappingContext<R>,
  unit: UnitId,
  lane: string,
  onIdle: () => void,
): CheckpointSaver {
  const delay = createGrowingDelay();
  let next: Checkpoint | null = null;
  let isBusy = false;
  let isTroubleTold = false;
  let savedAtMs = Number.NEGATIVE_INFINITY;

  function workAt(atMs: number): void {
    isBusy = true;
    context.clock.wakeAt(atMs, () => {
      isBusy = false;
      work();
    });
  }

  function work(): void {
    if (isBusy) return;
    if (next === null || context.isAbandoned) {
      next = null;
      return onIdle();
    }
    const nowMs = context.clock.nowMs();
    // A clock that was put back does not hold a save.
    if (nowMs >= savedAtMs && nowMs < savedAtMs + SAVE_DISTANCE_MS) return workAt(savedAtMs + SAVE_DISTANCE_MS);
    const checkpoint = next;
    next = null;
    isBusy = true;
    savedAtMs = nowMs;
    void context.checkpoints.save(unit, checkpoint).then((answer) => {
      isBusy = false;
      switch (answer) {
        case "kept":
          delay.reset();
          isTroubleTold = false;
          context.note(lane, { kind: "checkpoint", after: checkpoint.after });
          return work();
        case "failed": {
          const nextTryMs = delay.nextMs();
          // Past a stop's grace nobody waits any longer: what is not stored is delivered again after the next start.
          const isOver = context.force.signal.aborted;
          if (!isTroubleTold || isOver)
            context.note(lane, { kind: "checkpoint-problem", answer, nextTryMs: isOver ? null : nextTryMs });
          isTroubleTold = true;
          if (isOver) {
            next = null;
            return onIdle();
          }
          next ??= checkpoint;
          return workAt(context.clock.nowMs() + nextTryMs);
        }
        case "fenced":
          context.isAbandoned = true;
          context.note(lane, { kind: "checkpoint-problem", answer, nextTryMs: null });
          next = null;
          context.onFenced();
          return onIdle();
        default:
          return assertNever(answer);
      }
    });
  }

  return {
    save(checkpoint) {
      if (context.isAbandoned) return;
      next = checkpoint;
      work();
    },
    isIdle: () => !isBusy && next === null,
  };
}
