// `millrace simulate [FILE] --seeds A..B`: explores seeds on several threads, and prints the first that fails as the smallest story that
// fails like it, saved as a scenario file. What is printed is the same for the same seeds, whatever the threads and the machine.

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import { version } from "../../index.ts";
import { faultKinds } from "../../sim/fault.ts";
import { faultKindsFrom, faultKindsText } from "../../sim/fault-plan.ts";
import { brokenLaws } from "../../sim/checkers/broken-laws.ts";
import { scenarioText } from "../../sim/scenario-writer.ts";
import type { ToldHistory } from "../../sim/told-history.ts";
import { unbuiltReason } from "../../sim/unbuilt.ts";
import { exploreSeeds } from "../../wiring/explore-seeds.ts";
import { type ExploreJob, failuresOf, runSeed } from "../../wiring/explore-job.ts";
import type { ExploreSetup } from "../../wiring/explorer.ts";
import { readScenario } from "../../wiring/scenario-file.ts";
import { type ShrunkFailure, shrinkFailing } from "../../wiring/shrink-failing.ts";
import type { SimulatedRun } from "../../wiring/simulate-scenario.ts";
import type { Terminal } from "../command-options.ts";
import { counted, shownNumber } from "../shown-forms.ts";
import { defaultThreads, type ExploreFlags, type Seeds } from "./explore-options.ts";
import { createProgress } from "./explore-progress.ts";
import { plainSigns, unicodeSigns } from "./teller.ts";
import { tellRun } from "./told-run.ts";
import { whyText } from "./why.ts";

export interface ExploreWorld {
  readonly terminal: Terminal;
  readonly isErrorTty: boolean;
  readonly isUnicode: boolean;
  readonly monotonicMs: () => number;
  /** Aborted: what has been done until then is told. */
  readonly signal: AbortSignal;
}

export interface ExploreRequest extends ExploreFlags {
  readonly seeds: Seeds;
  readonly json?: boolean;
  /** The file is run as it is, and not explored. */
  readonly isFileAlone?: boolean;
}

const INTERRUPTED = 130;

/** Resolves with the exit code: 0 all hold, 1 one failed, 130 it was ended before. */
export async function explore(file: string | null, request: ExploreRequest, world: ExploreWorld): Promise<number> {
  const { seeds } = request;
  const { setup, job } = jobOf(file, request, world.terminal.cwd);
  const count = seeds.to - seeds.from + 1;
  const head = headOf(file, request, job);
  const print = (text: string): void => {
    if (request.json !== true) world.terminal.write(`${text}\n`);
  };
  print(head);
  if (count === 1) return tellOne(job, { ...request, file }, world);
  const progress = createProgress({
    count,
    isTty: world.isErrorTty,
    isUnicode: world.isUnicode,
    monotonicMs: world.monotonicMs,
    write: request.json === true ? () => undefined : world.terminal.writeError,
  });
  const { failedSeed, doneCount, isWhole, digest } = await exploreSeeds({
    ...seeds,
    setup,
    threadCount: request.threads ?? defaultThreads(),
    signal: world.signal,
    onProgress: (done) => progress.done(done),
  });
  progress.end();
  if (failedSeed !== null) return tellFailure({ job, seed: failedSeed, doneCount }, request, world);
  const doneText = `  ${shownNumber(doneCount)} of ${shownNumber(count)}   0 failed`;
  if (!isWhole) print(`${doneText}   ended before the rest`);
  else print(`${doneText}\ndigest  ${digest}`);
  if (request.json === true)
    world.terminal.write(
      `${JSON.stringify({ ...seeds, doneCount, failedSeed: null, isWhole, digest: isWhole ? digest : null })}\n`,
    );
  return isWhole ? 0 : INTERRUPTED;
}

function jobOf(
  file: string | null,
  { faults, lawsOnly = false, queues = false }: ExploreRequest,
  cwd: string,
): { readonly setup: ExploreSetup; readonly job: ExploreJob } {
  const kinds = faults === undefined ? null : faultKindsFrom(faults);
  const scenario = file === null ? null : readScenario(file, cwd);
  const reason = scenario === null ? null : unbuiltReason(scenario);
  if (reason !== null) throw new MillraceError("bad-argument", `${file ?? ""}: ${reason}`);
  const path = file === null ? "" : resolve(cwd, file);
  const text = file === null ? "" : readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  if (file !== null && queues)
    throw new MillraceError("bad-argument", `--queues draws stories of queues, and ${file} is to be run`);
  const asked = { kinds, isOfLaws: lawsOnly, ...(queues ? { drawn: "queues" as const } : {}) };
  return {
    job: { scenario, ...asked },
    setup: { file: file === null ? null : { text, shownFile: file, folder: dirname(path) }, ...asked },
  };
}

