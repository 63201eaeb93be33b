// boto3 and the AWS CLI for the tests: installed by pip, once, into a virtual environment of the project's own. The tests then run them
// without a network.
//
// C1  A virtual environment cannot be moved, so each installation has a folder of its own, and a note names the one that is whole: an
//     interrupted one is never used, and two runs at once do not disturb each other.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { findBinary } from "../brokers/surroundings.ts";
import { root } from "../program.ts";

const run = promisify(execFile);

const requirementsFile = join(import.meta.dirname, "requirements.txt");
const olderFile = join(import.meta.dirname, "requirements-older.txt");
const INSTALL_WITHIN_MS = 600_000;
/** What boto3 asks for. */
const OLDEST_MINOR = 10;

export interface PythonClients {
  /** Absolute. */
  readonly python: string;
  /** The AWS CLI. */
  readonly aws: string;
  /** Folder of an older boto3, for PYTHONPATH: it goes before the other then. */
  readonly older: string;
  /** `boto3 1.44.8 and awscli 1.46.3`. */
  readonly versions: string;
}

/** Why the clients cannot be had, with the ways to mend it. */
export class ClientsMissing extends Error {
  readonly help: string;

  constructor(message: string, help: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ClientsMissing";
    this.help = help;
  }
}

/** Installs them where they are not there yet. Throws ClientsMissing. `given` is for tests: where they are kept, and what the PATH has. */
export async function pythonClients(
  tell: (line: string) => void,
  given: { readonly cache?: string; readonly find?: (name: string) => string | null } = {},
): Promise<PythonClients> {
  const requirements = readFileSync(requirementsFile, "utf8");
  const versionOf = (name: string): string => new RegExp(`^${name}==(.+)$`, "m").exec(requirements)?.[1] ?? "";
  const versions = `boto3 ${versionOf("boto3")} and awscli ${versionOf("awscli")}`;
  const cache = given.cache ?? cacheFolder();
  const note = join(
    cache,
    `${createHash("sha256")
      .update(requirements + readFileSync(olderFile, "utf8"))
      .digest("hex")
      .slice(0, 16)}.json`,
  );
  const known = noted(note);
  const folder =
    known !== null && (await works(known))
      ? known
      : await installed({ cache, note, versions, tell, find: given.find ?? findBinary });
  const bin = join(folder, "bin");
  return { python: join(bin, "python"), aws: join(bin, "aws"), older: join(folder, "older"), versions };
}

function cacheFolder(): string {
  const near = join(root, "node_modules", ".cache", "millrace-clients");
  try {
    mkdirSync(near, { recursive: true });
    return near;
  } catch {
    // A checkout that may not be written to.
    const far = join(tmpdir(), "millrace-clients");
    mkdirSync(far, { recursive: true });
    return far;
  }
}

function noted(note: string): string | null {
  try {
    const value: unknown = JSON.parse(readFileSync(note, "utf8"));
    return typeof value === "string" ? value : null;
  } catch {
    // None yet.
    return null;
  }
}

/** The interpreter that it was made with may be gone, and the folder may have been moved. */
async function works(folder: string): Promise<boolean> {
  try {
    await run(join(folder, "bin", "python"), ["-c", "import boto3, awscli"]);
    return true;
  } catch {
    return false;
  }
}

async function installed(given: {
  readonly cache: string;
  readonly note: string;
  readonly versions: string;
  readonly tell: (line: string) => void;
  readonly find: (name: string) => string | null;
}): Promise<string> {
  const { cache, note, versions, tell } = given;
  const python = await aPython(given.find);
  const folder = join(cache, `venv-${process.pid}`);
  tell(`installing ${versions} with pip, once`);
  try {
    rmSync(folder, { recursive: true, force: true });
    await run(python, ["-m", "venv", folder]);
    const words = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirementsFile];
    const limits = { timeout: INSTALL_WITHIN_MS, maxBuffer: 64 * 1024 * 1024 };
    await run(join(folder, "bin", "python"), words, limits);
    const apart = [...words.slice(0, -1), olderFile, "--no-deps", "--target", join(folder, "older")];
    await run(join(folder, "bin", "python"), apart, limits);
    const draft = `${note}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(folder));
    renameSync(draft, note);
    return folder;
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw new ClientsMissing(`${versions} could not be installed: ${lastLine(error)}`, helpWith(PIP), error);
  }
}

const PIP = [
  "sudo apt-get install python3-venv python3-pip   # Debian has venv and pip apart",
  "pip config list   # behind a proxy: pip has to reach its index",
];

/** The first of the PATH that is new enough. */
async function aPython(find: (name: string) => string | null): Promise<string> {
  const found: string[] = [];
  for (const name of ["python3", "python"]) {
    const file = find(name);
    if (file === null) continue;
    try {
      const { stdout } = await run(file, ["-c", "import sys; print(*sys.version_info[:2])"]);
      const [major = 0, minor = 0] = stdout.trim().split(" ").map(Number);
      if (major === 3 && minor >= OLDEST_MINOR) return file;
      found.push(`${file} is Python ${major}.${minor}`);
    } catch (error) {
      found.push(`${file} does not run: ${lastLine(error)}`);
    }
  }
  const why = found.length === 0 ? "there is no python3 on the PATH" : found.join("; ");
  throw new ClientsMissing(
    `the tests of unmodified clients need Python 3.${OLDEST_MINOR} or newer: ${why}`,
    helpWith(["sudo apt-get install python3 python3-venv python3-pip"]),
  );
}

const helpWith = (ways: readonly string[]): string =>
  `any one of these:\n  ${[...ways, "npm test -- --without-clients   # leaves these tests out, and says so"].join("\n  ")}`;

function lastLine(error: unknown): string {
  const told =
    error instanceof Error && "stderr" in error && typeof error.stderr === "string" ? error.stderr.trim() : "";
  return (told === "" ? String(error) : told).split("\n").at(-1) ?? "";
}
