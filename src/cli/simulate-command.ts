// `millrace simulate FILE`: one scenario file under virtual time, told from its seed to its digest. Exit 0: what the file expects holds;
// 1: it does not. With `--seeds`, without a file, or where the file holds a story, src/cli/explore does it.

import { statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Command } from "commander";
import { MillraceError } from "../errors.ts";
import { version } from "../index.ts";
import { resolveHandler } from "../functions/handler-spec.ts";
import { withoutConsumer } from "../ports/consumers.ts";
import type { Scenario } from "../sim/scenario.ts";
import { type RunReport, recordKey, reportOf } from "../sim/run-report.ts";
import { recordsSeenIn } from "../sim/seen-event.ts";
import { Unbuilt } from "../sim/stuck.ts";
import { readScenario } from "../wiring/scenario-file.ts";
import { DEFAULT_SEED, type SimulatedRun } from "../wiring/simulate-scenario.ts";
import { forShell } from "./carried-flags.ts";
import { type Terminal, wholeNumber } from "./command-options.ts";
import { terminalColour } from "./entry-output.ts";
import type { ExploreRequest } from "./explore/explore-command.ts";
import { type ExploreFlags, withExploreFlags } from "./explore/explore-options.ts";
import { writeJournalFile } from "./explain/journal-file.ts";
import { screenOf } from "./screen.ts";
import { createProgress } from "./simulate/progress.ts";
import { writeHead, writeJson, writeRun } from "./simulate/run-output.ts";
import { createStoryLog } from "./simulate/story-log.ts";
import { showTimesInUtc } from "./utc.ts";

const FORCED = 130;
const MOST_SEED = 4_294_967_295;

interface SimulateFlags {
  readonly seed?: number;
  readonly json?: boolean;
  readonly journal?: string;
  readonly report?: boolean;
  /** A file, or a file and its export: `handlers/orders.process`. */
  readonly handler?: string;
  readonly allowIo?: boolean;
}

export interface SimulateWorld {
  readonly terminal: Terminal;
  /** Of standard error, where progress goes; null: it is no terminal. */
  readonly errorColumns: number | null;
  readonly columns: number | undefined;
  readonly nowMs: () => number;
}

async function runSimulateCommand(file: string, flags: SimulateFlags, world: SimulateWorld): Promise<number> {
  const { terminal } = world;
  showTimesInUtc();
  const read = readScenario(file, terminal.cwd);
  if (read.story !== null) return runStory(file, read, flags, world);
  const scenario = flags.handler === undefined ? read : withHandler(read, flags.handler, terminal.cwd);
  const seed = flags.seed ?? scenario.seed ?? DEFAULT_SEED;
  const journal = flags.journal === undefined ? null : journalPath(flags.journal, terminal.cwd);
  const screen = screenOf(terminal.env, world.columns);
  const options = { version, write: terminal.write, colour: terminalColour, screen };
  const log = createStoryLog();
  const stop = new AbortController();
  const onSignal = (): void => stop.abort(new Interrupted());
  process.once("SIGINT", onSignal);
  if (flags.json !== true) writeHead(options, scenario.id, seed);
  const progress = createProgress(world, terminal.writeError);
  try {
    const { simulateScenario } = await import("../wiring/simulate-scenario.ts");
    const run = await simulateScenario(scenario, {
      seed,
      signal: stop.signal,
      onStep: log.onStep,
      onSent: log.onSent,
      onFault: log.onFault,
      isIoAllowed: flags.allowIo === true,
      onEvent: progress.look,
    });
    progress.clear();
    const report = flags.report === true ? reportIn(run) : null;
    const told = { run, lines: log.lines(), report, notes: run.notes, doubts: run.doubts };
    if (flags.json === true) writeJson(told, options);
    else writeRun(told, options);
    if (journal !== null) writeJournal(journal, run);
    return run.differences.length === 0 ? 0 : 1;
  } catch (error) {
    progress.clear();
    if (error instanceof Unbuilt)
      throw new MillraceError("scenario-invalid", `this file cannot be run: ${error.message}`);
    if (!(error instanceof Interrupted)) throw error;
    terminal.writeError("interrupted: what the file expects was not looked at\n");
    return FORCED;
  } finally {
    process.removeListener("SIGINT", onSignal);
  }
}

/** A story is told as exploring tells one: by what went in and what came out. */
function runStory(file: string, story: Scenario, flags: SimulateFlags, world: SimulateWorld): Promise<number> {
  const { seed: _, ...ofSteps } = ofOneRun;
  refuseFlags(flags, ofSteps, `is for a scenario with steps, and ${file} holds a story`);
  const seed = flags.seed ?? story.seed ?? DEFAULT_SEED;
  const faults = story.faults === null ? { faults: "none" } : {};
  const { json = false } = flags;
  return runExploration(file, { seeds: { from: seed, to: seed }, isFileAlone: true, json, ...faults }, world);
}

