// What the handlers of `ledger.ts` wrote, read back and judged: a line for each record of each call, in the order of the calls.

import { readFileSync } from "node:fs";

export interface Line {
  readonly verdict: string;
  readonly shard: string;
  readonly sequenceNumber: string;
  readonly key: string;
  readonly number: string;
}

export function ledgerOf(file: string): readonly Line[] {
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [verdict = "", shard = "", sequenceNumber = "", key = "", number = ""] = line.split(" ");
    return { verdict, shard, sequenceNumber, key, number };
  });
}

/** Numbers of records that come out of order within a group, by the first line of each. */
export function disorder(lines: readonly Line[], groupOf: (line: Line) => string): readonly string[] {
  const last = new Map<string, string>();
  const seen = new Set<string>();
  const wrong: string[] = [];
  for (const line of lines) {
    if (seen.has(line.number)) continue;
    seen.add(line.number);
    const group = groupOf(line);
    if ((last.get(group) ?? "") >= line.sequenceNumber) wrong.push(line.number);
    last.set(group, line.sequenceNumber);
  }
  return wrong;
}

export const doneNumbers = (lines: readonly Line[]): ReadonlySet<string> =>
  new Set(lines.filter(({ verdict }) => verdict === "done").map(({ number }) => number));

/** The lines of calls that ended well. */
export const doneLines = (lines: readonly Line[]): readonly Line[] => lines.filter(({ verdict }) => verdict === "done");
