// What code may ask of its machine and process and would get another answer each time: it always gets the same one. Garbage is
// collected when it is, so nobody is told: what is held weakly stays, and no finalizer is called.

import os from "node:os";
import v8 from "node:v8";
import workerThreads from "node:worker_threads";
import { put } from "./members.ts";

const BYTES_PER_MB = 1_048_576;
const HELD_MB = 64;
/** As an environment on AWS shows. */
const PID = 8;
const PPID = 1;

export function steadySurroundings(memoryMb: number): void {
  const held = HELD_MB * BYTES_PER_MB;
  const total = memoryMb * BYTES_PER_MB;
  const memory = { rss: held, heapTotal: held, heapUsed: held / 2, external: 0, arrayBuffers: 0 };
  const usage = { user: 0, system: 0 };
  put(
    process,
    "memoryUsage",
    Object.assign(() => ({ ...memory }), { rss: () => held }),
  );
  put(process, "cpuUsage", () => ({ ...usage }));
  put(process, "threadCpuUsage", () => ({ ...usage }));
  put(process, "resourceUsage", () => ({ userCPUTime: 0, systemCPUTime: 0, maxRSS: held / 1024 }));
  put(process, "availableMemory", () => total - held);
  put(process, "constrainedMemory", () => total);
  put(process, "pid", PID);
  put(process, "ppid", PPID);
  for (const name of ["getActiveResourcesInfo", "_getActiveHandles", "_getActiveRequests"])
    put(process, name, () => []);
  // As of the main thread, which the code takes itself for.
  Object.assign(workerThreads, { threadId: 0, threadName: "" });
  put(v8, "getHeapStatistics", () => ({
    total_heap_size: held,
    total_heap_size_executable: 0,
    total_physical_size: held,
    total_available_size: total - held,
    used_heap_size: held / 2,
    heap_size_limit: total,
    malloced_memory: 0,
    peak_malloced_memory: 0,
    does_zap_garbage: 0,
    number_of_native_contexts: 1,
    number_of_detached_contexts: 0,
    total_global_handles_size: 0,
    used_global_handles_size: 0,
    external_memory: 0,
  }));
  for (const name of ["getHeapSpaceStatistics", "getHeapCodeStatistics", "getCppHeapStatistics"])
    put(v8, name, () => []);
  const told: Readonly<Record<string, unknown>> = {
    hostname: "millrace",
    uptime: 0,
    loadavg: [0, 0, 0],
    freemem: total - held,
    totalmem: total,
    cpus: [],
    availableParallelism: 1,
    networkInterfaces: {},
  };
  for (const [name, value] of Object.entries(told)) put(os, name, () => structuredClone(value));
}

export function holdWeakThings(global: typeof globalThis): void {
  class WeakRef<T extends WeakKey> {
    readonly #target: T;
    constructor(target: T) {
      this.#target = target;
    }
    deref(): T {
      return this.#target;
    }
    get [Symbol.toStringTag](): string {
      return "WeakRef";
    }
  }
  class FinalizationRegistry {
    register(): void {
      // Nothing is ever told to be gone.
    }
    unregister(): boolean {
      return false;
    }
    get [Symbol.toStringTag](): string {
      return "FinalizationRegistry";
    }
  }
  put(global, "WeakRef", WeakRef);
  put(global, "FinalizationRegistry", FinalizationRegistry);
}
