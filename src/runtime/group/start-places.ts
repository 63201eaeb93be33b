// Where the partitions begin that their group has committed nothing of: resolved once, at a mapping's first start, and stored before a
// member joins, so that LATEST is an exact cut (M-502 to M-505).
//
// U1  The mark is stored after the places: a first start that ended before it looks again for what has none.
// U2  Behind the mark, a partition without a place begins at its beginning (M-504).

import { assertNever } from "../../core/assert-never.ts";
import type { Rec } from "../../core/record.ts";
import type { Checkpoints } from "../../ports/checkpoints.ts";
import type { GroupSource } from "../../ports/group-source.ts";
import type { Position, SourceProblem, Start, UnitId } from "../../ports/source.ts";
import { storeProblem } from "../checkpoint-saver.ts";
import { beginning, STARTED_MARK } from "../unit-places.ts";

export type StartPlaces =
  | { readonly kind: "places"; readonly places: ReadonlyMap<UnitId, Position | null> }
  | { readonly kind: "problem"; readonly problem: SourceProblem }
  /** Another generation has the mapping. */
  | { readonly kind: "fenced" };

/** To be called again after a problem. */
export async function startPlaces<R extends Rec>(
  source: Pick<GroupSource<R>, "places">,
  checkpoints: Checkpoints,
  start: Start,
): Promise<StartPlaces> {
  const loaded = await checkpoints.load();
  if (loaded === "failed") return { kind: "problem", problem: storeProblem };
  const places = new Map([...loaded].map(([unit, { after }]) => [unit, after]));
  if (loaded.has(STARTED_MARK)) return { kind: "places", places };
  const answer = await source.places(start);
  if (answer.kind === "problem") {
    // All that a topic will ever have that is not there yet was written after the mapping was made (M-706).
    const isAllLater = answer.problem.code === "missing" && start.kind !== "atTimestamp";
    return isAllLater ? marked() : answer;
  }
  for (const { unit, after } of answer.places) {
    if (places.has(unit)) continue;
    const told = await store(unit, after);
    if (told !== null) return told;
  }
  return marked();

  async function marked(): Promise<StartPlaces> {
    return (await store(STARTED_MARK, null)) ?? { kind: "places", places };
  }

  /** Null: it is stored. */
  async function store(unit: UnitId, after: Position | null): Promise<StartPlaces | null> {
    const answer = await checkpoints.save(unit, { ...beginning, after });
    switch (answer) {
      case "kept":
        places.set(unit, after);
        return null;
      case "failed":
        return { kind: "problem", problem: storeProblem };
      case "fenced":
        return { kind: "fenced" };
      default:
        return assertNever(answer);
    }
  }
}
