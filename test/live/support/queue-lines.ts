// What the handlers of `queue-ledger.ts` wrote, read back: a line for each message of each call, in the order of the calls.

import { existsSync, readFileSync } from "node:fs";

export interface QueueLine {
  readonly verdict: "done" | "failed";
  readonly messageId: string;
  readonly receiveCount: number;
  readonly group: string;
  readonly sequenceNumber: string;
  readonly body: string;
}

export function queueLedgerOf(file: string): readonly QueueLine[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [verdict = "", messageId = "", count = "", group = "", sequenceNumber = "", ...words] = line.split(" ");
    return {
      verdict: verdict === "done" ? "done" : "failed",
      messageId,
      receiveCount: Number(count),
      group,
      sequenceNumber,
      body: words.join(" "),
    };
  });
}

export const doneOf = (lines: readonly QueueLine[]): readonly QueueLine[] =>
  lines.filter(({ verdict }) => verdict === "done");

/** Bodies that came to a group, for the first time, behind one that was sent after them. */
export function groupDisorder(lines: readonly QueueLine[]): readonly string[] {
  const last = new Map<string, string>();
  const seen = new Set<string>();
  return lines.flatMap(({ messageId, group, sequenceNumber, body }) => {
    if (seen.has(messageId)) return [];
    seen.add(messageId);
    const isBehind = (last.get(group) ?? "") >= sequenceNumber;
    last.set(group, sequenceNumber);
    return isBehind ? [body] : [];
  });
}
