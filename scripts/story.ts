// `node scripts/story.ts SEED [SEEDS]`: runs one story of the simulated world, or so many from a seed on, and tells what is wrong with
// it. One seed also prints everything that went in and came out. The seed comes first and the journal's digest last: the same seed
// always has the same digest.

import { allCheckers } from "../src/sim/checkers/all-checkers.ts";
import type { Happening } from "../src/sim/history.ts";
import { createSeededRandom } from "../src/sim/seeded-random.ts";
import { drawStory, type Story, WORLD_STARTS_AT_MS } from "../src/sim/story.ts";
import { runStory } from "../src/sim/story-runner.ts";

const [first = "1", count = "1"] = process.argv.slice(2);
let brokenCount = 0;
for (let seed = Number(first); seed < Number(first) + Number(count); seed += 1) {
  const random = createSeededRandom(seed);
  const story = drawStory(seed, random);
  const { history, digest } = await runStory(story, random);
  const problems = allCheckers.flatMap((checker) => checker.check(history).map((each) => `${checker.name}: ${each}`));
  if (count === "1") console.log([headOf(story), ...history.happenings.map(lineOf)].join("\n"));
  for (const problem of problems) console.log(`seed ${seed}: ${problem}`);
  if (problems.length > 0) brokenCount += 1;
  if (count === "1") console.log(digest);
}
if (count !== "1") console.log(`${count} stories from seed ${first}, ${brokenCount} with a broken law`);
process.exitCode = brokenCount > 0 ? 1 : 0;

function headOf({ seed, spec, drawn, events }: Story): string {
  const told = { ...spec.lane, parallelizationFactor: spec.parallelizationFactor, start: spec.start };
  const times = events.map(({ kind, at_s }) => `${kind}@${at_s}`);
  return `seed ${seed}\n${JSON.stringify(told)}\nfaults: ${[...drawn].join(", ")}\nevents: ${times.join(", ")}`;
}

/** Positions as `<ms since the world began>-<counter>`. */
function lineOf(happening: Happening): string {
  const short = (_: string, value: unknown): unknown =>
    typeof value === "string" && /^49\d{40}$/.test(value)
      ? `${Number(value.slice(2, 22)) - WORLD_STARTS_AT_MS}-${Number(value.slice(22))}`
      : value;
  const { kind, ...rest } = happening;
  return `${kind.padEnd(10)} ${JSON.stringify(rest, short)}`;
}
