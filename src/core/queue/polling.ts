// How a queue is polled, in the core's own units: what a mapping asks for, and the figures of the house.

/** Figures of the configuration's `sqs` block; the same for every mapping. */
export interface QueuePace {
  /** Pollers of a mapping that has nothing to do, 1 to 100. Default 5 (P-20, P-22). */
  readonly idlePollerCount: number;
  /** Pollers that a minute of work adds at most, 1 to 100,000. Default 300 (P-21). */
  readonly growthPerMinute: number;
  /** Most pollers of a mapping without a limit of its own, 1 to 10,000. Default 1,250 (P-21). */
  readonly mostPollerCount: number;
  /** Invocations at a time that a minute of work adds in provisioned mode, 1 to 100,000. Default 1,000 (P-28). */
  readonly provisionedGrowthPerMinute: number;
  /** Whether a mapping with a window hides what it receives for window + function's time limit + 30 s, where that is more than the queue's own (B-15). Default false. */
  readonly isHidingLonger: boolean;
  /** FIFO: a batch is what one receive brought, whatever its groups (P-32). Default false: a batch has one group. */
  readonly isMixingGroups: boolean;
}

export const usualPace: QueuePace = {
  idlePollerCount: 5,
  growthPerMinute: 300,
  mostPollerCount: 1_250,
  provisionedGrowthPerMinute: 1_000,
  isHidingLonger: false,
  isMixingGroups: false,
};

export interface QueuePolling {
  /** ScalingConfig: most invocations at a time, 2 to 1,000; null: no limit of the mapping's own (P-25). */
  readonly maximumConcurrency: number | null;
  /** ProvisionedPollerConfig, in pollers of ten invocations at a time each; null: not provisioned (P-28). */
  readonly provisioned: { readonly leastCount: number; readonly mostCount: number } | null;
  /** The function's time limit when the mapping was made or last changed. */
  readonly functionTimeoutMs: number;
  readonly pace: QueuePace;
}
