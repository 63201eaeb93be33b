// A mapping's counters over all its generations since this process began: a placement counts from 0 with each start.

import { type Counts, noCounts } from "../runtime/counters.ts";
import type { PlacementSummary } from "./placement.ts";

export interface CounterBook {
  add(summary: PlacementSummary): void;
  /** Null before the first summary. */
  of(uuid: string): PlacementSummary | null;
  forget(uuid: string): void;
}

function sum(one: Counts, other: Counts): Counts {
  return {
    polled: one.polled + other.polled,
    filtered: one.filtered + other.filtered,
    invoked: one.invoked + other.invoked,
    failedInvoke: one.failedInvoke + other.failedInvoke,
    dropped: one.dropped + other.dropped,
    delivered: one.delivered + other.delivered,
    deliveryFailures: one.deliveryFailures + other.deliveryFailures,
    lost: one.lost + other.lost,
    droppedInAggregates: one.droppedInAggregates + other.droppedInAggregates,
    oversized: one.oversized + other.oversized,
    committed: one.committed + other.committed,
    pollingErrors: one.pollingErrors + other.pollingErrors,
    registryErrors: one.registryErrors + other.registryErrors,
    invokeErrors: one.invokeErrors + other.invokeErrors,
    commitErrors: one.commitErrors + other.commitErrors,
    deleted: one.deleted + other.deleted,
    deadLetters: one.deadLetters + other.deadLetters,
    pollers: other.pollers,
    batches: one.batches + other.batches,
    windows: one.windows + other.windows,
    windowsEndedEarly: one.windowsEndedEarly + other.windowsEndedEarly,
    invocations: one.invocations + other.invocations,
    errors: one.errors + other.errors,
    throttles: one.throttles + other.throttles,
    iteratorAgeMs: other.iteratorAgeMs,
  };
}

export function createCounterBook(): CounterBook {
  const books = new Map<string, { readonly before: Counts; readonly newest: PlacementSummary }>();
  return {
    add(summary) {
      const book = books.get(summary.uuid);
      const isSame = book === undefined || book.newest.generation === summary.generation;
      const before = book === undefined ? noCounts : isSame ? book.before : sum(book.before, book.newest.counters);
      books.set(summary.uuid, { before, newest: summary });
    },
    of(uuid) {
      const book = books.get(uuid);
      return book === undefined ? null : { ...book.newest, counters: sum(book.before, book.newest.counters) };
    },
    forget(uuid) {
      books.delete(uuid);
    },
  };
}
