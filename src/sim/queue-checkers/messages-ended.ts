// T-161 for queues: every message ends in one way, and in no other. It is deleted after a call that ended well for it, or since the filter
// passes it over; it becomes a dead letter; it leaves with a purge or by its queue's retention. What is hidden still comes back and is
// not lost; where nothing ends a message that fails for ever, it may be there for ever.

import type { QueueHistory } from "../queue-history.ts";
import { createLedger, type Message, problemsIn } from "./message-ledger.ts";
import type { QueueChecker } from "./queue-checker.ts";

export const noMessageLost: QueueChecker = {
  name: "nothing lost",
  law: {
    text: "every message ends: deleted after it succeeded, filtered, a dead letter, or gone with its queue's own",
    rule: "T-161",
  },
  check(history) {
    const over = history.happenings.findLast((each) => each.kind === "over");
    if (over === undefined) return [];
    return unended(history, over.atMs).map(({ id, number }) => `message ${number} (${id}) never ended`);
  },
};

/** Messages that are owed an end by now. */
function unended({ limits, happenings }: QueueHistory, atMs: number): readonly Message[] {
  const ledger = createLedger();
  /** Those that failed when they were last called. */
  const failing = new Set<string>();
  for (const each of happenings) {
    ledger.take(each);
    if (each.kind !== "returned") continue;
    for (const { id } of ledger.call(each.call)?.messages ?? [])
      if (each.isRefused || each.failed.includes(id)) failing.add(id);
      else failing.delete(id);
  }
  return ledger.messages().filter(({ id, end, atMs: sentAtMs, visibleAtMs, hiddenUntilMs }) => {
    const isExpired = atMs - sentAtMs >= limits.retentionMs;
    const isHidden = Math.max(visibleAtMs, hiddenUntilMs) > atMs;
    const isHeld = limits.maxReceiveCount === null && failing.has(id);
    return end === null && !isExpired && !isHidden && !isHeld;
  });
}

export const doneOnce: QueueChecker = {
  name: "deleted when done",
  law: {
    text: "what is deleted has succeeded or is filtered, what has failed is left alone, what has succeeded is deleted",
    rule: "Q-10",
  },
  check({ happenings }) {
    /** By receipt: how its last call ended. */
    const ended = new Map<string, "succeeded" | "failed">();
    const asked = new Set<string>();
    const returned = new Set<string>();
    const orderly = orderlyLives(happenings);
    /** Receipts that succeeded in a process that had its time to delete them. */
    const owed = new Map<string, string>();
    const problems = problemsIn(happenings, (each, ledger) => {
      switch (each.kind) {
        case "returned": {
          const call = ledger.call(each.call);
          for (const { id, receipt } of call?.messages ?? []) {
            if (each.isRefused) continue;
            const isFailed = each.failed.includes(id);
            ended.set(receipt, isFailed ? "failed" : "succeeded");
            if (!isFailed && call !== undefined && orderly.has(call.life)) owed.set(receipt, id);
          }
          return [];
        }
        case "delete-asked": {
          asked.add(each.receipt);
          owed.delete(each.receipt);
          const message = ledger.messageOf(each.receipt);
          if (message === undefined) return [`a receipt is deleted that nobody was given`];
          const { id } = message;
          if (returned.has(each.receipt)) return [`${id} was returned, and then deleted`];
          if (message.isFiltered || ended.get(each.receipt) === "succeeded") return [];
          const why = ended.get(each.receipt) === "failed" ? "and it failed" : "and it was never called";
          return [`${id} was deleted by a receive of it, ${why}`];
        }
        case "visibility-changed": {
          const id = ledger.messageOf(each.receipt)?.id ?? "a message";
          if (each.hiddenUntilMs <= each.atMs) returned.add(each.receipt);
          if (asked.has(each.receipt)) return [`${id} was deleted, and then returned`];
          return [];
        }
        default:
          return [];
      }
    });
    if (!happenings.some(({ kind }) => kind === "over")) return problems;
    return [...problems, ...[...owed.values()].map((id) => `${id} has succeeded, and nobody asked to delete it`)];
  },
};

/** Those that were neither killed nor stopped by force. */
function orderlyLives(happenings: QueueHistory["happenings"]): ReadonlySet<number> {
  const lives = new Set(happenings.flatMap((each) => (each.kind === "started" ? [each.life] : [])));
  for (const each of happenings)
    if (each.kind === "crashed" || (each.kind === "stopped" && each.isForced)) lives.delete(each.life);
  return lives;
}
