import { expect, test } from "vitest";
import { type Course, courseOf } from "../../src/cli/replay/course.ts";
import { observe, type ObservedMapping } from "../../src/recording/observed.ts";
import type { FaultKind } from "../../src/sim/fault.ts";
import type { HandlerModel } from "../../src/sim/observed-handler.ts";
import { asModelled, modelledFunction } from "../../src/wiring/modelled-function.ts";
import { canGoOn, endedCountOf, rerun, runAgainFrom } from "../../src/wiring/what-if.ts";
import { recordedStory, recordingOf } from "./recorded-story.ts";

/** Of calls that were not recorded with the same records: there are none where all goes as recorded. */
const nothingKnown: HandlerModel = {
  thrown: new Set(),
  named: new Set(),
  baseMs: 7,
  perRecordMs: 0,
  failureMs: 7,
  successCount: 0,
  refusedCount: 0,
};

/** All but when the last document was on its way: destinations of the story are slow. */
const sums = ({ trees: _trees, endedAtMs: _ended, givenUp, closedBy, ...course }: Course) => ({
  ...course,
  closedBy: [...closedBy],
  givenUp: givenUp.map(({ condition, recordCount, attempts }) => ({ condition, recordCount, attempts })),
});

interface Compared {
  readonly seed: number;
  readonly mapping: ObservedMapping;
  readonly recorded: ReturnType<typeof sums>;
  readonly again: ReturnType<typeof sums>;
}

/** Each process of these stories from the middle of its life, and once more under the same settings. */
async function* ranAgain(from: number, to: number, faults: readonly FaultKind[]): AsyncGenerator<Compared> {
  for (let seed = from; seed <= to; seed++) {
    const { texts } = await recordedStory(seed, (seed % 97) * 613 + 1, faults);
    for (const text of texts) {
      if (!text.includes('"k":"mapping"')) continue;
      const { replayed, mappings } = await observe(recordingOf(text));
      const [mapping] = mappings;
      if (mapping === undefined || mapping.hasChanged || !canGoOn(mapping)) continue;
      const recordCount = mapping.units.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
      const isCut = mapping.spec.lane.tumblingMs > 0 || endedCountOf(replayed.entries) < recordCount;
      const { entries } = await rerun(
        runAgainFrom(asModelled(mapping), { isGoingOn: true, isCut }),
        mapping.spec,
        modelledFunction(nothingKnown, mapping.calls),
      );
      const [recorded, again] = [sums(courseOf(replayed.entries)), sums(courseOf(entries))];
      yield { seed, mapping, recorded, again };
    }
  }
}

test("E-15, W-18: from the middle of a run, with batches in hand and windows open, the recorded settings give what was recorded", async () => {
  let heldCount = 0;
  let windowCount = 0;
  for await (const { seed, mapping, recorded, again } of ranAgain(1, 200, [])) {
    expect(again, `seed ${seed}`).toEqual(recorded);
    const lanes = mapping.units.flatMap((unit) => unit.lanes);
    heldCount += lanes.filter(({ start }) => start.lane.stack.length > 0).length;
    windowCount += lanes.filter(({ start }) => start.lane.tumbling !== null).length;
  }
  expect({ isAnyHeld: heldCount > 20, isAnyWindow: windowCount > 20 }).toEqual({ isAnyHeld: true, isAnyWindow: true });
}, 60_000);

test("P-8: shards that come of a split or a merge are read after their parents, as recorded", async () => {
  let parentCount = 0;
  for await (const { seed, mapping, recorded, again } of ranAgain(1, 300, ["split", "merge"])) {
    // A child's first read takes its time in the story.
    expect({ ...again, heldMs: 0, beganAtMs: 0 }, `seed ${seed}`).toEqual({ ...recorded, heldMs: 0, beganAtMs: 0 });
    parentCount += mapping.units.filter(({ parents }) => parents.length > 0).length;
  }
  expect(parentCount).toBeGreaterThan(20);
}, 60_000);
