// Messages by name in the journal: a queue's and a broker's messages have no order in which a first and a last would tell of those between.
//
// N1  Bounded: of one fact the first MOST_NAMED are named; who asks for another is told so (explain).

import type { NamedMessages } from "../ports/journal.ts";

/** Batches of queues have 10,000 messages at most, and few more than this. 40 KB of journal. */
export const MOST_NAMED = 1_000;

export interface NamedMessage {
  readonly id: string;
  readonly receivedAtMs: number;
  /** Null: its broker does not count. */
  readonly receiveCount: number | null;
}

/** In the batch's order, those of one receive together. */
export function namedMessages<R>(records: readonly R[], nameOf: (record: R) => NamedMessage): readonly NamedMessages[] {
  const runs: { receivedAtMs: number; receiveCount: number | null; ids: string[] }[] = [];
  let run = runs[0];
  for (const record of records.slice(0, MOST_NAMED)) {
    const { id, receivedAtMs, receiveCount } = nameOf(record);
    if (run?.receivedAtMs !== receivedAtMs || run.receiveCount !== receiveCount) {
      run = { receivedAtMs, receiveCount, ids: [] };
      runs.push(run);
    }
    run.ids.push(id);
  }
  return runs;
}

/** By their places: message ids, or of RabbitMQ the deliveries' own. */
export const firstNames = <R>(records: readonly R[], kind: { position(record: R): string }): readonly string[] =>
  records.slice(0, MOST_NAMED).map((record) => kind.position(record));
