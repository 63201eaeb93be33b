// A simulated run for people and for tools: the seed first, the story in lines with the world's own times, what was expected and whether
// it held, the digest last. Nothing of the machine is in it: the same run prints the same bytes (ux, principle 8).

import { isObject } from "../../sim/scenario.ts";
import type { RunReport } from "../../sim/run-report.ts";
import type { SimulatedRun } from "../../wiring/simulate-scenario.ts";
import { type Colour, createPlainOutput } from "../entry-output.ts";
import { type Screen, signsOf } from "../screen.ts";
import { counted, shownNumber } from "../shown-forms.ts";
import type { StoryLine } from "./story-log.ts";
import { reportText } from "./report-text.ts";

const TIME_COLUMNS = 12;
const MOST_DIFFERENCES = 40;

export interface TextOptions {
  readonly version: string;
  readonly write: (text: string) => void;
  readonly colour: Colour;
  readonly screen: Screen;
}

export interface RunTold {
  readonly run: SimulatedRun;
  readonly lines: readonly StoryLine[];
  /** Null: none is wanted. */
  readonly report: RunReport | null;
  /** What could make another run of the same differ; empty: nothing. */
  readonly doubts: readonly string[];
  /** What is to be known of handlers. */
  readonly notes: readonly string[];
}

export function writeHead({ version, write }: TextOptions, id: string, seed: number): void {
  write(`millrace ${version} simulate ${id}  seed ${seed}\n`);
}

export function writeRun({ run, lines, report, doubts, notes }: RunTold, options: TextOptions): void {
  const { write } = options;
  writeStory(run, lines, options);
  write(summaryText(run));
  if (report !== null) write(reportText(report));
  for (const note of notes) write(`handler  ${note}\n`);
  write(expectationText(run, options.screen));
  for (const doubt of doubts) write(`digest   not guaranteed: ${doubt}\n`);
  write(`digest   ${run.digest}\n`);
}

function writeStory(run: SimulatedRun, lines: readonly StoryLine[], { write, colour }: TextOptions): void {
  const timeText = (atMs: number): string => shownInstant(atMs - run.startedAtMs).padStart(TIME_COLUMNS);
  const output = createPlainOutput({ write, colour, timeText });
  let at = 0;
  for (const { atMs, entryCount, line } of lines) {
    for (; at < entryCount; at += 1) output.entries(run.entries.slice(at, at + 1), 0);
    output.say(atMs, line);
  }
  for (; at < run.entries.length; at += 1) output.entries(run.entries.slice(at, at + 1), 0);
  output.end(run.entries.at(-1)?.atMs ?? run.startedAtMs);
}

function shownInstant(ms: number): string {
  const sign = ms < 0 ? "-" : "+";
  return `${sign}${(Math.abs(ms) / 1_000).toLocaleString("en-US", { minimumFractionDigits: 3, maximumFractionDigits: 3 })} s`;
}

function summaryText({ scenario, transcript, calls, entries, elapsedMs }: SimulatedRun): string {
  const givenUp = entries.reduce((sum, entry) => sum + (entry.kind === "gave-up" ? entry.recordCount : 0), 0);
  const recordCount = scenario?.records.length ?? 0;
  const sentCount = transcript.sent.byLabel().size;
  const records =
    sentCount === recordCount
      ? counted(sentCount, "record")
      : `${shownNumber(sentCount)} of ${counted(recordCount, "record")}`;
  const parts = [records, counted(calls.length, "invocation"), `${shownNumber(givenUp)} given up`];
  return `run      ${parts.join(", ")} in ${shownNumber(elapsedMs / 1_000)} s of simulated time\n`;
}

function expectationText({ scenario, differences }: SimulatedRun, screen: Screen): string {
  const signs = signsOf(screen);
  const members = Object.entries(scenario?.expect ?? {}).map(([name, value]) => {
    const mode = name === "invocations" && isObject(value) ? ` (${String(value["mode"])})` : "";
    return `${name}${mode}`;
  });
  if (differences.length > 0)
    return [
      `expect   ${counted(differences.length, "difference")}`,
      ...differences.slice(0, MOST_DIFFERENCES).map((each) => `  ${signs.failed} ${each}`),
      ...(differences.length > MOST_DIFFERENCES
        ? [`  and ${counted(differences.length - MOST_DIFFERENCES, "difference")} more, all of them with --json`]
        : []),
      "",
    ].join("\n");
  if (members.length === 0) return "expect   nothing is expected in this file\n";
  return `expect   ${signs.done} ${members.join(", ")}\n`;
}

// --- JSON -------------------------------------------------------------------------------------------------------------

/** A line a value: `run`, then entries of the journal, steps and puts in order, then `result`. */
export function writeJson(
  { run, lines, report, doubts, notes }: RunTold,
  { version, write }: Pick<TextOptions, "version" | "write">,
): void {
  const put = (value: object): void => write(`${JSON.stringify(value)}\n`);
  const { scenario, seed, startedAtMs, entries, transcript, calls, differences, digest, elapsedMs, befallen } = run;
  put({ kind: "run", version, scenario: scenario?.id ?? "", seed, atMs: startedAtMs });
  let at = 0;
  const upTo = (count: number): void => {
    for (const entry of entries.slice(at, count)) put(entry);
    at = Math.max(at, count);
  };
  for (const { entryCount, json } of lines) {
    upTo(entryCount);
    put(json);
  }
  upTo(entries.length);
  put({
    kind: "result",
    held: differences.length === 0,
    differences,
    recordCount: transcript.sent.byLabel().size,
    invocationCount: calls.length,
    elapsedMs,
    ...(befallen.length === 0 ? {} : { befallen }),
    ...(report === null ? {} : { report }),
    ...(notes.length === 0 ? {} : { notes }),
    isDigestGuaranteed: doubts.length === 0,
    ...(doubts.length === 0 ? {} : { doubts }),
    digest,
  });
}
