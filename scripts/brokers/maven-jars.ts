// The jars of a broker that runs on Java: fetched once by Maven into the user's cache folder, and held against the checksums of this
// repository each time they are used. Maven is needed only while they are not there.

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

export interface JarSet {
  /** As an error calls it. */
  readonly product: string;
  /** Its name in the cache, version included. */
  readonly cacheName: string;
  readonly pomFile: string;
  /** JSON: a jar's name to its SHA-256. */
  readonly checksumsFile: string;
  /** Set for the pom, as `name=value`. */
  readonly properties: readonly string[];
}

/** Whether jars lie in the cache; what they are is looked at when they are used. */
export function areJarsCached(set: JarSet): boolean {
  return existsSync(folderOf(set));
}

/** The folder with the jars, and nothing else. Throws `broker-missing` if they cannot be fetched or are not what they should be. */
export async function jarsFolder(set: JarSet): Promise<string> {
  const folder = folderOf(set);
  if (!areJarsCached(set)) await fetchJars(set, folder);
  const flaw = await flawOf(set, folder);
  if (flaw === null) return folder;
  throw new MillraceError(
    "broker-missing",
    `the jars of ${set.product} in ${folder} are not those this repository knows: ${flaw}`,
    { help: `rm -r ${folder}   # they are then fetched again` },
  );
}

function folderOf(set: JarSet): string {
  const home = process.env["XDG_CACHE_HOME"];
  return join(home === undefined || home === "" ? join(homedir(), ".cache") : home, "millrace", set.cacheName);
}

/** Fetched beside its place and moved there whole, so that two runs at once disturb neither each other nor a third. */
async function fetchJars(set: JarSet, folder: string): Promise<void> {
  const part = `${folder}.${randomBytes(4).toString("hex")}.part`;
  await mkdir(part, { recursive: true });
  try {
    const goal = "dependency:copy-dependencies";
    const properties = [`outputDirectory=${part}`, "includeScope=runtime", ...set.properties];
    const words = ["-q", "-B", "-f", set.pomFile, goal, ...properties.map((each) => `-D${each}`)];
    await run(findBinary("mvn") ?? "mvn", words, { timeout: fetchWithinMs });
    await rename(part, folder);
  } catch (error) {
    // Another run has put its own there meanwhile.
    if (areJarsCached(set)) return;
    throw new MillraceError(
      "broker-missing",
      `Maven could not fetch the jars of ${set.product}: ${firstError(error)}`,
      {
        help: "mvn must be on the PATH and reach a repository; its own settings.xml says which",
        cause: error,
      },
    );
  } finally {
    await rm(part, { recursive: true, force: true });
  }
}

async function flawOf(set: JarSet, folder: string): Promise<string | null> {
  const expected = JSON.parse(await readFile(set.checksumsFile, "utf8")) as Record<string, string>;
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
