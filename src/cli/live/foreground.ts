// Whether this process may use its terminal now. One in the background that changes the terminal's mode is stopped by the system.

import { readFileSync } from "node:fs";

/** True where it cannot be told. */
export function isInForeground(): boolean {
  let stat: string;
  try {
    stat = readFileSync("/proc/self/stat", "utf8");
  } catch {
    return true;
  }
  // Behind the command's name: state, parent, process group, session, terminal, the terminal's foreground group.
  const [, , group, , , foreground] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foreground;
}
