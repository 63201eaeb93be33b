// Builds a handler's file for the simulated world as it is built for a live function, and keeps the bundle at a place that is the same in
// each run: where code has no source to be told from, stacks name the bundle itself.

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { basename, dirname, join } from "node:path";
import { createSystemClock } from "../../platform/system-clock.ts";
import type { FileSource } from "../../ports/function-record.ts";
import type { FunctionCode } from "../../ports/functions.ts";
import { assertExport, assertFile } from "../configured-code.ts";
import { buildFunction } from "../function-builder.ts";

const HASH_CHARACTERS = 16;
/** What no run has used for so long goes. */
const KEPT_MS = 7 * 86_400_000;
/** Only ours: who else could write there could have us run what he likes. */
const OWN_MODE = 0o700;

const COMPILED = "compiled";

export interface GuestCode {
  readonly code: FunctionCode;
  /** Where V8 may keep what it has compiled; null: nowhere. */
  readonly compileCacheDir: string | null;
  /** Takes away what is of this run only. */
  giveBack(): Promise<void>;
}

/** `functionName` is for messages. Throws `handler-not-found` where the file or the export is missing. */
export async function buildGuestCode(source: FileSource, functionName: string): Promise<GuestCode> {
  await assertFile(functionName, source);
  // Beside the place where the bundle is kept: its map tells the sources' paths from as deep a folder.
  const folder = await mkdtemp(join(tmpdir(), "millrace-guest-"));
  const giveBack = (): Promise<void> => rm(folder, { recursive: true, force: true });
  try {
    const built = await buildFunction(source, folder);
    assertExport(functionName, source, built);
    const { code } = built;
    const home = await ownHome();
    const compileCacheDir = home === null ? null : join(home, COMPILED);
    if (home === null || code.buildError !== null || !source.isBundled) return { code, compileCacheDir, giveBack };
    const modulePath = await keep(home, code.modulePath, source);
    return { code: { ...code, modulePath }, compileCacheDir, giveBack };
  } catch (error) {
    await giveBack();
    throw error;
  }
}

/** A folder that nobody else can write to; null: there is none. */
async function ownHome(): Promise<string | null> {
  const { username, uid } = userInfo();
  const home = join(tmpdir(), `millrace-handlers-${uid < 0 ? username : uid}`);
  try {
    await mkdir(home, { mode: OWN_MODE, recursive: true });
    const { uid: owner, mode } = await stat(home);
    return uid >= 0 && (owner !== uid || (mode & 0o022) !== 0) ? null : home;
  } catch {
    return null; // The run goes on without: it starts more slowly, and its stacks may name another place the next time.
  }
}

/** The module's path where it is kept; where it cannot be kept, where it is. */
async function keep(home: string, modulePath: string, source: FileSource): Promise<string> {
  try {
    const directory = dirname(modulePath);
    // The same code may come from other lines, or from another file.
    const map = await readFile(`${modulePath}.map`);
    const origin = createHash("sha256").update(source.file).update(map).digest("hex").slice(0, HASH_CHARACTERS);
    const kept = join(home, `${basename(directory)}-${origin}`);
    // Another run may have kept the same: what is there is whole, as it comes there in one step.
    await rename(directory, kept).catch(async (error: unknown) => {
      if (!(await isThere(join(kept, basename(modulePath))))) throw error;
    });
    const nowMs = createSystemClock().nowMs();
    await utimes(kept, nowMs / 1000, nowMs / 1000);
    await prune(home, nowMs - KEPT_MS);
    return join(kept, basename(modulePath));
  } catch {
    return modulePath; // As above.
  }
}

async function prune(home: string, beforeMs: number): Promise<void> {
  for (const name of await readdir(home)) {
    if (name === COMPILED) continue;
    const path = join(home, name);
    if ((await stat(path)).mtimeMs < beforeMs) await rm(path, { recursive: true, force: true });
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    return false; // Nobody has put it there.
  }
}
