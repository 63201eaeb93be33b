// When a position was stored, and in how many batches, as the journal on disk says: the store's own file is locked, and the live
// feed leaves entries out under load.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const TAIL_BYTES = 1_000_000;
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
  const lines = tail(dir).split("\n");
  let storedAtMs = 0;
  for (const [shard, position] of positions) {
    const lane = `"lane":"${uuid}/${shard}"`;
    const line = lines.findLast((each) => each.includes('"kind":"checkpoint"') && each.includes(lane));
    if (line === undefined || !line.includes(position)) return null;
    storedAtMs = Math.max(storedAtMs, Number(/"atMs":(\d+)/.exec(line)?.[1]));
  }
  // Batches are counted over the whole mapping, from 1.
  const closed = lines.findLast((each) => each.includes('"kind":"batch-closed"') && each.includes(`"lane":"${uuid}/`));
  return { storedAtMs, batchCount: Number(/"batch":"(\d+)/.exec(closed ?? "")?.[1]) };
}

/** The end of what the poller thread has written. */
function tail(dir: string): string {
  const names = readdirSync(dir)
    .filter((name) => name.startsWith("poller"))
    .sort();
  return names
    .slice(-2)
    .map((name) => endOf(join(dir, name)))
    .join("");
}

function endOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, TAIL_BYTES));
    readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString();
  } finally {
    closeSync(file);
  }
}
