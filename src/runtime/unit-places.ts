// Where a mapping begins in each of its units: from what is stored, and at a first start where its starting position says. Each place is
// stored before anything is read, so that LATEST is an exact cut (H-2).
//
// U1  A first start is one whose places are not all stored yet: the mark is stored after them, and one that ended before goes on with
//     the units that have none.
// U2  A unit that appears later is read from its beginning, whatever the starting position (H-5).

import { assertNever } from "../core/assert-never.ts";
import type { Rec } from "../core/record.ts";
import type { Checkpoint } from "../ports/checkpoints.ts";
import type { SourceProblem, Unit, UnitId } from "../ports/source.ts";
import { storeProblem } from "./checkpoint-saver.ts";
import type { MappingContext } from "./mapping-context.ts";

/** Under this name a checkpoint says that every unit of the first start has its place (U1). No unit has it. */
export const STARTED_MARK: UnitId = "*";

export const beginning: Checkpoint = { after: null, window: null, isEnded: false };

export interface UnitPlaces {
  readonly units: readonly Unit[];
  /** Of every unit, and of those that were read before. */
  readonly checkpoints: Map<UnitId, Checkpoint>;
}

/** A first start's place in a unit; `earlierCount` as in ResolveAnswer. */
interface Placed {
  readonly checkpoint: Checkpoint;
  readonly earlierCount: number | null;
}

/** To be called again after a problem. `isWanted` is asked after each wait for the source: once it is not, the answer is `ended`. */
export async function placeUnits<R extends Rec>(
  context: MappingContext<R>,
  isWanted: () => boolean,
): Promise<UnitPlaces | SourceProblem | "ended"> {
  const loaded = await context.checkpoints.load();
  if (loaded === "failed") return storeProblem;
  const topology = await context.source.topology();
  if (topology.kind === "problem") return topology.problem;
  const isFirstStart = !loaded.has(STARTED_MARK);
  const checkpoints = new Map(loaded);
  for (const unit of topology.units) {
    if (checkpoints.has(unit.id)) continue;
    const placed = isFirstStart ? await place(unit) : { checkpoint: { ...beginning }, earlierCount: null };
    if ("code" in placed) return placed;
    if (!isWanted()) return "ended";
    if (!(await store(unit.id, placed.checkpoint))) return storeProblem;
    noteAtTip(unit.id, placed);
  }
  if (!isWanted()) return "ended";
  if (isFirstStart && !(await store(STARTED_MARK, beginning))) return storeProblem;
  return { units: topology.units, checkpoints };

  async function place(unit: Unit): Promise<Placed | SourceProblem> {
    const { start: from } = context.spec;
    // A closed unit holds nothing that is later than now.
    if (from.kind === "latest" && unit.isClosed)
      return { checkpoint: { ...beginning, isEnded: true }, earlierCount: null };
    const answer = await context.source.resolve(unit.id, from);
    switch (answer.kind) {
      case "resolved":
        return { checkpoint: { ...beginning, after: answer.after }, earlierCount: answer.earlierCount };
      case "problem":
        return answer.problem;
      default:
        return assertNever(answer);
    }
  }

  async function store(unit: UnitId, checkpoint: Checkpoint): Promise<boolean> {
    const answer = await context.checkpoints.save(unit, checkpoint);
    if (answer === "fenced") context.onFenced();
    if (answer === "kept") checkpoints.set(unit, checkpoint);
    return answer === "kept";
  }

  /** What was there before a start at the tip is never read: said once, since nothing else tells of it. */
  function noteAtTip(unit: UnitId, { checkpoint: { after }, earlierCount }: Placed): void {
    if (earlierCount === null) return;
    context.note(`${context.spec.uuid}/${unit}`, { kind: "unit-placed", after, earlierCount });
  }
}
