// The command line: its commands, how a wrong one is told, and what the process ends with: 0 yes, 1 no, 2 bad input, 3 bad
// surroundings, 130 a forced stop. What a command does is in its own file.

import tab from "@bomb.sh/tab/commander";
import { Command, CommanderError } from "commander";
import { MillraceError } from "../errors.ts";
import { version } from "../index.ts";
import { createSystemClock } from "../platform/system-clock.ts";
import { createSystemRandom } from "../platform/system-random.ts";
import { type CarriedFlags, carriedFlags, forShell } from "./carried-flags.ts";
import { registerConfigCommand } from "./config-command.ts";
import { commandCalled, reportError } from "./error-report.ts";
import { registerDashboardCommand } from "./dashboard-command.ts";
import { registerExplainCommand } from "./explain-command.ts";
import { registerFilterCommand } from "./filter-command.ts";
import { registerLoadCommand } from "./load/load-command.ts";
import { registerLogsCommand } from "./logs-command.ts";
import { registerRecordCommand } from "./record-command.ts";
import { registerReplayCommand } from "./replay-command.ts";
import { registerResetCommand } from "./reset-command.ts";
import { registerScenariosCommand } from "./scenarios-command.ts";
import { registerSendCommand } from "./send-command.ts";
import { registerSimulateCommand } from "./simulate-command.ts";
import { registerShardCommands } from "./shards-command.ts";
import { registerSteerCommands } from "./steer-command.ts";
import { stopSignalNames } from "./stop-signals.ts";
import { registerStartCommand, type StartWorld } from "./start-command.ts";

const BAD_INPUT = 2;

/** Runs one command line, `words` being what follows the program's name. */
export async function runCommandLine(words: readonly string[], world: StartWorld): Promise<void> {
  const { terminal } = world;
  const isJson = words.includes("--json");
  let carried: CarriedFlags = {};
  const report = (error: unknown, write: (text: string) => void): number => {
    const command = commandCalled(world.commandFile);
    return reportError(error, { isJson, command, carried, columns: process.stderr.columns, write });
  };
  const run = async (work: () => Promise<number | null>): Promise<void> => {
    try {
      const code = await work();
      if (code !== null) process.exitCode = code;
    } catch (error) {
      world.exit(report(error, terminal.writeError));
    }
  };
  const program = createProgram(run, world, (text, write) => void report(usageError(program, text, words), write));
  program.hook("preAction", (_program, called) => {
    carried = carriedFlags(called.opts(), terminal);
  });
  try {
    await program.parseAsync(words, { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version end so too, having done what was asked.
    process.exitCode = error.exitCode === 0 ? 0 : BAD_INPUT;
  }
}

function createProgram(
  run: (work: () => Promise<number | null>) => Promise<void>,
  world: StartWorld,
  outputError: (text: string, write: (text: string) => void) => void,
): Command {
  const { terminal } = world;
  const clock = createSystemClock();
  const random = createSystemRandom();
  const program = new Command("millrace")
    .description("AWS Lambda's event source mappings on your machine")
    .version(version, "-V, --version")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => terminal.write(text),
      writeErr: (text) => terminal.writeError(text),
      outputError,
    });
  registerStartCommand(program, run, world);
  registerSendCommand(program, run, terminal, {
    fetchFrom: (url, init) => fetch(url, init),
    uuid: () => random.uuid("partition-key"),
    nowMs: () => clock.nowMs(),
  });
  registerShardCommands(program, run, terminal, (url, init) => fetch(url, init));
  registerSteerCommands(program, run, terminal, (url, init) => fetch(url, init));
  registerExplainCommand(program, run, {
    terminal,
    columns: process.stdout.columns,
    command: commandCalled(world.commandFile),
    fetchFrom: (url, init) => fetch(url, init),
    nowMs: () => clock.nowMs(),
  });
  registerRecordCommand(program, run, {
    terminal,
    clock,
    fetchFrom: (url, init) => fetch(url, init),
    onStop(stop) {
      for (const name of stopSignalNames) process.on(name, stop);
      return () => {
        for (const name of stopSignalNames) process.off(name, stop);
      };
    },
  });
  registerDashboardCommand(program, run, {
    terminal,
    clock,
    random,
    platform: world.platform,
    exit: (code) => world.exit(code),
    onStop(stop) {
      for (const name of stopSignalNames) process.once(name, stop);
    },
  });
  registerReplayCommand(program, run, { terminal, columns: process.stdout.columns });
  registerLogsCommand(program, run, { terminal, clock });
  registerFilterCommand(program, run, terminal);
  registerScenariosCommand(program, run, terminal);
  registerSimulateCommand(program, run, {
    terminal,
    columns: process.stdout.columns,
    errorColumns: process.stderr.isTTY ? process.stderr.columns : null,
    nowMs: () => clock.nowMs(),
  });
  registerLoadCommand(program, run, {
    terminal,
    screen: world.screen,
    platform: world.platform,
    columns: process.stdout.columns,
    exit: (code) => world.exit(code),
  });
  registerConfigCommand(program, run, terminal);
  registerResetCommand(program, run, terminal);
  tab(program);
  return program;
}

/** The parser's own words, in the form of all errors: `error: unknown command 'strat'` and `(Did you mean start?)`. */
function usageError(program: Command, text: string, words: readonly string[]): MillraceError {
  const [first = "", ...rest] = text.trim().split("\n");
  const likely = /\(Did you mean (?:one of )?(.+?)\?\)/.exec(rest.join(" "))?.[1];
  const wrong = /^error: unknown (?:command|option) '(.+)'$/.exec(first)?.[1];
  const command = program.commands.find((each) => each.name() === words[0])?.name();
  const help =
    likely === undefined || wrong === undefined
      ? `${command === undefined ? "" : `${command} `}--help`
      : words.map((word) => forShell(word === wrong ? `${likely}${/=.*$/s.exec(word)?.[0] ?? ""}` : word)).join(" ");
  return new MillraceError("bad-argument", first.replace(/^error: /, ""), { help: `millrace ${help}` });
}
