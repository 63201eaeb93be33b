// What lies in the queues that mappings read, and in those for their dead letters: looked at one after the other, so that counting, which
// looks at each message, takes little of the store's time.

import type { Clock } from "../ports/clock.ts";
import type { QueueCounts, Queues } from "../ports/queues.ts";
import type { DashboardModel } from "./dashboard-model.ts";

/** From the end of one look to the next, at least; and so many times as long as a look takes. */
const LEAST_MS = 1_000;
const SHARE = 50;
/** Queues in one look. */
const MOST_QUEUES = 100;

export interface QueueLook {
  /** Begins a look where one is due; what it finds is told to the model when it is there. */
  look(model: DashboardModel): void;
}

export function createQueueLook(queues: Pick<Queues, "countMessages" | "describeQueue">, clock: Clock): QueueLook {
  let nextAtMs = Number.NEGATIVE_INFINITY;

  async function lookNow(model: DashboardModel): Promise<void> {
    const deadLetters = new Map<string, { of: string[]; arn: string }>();
    const mapped = [...model.mappings()].filter(({ settings }) => settings.family === "queue").slice(0, MOST_QUEUES);
    for (const { uuid, view } of mapped) {
      const arn = view?.eventSourceArn ?? "";
      const name = nameOf(arn);
      model.learnQueue(uuid, await counted(name));
      const target = (await queues.describeQueue(name))?.settings.redrive?.deadLetterQueue;
      if (target === undefined) continue;
      const known = deadLetters.get(target) ?? { of: [], arn: arn.replace(/[^:]*$/, target) };
      if (!known.of.includes(name)) known.of.push(name);
      deadLetters.set(target, known);
    }
    const found = [];
    for (const [name, { arn, of }] of deadLetters) {
      const counts = await counted(name);
      const messageCount = counts === null ? null : counts.visibleCount + counts.hiddenCount + counts.delayedCount;
      found.push({ arn, of, messageCount });
    }
    model.learnDeadLetters(found);
  }

  const counted = (name: string): Promise<QueueCounts | null> => queues.countMessages(name);

  return {
    look(model) {
      const askedAtMs = clock.monotonicMs();
      if (askedAtMs < nextAtMs) return;
      nextAtMs = Number.POSITIVE_INFINITY;
      const looked = (): void => {
        const atMs = clock.monotonicMs();
        nextAtMs = atMs + Math.max(LEAST_MS, SHARE * (atMs - askedAtMs));
      };
      // A store that does not answer is told of by the mapping's own problem.
      void lookNow(model).then(looked, looked);
    },
  };
}

const nameOf = (arn: string): string => arn.split(":").at(-1) ?? "";
