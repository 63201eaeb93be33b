// How this process stands to its terminal, where the system tells it (/proc); elsewhere as is usual.

import { readFileSync } from "node:fs";

interface Standing {
  readonly parent: number;
  readonly group: number;
  readonly session: number;
  /** The group that may use the terminal. */
  readonly foreground: number;
}

/** Null where it cannot be told. */
function standingOf(pid: number | "self"): Standing | null {
  let stat: string;
  try {
    stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  } catch {
    return null;
  }
  // Behind the command's name: state, parent, process group, session, terminal, the terminal's foreground group.
  const [, parent, group, session, , foreground] = stat
    .slice(stat.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  if (parent === undefined || group === undefined || session === undefined || foreground === undefined) return null;
  return { parent, group, session, foreground };
}

/** Whether it may use the terminal now: one in the background that changes the terminal's mode is stopped by the system. */
export function isInForeground(): boolean {
  const own = standingOf("self");
  return own === null || own.group === own.foreground;
}

/** Whether a shell is there that would let it go on once it is stopped: the parent of its job, in the same session. */
export function hasShell(): boolean {
  const own = standingOf("self");
  if (own === null) return true;
  for (let pid = own.parent; pid > 0; ) {
    const above = standingOf(pid);
    if (above === null) return false;
    if (above.group !== own.group) return above.session === own.session;
    pid = above.parent;
  }
  return false;
}