async function runExploration(file: string | null, request: ExploreRequest, world: SimulateWorld): Promise<number> {
  const { terminal } = world;
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  process.once("SIGINT", onSignal);
  try {
    const { explore } = await import("./explore/explore-command.ts");
    return await explore(file, request, {
      terminal,
      isErrorTty: world.errorColumns !== null,
      isUnicode: screenOf(terminal.env, world.columns).isUnicode,
      monotonicMs: world.nowMs,
      signal: stop.signal,
    });
  } finally {
    process.removeListener("SIGINT", onSignal);
  }
}

/** `handlers/orders.ts`, with its export `handler`, or `handlers/orders.process`, as AWS names a handler. */
function withHandler(scenario: Scenario, named: string, cwd: string): Scenario {
  const file = resolve(cwd, named);
  const isFile = statSync(file, { throwIfNoEntry: false })?.isFile() === true;
  const found = isFile ? { file, exportName: "handler" } : resolveHandler(cwd, named, "--handler", true);
  return { ...scenario, handler: { file: found.file, export: found.exportName }, handlers: {} };
}

class Interrupted extends Error {}

function reportIn({ entries, calls, records }: SimulatedRun): RunReport {
  const arrived = new Map<string, number>();
  for (const { streamArn, position, arrivedSteadyMs } of records())
    arrived.set(recordKey(streamArn, position), arrivedSteadyMs);
  const reported = calls.map(({ requestId, startedSteadyMs, endedSteadyMs, eventText }) => {
    const { sourceArn, positions } = recordsSeenIn(eventText);
    return {
      requestId,
      startedAtMs: startedSteadyMs,
      endedAtMs: endedSteadyMs,
      streamArn: withoutConsumer(sourceArn),
      positions,
    };
  });
  return reportOf(entries, reported, arrived);
}

/** Told before the run that it could not be kept. */
function journalPath(named: string, cwd: string): string {
  const path = resolve(cwd, named);
  if (statSync(dirname(path), { throwIfNoEntry: false })?.isDirectory() === true) return path;
  throw new MillraceError("bad-argument", `the folder of ${named} is not there`, {
    help: `mkdir -p ${forShell(dirname(named))}`,
  });
}

function writeJournal(path: string, { scenario, seed, startedAtMs, entries, records }: SimulatedRun): void {
  const about = { millrace: version, scenario: scenario?.id ?? "", seed, startedAtMs };
  writeJournalFile(path, { about, entries, records: records() });
}

const ofOneRun = {
  seed: "--seed",
  report: "--report",
  journal: "--journal",
  handler: "--handler",
  allowIo: "--allow-io",
};
const ofExploring = {
  faults: "--faults",
  lawsOnly: "--laws-only",
  queues: "--queues",
  threads: "--threads",
  out: "--out",
};

function refuseFlags(flags: object, refused: Readonly<Record<string, string>>, why: string): void {
  const found = Object.entries(refused).find(([name]) => Reflect.get(flags, name) !== undefined)?.[1];
  if (found !== undefined)
    throw new MillraceError("bad-argument", `${found} ${why}`, { help: "millrace simulate --help" });
}

export function registerSimulateCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  world: SimulateWorld,
): void {
  const command = program
    .command("simulate")
    .summary("run a scenario file under virtual time, from its seed to its digest")
    .description(
      "Runs a scenario file under virtual time: the core, the runtime and the mapping API of production over a simulated source and clock. Same file, seed, version and major of Node: same output and digest. Ends with 1 where what the file expects does not hold.",
    )
    .argument(
      "[file]",
      "a scenario file, JSON or YAML (docs/scenarios.md); with --seeds it may be left out: drawn stories",
    )
    .option("--seed <n>", "all chance of the run (default: the file's own, else 1)", wholeNumber(0, MOST_SEED))
    .option(
      "--report",
      "how full batches were, how large events, how long records waited, by the limit that closed them",
    )
    .option("--journal <out>", "write the journal, for `millrace explain RECORD --journal OUT`")
    .option("--handler <file>", "your own handler in place of the file's: FILE.ts, or FILE.EXPORT")
    .option("--allow-io", "let handlers do real work, in real time; the digest is then not guaranteed")
    .option("--json", "a JSON value a line: the run, what happened, the result")
    .action((file: string | undefined, flags: SimulateFlags & ExploreFlags) =>
      run(() => {
        const { seeds } = flags;
        if (seeds !== undefined) {
          refuseFlags(flags, ofOneRun, "is for one run, and --seeds explores many");
          return runExploration(file ?? null, { ...flags, seeds }, world);
        }
        if (file === undefined)
          throw new MillraceError("bad-argument", "simulate needs a scenario file, or seeds to draw stories from", {
            help: "millrace simulate --seeds 1..1000",
          });
        refuseFlags(flags, ofExploring, `goes with --seeds: millrace simulate ${file} --seeds 1..1000`);
        return runSimulateCommand(file, flags, world);
      }),
    );
  withExploreFlags(command);
}
