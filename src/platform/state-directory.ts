// The state directory: its layout, its format version, and the lock that keeps a second Millrace out of it.
//
// Y1  The lock is held by SQLite on `lock.db`, so it ends with the process, however that ends: a stale one cannot be left behind,
//     and a process id that was given anew, or that another container counts, misleads nobody. The file `lock` beside it tells
//     people the owner's process id.
// Y2  A directory of a newer format is refused and left as it is.
// Y3  A reset takes away only what Millrace has made, and only while nobody holds the lock.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { MillraceError } from "../errors.ts";
import { sqlite } from "./sqlite.ts";

/** Changes when an older Millrace could no longer read the directory. */
const FORMAT_VERSION = 1;

export interface StatePaths {
  /** Absolute. */
  readonly root: string;
  readonly storeFile: string;
  readonly journalDir: string;
  /** Holds the address of the server that has the directory; of one that was killed it stays behind. */
  readonly urlFile: string;
  /** Holds what functions wrote, a file or two a function. */
  readonly logDir: string;
  /** Database of the tables, once there has been one. */
  readonly tablesDir: string;
  /** Holds a directory a bucket, in it the objects by key. */
  readonly bucketRoot: string;
}

export interface StateDirectory extends StatePaths {
  /** Says where the server answers, for commands of the same directory, until `close`. */
  announce(url: string): void;
  /** Gives the lock back. Calling it twice does nothing. */
  close(): void;
}

export function statePaths(directory: string): StatePaths {
  const root = resolve(directory);
  return {
    root,
    storeFile: join(root, "store.db"),
    journalDir: join(root, "journal"),
    urlFile: join(root, "url"),
    logDir: join(root, "logs"),
    tablesDir: join(root, "tables"),
    bucketRoot: join(root, "buckets"),
  };
}

/** Makes the directory where it is missing, and locks it. Throws `state-locked`, `state-version` or `state-broken`. */
export function openStateDirectory(directory: string): StateDirectory {
  const paths = statePaths(directory);
  try {
    makeFolder(paths.root);
    const release = lock(paths);
    try {
      checkFormat(paths.root);
      // Of a server that was killed.
      rmSync(paths.urlFile, { force: true });
    } catch (error) {
      release();
      throw error;
    }
    return { ...paths, announce: (url) => writeFileSync(paths.urlFile, `${url}\n`), close: release };
  } catch (error) {
    if (error instanceof MillraceError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new MillraceError("state-broken", `cannot use ${paths.root} as state directory: ${reason}`, { cause: error });
  }
}

/** Folder by folder: Node's own recursive form never ends where a parent takes no folders, as under /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

/** Forgets everything that Millrace keeps in the directory. Throws as `openStateDirectory` does; a missing one is fine. */
export function resetStateDirectory(directory: string): void {
  const state = openStateDirectory(directory);
  try {
    for (const suffix of ["", "-wal", "-shm"]) rmSync(`${state.storeFile}${suffix}`, { force: true });
    rmSync(state.journalDir, { recursive: true, force: true });
    rmSync(state.logDir, { recursive: true, force: true });
    rmSync(state.bucketRoot, { recursive: true, force: true });
    rmSync(state.tablesDir, { recursive: true, force: true });
    // Code that came through the API, and what was built of the configuration's.
    for (const folder of ["functions", "layers"]) rmSync(join(state.root, folder), { recursive: true, force: true });
  } finally {
    state.close();
  }
}

const SQLITE_BUSY = 5;

function lock({ root, urlFile }: StatePaths): () => void {
  const ownerFile = join(root, "lock");
  const database = new (sqlite().DatabaseSync)(join(root, "lock.db"), { timeout: 0 });
  try {
    database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE;");
  } catch (error) {
    database.close();
    if (errcodeOf(error) !== SQLITE_BUSY) throw error;
    const owner = ownerOf(ownerFile);
    throw new MillraceError("state-locked", `${root} is in use by the Millrace with process id ${owner}`, {
      cause: error,
      help: "Stop that one first, or use another folder: --state DIR",
    });
  }
  writeFileSync(ownerFile, `${process.pid}\n`);
  let isReleased = false;
  const release = (): void => {
    if (isReleased) return;
    isReleased = true;
    process.removeListener("exit", release);
    rmSync(ownerFile, { force: true });
    rmSync(urlFile, { force: true });
    database.close();
  };
  // It also holds the connection: one that nobody refers to is closed by the garbage collector, and its lock with it.
  process.once("exit", release);
  return release;
}

function errcodeOf(error: unknown): unknown {
  return typeof error === "object" && error !== null && "errcode" in error ? error.errcode : null;
}

function ownerOf(ownerFile: string): string {
  try {
    return readFileSync(ownerFile, "utf8").trim();
  } catch {
    // Between taking the lock and writing its name the owner is unknown for a moment.
    return "(not known yet)";
  }
}

function checkFormat(root: string): void {
  const formatFile = join(root, "format");
  let text: string;
  try {
    text = readFileSync(formatFile, "utf8");
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
    writeFileSync(formatFile, `millrace state ${FORMAT_VERSION}\n`);
    return;
  }
  const version = /^millrace state (\d+)\n$/.exec(text)?.[1];
  if (version === undefined) throw new MillraceError("state-broken", `${formatFile} does not hold a format version`);
  if (Number(version) > FORMAT_VERSION)
    throw new MillraceError(
      "state-version",
      `${root} has format ${version}; this Millrace reads up to format ${FORMAT_VERSION}`,
      { help: "Use the newer Millrace that wrote it, or another folder: --state DIR" },
    );
}
