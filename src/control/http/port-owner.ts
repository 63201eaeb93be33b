// Who holds a port, where the system tells it cheaply: on Linux from /proc, elsewhere not at all.

import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

const LISTENING = "0A";
const MOST_NAME = 80;

/** `process 48213 (name)`, or null where it cannot be known. Never throws. */
export function portOwner(port: number): string | null {
  try {
    const inode = listeningInode(port);
    return inode === null ? null : processOf(inode);
  } catch {
    // No /proc, or not ours to read: the owner stays unknown.
    return null;
  }
}

function listeningInode(port: number): string | null {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const table of ["/proc/net/tcp", "/proc/net/tcp6"]) {
    for (const line of readFileSync(table, "utf8").split("\n")) {
      const cells = line.trim().split(/\s+/);
      if (cells[1]?.endsWith(wanted) && cells[3] === LISTENING) return cells[9] ?? null;
    }
  }
  return null;
}

function processOf(inode: string): string | null {
  const wanted = `socket:[${inode}]`;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (openFiles(pid).includes(wanted)) return `process ${pid} (${nameOf(pid)})`;
  }
  return null;
}

/** Its program and, of a runtime's, the script: `node bin.ts`. What Linux calls it may be its main thread's name. */
function nameOf(pid: string): string {
  const [program = "", script = ""] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  const words = [program, ...(/^[^-].*\.[cm]?[jt]s$|\.py$/.test(script) ? [script] : [])];
  const name = words.map((word) => basename(word)).join(" ");
  return name === ""
    ? readFileSync(`/proc/${pid}/comm`, "utf8").trim()
    : name.replace(/\p{Cc}/gu, "?").slice(0, MOST_NAME);
}

function openFiles(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).map((file) => linkOf(`/proc/${pid}/fd/${file}`));
  } catch {
    // Another user's process, or one that has just ended.
    return [];
  }
}

function linkOf(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    // Closed since it was listed.
    return "";
  }
}
