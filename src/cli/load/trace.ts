// How some figures of a run have gone, for the curves of a wide screen: the last points, one a second.

const POINTS = 24;

export interface Trace {
  readonly sent: readonly number[];
  readonly batches: readonly number[];
  readonly waiting: readonly number[];
  readonly running: readonly number[];
}

export const noTrace: Trace = { sent: [], batches: [], waiting: [], running: [] };

export interface Tracer {
  /** Values now; of what only grows, since the last point. */
  point(now: {
    readonly sent: number;
    readonly batches: number;
    readonly waiting: number;
    readonly running: number;
  }): void;
  trace(): Trace;
}

export function createTracer(): Tracer {
  const kept = {
    sent: new Array<number>(),
    batches: new Array<number>(),
    waiting: new Array<number>(),
    running: new Array<number>(),
  };
  let before = { sent: 0, batches: 0 };
  const keep = (list: number[], value: number): void => {
    list.push(value);
    if (list.length > POINTS) list.shift();
  };
  return {
    point({ sent, batches, waiting, running }) {
      keep(kept.sent, sent - before.sent);
      keep(kept.batches, batches - before.batches);
      keep(kept.waiting, waiting);
      keep(kept.running, running);
      before = { sent, batches };
    },
    trace: () => kept,
  };
}
