// The jars of ActiveMQ Classic: fetched once by Maven (8 MB, some 10 s) into the user's cache folder, and held against the
// checksums of this repository each time they are used. Maven is needed only while they are not there.

import { execFile } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { MillraceError } from "../../src/errors.ts";
import { findBinary } from "./surroundings.ts";

const run = promisify(execFile);
const fetchWithinMs = 300_000;
const sources = join(import.meta.dirname, "activemq");

/** The program to run from its source. */
export const brokerSource = join(sources, "AmqpBroker.java");

/** Whether jars lie in the cache; what they are is looked at when they are used. */
export function areJarsCached(): boolean {
  return existsSync(cacheFolder());
}

/** The folder with the jars, and nothing else. Throws `broker-missing` if they cannot be fetched or are not what they should be. */
export async function activeMqJars(): Promise<string> {
  const folder = cacheFolder();
  if (!areJarsCached()) await fetchJars(folder);
  const flaw = await flawOf(folder);
  if (flaw === null) return folder;
  throw new MillraceError(
    "broker-missing",
    `the jars of ActiveMQ in ${folder} are not those this repository knows: ${flaw}`,
    {
      help: `rm -r ${folder}   # they are then fetched again`,
    },
  );
}

function cacheFolder(): string {
  const home = process.env["XDG_CACHE_HOME"];
  return join(home === undefined || home === "" ? join(homedir(), ".cache") : home, "millrace", "activemq-6.3.1");
}

/** Fetched beside its place and moved there whole, so that two runs at once disturb neither each other nor a third. */
async function fetchJars(folder: string): Promise<void> {
  const part = `${folder}.${randomBytes(4).toString("hex")}.part`;
  await mkdir(part, { recursive: true });
  try {
    const goal = "dependency:copy-dependencies";
    const words = [
      "-q",
      "-B",
      "-f",
      join(sources, "pom.xml"),
      goal,
      `-DoutputDirectory=${part}`,
      "-DincludeScope=runtime",
    ];
    await run(findBinary("mvn") ?? "mvn", words, { timeout: fetchWithinMs });
    await rename(part, folder);
  } catch (error) {
    // Another run has put its own there meanwhile.
    if (areJarsCached()) return;
    throw new MillraceError("broker-missing", `Maven could not fetch the jars of ActiveMQ: ${firstError(error)}`, {
      help: "mvn must be on the PATH and reach a repository; its own settings.xml says which",
      cause: error,
    });
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function flawOf(folder: string): Promise<string | null> {
  const expected = JSON.parse(await readFile(join(sources, "checksums.json"), "utf8")) as Record<string, string>;
  const names = await readdir(folder);
  const unknown = names.find((name) => expected[name] === undefined);
  if (unknown !== undefined) return `${unknown} is not expected`;
  for (const [name, checksum] of Object.entries(expected)) {
    if (!names.includes(name)) return `${name} is missing`;
    const found = createHash("sha256")
      .update(await readFile(join(folder, name)))
      .digest("hex");
    if (found !== checksum) return `${name} has the SHA-256 ${found}, and should have ${checksum}`;
  }
  return null;
}

function firstError(error: unknown): string {
  const said = error instanceof Error && "stdout" in error && typeof error.stdout === "string" ? error.stdout : "";
  // Its first lines of that mark may be empty.
  return said.split("\n").find((line) => /^\[ERROR\]\s*\S/.test(line)) ?? String(error);
}
