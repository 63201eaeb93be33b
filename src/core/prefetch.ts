// How many deliveries a consumer of a broker is handed without settling.

/** One batch in hand, and the next. */
const BATCHES = 2;
/** Reading runs ahead of small batches: a broker that has to be asked for every pair of messages is waited for more than it is read. */
const FLOOR = 100;
/** The width of the field in which AMQP takes it. */
const MOST = 65_535;

export interface Prefetching {
  readonly batchSize: number;
  readonly consumerCount: number;
  readonly onFailure: "hold" | "requeue";
}

/**
 * 1 to 65,535. Nothing is held beyond the next batch where other consumers of the mapping could have it, and where every failure gives
 * back all that is held: what goes back counts as one more delivery, and a queue may drop what was delivered too often.
 */
export function prefetchOf({ batchSize, consumerCount, onFailure }: Prefetching): number {
  const batches = BATCHES * batchSize;
  const isAhead = consumerCount === 1 && onFailure === "hold";
  return Math.min(isAhead ? Math.max(batches, FLOOR) : batches, MOST);
}
