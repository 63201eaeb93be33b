// What a new queue is like where nobody says otherwise, in every store: AWS's own defaults.

import type { QueueSettings } from "./queues.ts";

export const QUEUE_DEFAULTS: QueueSettings = {
  delayMs: 0,
  maxMessageBytes: 1_048_576,
  retentionMs: 345_600_000,
  receiveWaitMs: 0,
  visibilityMs: 30_000,
  isFifo: false,
  isDeduplicatedByContent: false,
  deduplicationScope: "queue",
  fifoThroughputLimit: "perQueue",
  redrive: null,
  redriveSources: null,
  keptAttributes: {},
};
