// Looks at the memory of this thread when its pool rings: collects garbage first, so that only what is really held counts against
// MemorySize, buffers outside the heap included. Why V8's own limit is not used for it: see src/functions/memory-limits.ts.

import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { BYTES_PER_MB } from "../memory-limits.ts";

/** Megabytes held, heap and buffers together. */
export type OnExceeded = (heldMb: number) => void;

export function guardMemory(bell: Int32Array<SharedArrayBuffer>, memoryMb: number, onExceeded: OnExceeded): void {
  let collect: (() => void) | null = null;

  function look(): void {
    if (heldBytes() <= memoryMb * BYTES_PER_MB) return;
    collect ??= collector();
    collect();
    const held = heldBytes();
    if (held > memoryMb * BYTES_PER_MB) onExceeded(Math.round(held / BYTES_PER_MB));
  }

  async function listen(): Promise<never> {
    for (;;) {
      const wait = Atomics.waitAsync(bell, 0, Atomics.load(bell, 0));
      if (wait.async) await wait.value;
      look();
    }
  }

  void listen();
}

/** What this thread has in use, heap and buffers together. */
export function heldBytes(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

/** V8 gives its collector to contexts that are made after the flag is set: the user's own global object gets none. */
function collector(): () => void {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  setFlagsFromString("--no-expose-gc");
  return typeof collect === "function" ? () => void collect() : () => {};
}
