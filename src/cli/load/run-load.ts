// `millrace load` carried out: the plan is read, run, shown while it runs, summed up and kept. Exit 0: what was expected holds, or nothing
// was; 1: it does not, or a run stalled; 130: forced.

import { relative } from "node:path";
import { readConfig } from "../../config/load-config.ts";
import { errorCodes, MillraceError } from "../../errors.ts";
import { version } from "../../index.ts";
import { parseExpectation, type Threshold } from "../../load/expect/expectation.ts";
import type { ComparedReport } from "../../load/compared-report.ts";
import { loadReport } from "../../load/load-report.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { plannedRuns } from "../../load/plan/planned-runs.ts";
import type { LoadReport, LoadRun } from "../../load/report.ts";
import { createSystemClock } from "../../platform/system-clock.ts";
import { statePaths } from "../../platform/state-directory.ts";
import type { RunPlanOptions } from "../../wiring/load/run-plan.ts";
import { loadOptionsOf, type Terminal } from "../command-options.ts";
import { errorForm } from "../error-report.ts";
import { namedMapping } from "../named-mapping.ts";
import { canDraw, createLook, hasUnicode, type Look } from "../live/look.ts";
import { paintRow } from "../live/cells.ts";
import { createStopSignals, stopSignalNames } from "../stop-signals.ts";
import { createDrawnView, createPlainView, type LoadView, noView } from "./load-view.ts";
import { DEFAULT_REPORT, type LoadFlags, type LoadWorld } from "./load-command.ts";
import { planFromFlags } from "./plan-flags.ts";
import type { PlanFlags } from "./plan-options.ts";
import { readReport, writablePath, writeText } from "./report-files.ts";
import { summaryRows } from "./summary.ts";
import { gridRows, runLine } from "./sweep-text.ts";
import { comparisonRows } from "./comparison-text.ts";

const FORCED = 130;
/** By which the loader itself gets at a broker. */
const LOGIN = "SourceAccessConfigurations";

/** Answers the exit code. */
export async function runLoadCommand(
  file: string | null,
  flags: LoadFlags & PlanFlags,
  world: LoadWorld,
): Promise<number> {
  const { terminal } = world;
  const { cwd } = terminal;
  const plan = await planFromFlags(flags, { file, cwd });
  const thresholds = plan.expect.map((text) => parseExpectation(text));
  refuseLiveFlags(plan, flags);
  const reportFile = flags.report === false ? null : writablePath(flags.report ?? DEFAULT_REPORT, cwd);
  const saveFile = flags.save === undefined ? null : writablePath(flags.save, cwd);
  if (saveFile !== null && saveFile === reportFile)
    throw new MillraceError("bad-argument", `--save and --report are one file, ${shownFile(saveFile, cwd)}`, {
      help: `--save before.json --report ${DEFAULT_REPORT}`,
    });
  const compared = (flags.compare ?? []).map((each) => readReport(each, cwd));
  const look = lookOf(flags, world);
  const view = viewOf(plan, flags, { look, thresholds, world });
  const sending = { hasSent: false };
  const stop = stopBySignals(plan, view, { world, hasSent: () => sending.hasSent });
  const runCount = plannedRuns(plan).length;
  const notes: string[] = [];
  try {
    const options: RunPlanOptions = {
      config: async () => (await readConfig(loadOptionsOf(flags, terminal))).config,
      endpoint: await endpointOf(flags, terminal),
      signal: stop.signal,
      onProgress(now) {
        sending.hasSent ||= now.sentCount > 0;
        view.now(now);
      },
      onRun: sweepLines(view, { runCount, hasRepetitions: plan.repetitions > 1 }),
      onNote: (text) => {
        // Each run of a sweep may say the same.
        if (!notes.includes(text)) notes.push(text);
      },
    };
    const { runPlan } = await import("../../wiring/load/run-plan.ts");
    const { runs, failure } = await runPlan(plan, options);
    view.end();
    if (plan.function.does.kind === "file")
      for (const note of firstErrors(runs)) if (!notes.includes(note)) notes.push(note);
    const report = loadReport({
      version,
      plan: shownPlan(plan, cwd),
      swept: plan.sweep,
      prices: plan.prices,
      thresholds,
      runs,
    });
    const isEmpty = runs.every(({ endedBy, loader }) => endedBy === "interrupted" && loader.sentCount === 0);
    if (isEmpty) notes.push("nothing was sent, so no file is written");
    if (saveFile !== null && !isEmpty) writeText(saveFile, `${JSON.stringify(report)}\n`);
    if (reportFile !== null && !isEmpty) {
      const { reportHtml } = await import("../../dashboard/report-file.ts");
      writeText(reportFile, await reportHtml(report, compared));
    }
    if (flags.json === true) terminal.write(`${JSON.stringify(report)}\n`);
    else writeSummary(report, { plan, look, world, thresholds, notes, compared, isQuiet: flags.quiet === true });
    if (flags.json === true) for (const note of notes) terminal.writeError(`note    ${note}\n`);
    if (flags.json !== true && reportFile !== null && !isEmpty)
      terminal.write(`report  ${shownFile(reportFile, cwd)}\n`);
    if (failure !== null) {
      terminal.writeError(errorForm(failure));
      return errorCodes[failure.code];
    }
    if (runs.some(({ endedBy }) => endedBy === "stalled")) return 1;
    return report.expectations.every(({ isMet }) => isMet) ? 0 : 1;
  } finally {
    view.end();
    stop.forget();
  }
}

