// `millrace explain WHAT`: the story of a record, an invocation, a batch or a mapping, from the journal of the state directory. The
// server may run or be stopped; what only the source knows is asked of a server that runs, or read in the embedded store of one that
// does not.

import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { MillraceError } from "../errors.ts";
import { readJournal } from "../journal/read-journal.ts";
import { statePaths } from "../platform/state-directory.ts";
import { carriedFlags, forShell } from "./carried-flags.ts";
import {
  loadOptionsOf,
  parsePort,
  shownFolder,
  type Terminal,
  withConfigFlag,
  withStateFlag,
} from "./command-options.ts";
import { isRecording, openRecording, type Recording } from "../recording/read-recording.ts";
import { explain } from "./explain/explain.ts";
import type { Explained, ExplainOptions } from "./explain/explained.ts";
import { openJournalFile } from "./explain/journal-file.ts";
import { recordedCourse, recordedRecords } from "./explain/recorded-journal.ts";
import { recordedPosition } from "./replay/recorded-records.ts";
import { createServedQueues, createServedRecords } from "./explain/served-records.ts";
import type { SourceRecords } from "./explain/source-records.ts";
import { openIfStopped } from "./explain/stored-records.ts";
import type { Fetch } from "./kinesis-endpoint.ts";
import { screenOf } from "./screen.ts";
import { type EndpointFlags, urlOf } from "./server-url.ts";
import { showTimesInUtc } from "./utc.ts";

export interface ExplainFlags extends EndpointFlags {
  readonly json?: boolean;
  readonly full?: boolean;
  /** A journal in one file or a recording, instead of a state directory's. */
  readonly journal?: string;
}

export interface ExplainWorld {
  readonly terminal: Terminal;
  readonly columns: number | undefined;
  /** How this `millrace` is called. */
  readonly command: string;
  readonly fetchFrom: Fetch;
  readonly nowMs: () => number;
}

async function runExplainCommand(question: string, flags: ExplainFlags, world: ExplainWorld): Promise<number> {
  const { terminal } = world;
  if (flags.journal !== undefined) return explainFile(question, flags.journal, flags, world);
  const { stateDir } = await loadConfig(loadOptionsOf(flags, terminal));
  const { journalDir } = statePaths(stateDir);
  if (!existsSync(journalDir)) {
    const folder = shownFolder(stateDir, terminal);
    throw new MillraceError("bad-argument", `there is no journal in ${folder}: nothing has run there`, {
      help: "millrace start",
    });
  }
  const stored = openIfStopped(stateDir, world.nowMs);
  try {
    const url = await urlOf(flags, terminal);
    const records: SourceRecords = stored ?? createServedRecords(url, world.fetchFrom);
    const carried = carriedFlags(flags, terminal);
    const explained = await explain(question, {
      entries: () => readJournal(journalDir),
      isServerRunning: stored === null,
      records,
      ...(stored === null ? { queueFacts: createServedQueues(url, world.fetchFrom) } : {}),
      screen: screenOf(terminal.env, world.columns),
      isFull: flags.full === true,
      command: world.command,
      carried: stored === null && carried.state !== undefined ? { ...carried, url } : carried,
      url,
    });
    terminal.write(flags.json === true ? `${JSON.stringify(explained.json)}\n` : explained.text);
    return 0;
  } finally {
    stored?.close();
  }
}

async function explainFile(
  question: string,
  path: string,
  flags: ExplainFlags,
  { terminal, columns, command }: ExplainWorld,
): Promise<number> {
  const file = resolve(terminal.cwd, path);
  const given = {
    screen: screenOf(terminal.env, columns),
    isFull: flags.full === true,
    command,
    isServerRunning: false,
  };
  const explained = isRecording(file)
    ? await explainRecording(question, openRecording(file, path), { ...given, recording: forShell(path) })
    : await explainJournal(question, file, { ...given, carried: { journal: forShell(path) } });
  terminal.write(flags.json === true ? `${JSON.stringify(explained.json)}\n` : explained.text);
  return 0;
}

type Given = Omit<ExplainOptions, "entries" | "records">;

function explainJournal(question: string, path: string, given: Given): Promise<Explained> {
  showTimesInUtc();
  const file = openJournalFile(path);
  return explain(file.positionOf(question) ?? question, {
    ...given,
    entries: () => file.entries(),
    records: file.records,
  });
}

async function explainRecording(question: string, recording: Recording, given: Given): Promise<Explained> {
  return explain((await recordedPosition(recording, question)) ?? question, {
    ...given,
    entries: () => recordedCourse(recording),
    records: recordedRecords(recording),
    carried: { journal: given.recording ?? "" },
  });
}

export function registerExplainCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  world: ExplainWorld,
): void {
  withStateFlag(withConfigFlag(program.command("explain")))
    .description("tell the story of a record, a message, an invocation or a batch, or why nothing arrives at a mapping")
    .argument(
      "<what>",
      "part of a sequence number or a message id, a key, part of a request id, a batch (29, 29.2), a mapping or its function; with --journal a record's label, too",
    )
    .option(
      "--journal <file>",
      "of a recording (*.mrec), or a journal as simulate --journal writes it; no server is asked",
    )
    .option("--full", "cut no ids and positions")
    .option("--host <host>", "where the running server is")
    .option("--port <n>", "where the running server is", parsePort)
    .option("--endpoint <url>", "where the running server is, in one")
    .option("--json", "answer in JSON")
    .action((question: string, flags: ExplainFlags) => run(() => runExplainCommand(question, flags, world)));
}
