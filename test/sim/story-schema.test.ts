import { expect, test } from "vitest";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { drawStory } from "../../src/sim/story.ts";
import { runStory } from "../../src/sim/story-runner.ts";
import { storyMemberOf } from "../../src/sim/story-schema.ts";
import { parseScenario } from "../../src/wiring/scenario-file.ts";
import { simulateScenario } from "../../src/wiring/simulate-scenario.ts";

test("a drawn story, written as a file with the faults that befell it, is the same run: 100 seeds", async () => {
  const others: number[] = [];
  for (let seed = 1; seed <= 100; seed++) {
    const random = createSeededRandom(seed);
    const story = drawStory(seed, random);
    const drawn = await runStory(story, random);
    const text = JSON.stringify({ seed, story: storyMemberOf(story), faults: drawn.befallen });
    const scenario = parseScenario(text, { shownFile: "drawn.json", folder: null });
    const told = await simulateScenario(scenario, { seed });
    if (told.digest !== drawn.digest || told.differences.length > 0) others.push(seed);
  }
  expect(others).toEqual([]);
});

test("a file's story may leave out all but its records, and draw its faults", async () => {
  const text =
    '{"story": {"records": [{"key": "a"}, {"key": "b", "at_s": 1.5}]}, "faults": {"draw": ["slow-read"], "until_s": 5}}';
  const scenario = parseScenario(text, { shownFile: "small.json", folder: null });
  const { differences, befallen, histories } = await simulateScenario(scenario, { seed: 3 });
  expect(differences).toEqual([]);
  expect(new Set(befallen.map(({ kind }) => kind))).toEqual(new Set(["slow-read"]));
  expect(histories[0]?.history.limits.batchSize).toBe(100);
});