/** What the user's own handler threw first, of each run. */
const firstErrors = (runs: readonly LoadRun[]): readonly string[] =>
  runs.flatMap(({ failures: { firstError }, functionName }) =>
    firstError === null
      ? []
      : [`${functionName}: the first call that failed: ${firstError.type}: ${firstError.message}`],
  );

const shownFile = (path: string, cwd: string): string => {
  const near = relative(cwd, path);
  return near.startsWith("..") ? path : near;
};

/** What is for live runs alone would do nothing in a simulated one. */
function refuseLiveFlags(plan: LoadPlan, flags: LoadFlags): void {
  if (flags.mapping !== undefined && flags.endpoint === undefined)
    throw new MillraceError("bad-argument", "--mapping is of a running server: --endpoint says where it is", {
      help: `millrace load --endpoint http://127.0.0.1:4566 --mapping ${flags.mapping} …`,
    });
  if (flags.mapping !== undefined && plan.sweep.length > 0)
    throw new MillraceError("bad-argument", "--mapping drives a mapping as it is, and --sweep changes it");
  const set = Object.keys(plan.mapping).find((member) => member !== LOGIN);
  if (flags.mapping !== undefined && set !== undefined)
    throw new MillraceError("bad-argument", `--mapping drives a mapping as it is, and the plan sets its ${set}`, {
      help: `millrace load … --live --endpoint ${flags.endpoint ?? "URL"}    # without --mapping one is made for the run`,
    });
  if (plan.run === "live") return;
  const found = (["endpoint", "mapping", "config", "state"] as const).find((name) => flags[name] !== undefined);
  if (found === undefined) return;
  throw new MillraceError("bad-argument", `--${found} is for live runs, and this plan is simulated`, {
    help: `millrace load … --live --${found} ${String(flags[found])}`,
  });
}

async function endpointOf(flags: LoadFlags, terminal: Terminal): Promise<RunPlanOptions["endpoint"]> {
  const { endpoint, mapping } = flags;
  if (endpoint === undefined) return null;
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? ""))
    throw new MillraceError("bad-argument", `${endpoint} is no address of a server`, {
      help: "--endpoint http://127.0.0.1:4566",
    });
  const { config } = await readConfig(loadOptionsOf(flags, terminal));
  const named =
    mapping === undefined
      ? null
      : await namedMapping(mapping, {
          url: endpoint,
          fetchFrom: (url, init) => fetch(url, init),
          command: "load --mapping",
        });
  return { url: endpoint, stateDir: statePaths(config.stateDir).root, mapping: named?.uuid ?? null };
}

function lookOf(flags: LoadFlags, { terminal, screen, platform }: LoadWorld): Look {
  const isUnicode = terminal.env["TERM"] !== "dumb" && hasUnicode(terminal.env, platform);
  return createLook({ isUnicode, isColoured: screen !== null && flags.plain !== true && screen.output.hasColors() });
}