function headOf(file: string | null, { seeds }: ExploreRequest, { scenario, kinds, drawn }: ExploreJob): string {
  const stories = drawn === "queues" ? "drawn stories of queues" : "drawn stories";
  const asked = seeds.from === seeds.to ? `seed ${seeds.from}` : `seeds ${seeds.from}..${seeds.to}`;
  const isOfFile = kinds === null && scenario !== null && scenario.faults !== null;
  const faults = isOfFile ? "as the file says" : faultKindsText(kinds ?? faultKinds);
  return `millrace ${version} simulate ${file ?? stories}  ${asked}  faults: ${faults}`;
}

/** One seed is told whole, whether it holds or not; with `--json` everything that went in and came out, a line each. */
async function tellOne(
  job: ExploreJob,
  request: ExploreRequest & { readonly file: string | null },
  world: ExploreWorld,
): Promise<number> {
  const named = request.file === null ? (job.drawn === "queues" ? "--queues " : "") : `${request.file} `;
  const { from: seed } = request.seeds;
  const run = await runSeed(job, seed);
  const failures = failuresOf(job, run);
  const { write } = world.terminal;
  if (request.json === true) {
    for (const { history } of run.histories)
      for (const happening of history.happenings) write(`${JSON.stringify(happening)}\n`);
    const told = { from: seed, to: seed, doneCount: 1, failedSeed: failures.length > 0 ? seed : null, failures };
    write(`${JSON.stringify({ ...told, faults: run.befallen, digest: run.digest })}\n`);
    return failures.length > 0 ? 1 : 0;
  }
  const [first] = failures;
  write(`${linesOf(run, first?.checker ?? null, world).join("\n")}\n`);
  for (const { text } of failures) write(`seed ${seed} failed: ${text}\n`);
  if (failures.length === 0) write(`seed ${seed} holds\n`);
  else if (request.isFileAlone !== true)
    write(`help    millrace simulate ${named}--seeds ${seed}..${seed + 1}    # shrinks what fails first\n`);
  write(`digest  ${run.digest}\n`);
  return failures.length > 0 ? 1 : 0;
}

async function tellFailure(
  { job, seed, doneCount }: { readonly job: ExploreJob; readonly seed: number; readonly doneCount: number },
  request: ExploreRequest,
  world: ExploreWorld,
): Promise<number> {
  const shrunk = await shrinkFailing(job, seed, { signal: world.signal });
  if (shrunk === null)
    throw new MillraceError("protocol-broken", `seed ${seed} failed in a thread and holds outside it`);
  const saved = save(shrunk, seed, request, world.terminal.cwd);
  const { write } = world.terminal;
  const { failure, run, faults, from, to, runCount, isSpent } = shrunk;
  if (request.json === true) {
    const told = { ...request.seeds, doneCount, failedSeed: seed, failure, from, to, runCount, isSpent };
    write(`${JSON.stringify({ ...told, faults, saved, digest: run.digest })}\n`);
    return 1;
  }
  const lines = linesOf(run, failure.checker, world);
  const why = whyText({
    checker: failure.checker,
    faults,
    isRepeated: lines.some((line) => line.endsWith(" again")),
    kind: run.histories[0]?.kind ?? "stream",
  });
  const counts = `${counted(from.recordCount, "record")} and ${counted(from.faultCount, "fault")} to ${to.recordCount} and ${to.faultCount}`;
  write(
    [
      `seed ${seed} failed: ${failure.text}`,
      `shrunk from ${counts} in ${counted(runCount, "run")}${isSpent ? "; there may be a smaller one: it was ended before" : ""}`,
      ...lines,
      ...(why === null ? [] : [`why     ${why.text} (${why.rule})`]),
      `saved   ${saved}; again: millrace simulate ${saved}`,
      `digest  ${run.digest}\n`,
    ].join("\n"),
  );
  return 1;
}

function linesOf(run: SimulatedRun, checker: string | null, world: ExploreWorld): readonly string[] {
  const isBroken = (told: ToldHistory): boolean => brokenLaws(told).some((each) => each.checker === checker);
  const told = run.histories.find(isBroken) ?? run.histories[0];
  if (told === undefined) return ["  no mapping has run"];
  const sent = new Map(
    [...run.transcript.sent.byLabel()].map(([label, { messageId, sequenceNumber }]) => [
      messageId ?? sequenceNumber,
      label,
    ]),
  );
  return tellRun({
    told,
    entries: run.entries,
    startedAtMs: run.startedAtMs,
    checker,
    labelOf: (number, position) => sent.get(position) ?? `r${number + 1}`,
    signs: world.isUnicode ? unicodeSigns : plainSigns,
  });
}

/** Answers the file as people see it. */
function save({ scenario, faults }: ShrunkFailure, seed: number, { out }: ExploreRequest, cwd: string): string {
  const path = resolve(cwd, out ?? join("sim", `${scenario.id}.json`));
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(
    path,
    scenarioText({ ...scenario, seed, faults: faults.length === 0 ? null : [...faults] }, dirname(path)),
  );
  const near = relative(cwd, path);
  return near.startsWith("..") ? path : near;
}
