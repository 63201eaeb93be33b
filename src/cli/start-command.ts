// `millrace start`: the server, until Ctrl-C. The first lines say where it answers and where state is kept; then the journal.
//
// S1  `ready http://HOST:PORT` is a line of its own, and the first, once the server can be used; entries wait for it.
// S2  The first Ctrl-C drains, up to DRAIN_MS; a second one forces (exit 130). One during the start stops as soon as it is up.

import { existsSync } from "node:fs";
import { type Command, Option } from "commander";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/load-config.ts";
import { MillraceError } from "../errors.ts";
import { version } from "../index.ts";
import type { RunningMillrace } from "../main.ts";
import { createSystemClock } from "../platform/system-clock.ts";
import { statePaths } from "../platform/state-directory.ts";
import type { Entry } from "../ports/journal.ts";
import { type CarriedFlags, carriedFlags, withCarried } from "./carried-flags.ts";
import { refuseUnusable } from "./checked-config.ts";
import {
  loadOptionsOf,
  parsePort,
  type PlaceFlags,
  shownFolder,
  type Terminal,
  wholeNumber,
  withConfigFlag,
  withStateFlag,
} from "./command-options.ts";
import type { EntryOutput } from "./entry-output.ts";
import { debugLines, endByForce, inspectorOf, type DebugFlags, withDebugFlags } from "./debug-flags.ts";
import { commandCalled, reportError } from "./error-report.ts";
import { exampleConfigFile, type Producer, startProducer } from "./example.ts";
import { createExplainAside } from "./live/explain-aside.ts";
import { withPlace } from "./placed-error.ts";
import { counted, shownMs } from "./shown-forms.ts";
import { openPage } from "./open-page.ts";
import { createStartOutput, liveActions, type Screen } from "./start-output.ts";
import { createStopSignals, stopSignalNames } from "./stop-signals.ts";

const DRAIN_MS = 30_000;
const FORCED = 130;
const MOST_WAITING_ENTRIES = 10_000;

export interface StartFlags extends PlaceFlags, DebugFlags {
  readonly example?: boolean;
  readonly plain?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly readOnly?: boolean;
}

export interface StartWorld {
  readonly terminal: Terminal;
  /** Null: standard output is no terminal. */
  readonly screen: Screen | null;
  readonly platform: string;
  /** The command's own file, from which a checkout is looked for. */
  readonly commandFile: string;
  /** Ends the process once what was written is out. */
  exit(code: number): void;
}

