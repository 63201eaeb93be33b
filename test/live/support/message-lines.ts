// What the handler of `message-ledger.ts` wrote, read back: a line for each message of each call, in the order of the calls.

import { existsSync, readFileSync } from "node:fs";

export interface MessageLine {
  readonly verdict: string;
  readonly messageId: string;
  readonly receiveCount: number;
  readonly group: string;
  readonly number: number;
}

export function messageLines(file: string): readonly MessageLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => {
    const [verdict = "", messageId = "", count = "", group = "", number = ""] = line.split(" ");
    return { verdict, messageId, receiveCount: Number(count), group, number: Number(number) };
  });
}

export const doneOnce = (lines: readonly MessageLine[]): ReadonlySet<number> =>
  new Set(lines.filter(({ verdict }) => verdict === "done").map(({ number }) => number));

/**
 * Lines of one receive that came twice: each receive has a count of its own. A call that outlives the visibility may write its lines behind
 * those of a later receive.
 */
export function uncountedRepeats(lines: readonly MessageLine[]): readonly MessageLine[] {
  const seen = new Set<string>();
  return lines.filter(({ messageId, receiveCount }) => {
    const receive = `${messageId} ${receiveCount}`;
    if (seen.has(receive)) return true;
    seen.add(receive);
    return false;
  });
}

/** Numbers that come for the first time after a later one of their group. */
export function disorderInGroups(lines: readonly MessageLine[]): readonly number[] {
  const last = new Map<string, number>();
  const seen = new Set<number>();
  const wrong: number[] = [];
  for (const { group, number } of lines) {
    if (seen.has(number)) continue;
    seen.add(number);
    if ((last.get(group) ?? -1) > number) wrong.push(number);
    last.set(group, number);
  }
  return wrong;
}
