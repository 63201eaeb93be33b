// `millrace logs [FUNCTION]`: what functions wrote, with time and request id, from the files in the state directory; with --follow until
// Ctrl-C. The server may run or be stopped.

import type { Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import { statePaths } from "../platform/state-directory.ts";
import type { Clock } from "../ports/clock.ts";
import {
  loadOptionsOf,
  type PlaceFlags,
  shownFolder,
  type Terminal,
  withConfigFlag,
  withStateFlag,
} from "./command-options.ts";
import { duration } from "./duration.ts";
import { type FunctionLog, loggedFunctions, type LogLine, openFunctionLog } from "./log-lines.ts";
import { localTime, oneLine, shortId } from "./shown-forms.ts";

const LOOK_MS = 200;

export interface LogsFlags extends PlaceFlags {
  readonly follow?: boolean;
  /** A part of a request id. */
  readonly request?: string;
  /** ms. */
  readonly since?: number;
  readonly json?: boolean;
}

export interface LogsWorld {
  readonly terminal: Terminal;
  readonly clock: Clock;
}

/** Exit code 1: nothing fits. With `--follow` it never ends by itself. */
async function runLogsCommand(
  functionName: string | undefined,
  flags: LogsFlags,
  { terminal, clock }: LogsWorld,
): Promise<number | null> {
  const { stateDir } = await loadConfig(loadOptionsOf(flags, terminal));
  const { logDir } = statePaths(stateDir);
  const known = loggedFunctions(logDir);
  const isFollowing = flags.follow === true;
  if (functionName !== undefined && !known.includes(functionName) && !isFollowing)
    throw unknownFunction(functionName, known, shownFolder(logDir, terminal));
  const sinceMs = flags.since === undefined ? 0 : clock.nowMs() - flags.since;
  const isWanted = (line: LogLine): boolean =>
    line.atMs >= sinceMs && (flags.request === undefined || line.requestId.includes(flags.request.toLowerCase()));
  const isNameWanted = (name: string): boolean => functionName === undefined || name === functionName;
  const put = (lines: readonly LogLine[]): number => {
    const wanted = lines.filter(isWanted);
    terminal.write(wanted.map((line) => (flags.json === true ? jsonLine(line) : plainLine(line))).join(""));
    return wanted.length;
  };
  const logs = new Map<string, FunctionLog>();
  const look = async (): Promise<number> => {
    const lines: LogLine[] = [];
    for (const name of loggedFunctions(logDir).filter(isNameWanted)) {
      const log = logs.get(name) ?? openFunctionLog(logDir, name);
      logs.set(name, log);
      lines.push(...(await log.next()));
    }
    return put(lines.sort((a, b) => a.atMs - b.atMs));
  };
  const shownCount = await look();
  if (!isFollowing) return shownCount > 0 ? 0 : 1;
  const again = (): void => void clock.wakeAt(clock.nowMs() + LOOK_MS, () => void look().then(again));
  again();
  return null;
}

function unknownFunction(name: string, known: readonly string[], folder: string): MillraceError {
  const likely = likelyName(name, known) ?? known[0];
  const what =
    known.length === 0
      ? `no function has written anything yet: ${folder} is empty`
      : `no log of a function \`${name}\`; there are ${known.join(", ")}`;
  return new MillraceError("bad-argument", what, likely === undefined ? {} : { help: `millrace logs ${likely}` });
}

/** `12:04:31.216 orders-process 3f9c21d0 ERROR text`. */
function plainLine({ atMs, functionName, requestId, level, text }: LogLine): string {
  return `${localTime(atMs)} ${functionName} ${shortId(requestId).padEnd(8)} ${level.padEnd(5)} ${oneLine(text)}\n`;
}

const jsonLine = (line: LogLine): string =>
  `${JSON.stringify({ ...line, requestId: line.requestId === "-" ? null : line.requestId })}\n`;

export function registerLogsCommand(
  program: Command,
  run: (work: () => Promise<number | null>) => Promise<void>,
  world: LogsWorld,
): void {
  withStateFlag(withConfigFlag(program.command("logs")))
    .description("show what functions wrote, from the log files of the state directory")
    .argument("[function]", "of this function only")
    .option("-f, --follow", "go on with what is written from now on, until Ctrl-C")
    .option("--request <id>", "of invocations whose request id has this part")
    .option("--since <time>", "not older than this: 30s, 5m, 2h, 1d", duration)
    .option("--json", "one line an object, as JSON")
    .action((functionName: string | undefined, flags: LogsFlags) =>
      run(() => runLogsCommand(functionName, flags, world)),
    );
}
