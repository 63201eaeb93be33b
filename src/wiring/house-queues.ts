// The queues of a simulated house: embedded ones under the world's clock, with the door of SQS before them, fates for the processes that
// poll them, and a look at what goes in and comes out.

import type { QueueLookup, Surroundings } from "../control/lookups.ts";
import { createQueueLookup } from "../control/queue-lookup.ts";
import type { SqsAnswer } from "../control/sqs/sqs-answer.ts";
import { createSqsDoor } from "../control/sqs/sqs-context.ts";
import { callSqs, isSqsOperation } from "../control/sqs/sqs-calls.ts";
import type { Clock } from "../ports/clock.ts";
import type { Queues } from "../ports/queues.ts";
import type { Random } from "../ports/random.ts";
import type { ChangedSettings } from "../sim/fault.ts";
import { noMessageLost } from "../sim/queue-checkers/messages-ended.ts";
import type { ToldQueue } from "../sim/told-history.ts";
import { createVirtualQueues, type TakenMessage, type VirtualQueues } from "../sim/virtual-queues.ts";
import { createLocalQueues } from "../stores/local-queues.ts";
import { createQueueHouseHistory, type QueueHouseHistory } from "./queue-house-history.ts";

export interface HouseQueues {
  /** As producers, doors and destinations call them. */
  readonly queues: Queues;
  /** A call of SQS at the house's door. */
  sqs(operation: string, body: unknown): Promise<SqsAnswer>;
  /** No mapping reaches this queue for so long. */
  queueOutage(queueName: string, forMs: number): void;
  /** Messages that were sent to the queue, in order. */
  sent(queueName: string): readonly TakenMessage[];
  /** Every message that was sent to the queue has ended. */
  isEmpty(queueName: string): Promise<boolean>;
}

/** With what the house itself does with them. */
interface OwnedQueues extends HouseQueues {
  readonly virtual: VirtualQueues;
  readonly history: QueueHouseHistory;
  readonly lookup: QueueLookup;
  /** No mapping reaches its queue for so long. */
  outage(forMs: number): void;
  /** What an update changes of the mapping: of one on a queue not what would be refused. */
  settingsFor(uuid: string, settings: ChangedSettings): ChangedSettings;
  historyOf(uuid: string, isOver: boolean): Promise<ToldQueue>;
  close(): void;
}

/** Of batches without a window (B-9). */
const MOST_WITHOUT_WINDOW = 10;

export function createHouseQueues(
  { clock, random, settings }: { readonly clock: Clock; readonly random: Random; readonly settings: Surroundings },
  isHistoryKept: boolean,
  entryCount: () => number,
): OwnedQueues {
  const local = createLocalQueues({ clock, uuid: () => random.uuid("queues") });
  const history = createQueueHouseHistory(clock, isHistoryKept, entryCount);
  const virtual = createVirtualQueues({ inner: local.queues, clock, watch: history.watch });
  const door = createSqsDoor({ queues: virtual.queues, clock, random });
  const closed = new AbortController();

  return {
    virtual,
    history,
    queues: virtual.queues,
    lookup: createQueueLookup(virtual.queues, "embeddedQueue"),
    sqs(operation, body) {
      if (!isSqsOperation(operation)) throw new Error(`there is no operation ${operation} of SQS`);
      const origin = { host: "localhost", signal: closed.signal };
      return callSqs({ queues: virtual.queues, settings, clock, sqs: door }, operation, body, origin);
    },
    queueOutage: (name, forMs) => virtual.outage(name, forMs),
    sent: (name) => virtual.sent(name),
    isEmpty: (name) => virtual.isEmpty(name),
    outage(forMs) {
      for (const name of new Set(history.mappings().map((uuid) => history.queueOf(uuid)))) virtual.outage(name, forMs);
    },
    settingsFor(uuid, given) {
      if (!history.mappings().includes(uuid)) return given;
      const { BatchSize, MaximumBatchingWindowInSeconds: window } = given;
      const isFifo = history.queueOf(uuid).endsWith(".fifo");
      return {
        ...(BatchSize === undefined ? {} : { BatchSize: Math.min(BatchSize, MOST_WITHOUT_WINDOW) }),
        ...(window === undefined || isFifo ? {} : { MaximumBatchingWindowInSeconds: window }),
      };
    },
    async historyOf(uuid, isOver) {
      const view = await virtual.queues.describeQueue(history.queueOf(uuid));
      return history.historyOf(uuid, view?.settings ?? null, isOver);
    },
    close() {
      closed.abort();
      door.close();
      local.close();
    },
  };
}

/** Whether the mapping has more to do than it has done. */
export const isQueueOwedMore = ({ history }: ToldQueue): boolean => noMessageLost.check(history).length > 0;
