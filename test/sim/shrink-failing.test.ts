// A planted bug of the runtime's surroundings, found by exploring drawn stories, made small, saved and run again.

import { describe, expect, test } from "vitest";
import { STARTED_MARK } from "../../src/runtime/unit-places.ts";
import type { Plant } from "../../src/sim/incarnation.ts";
import { scenarioText } from "../../src/sim/scenario-writer.ts";
import { type ExploreJob, failuresOf, runSeed } from "../../src/wiring/explore-job.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { shrinkFailing, type ShrunkFailure } from "../../src/wiring/shrink-failing.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";

const stories: ExploreJob = { scenario: null, kinds: null, isOfLaws: false };

/** A store that says it has kept a second process's checkpoints, and keeps none of them. */
const forgetting = (): Plant => {
  let processCount = 0;
  return (ports) => {
    processCount += 1;
    const isFirst = processCount === 1;
    return {
      ...ports,
      checkpoints: {
        ...ports.checkpoints,
        save: (unit, checkpoint) =>
          isFirst || unit === STARTED_MARK ? ports.checkpoints.save(unit, checkpoint) : Promise.resolve("kept"),
      },
    };
  };
};

/** A function that never sees the last record of a batch. */
const losing: Plant = (ports) => ({
  ...ports,
  invoker: {
    invoke(call, signal) {
      const text = (): string => {
        const event: { readonly Records: readonly unknown[] } = JSON.parse(call.text());
        return JSON.stringify({
          ...event,
          Records: event.Records.length > 1 ? event.Records.slice(0, -1) : event.Records,
        });
      };
      return ports.invoker.invoke({ ...call, text }, signal);
    },
  },
});

async function firstFailing(makePlant: () => Plant, checker: string): Promise<{ seed: number; shrunk: ShrunkFailure }> {
  for (let seed = 1; seed <= 1_000; seed++) {
    if (failuresOf(stories, await runSeed(stories, seed, { plant: makePlant() }))[0]?.checker !== checker) continue;
    // A plant that counts begins anew with each run.
    const shrunk = await shrinkFailing(stories, seed, { plant: renewed(makePlant) });
    if (shrunk !== null) return { seed, shrunk };
  }
  throw new Error(`no seed shows ${checker}`);
}

/** A plant whose state is of one run. */
function renewed(makePlant: () => Plant): Plant {
  const plants = new WeakMap<object, Plant>();
  return (ports, world) => {
    const plant = plants.get(world) ?? makePlant();
    plants.set(world, plant);
    return plant(ports, world);
  };
}

async function failuresOfFile(text: string, plant?: Plant): Promise<readonly string[]> {
  const scenario = parseScenario(text, { shownFile: "saved.json", folder: null });
  const options = plant === undefined ? {} : { plant };
  const { broken } = await simulateScenario(scenario, options);
  return broken.map(({ checker }) => checker);
}

describe("a planted bug, T-161", () => {
  test("a lost record: two records, no fault, plain settings are left, and the file fails again", async () => {
    const { seed, shrunk } = await firstFailing(() => losing, "nothing lost");
    expect(shrunk.to).toEqual({ recordCount: 2, faultCount: 0 });
    expect(shrunk.scenario.story?.mapping ?? {}).toEqual({});
    const text = scenarioText({ ...shrunk.scenario, seed, faults: [...shrunk.faults] }, null);
    expect(await failuresOfFile(text, losing)).toContain("nothing lost");
    expect(await failuresOfFile(text)).toEqual([]);
  });

  test("forgotten checkpoints of a second process: it needs one fault that makes a second one", async () => {
    const { seed, shrunk } = await firstFailing(forgetting, "progress once healed");
    expect(shrunk.to.faultCount).toBe(1);
    expect(shrunk.to.recordCount).toBeLessThanOrEqual(2);
    const text = scenarioText({ ...shrunk.scenario, seed, faults: [...shrunk.faults] }, null);
    expect(await failuresOfFile(text, renewed(forgetting))).toContain("progress once healed");
    expect(await failuresOfFile(text)).toEqual([]);
  });
});