/** Resolves once the server runs; from then on signals end the process. */
async function runStartCommand(flags: StartFlags, world: StartWorld): Promise<void> {
  const { terminal } = world;
  const clock = createSystemClock();
  const exampleFile =
    flags.example === true ? exampleConfigFile({ cwd: terminal.cwd, commandFile: world.commandFile }) : null;
  const read = await readConfig(
    loadOptionsOf(exampleFile === null ? flags : { config: exampleFile, ...flags }, terminal),
  );
  refuseUnusable(read, clock.nowMs());
  const { config } = read;
  const isContinued = existsSync(statePaths(config.stateDir).storeFile);
  const { env, write } = terminal;
  const command = commandCalled(world.commandFile);
  const carried = carriedFlags(flags, terminal);
  const { output, live } = createStartOutput({ ...world, flags, env, write, clock });
  const waiting = waitingRoom(output);
  let running: RunningMillrace | null = null;
  let isStopWanted = false;
  let producer: Producer | null = null;

  const drain = async (): Promise<void> => {
    isStopWanted = true;
    if (running === null) return;
    const stopping = stoppingText(running.runningCount());
    if (live === null) sayStopping(stopping, running.runningCount(), flags, terminal);
    else live.stopping(stopping);
    await producer?.stop();
    const { errors } = await running.stop(DRAIN_MS);
    output.end(clock.nowMs());
    for (const error of errors) terminal.writeError(`warning: while stopping: ${error}\n`);
    world.exit(0);
  };
  const fail = (error: unknown): void => {
    live?.end(clock.nowMs());
    world.exit(
      reportError(error, {
        isJson: flags.json === true,
        command,
        carried,
        columns: process.stderr.columns,
        write: terminal.writeError,
      }),
    );
  };
  // Before signals are taken: while it waits for a debugger, Ctrl-C ends the process by itself.
  const inspectorUrl = await inspectorOf(flags);
  const signals = createStopSignals({
    monotonicMs: () => clock.monotonicMs(),
    onDrain: () => void drain().catch(fail),
    onForce: () => {
      live?.end(clock.nowMs());
      endByForce(inspectorUrl, () => world.exit(FORCED));
    },
  });
  for (const name of stopSignalNames) process.on(name, () => signals.received());

  const { startMillrace } = await import("../main.ts");
  running = await startMillrace({
    config,
    version,
    isDebugged: flags.debug === true,
    isReadOnly: flags.readOnly === true,
    onEntries: waiting.take,
    onFatal: (error: MillraceError) => fail(error),
  }).catch((error: unknown) => {
    throw exampleFile === null ? withPlace(error, read) : withNpmHelp(error, carried);
  });
  const { url } = running;
  const store = storeText(config, terminal);
  if (live === null) {
    sayReady({ url, config, store, flags, terminal, output, atMs: clock.nowMs(), tookMs: clock.monotonicMs() });
  } else terminal.write(`ready ${url}\n`);
  for (const line of debugLines(flags, inspectorUrl)) output.say(clock.nowMs(), line);
  if (exampleFile !== null) {
    producer = startProducer({
      configFile: exampleFile,
      endpointUrl: url,
      onFailed: (text) =>
        output.say(clock.nowMs(), { word: "example", tone: "bad", text: `the producer failed: ${text}` }),
    });
    const reset = withCarried(`${command} reset`, command, carried);
    sayExample({ output, isContinued, atMs: clock.nowMs(), stateDir: shownFolder(config.stateDir, terminal), reset });
  }
  if (live !== null) {
    const poison = producer === null ? null : () => producer?.poison();
    const explain = createExplainAside({ commandFile: world.commandFile, stateDir: config.stateDir, url, env });
    const dashboard = (): string => {
      const address = dashboardUrl(url);
      return openPage(address, { platform: world.platform, env })
        ? `opening ${address}`
        : `the dashboard is at ${address}`;
    };
    const actions = liveActions({ running, quit: () => signals.received(), poison, explain, dashboard });
    const name = `millrace ${version}${flags.debug === true ? " --debug" : ""}`;
    const countMessages = (queue: string) => running?.countMessages(queue) ?? Promise.resolve(null);
    live.begin({ title: [name, url, store], views: () => running?.views() ?? [], countMessages, actions });
    running.watchLanes(true);
  }
  waiting.open();
  if (isStopWanted) await drain();
}

/** The example is started through npm, so its help is too. */
function withNpmHelp(error: unknown, carried: CarriedFlags): unknown {
  if (!(error instanceof MillraceError) || error.code !== "port-taken") return error;
  const help = withCarried(error.help ?? "", "millrace", carried).replace(/^millrace start --/, "npm start -- --");
  return new MillraceError(error.code, error.message, { ...(help === "" ? {} : { help }), cause: error.cause });
}

/** Holds entries back until the server has said that it is ready (S1). Bounded: what does not fit is counted. */
function waitingRoom(output: EntryOutput): {
  readonly take: (entries: readonly Entry[], droppedCount: number) => void;
  readonly open: () => void;
} {
  let held: Entry[] | null = [];
  let droppedCount = 0;
  return {
    take(entries, newlyDropped) {
      if (held === null) return output.entries(entries, newlyDropped);
      const room = MOST_WAITING_ENTRIES - held.length;
      held.push(...entries.slice(0, room));
      droppedCount += newlyDropped + Math.max(0, entries.length - room);
    },
    open() {
      const entries = held ?? [];
      held = null;
      output.entries(entries, droppedCount);
    },
  };
}

