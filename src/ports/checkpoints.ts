// How far a mapping has got, one value a unit. Bound to one mapping and one generation when made: a store refuses an older
// generation (`fenced`), so that a poller that was replaced can never move what its successor has moved.

import type { TumblingWindow } from "../core/tumbling.ts";
import type { Position, UnitId } from "./source.ts";

export interface Checkpoint {
  /** Every record up to and including this one has ended (E-60, E-65); null: nothing yet, from the unit's beginning. */
  readonly after: Position | null;
  /** The open tumbling window, written together with the position (W-18). */
  readonly window: TumblingWindow | null;
  /** The unit is closed and everything in it has ended: its children may be read (P-8). */
  readonly isEnded: boolean;
}

export type SaveAnswer = "kept" | "fenced" | "failed";

export interface Checkpoints {
  /** All checkpoints of the mapping; "failed" when the store cannot be read now. */
  load(): Promise<ReadonlyMap<UnitId, Checkpoint> | "failed">;
  /** Never rejects. The runtime has at most one save a unit under way, and then sends the newest. */
  save(unit: UnitId, checkpoint: Checkpoint): Promise<SaveAnswer>;
}
