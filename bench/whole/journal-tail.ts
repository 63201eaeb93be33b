// When a position was stored, and in how many batches, as the journal on disk says: the store's own file is locked, and the live
// feed leaves entries out under load.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const WINDOW_BYTES = 1_000_000;
/** Longer than any line. */
const OVERLAP_BYTES = 4_096;
const LOOK_EVERY_MS = 20;
const LONGEST_WAIT_MS = 10_000;

export interface RunEnd {
  /** Wall time of the last of the checkpoints. */
  readonly storedAtMs: number;
  readonly batchCount: number;
}

/** `positions`: the last one of each shard. */
export async function runEnd(dir: string, uuid: string, positions: ReadonlyMap<string, string>): Promise<RunEnd> {
  const deadlineMs = performance.now() + LONGEST_WAIT_MS;
  while (performance.now() < deadlineMs) {
    const found = findAll(dir, uuid, positions);
    if (found !== null) return found;
    await delay(LOOK_EVERY_MS);
  }
  throw new Error("the journal does not tell of the last checkpoint");
}

function findAll(dir: string, uuid: string, positions: ReadonlyMap<string, string>): RunEnd | null {
  const missing = new Map(positions);
  let storedAtMs = 0;
  let batchCount = 0;
  for (const lines of windowsFromEnd(dir)) {
    for (const line of lines) {
      if (!line.includes(uuid)) continue;
      // Batches are counted over the whole mapping, from 1.
      if (line.includes('"kind":"batch-closed"'))
        batchCount = Math.max(batchCount, Number(/"batch":"(\d+)/.exec(line)?.[1]));
      if (!line.includes('"kind":"checkpoint"')) continue;
      for (const [shard, position] of missing) {
        if (!line.includes(`"lane":"${uuid}/${shard}"`) || !line.includes(position)) continue;
        storedAtMs = Math.max(storedAtMs, Number(/"atMs":(\d+)/.exec(line)?.[1]));
        missing.delete(shard);
      }
    }
    if (missing.size === 0) return { storedAtMs, batchCount };
  }
  return null;
}

/** What the poller thread has written, the last part first: a shard may have ended long before the others. */
function* windowsFromEnd(dir: string): Generator<readonly string[]> {
  const names = readdirSync(dir).filter((name) => name.startsWith("poller"));
  for (const name of names.sort().reverse()) {
    const file = openSync(join(dir, name), "r");
    try {
      for (let end = fstatSync(file).size; end > 0; end -= WINDOW_BYTES) {
        const start = Math.max(0, end - WINDOW_BYTES - OVERLAP_BYTES);
        const bytes = Buffer.alloc(end - start);
        readSync(file, bytes, 0, bytes.length, start);
        yield bytes.toString().split("\n");
      }
    } finally {
      closeSync(file);
    }
  }
}
