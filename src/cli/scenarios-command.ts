// `millrace scenarios DIR`: runs every scenario file below a folder, under virtual time or against a real server, and prints a line
// a scenario. Skipped is only what is not built yet, each with its reason.

import { readdirSync, statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { Command } from "commander";
import { MillraceError } from "../errors.ts";
import { compareTranscript } from "../sim/match/compare-transcript.ts";
import type { Scenario } from "../sim/scenario.ts";
import { withGeneratedRecords } from "../sim/scenario-records.ts";
import { runScenario } from "../sim/scenario-runner.ts";
import { Unbuilt } from "../sim/stuck.ts";
import { unbuiltLive, unbuiltReason } from "../sim/unbuilt.ts";
import type { ScenarioTarget } from "../sim/scenario-target.ts";
import { readScenario } from "../wiring/scenario-file.ts";
import { ConfigErrors } from "../config/config-errors.ts";
import type { Terminal } from "./command-options.ts";
import { errorForm } from "./error-report.ts";

const DEFAULT_SEED = 1;
/** Servers of a live run at once: they mostly wait. */
const LIVE_AT_ONCE = 6;

export interface ScenarioResult {
  readonly id: string;
  readonly verdict: "passed" | "failed" | "skipped";
  /** Differences of a failed one; the reason of a skipped one. */
  readonly details: readonly string[];
}

type Run = (scenario: Scenario, seed: number) => Promise<readonly string[]>;

export function registerScenariosCommand(
  program: Command,
  run: (work: () => Promise<number | null>) => Promise<void>,
  terminal: Pick<Terminal, "write" | "cwd">,
): void {
  program
    .command("scenarios")
    .summary("run scenario files and hold what happens against what they expect")
    .description(
      "Runs each scenario file below DIR under virtual time, or with --live through the public API of a server of its own.",
    )
    .argument("<dir>", "a folder of scenario files, or one file")
    .option("--live", "run on a real server, in real time")
    .option("--redis <url>", "with --live: streams in this Redis, under a prefix of their own")
    .option("--json", "one JSON object a scenario, and one of counts at the end")
    .action((dir: string, options: ScenariosOptions) =>
      run(async () => ((await runScenarios(dir, options, terminal)).failed > 0 ? 1 : 0)),
    );
}

export interface ScenariosOptions {
  readonly live?: boolean;
  readonly json?: boolean;
  readonly redis?: string;
}

export async function runScenarios(
  dir: string,
  options: ScenariosOptions,
  terminal: Pick<Terminal, "write" | "cwd">,
): Promise<Record<ScenarioResult["verdict"], number>> {
  const files = scenarioFiles(resolve(dir));
  if (files.length === 0)
    throw new MillraceError("bad-argument", `there is no scenario file below ${dir}`, {
      help: "millrace scenarios test/scenarios/kinesis",
    });
  if (options.redis !== undefined && options.live !== true)
    throw new MillraceError("bad-argument", "`--redis` goes with `--live`: under virtual time there is no broker", {
      help: `millrace scenarios ${dir} --live --redis ${options.redis}`,
    });
  const runScenarioOnce = await runnerFor(options);
  const counts = { passed: 0, failed: 0, skipped: 0 };
  // Live runs mostly wait, each on a server of its own; lines come in the order of the files all the same.
  const results = inOrder(files, options.live === true ? LIVE_AT_ONCE : 1, (file) =>
    runFile(file, {
      run: runScenarioOnce,
      isLive: options.live === true,
      isAlone: files.length === 1,
      cwd: terminal.cwd,
    }),
  );
  for await (const result of results) {
    counts[result.verdict] += 1;
    terminal.write(options.json === true ? `${JSON.stringify(result)}\n` : linesOf(result));
  }
  const { passed, failed, skipped } = counts;
  terminal.write(
    options.json === true ? `${JSON.stringify(counts)}\n` : `${passed} passed, ${failed} failed, ${skipped} skipped\n`,
  );
  return counts;
}

/** Works on up to `most` items at once, a free place taking the next; hands the answers out in the order of the items. */
async function* inOrder<T, A>(items: readonly T[], most: number, work: (item: T) => Promise<A>): AsyncGenerator<A> {
  const places = Array.from({ length: Math.min(most, items.length) }, () => Promise.resolve());
  const answers = items.map(() => Promise.withResolvers<A>());
  const queue = items.entries();
  for (const [place, free] of places.entries()) {
    places[place] = free.then(async () => {
      for (const [index, item] of queue) {
        const working = work(item);
        answers[index]?.resolve(working);
        // Who asks for the answer hears of a failure; here only the place is free again.
        await working.catch(() => undefined);
      }
    });
  }
  for (const { promise } of answers) yield await promise;
  await Promise.all(places);
}

/** Answers the differences of a run. */
async function runnerFor({ live, redis }: ScenariosOptions): Promise<Run> {
  if (live !== true) {
    const { simulateScenario } = await import("../wiring/simulate-scenario.ts");
    return async (scenario, seed) => (await simulateScenario(scenario, { seed })).differences;
  }
  const { createLiveTarget } = await import("../wiring/live-target.ts");
  const makeTarget = (scenario: Scenario) => createLiveTarget(scenario, { redisUrl: redis ?? null });
  return (scenario, seed) => differencesOf(withGeneratedRecords(scenario, seed), makeTarget);
}

/** Whatever goes wrong with one of several files is that file's line; the others are run all the same. */
async function runFile(
  file: string,
  given: {
    readonly run: Run;
    readonly isLive: boolean;
    readonly isAlone: boolean;
    readonly cwd: string;
  },
): Promise<ScenarioResult> {
  const { run, isLive } = given;
  let id = basename(file).replace(/(?:\.scenario)?\.(?:json|ya?ml)$/, "");
  try {
    const read = readScenario(file, given.cwd);
    id = read.id;
    const reason = unbuiltReason(read) ?? (isLive ? unbuiltLive(read) : null);
    if (reason !== null) return { id, verdict: "skipped", details: [reason] };
    const differences = await run(read, read.seed ?? DEFAULT_SEED);
    return { id, verdict: differences.length === 0 ? "passed" : "failed", details: differences };
  } catch (error) {
    if (error instanceof Unbuilt) return { id, verdict: "skipped", details: [error.message] };
    if (!(error instanceof MillraceError)) return { id, verdict: "failed", details: [String(error)] };
    if (given.isAlone) throw error;
    const errors = error instanceof ConfigErrors ? error.errors : [error];
    return { id, verdict: "failed", details: errors.flatMap((each) => errorForm(each).trimEnd().split("\n")) };
  }
}

async function differencesOf(
  scenario: Scenario,
  makeTarget: (scenario: Scenario) => Promise<ScenarioTarget>,
): Promise<readonly string[]> {
  const target = await makeTarget(scenario);
  try {
    return compareTranscript(scenario, await runScenario(scenario, target));
  } finally {
    await target.close();
  }
}

function linesOf({ id, verdict, details }: ScenarioResult): string {
  const reason = verdict === "skipped" ? `: ${details.join("; ")}` : "";
  const differences = verdict === "failed" ? details.map((each) => `          ${each}\n`) : [];
  return `${verdict.padEnd(7)} ${id}${reason}\n${differences.join("")}`;
}

/** Scenario files in order of path; other JSON files are passed over. */
function scenarioFiles(path: string): readonly string[] {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return [];
  if (!found.isDirectory()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const inside = join(path, entry.name);
      if (entry.isDirectory()) return scenarioFiles(inside);
      const isScenario = /\.json$|\.scenario\.ya?ml$/.test(entry.name) && entry.name !== "patterns.json";
      return isScenario ? [inside] : [];
    });
}
