// `node scripts/brokers/cli.ts up|down|list`: brokers for people who want one to try things on. `up` leaves it running and
// says its address; `down` stops what `up` started, by the process id that it wrote down, after a look that this process
// is still the one. The tests start their own and know nothing of these.

import { execFile } from "node:child_process";
import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { MillraceError, errorCodes } from "../../src/errors.ts";
import type { BrokerName } from "./broker.ts";
import { endDetached } from "./child.ts";
import { brokerKinds, startBroker } from "./start-broker.ts";
import { findBinary } from "./surroundings.ts";

const run = promisify(execFile);
const notesFolder = join(import.meta.dirname, "..", "..", ".cache", "brokers");

/** What `up` leaves behind for `down`. */
interface Note {
  readonly processId: number;
  readonly url: string;
  readonly folder: string;
  /** The server's command line: it changes its title, so this is read after the start. */
  readonly commandLine: string;
}

const usage = "usage: node scripts/brokers/cli.ts up|down|list [redis|rabbitmq|activemq|kafka|mongodb] [--port N]";

async function main(): Promise<number> {
  const { values, positionals } = argumentsGiven();
  const [verb, ...given] = positionals;
  const names = (given.length === 0 ? Object.keys(brokerKinds) : given).map(brokerName);
  const port = values.port === undefined ? undefined : portOf(values.port);
  if (port !== undefined && names.length !== 1) {
    throw new MillraceError("bad-argument", `--port is for one broker, and these are ${names.join(", ")}; ${usage}`);
  }
  const carryOut =
    verb === "up" ? (name: BrokerName) => up(name, port) : verb === "down" ? down : verb === "list" ? list : null;
  if (carryOut === null) throw new MillraceError("bad-argument", usage);
  let exitCode = 0;
  for (const name of names) {
    try {
      await carryOut(name);
    } catch (error) {
      // Of all that were asked for, one that cannot be had keeps none of the others from starting.
      if (names.length === 1 || !(error instanceof MillraceError)) throw error;
      tell(error);
      exitCode = errorCodes[error.code];
    }
  }
  return exitCode;
}

function tell(error: MillraceError): void {
  console.error(`error: ${error.message}${error.help === null ? "" : `\nhelp: ${error.help}`}`);
}

function argumentsGiven() {
  try {
    return parseArgs({ options: { port: { type: "string" } }, allowPositionals: true });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("bad-argument", `${reason}; ${usage}`, { cause });
  }
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port >= 1 && port <= 65_535) return port;
  throw new MillraceError("bad-argument", `--port ${text} is no port from 1 to 65535; ${usage}`);
}

async function up(name: BrokerName, port: number | undefined): Promise<void> {
  const note = await readNote(name);
  if (note !== null) {
    console.log(`${name} is up already: ${note.url}`);
    return;
  }
  const options = { own: true, life: "detached", tell: (line: string) => console.error(line) } as const;
  const broker = await startBroker(name, port === undefined ? options : { ...options, port });
  if (broker.processId === null || broker.folder === null) {
    const project = broker.origin.kind === "compose" ? ` --project-name ${broker.origin.project}` : "";
    console.log(`${name} is up in Docker: ${broker.url}\nstop it with: docker compose${project} down --volumes`);
    return;
  }
  const { stdout } = await run("ps", ["-o", "args=", "-p", String(broker.processId)]);
  const noted: Note = {
    processId: broker.processId,
    url: broker.url,
    folder: broker.folder,
    commandLine: stdout.trim(),
  };
  await mkdir(notesFolder, { recursive: true });
  await writeFile(noteFile(name), JSON.stringify(noted));
  console.log(`${name} is up: ${broker.url}\nexport ${brokerKinds[name].variable}=${broker.url}`);
}

async function down(name: BrokerName): Promise<void> {
  const note = await readNote(name);
  if (note === null) {
    console.log(`${name} is not up`);
    return;
  }
  await endDetached(note.processId);
  await rm(note.folder, { recursive: true, force: true });
  await rm(noteFile(name), { force: true });
  console.log(`${name} is down`);
}

async function list(name: BrokerName): Promise<void> {
  const kind = brokerKinds[name];
  const note = await readNote(name);
  console.log(`${name}  ${note === null ? "down" : `up  ${note.url}`}`);
  for (const binary of kind.binaries()) {
    console.log(`  server   ${findBinary(binary) ?? `no ${binary} on the PATH`}`);
  }
  console.log(`  address  ${process.env[kind.variable] ?? `${kind.variable} is not set`}`);
}

/** The note of a server that still runs; a note whose process is gone, or is another by now, is thrown away. */
async function readNote(name: BrokerName): Promise<Note | null> {
  const text = await readFile(noteFile(name), "utf8").catch(() => null);
  if (text === null) return null;
  const note = JSON.parse(text) as Note;
  const running = await run("ps", ["-o", "args=", "-p", String(note.processId)]).catch(() => ({ stdout: "" }));
  if (running.stdout.trim() === note.commandLine) return note;
  await rm(noteFile(name), { force: true });
  return null;
}

function brokerName(text: string): BrokerName {
  const name = Object.values(brokerKinds).find((kind) => kind.name === text)?.name;
  if (name === undefined) throw new MillraceError("bad-argument", `no broker is called ${text}; ${usage}`);
  return name;
}

function noteFile(name: BrokerName): string {
  return join(notesFolder, `${name}.json`);
}

// Whoever reads what is said may have read enough (`list | head`).
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof MillraceError)) throw error;
  tell(error);
  process.exitCode = errorCodes[error.code];
}
