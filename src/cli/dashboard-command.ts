// `millrace dashboard FILE`: the dashboard for a recording, a journal, a state directory or a scenario, until Ctrl-C. It only shows.

import type { Command } from "commander";
import { Option } from "commander";
import { createPagesServer, type PagesServer } from "../control/http/pages-server.ts";
import { addFileRoutes } from "../dashboard/file/file-routes.ts";
import { foldJournal } from "../dashboard/file/folded-journal.ts";
import { openJournalSource } from "../dashboard/file/journal-source.ts";
import { MillraceError } from "../errors.ts";
import { version } from "../index.ts";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { forShell } from "./carried-flags.ts";
import { parsePort, type Terminal } from "./command-options.ts";
import { openPage } from "./open-page.ts";
import { counted, localTime } from "./shown-forms.ts";

const DEFAULT_HOST = "127.0.0.1";
/** Beside a server's own, so that an address of the page can be kept. */
const DEFAULT_PORT = 4567;

export interface DashboardFlags {
  readonly host?: string;
  readonly port?: number;
  readonly open?: boolean;
  readonly json?: boolean;
}

export interface DashboardWorld {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
  readonly platform: string;
  /** What is called when the process is asked to end. */
  readonly onStop: (stop: () => void) => void;
  readonly exit: (code: number) => void;
}

async function runDashboardCommand(file: string, flags: DashboardFlags, world: DashboardWorld): Promise<void> {
  const { terminal } = world;
  const source = await openJournalSource(file, terminal.cwd);
  const journal = foldJournal(source.entries);
  if (journal === null)
    throw new MillraceError("bad-argument", `nothing has happened in ${file}: its journal has no entries`, {
      help: "millrace start --json > journal.jsonl    # with a server that does something",
    });
  const create = (): PagesServer =>
    createPagesServer({
      addPages: (app) =>
        addFileRoutes(app, { journal, name: source.name, version, place: source.place, clock: world.clock }),
      random: world.random,
      command: `millrace dashboard ${forShell(file)}`,
    });
  const { server, url } = await listening(create, flags);
  const address = `${url}/_millrace/`;
  const { entryCount, fromMs, toMs } = journal;
  if (flags.json === true) {
    terminal.write(
      `${JSON.stringify({ kind: "ready", url: address, source: source.kind, entryCount, fromMs, toMs })}\n`,
    );
  } else {
    terminal.write(
      `dashboard ${address}\n${source.name}: a ${source.kind} of ${counted(entryCount, "entry")}, ${localTime(fromMs)} to ${localTime(toMs)}; Ctrl-C ends it\n`,
    );
  }
  if (flags.open === true && !openPage(address, { platform: world.platform, env: terminal.env }))
    terminal.writeError("warning: there is no screen to open a browser on; open the address by hand\n");
  world.onStop(() => {
    source.close();
    void server.close().then(() => world.exit(0));
  });
}

/** Where no port was asked for, the usual one, or any where that is taken. */
async function listening(
  create: () => PagesServer,
  { host = DEFAULT_HOST, port }: DashboardFlags,
): Promise<{ readonly server: PagesServer; readonly url: string }> {
  const server = create();
  try {
    return { server, url: await server.listen({ host, port: port ?? DEFAULT_PORT }) };
  } catch (error) {
    await server.close();
    if (port !== undefined || !(error instanceof MillraceError) || error.code !== "port-taken") throw error;
    const other = create();
    return { server: other, url: await other.listen({ host, port: 0 }) };
  }
}

export function registerDashboardCommand(
  program: Command,
  run: (work: () => Promise<null>) => Promise<void>,
  world: DashboardWorld,
): void {
  program
    .command("dashboard")
    .description("show a recording, a journal, a state directory or a scenario in the browser; at any instant of it")
    .argument(
      "<file>",
      "a recording (*.mrec), a journal of start --json or simulate --journal, a state directory, or a scenario file",
    )
    .addOption(
      new Option(
        "--port <n>",
        `port; 0 takes any free one (default: ${DEFAULT_PORT}, or any if that is taken)`,
      ).argParser(parsePort),
    )
    .option("--host <host>", `address to listen on (default: ${DEFAULT_HOST})`)
    .option("--open", "open the page in the browser")
    .option("--json", "say in JSON where it is")
    .action((file: string, flags: DashboardFlags) =>
      run(async () => {
        await runDashboardCommand(file, flags, world);
        return null;
      }),
    );
}
