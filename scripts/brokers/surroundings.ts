// The machine that the tests run on, as `find-server.ts` asks for it: programs on the PATH, a Docker engine, and Debian's
// package manager. Installing is done only as root and without a password, and no system service starts by it.

import { execFile } from "node:child_process";
import { accessSync, constants, existsSync, statSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import type { InstallResult, Surroundings } from "./find-server.ts";

const run = promisify(execFile);

const engineAnswersWithinMs = 5_000;
const installWithinMs = 300_000;
/** Debian asks this program before it starts a service; exit code 101 forbids it ("invoke-rc.d", policy layer). */
const policyFile = "/usr/sbin/policy-rc.d";

export function surroundingsOfMachine(tell: (line: string) => void): Surroundings {
  return { findBinary, composeAnswers, install: (packageNames) => installDebianPackages(packageNames, tell) };
}

/** Absolute path of the program, or null. Debian's folders for administrators count, as a user's PATH may lack them. */
export function findBinary(name: string, searchPath: string = process.env["PATH"] ?? ""): string | null {
  const folders = [...searchPath.split(delimiter).filter((folder) => folder !== ""), "/usr/sbin", "/usr/local/sbin"];
  const places = folders.map((folder) => join(folder, name));
  return places.find(isExecutableFile) ?? null;
}

function isExecutableFile(place: string): boolean {
  try {
    accessSync(place, constants.X_OK);
    return statSync(place).isFile();
  } catch {
    // Not there, or not ours to run: both mean that this is not the place.
    return false;
  }
}

async function composeAnswers(): Promise<boolean> {
  try {
    await run("docker", ["info", "--format", "{{.ServerVersion}}"], { timeout: engineAnswersWithinMs });
    await run("docker", ["compose", "version"], { timeout: engineAnswersWithinMs });
    return true;
  } catch {
    // No client, no engine, no compose, or no right to use it: for us all the same.
    return false;
  }
}

async function installDebianPackages(
  packageNames: readonly string[],
  tell: (line: string) => void,
): Promise<InstallResult> {
  const aptGet = findBinary("apt-get");
  if (aptGet === null) return { kind: "refused", why: "no apt-get here to install it with" };
  if (process.getuid?.() !== 0) return { kind: "refused", why: "installing it needs root" };
  tell(`installing ${packageNames.join(", ")} with apt-get`);
  const isPolicyOurs = !existsSync(policyFile);
  if (isPolicyOurs) await writeFile(policyFile, "#!/bin/sh\nexit 101\n", { mode: 0o755 });
  try {
    const options = {
      timeout: installWithinMs,
      maxBuffer: 64 * 1024 * 1024,
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
    };
    // A second test run may be installing at the same time: wait for the lock instead of failing.
    const waiting = ["-o", "DPkg::Lock::Timeout=240"];
    await run(aptGet, [...waiting, "update"], options);
    await run(aptGet, [...waiting, "install", "-y", "--no-install-recommends", ...packageNames], options);
    return { kind: "installed" };
  } catch (error) {
    return { kind: "refused", why: `apt-get could not install it (${lastLine(error)})` };
  } finally {
    if (isPolicyOurs) await rm(policyFile, { force: true });
  }
}

function lastLine(error: unknown): string {
  const text =
    error instanceof Error && "stderr" in error && typeof error.stderr === "string" && error.stderr.trim() !== ""
      ? error.stderr
      : String(error);
  return text.trim().split("\n").at(-1) ?? text;
}
