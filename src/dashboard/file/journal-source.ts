// The entries of whatever file holds a course of events: a recording, a journal in one file, what `millrace start --json` wrote, a state
// directory, or a scenario or story, which is run on the spot.

import { existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { openJournalFile, writeJournalFile } from "../../cli/explain/journal-file.ts";
import { recordedEntries } from "../../cli/explain/recorded-journal.ts";
import { MillraceError } from "../../errors.ts";
import { version } from "../../index.ts";
import { linesOf, readJournal, readJournalLines } from "../../journal/read-journal.ts";
import { statePaths } from "../../platform/state-directory.ts";
import type { Entry } from "../../ports/journal.ts";
import { isRecording, openRecording } from "../../recording/read-recording.ts";
import { Unbuilt } from "../../sim/stuck.ts";
import type { SimulatedRun } from "../../wiring/simulate-scenario.ts";
import type { FindPlace } from "../find/find.ts";
import { readScenario } from "../../wiring/scenario-file.ts";

export interface JournalSource {
  readonly kind: "recording" | "journal" | "state directory" | "scenario";
  /** As the page names it. */
  readonly name: string;
  readonly entries: Iterable<Entry>;
  /** Where a search looks. */
  readonly place: FindPlace;
  /** Removes what was made for it. */
  close(): void;
}

/** Lines that are looked at to tell what a file is. */
const MOST_HEAD_LINES = 20;

/**
 * Rejects with MillraceError bad-argument where it is no such file, and with the error of what it is where that cannot be read:
 * recording-invalid, recording-version, scenario-invalid and the like. `shownPath`: as the user wrote it.
 */
export async function openJournalSource(shownPath: string, cwd: string): Promise<JournalSource> {
  const path = resolve(cwd, shownPath);
  const name = basename(path);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) throw refused(`there is no file ${shownPath}`);
  const given = { name, close: () => undefined };
  if (found.isDirectory()) {
    const journalDir = journalFolder(path, shownPath);
    return {
      ...given,
      kind: "state directory",
      entries: readJournal(journalDir),
      place: { kind: "directory", journalDir },
    };
  }
  const inFile = { path, shown: shownPath };
  if (isRecording(path)) {
    const entries = recordedEntries(openRecording(path, shownPath));
    return { ...given, kind: "recording", entries, place: { kind: "recording", ...inFile } };
  }
  switch (headOf(path)) {
    case "journal":
      return {
        ...given,
        kind: "journal",
        entries: openJournalFile(path).entries(),
        place: { kind: "journal", ...inFile },
      };
    case "entries":
      return { ...given, kind: "journal", entries: readJournalLines(path), place: { kind: "lines", ...inFile } };
    case "other":
      break;
  }
  if (!/\.(?:ya?ml|jsonc?)$/.test(path)) throw refused(`${shownPath} holds no recording, journal or scenario`);
  const run = await simulated(shownPath, cwd);
  // A search reads a file, as it does of any journal.
  const folder = mkdtempSync(join(tmpdir(), "millrace-dashboard-"));
  const journal = join(folder, "journal.jsonl");
  writeJournalFile(journal, {
    about: { millrace: version, scenario: name },
    entries: run.entries,
    records: run.records(),
  });
  return {
    name,
    kind: "scenario",
    entries: run.entries,
    place: { kind: "journal", path: journal, shown: shownPath },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

const refused = (text: string): MillraceError =>
  new MillraceError("bad-argument", text, {
    help: "millrace dashboard FILE    # a recording (*.mrec), a journal (millrace start --json, millrace simulate --journal), a state directory, or a scenario",
  });

/** Of a state directory, or that folder itself. */
function journalFolder(path: string, shownPath: string): string {
  const { journalDir } = statePaths(path);
  if (existsSync(journalDir)) return journalDir;
  if (readdirSync(path).some((name) => name.endsWith(".jsonl"))) return path;
  throw refused(`${shownPath} is no state directory: there is no journal in it`);
}

/** `start --json` writes lines of its own before the first entry. */
function headOf(path: string): "journal" | "entries" | "other" {
  let count = 0;
  for (const line of linesOf(path)) {
    if (line === "") continue;
    const members = membersOf(line);
    if (members["format"] === "millrace-journal") return "journal";
    const { kind, atMs, lane } = members;
    if (typeof kind === "string" && typeof atMs === "number" && typeof lane === "string") return "entries";
    if (typeof kind !== "string" || (count += 1) >= MOST_HEAD_LINES) return "other";
  }
  return "other";
}

function membersOf(line: string): Readonly<Record<string, unknown>> {
  try {
    return { ...Object(JSON.parse(line)) };
  } catch {
    return {}; // A scenario's first line is mostly no JSON by itself.
  }
}

async function simulated(shownPath: string, cwd: string): Promise<SimulatedRun> {
  const scenario = readScenario(shownPath, cwd);
  const { simulateScenario } = await import("../../wiring/simulate-scenario.ts");
  try {
    return await simulateScenario(scenario);
  } catch (error) {
    if (!(error instanceof Unbuilt)) throw error;
    throw new MillraceError("scenario-invalid", `this file cannot be run: ${error.message}`, { cause: error });
  }
}
