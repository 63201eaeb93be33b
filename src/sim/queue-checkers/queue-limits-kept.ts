// T-164: no event over BatchSize or the payload limit, none empty, and of FIFO queues none with two groups (P-32). P-25: in one process
// never more calls at once than MaximumConcurrency. H-7: nothing is called by a process that has stopped.

import { problemsIn } from "./message-ledger.ts";
import type { QueueChecker } from "./queue-checker.ts";

export const queueLimitsKept: QueueChecker = {
  name: "limits kept",
  law: { text: "no event passes BatchSize or the byte limit, or holds two groups", rule: "T-164" },
  check({ limits, happenings }) {
    return problemsIn(happenings, (each, ledger) => {
      if (each.kind !== "called") return [];
      const { call, messages, eventBytes } = each;
      const groups = new Set(messages.map(({ id }) => ledger.message(id)?.groupId));
      const problems: string[] = [];
      if (messages.length === 0) problems.push(`call ${call} has no messages`);
      if (messages.length > limits.batchSize)
        problems.push(`call ${call} has ${messages.length} messages of ${limits.batchSize}`);
      if (eventBytes > limits.eventLimitBytes)
        problems.push(`call ${call} has ${eventBytes} bytes of ${limits.eventLimitBytes}`);
      if (limits.isFifo && !limits.isMixingGroups && groups.size > 1)
        problems.push(`call ${call} has messages of ${groups.size} groups`);
      // A standard queue may hand a message out twice, each time by another receipt.
      if (new Set(messages.map(({ receipt }) => receipt)).size < messages.length)
        problems.push(`call ${call} holds what was received once twice`);
      return problems;
    });
  },
};

export const queueConcurrencyKept: QueueChecker = {
  name: "concurrency kept",
  law: { text: "never more calls at once than MaximumConcurrency", rule: "P-25" },
  check({ limits, happenings }) {
    const most = limits.maximumConcurrency;
    if (most === null) return [];
    return problemsIn(happenings, (each, ledger) => {
      if (each.kind !== "called") return [];
      const count = ledger.running().filter(({ life }) => life === each.life).length + 1;
      return count > most ? [`call ${each.call} is the ${count}. at once of ${most}`] : [];
    });
  },
};

export const queueCleanStop: QueueChecker = {
  name: "clean stop",
  law: { text: "a process that has stopped receives and calls nothing more", rule: "H-7" },
  check({ happenings }) {
    const stopped = new Set<number>();
    return problemsIn(happenings, (each, ledger) => {
      if (each.kind === "stopped") {
        stopped.add(each.life);
        const left = ledger.running().filter(({ life }) => life === each.life);
        return each.isForced
          ? []
          : left.map(({ call }) => `call ${call} ran on after process ${each.life} had stopped`);
      }
      if ((each.kind !== "called" && each.kind !== "received") || !stopped.has(each.life)) return [];
      return [`process ${each.life} ${each.kind === "called" ? "called" : "received"} after it had stopped`];
    });
  },
};
