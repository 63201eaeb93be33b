// FIFO: the messages of a group are called in their order, and one batch of a group is out at a time (P-30). A handler that outlives the
// visibility of its messages sees them twice, so that a call counts no more once that is over. That a handler reports an earlier
// message and not a later one breaks no order of calls.

import { type Called, type Ledger, problemsIn } from "./message-ledger.ts";
import type { QueueChecker } from "./queue-checker.ts";

export const groupsInOrder: QueueChecker = {
  name: "groups in order",
  law: { text: "no message of a group is called while an earlier one of it has not ended", rule: "P-30" },
  check({ limits, happenings }) {
    if (!limits.isFifo) return [];
    return problemsIn(happenings, (each, ledger) => {
      if (each.kind !== "called") return [];
      const before = new Set<string>();
      return each.messages.flatMap(({ id }) => {
        const message = ledger.message(id);
        before.add(id);
        if (message === undefined) return [];
        const earlier = ledger.group(message.groupId).find(
          ({ id: other, number, end, atMs, isFiltered, hasSucceeded }) =>
            number < message.number &&
            end === null &&
            // Nobody waits for the delete of what has ended so.
            !isFiltered &&
            !hasSucceeded &&
            !before.has(other) &&
            each.atMs - atMs < limits.retentionMs,
        );
        return earlier === undefined
          ? []
          : [`call ${each.call} holds message ${message.number} of group ${message.groupId} before ${earlier.number}`];
      });
    });
  },
};

export const oneBatchAGroup: QueueChecker = {
  name: "one batch a group",
  law: { text: "at most one call that holds a group is out at a time", rule: "P-30" },
  check({ limits, happenings }) {
    if (!limits.isFifo) return [];
    return problemsIn(happenings, (each, ledger) => {
      if (each.kind !== "called") return [];
      const own = groupsOf(each, ledger);
      return ledger
        .running()
        .filter((other) => isHeld(other, each.atMs, ledger))
        .flatMap((other) => {
          const both = groupsOf(other, ledger).find((group) => own.includes(group));
          return both === undefined ? [] : [`calls ${other.call} and ${each.call} hold group ${both} at once`];
        });
    });
  },
};

const groupsOf = ({ messages }: Called, ledger: Ledger): readonly string[] =>
  messages.map(({ id }) => ledger.message(id)?.groupId ?? "");

/** The queue still keeps its messages for it. */
const isHeld = ({ messages }: Called, atMs: number, ledger: Ledger): boolean =>
  messages.every(({ id, receipt }) => {
    const message = ledger.message(id);
    return message?.receipt === receipt && message.hiddenUntilMs > atMs;
  });
