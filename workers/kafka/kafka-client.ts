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
  registerCodecs(kafkajs.CompressionCodecs, kafkajs.CompressionTypes);
  return kafkajs;
}
