// What a queue promises of a message that it has handed out, and a mapping of one that has failed: nobody else has it before its
// visibility is over, and it counts its receives. Instants are those of the wall clock, as the queue's own are.

import { problemsIn } from "./message-ledger.ts";
import type { QueueChecker } from "./queue-checker.ts";

export const visibilityKept: QueueChecker = {
  name: "visibility kept",
  law: {
    text: "no message is handed out again before its visibility is over, and a failed one's is left as it was",
    rule: "Q-11",
  },
  check({ happenings }) {
    const failed = new Set<string>();
    return problemsIn(happenings, (each, ledger) => {
      switch (each.kind) {
        case "received":
          return each.messages.flatMap(({ id }) => {
            const message = ledger.message(id);
            if (message === undefined) return [`${id} was received and never sent`];
            if (message.end !== null) return [`${id} was received after it was ${message.end}`];
            if (message.isRepeated || message.hiddenUntilMs <= each.atMs) return [];
            return [`${id} was received ${message.hiddenUntilMs - each.atMs} ms before its visibility was over`];
          });
        case "returned":
          for (const { id, receipt } of ledger.call(each.call)?.messages ?? [])
            if (!each.isRefused && each.failed.includes(id)) failed.add(receipt);
          return [];
        case "visibility-changed":
          return failed.has(each.receipt)
            ? [`the visibility of ${ledger.messageOf(each.receipt)?.id ?? "a message"} was changed after it had failed`]
            : [];
        default:
          return [];
      }
    });
  },
};

export const countsRight: QueueChecker = {
  name: "receive counts right",
  law: {
    text: "each receive adds one to a message's count, and after the most that its queue allows it is a dead letter",
    rule: "Q-17",
  },
  check({ limits, happenings }) {
    const most = limits.maxReceiveCount ?? Number.POSITIVE_INFINITY;
    /** What each receipt was given with. */
    const counts = new Map<string, { readonly id: string; readonly count: number }>();
    return problemsIn(happenings, (each, ledger) => {
      switch (each.kind) {
        case "received":
          return each.messages.flatMap(({ id, receipt, count }) => {
            const { receiveCount = 0, earlierCount = 0 } = ledger.message(id) ?? {};
            const nth = receiveCount + 1;
            const isUsed = counts.has(receipt);
            counts.set(receipt, { id, count });
            if (isUsed) return [`${id} was received by a receipt that was given before`];
            if (count !== earlierCount + nth)
              return [`${id} was received for the ${earlierCount + nth}. time, and counts ${count}`];
            return nth > most ? [`${id} was received ${nth} times, and becomes a dead letter after ${most}`] : [];
          });
        case "dead-lettered": {
          const count = ledger.message(each.id)?.receiveCount ?? 0;
          return count < most ? [`${each.id} became a dead letter after ${count} receives of ${most}`] : [];
        }
        case "called":
          return each.messages.flatMap(({ id, receipt, count }) => {
            const given = counts.get(receipt);
            if (given?.id !== id) return [`call ${each.call} holds ${id} with a receipt that it was not given`];
            return given.count === count
              ? []
              : [`call ${each.call} says ${count} receives of ${id}, not ${given.count}`];
          });
        default:
          return [];
      }
    });
  },
};