function sayReady(given: {
  readonly url: string;
  readonly config: Config;
  readonly store: string;
  readonly flags: StartFlags;
  readonly terminal: Terminal;
  readonly output: EntryOutput;
  readonly atMs: number;
  readonly tookMs: number;
}): void {
  const { url, config, store, flags, terminal, output, atMs, tookMs } = given;
  if (flags.json === true) {
    const { stateDir, file } = config;
    terminal.write(
      `${JSON.stringify({ kind: "ready", atMs, url, dashboard: dashboardUrl(url), version, stateDir, config: file, tookMs: Math.round(tookMs) })}\n`,
    );
    return;
  }
  terminal.write(`ready ${url}\n`);
  output.say(atMs, {
    word: "ready",
    tone: "good",
    text: `${url} dashboard ${dashboardUrl(url)} ${store}, ${shownMs(tookMs)}`,
  });
}

const dashboardUrl = (url: string): string => `${url}/_millrace/`;

/** Where records and state are kept. */
function storeText({ redis, stateDir }: Config, terminal: Terminal): string {
  const store = redis === null ? "embedded store" : `streams in Redis ${placeOf(redis.url)}`;
  return `${store}, ${shownFolder(stateDir, terminal)}`;
}

/** Host and port, without a password. */
function placeOf(url: string): string {
  return URL.parse(url)?.host ?? "";
}

function sayExample(given: {
  readonly output: EntryOutput;
  readonly isContinued: boolean;
  readonly atMs: number;
  readonly stateDir: string;
  /** The command that forgets it all. */
  readonly reset: string;
}): void {
  const { output, isContinued, atMs, stateDir, reset } = given;
  const text = isContinued
    ? `goes on from the checkpoints in ${stateDir}; ${reset} begins anew`
    : `orders flow in, a poison record now and then; state is in ${stateDir}, and a restart goes on from there`;
  output.say(atMs, { word: "example", tone: "plain", text });
}

function stoppingText(runningCount: number): string {
  const upTo = `up to ${DRAIN_MS / 1_000} s; Ctrl-C again forces it`;
  // Nothing is called any more, but what has ended may not be stored yet where it came from, or be on its way to a destination.
  if (runningCount === 0) return `stopping: waits for commits and documents, ${upTo}`;
  return `stopping: ${counted(runningCount, "invocation")} running, ${upTo}`;
}

function sayStopping(text: string, runningCount: number, flags: StartFlags, terminal: Terminal): void {
  if (flags.json === true) terminal.write(`${JSON.stringify({ kind: "stopping", runningCount, upToMs: DRAIN_MS })}\n`);
  else if (flags.quiet !== true) terminal.write(`${text}\n`);
}

export function registerStartCommand(
  program: Command,
  run: (work: () => Promise<null>) => Promise<void>,
  world: StartWorld,
): void {
  withDebugFlags(withStateFlag(withConfigFlag(program.command("start"))))
    .description("run the server until Ctrl-C")
    .addOption(
      new Option("--port <n>", "port; 0 takes any free one and prints it (default: 4566)").argParser(parsePort),
    )
    .option("--host <host>", "address to listen on (default: 127.0.0.1)")
    .option("--example", "run the example app of the checkout, and its producer")
    .option("--plain", "lines instead of the live view, as without a terminal or in CI")
    .addOption(
      new Option(
        "--transitions-ms <n>",
        "how long a mapping stays at least in Creating, Updating, Deleting and the like (default: 0)",
      ).argParser(wholeNumber(0, 600_000)),
    )
    .option("--read-only", "the dashboard only shows: its actions are refused")
    .option("--json", "one journal entry a line, as JSON")
    .option("--quiet", "only say when it is ready")
    .action((flags: StartFlags) =>
      run(async () => {
        await runStartCommand(flags, world);
        return null;
      }),
    );
}
