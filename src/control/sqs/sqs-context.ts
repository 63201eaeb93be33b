// What the calls of SQS work with: the queues, and what the door itself remembers of them while the server runs.
//
// D1  What the door remembers may be lost with the process: no message depends on it.
// D2  It is bounded, whatever clients send.

import type { Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Random } from "../../ports/random.ts";
import type { Surroundings } from "../lookups.ts";
import { createSerialQueue, type SerialQueue } from "../serial-queue.ts";
import type { Parsed } from "../shape.ts";
import { createInFlightLimit, type InFlightLimit } from "./in-flight-limit.ts";
import { createMoveTasks, type MoveTasks } from "./move-tasks.ts";
import { createPurgeTimes, type PurgeTimes } from "./purge-times.ts";
import { createReceiveAttempts, type ReceiveAttempts } from "./receive-attempts.ts";
import type { SqsOperation, sqsShapes } from "./sqs-shapes.ts";

export interface SqsDoor {
  readonly attempts: ReceiveAttempts;
  readonly inFlight: InFlightLimit;
  readonly moves: MoveTasks;
  readonly purges: PurgeTimes;
  /** Changes of attributes that read before they write. */
  readonly changes: SerialQueue;
  /** Ends what runs: messages that a task has not moved stay where they are. */
  close(): void;
}

export interface SqsContext {
  readonly queues: Queues;
  readonly settings: Surroundings;
  readonly clock: Clock;
  readonly sqs: SqsDoor;
}

/** How a call came: what its answer depends on besides its members. */
export interface CallOrigin {
  /** The host, with its port, that the client called. */
  readonly host: string;
  /** Aborted when the client has gone, or when the server closes. */
  readonly signal: AbortSignal;
  /** Hears of messages that have come into a queue. */
  readonly onSent?: (queue: string, messageCount: number) => void;
}

export type Members<O extends SqsOperation> = Parsed<(typeof sqsShapes)[O]>;

export function createSqsDoor(parts: {
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
}): SqsDoor {
  const moves = createMoveTasks(parts);
  return {
    attempts: createReceiveAttempts(parts.clock),
    inFlight: createInFlightLimit(parts.queues),
    moves,
    purges: createPurgeTimes(parts.clock),
    changes: createSerialQueue(),
    close: () => moves.close(),
  };
}
