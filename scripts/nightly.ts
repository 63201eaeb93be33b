// `npm run nightly`: 10,000 seeds of drawn stories of streams and as many of queues, with faults, then every scenario file under `test/scenarios` that can be run, 200 seeds
// each, with faults and held against the checkers' laws. What fails is shrunk and saved below `sim/`. `npm run nightly -- 500 20`: fewer.

import { readdirSync } from "node:fs";
import { join, relative } from "node:path";
import { unbuiltReason } from "../src/sim/unbuilt.ts";
import { readScenario } from "../src/wiring/scenario-file.ts";
import { root, runNode } from "./program.ts";

const STORY_SEEDS = 10_000;
const FILE_SEEDS = 200;

const [storySeeds = STORY_SEEDS, fileSeeds = FILE_SEEDS] = process.argv.slice(2).map(Number);
const failed: string[] = [];

async function explore(file: string | null, seedCount: number): Promise<void> {
  const named = file === null ? [] : file === "--queues" ? [file] : [file, "--laws-only"];
  const words = ["src/cli/bin.ts", "simulate", ...named, "--seeds", `1..${seedCount}`, "--faults", "all"];
  if ((await runNode(words)) !== 0) failed.push(file ?? "drawn stories");
}

await explore(null, storySeeds);
await explore("--queues", storySeeds);
const folder = join(root, "test", "scenarios");
for (const each of readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted()) {
  const path = join(folder, each);
  if (!each.endsWith(".json") || each.endsWith("patterns.json") || unbuiltReason(readScenario(path)) !== null) continue;
  await explore(relative(root, path), fileSeeds);
}
console.log(failed.length === 0 ? "nightly: all hold" : `nightly: failed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