function viewOf(
  plan: LoadPlan,
  flags: LoadFlags,
  given: { readonly look: Look; readonly thresholds: readonly Threshold[]; readonly world: LoadWorld },
): LoadView {
  const { look, thresholds, world } = given;
  const { screen, terminal } = world;
  if (flags.quiet === true || flags.json === true) return noView;
  const clock = createSystemClock();
  const isDrawn = flags.plain !== true && canDraw({ isTerminal: screen !== null, env: terminal.env });
  if (screen === null || !isDrawn) return createPlainView({ write: terminal.write, clock });
  return createDrawnView({ screen, look, title: plan.name, thresholds, clock });
}

/** The first Ctrl-C ends the sending and reports, the second one forces. */
function stopBySignals(
  plan: LoadPlan,
  view: LoadView,
  { world, hasSent }: { readonly world: LoadWorld; readonly hasSent: () => boolean },
): { readonly signal: AbortSignal; forget(): void } {
  const stop = new AbortController();
  const clock = createSystemClock();
  const signals = createStopSignals({
    monotonicMs: () => clock.monotonicMs(),
    onDrain() {
      const more = hasSent() ? "nothing more is sent, what is under way is measured" : "nothing was sent yet";
      view.say(`stopping: ${plan.run === "live" ? more : "ends here"}; Ctrl-C again forces it\n`);
      stop.abort();
    },
    onForce() {
      view.end();
      world.exit(FORCED);
    },
  });
  const received = (): void => signals.received();
  for (const name of stopSignalNames) process.on(name, received);
  return {
    signal: stop.signal,
    forget() {
      for (const name of stopSignalNames) process.off(name, received);
    },
  };
}

/** Of several runs each is told when it has ended. */
function sweepLines(
  view: LoadView,
  given: { readonly runCount: number; readonly hasRepetitions: boolean },
): (run: LoadRun) => void {
  let number = 0;
  return (run) => {
    number += 1;
    if (given.runCount > 1) view.say(`${runLine(run, { ...given, number })}\n`);
  };
}

function writeSummary(
  report: LoadReport,
  given: {
    readonly plan: LoadPlan;
    readonly look: Look;
    readonly world: LoadWorld;
    readonly thresholds: readonly Threshold[];
    readonly notes: readonly string[];
    readonly compared: readonly ComparedReport[];
    readonly isQuiet: boolean;
  },
): void {
  const { plan, look, world, thresholds, notes, compared, isQuiet } = given;
  const write = (text: string): void => world.terminal.write(`${text.trimEnd()}\n`);
  if (!isQuiet) {
    const [only, ...others] = report.runs;
    if (only !== undefined && others.length === 0) {
      const columns = world.columns ?? 80;
      for (const row of summaryRows(only, { plan, look, columns, thresholds })) write(paintRow(row, look));
    } else for (const row of gridRows(report, look)) write(paintRow(row, look));
    for (const each of compared) for (const row of comparisonRows(report, each, look)) write(paintRow(row, look));
    for (const note of notes) write(`note    ${note}`);
  }
  if (report.runs.length === 1 && !isQuiet) return;
  for (const { name, findings } of report.runs)
    for (const each of findings) if (each.name === "stalled") write(`stalled ${name}: ${each.text}`);
  for (const { text, results, isMet } of report.expectations) {
    const met = results.filter((each) => each.isMet).length;
    write(`expect  ${isMet ? look.signs.done : look.signs.failed} ${text}   ${met} of ${results.length} runs`);
  }
}

/** As it stands in the report: without what is only this machine's, and without values that may be secret. */
function shownPlan(plan: LoadPlan, cwd: string): Readonly<Record<string, unknown>> {
  const { does } = plan.function;
  if (does.kind === "model") return { ...plan };
  const environment = Object.fromEntries(Object.keys(does.environment).map((name) => [name, "set"]));
  return { ...plan, function: { ...plan.function, does: { ...does, file: shownFile(does.file, cwd), environment } } };
}
