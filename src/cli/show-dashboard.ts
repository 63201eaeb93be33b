// `millrace dashboard FILE` carried out: the file is read and folded, and shown on a port of its own until Ctrl-C.

import { createPagesServer, type PagesServer } from "../control/http/pages-server.ts";
import { addFileRoutes } from "../dashboard/file/file-routes.ts";
import { foldJournal } from "../dashboard/file/folded-journal.ts";
import { openJournalSource } from "../dashboard/file/journal-source.ts";
import { MillraceError } from "../errors.ts";
import { version } from "../index.ts";
import { forShell } from "./carried-flags.ts";
import { DEFAULT_HOST, DEFAULT_PORT, type DashboardFlags, type DashboardWorld } from "./dashboard-command.ts";
import { openPage } from "./open-page.ts";
import { counted, localTime } from "./shown-forms.ts";

/** Resolves once the page can be opened. */
export async function showDashboard(file: string, flags: DashboardFlags, world: DashboardWorld): Promise<void> {
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
