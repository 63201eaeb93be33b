// The client's module, loaded with the first connection as nobody else needs it, and able to read and write every compression (M-816).

import type kafkajsModule from "kafkajs";
import { registerCodecs } from "./codecs.ts";

export type Kafkajs = typeof kafkajsModule;

let loading: Promise<Kafkajs> | null = null;

export function loadKafkajs(): Promise<Kafkajs> {
  loading ??= load();
  return loading;
}

async function load(): Promise<Kafkajs> {
  const { default: kafkajs } = await import("kafkajs");
  await withoutNegativeTimers();
  registerCodecs(kafkajs.CompressionCodecs, kafkajs.CompressionTypes);
  return kafkajs;
}

interface RequestQueue {
  readonly pending: readonly unknown[];
  readonly throttledUntil: number;
  scheduleCheckPendingRequests(): void;
}

/**
 * Behind each answer the client sets a timer for requests that wait, also where none does: by its reckoning at a negative time, of which
 * Node 24 warns on the terminal. Where nothing waits it now sets none.
 */
async function withoutNegativeTimers(): Promise<void> {
  // Not by its name in the import: the client has no types for what lies behind its public face.
  const path = "kafkajs/src/network/requestQueue/index.js";
  const { default: queue }: { readonly default: { readonly prototype: RequestQueue } } = await import(path);
  const { prototype } = queue;
  const schedule: unknown = Reflect.get(prototype, "scheduleCheckPendingRequests");
  if (typeof schedule !== "function") throw new Error("this version of kafkajs keeps its requests in another way");
  prototype.scheduleCheckPendingRequests = function scheduleIfDue(this: RequestQueue): void {
    if (this.pending.length > 0 || this.throttledUntil > Date.now()) Reflect.apply(schedule, this, []);
  };
}
