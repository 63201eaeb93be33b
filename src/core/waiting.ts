// Records that wait for a place in a batch, as a short list of chunks. An arrival costs the chunk that came and, now and then,
// a merge; never a copy of all that wait.
//
// C1  Each chunk is at least twice as long as the one behind it, but for the first, which is eaten from the front: the list
//     is as short as a logarithm.
// C2  `count` and `bytes` are sums over all chunks; `bytes` has no commas.

import { invariant } from "./invariant.ts";
import type { Rec } from "./record.ts";

interface Chunk<R> {
  readonly records: readonly R[];
  /** Records before this index have left. */
  readonly from: number;
}

export interface Waiting<R extends Rec> {
  readonly chunks: readonly Chunk<R>[];
  readonly count: number;
  readonly bytes: number;
}

export const nothingWaits: Waiting<never> = { chunks: [], count: 0, bytes: 0 };

export function append<R extends Rec>(waiting: Waiting<R>, records: readonly R[]): Waiting<R> {
  if (records.length === 0) return waiting;
  const chunks = [...waiting.chunks];
  let last: Chunk<R> = { records, from: 0 };
  for (let previous = chunks.at(-1); previous !== undefined && lengthOf(previous) < 2 * lengthOf(last); ) {
    last = { records: [...left(previous), ...last.records], from: 0 };
    chunks.pop();
    previous = chunks.at(-1);
  }
  chunks.push(last);
  let bytes = waiting.bytes;
  for (const record of records) bytes += record.sizeBytes;
  return { chunks, count: waiting.count + records.length, bytes };
}

export function firstOf<R extends Rec>(waiting: Waiting<R>): R | null {
  const chunk = waiting.chunks[0];
  return chunk?.records[chunk.from] ?? null;
}

/** The records from the `start`th on, until `visit` says false. */
export function visitFrom<R extends Rec>(waiting: Waiting<R>, start: number, visit: (record: R) => boolean): void {
  let skip = start;
  for (const chunk of waiting.chunks) {
    const length = lengthOf(chunk);
    if (skip >= length) {
      skip -= length;
      continue;
    }
    for (let index = chunk.from + skip; index < chunk.records.length; index += 1) {
      const record = chunk.records[index];
      if (record !== undefined && !visit(record)) return;
    }
    skip = 0;
  }
}

/** Takes the first `count` records off. */
export function takeFirst<R extends Rec>(
  waiting: Waiting<R>,
  count: number,
): { readonly taken: readonly R[]; readonly rest: Waiting<R> } {
  invariant(count > 0 && count <= waiting.count, "L2: a batch takes records that wait");
  const parts: (readonly R[])[] = [];
  let missing = count;
  let index = 0;
  let cut: Chunk<R> | null = null;
  while (missing > 0) {
    const chunk = waiting.chunks[index];
    invariant(chunk !== undefined, "C2: the chunks hold as many records as they say");
    const length = lengthOf(chunk);
    if (length <= missing) {
      parts.push(left(chunk));
      missing -= length;
      index += 1;
    } else {
      const to = chunk.from + missing;
      parts.push(chunk.records.slice(chunk.from, to));
      // What has left is let go of once it is the larger part, so that a long chunk does not keep its past alive.
      cut = to * 2 > chunk.records.length ? { records: chunk.records.slice(to), from: 0 } : { ...chunk, from: to };
      missing = 0;
    }
  }
  const taken = parts.length === 1 ? (parts[0] ?? []) : parts.flat();
  let bytes = waiting.bytes;
  for (const record of taken) bytes -= record.sizeBytes;
  const behind = cut === null ? waiting.chunks.slice(index) : [cut, ...waiting.chunks.slice(index + 1)];
  return { taken, rest: { chunks: behind, count: waiting.count - count, bytes } };
}

function lengthOf(chunk: Chunk<unknown>): number {
  return chunk.records.length - chunk.from;
}

function left<R>(chunk: Chunk<R>): readonly R[] {
  return chunk.from === 0 ? chunk.records : chunk.records.slice(chunk.from);
}
