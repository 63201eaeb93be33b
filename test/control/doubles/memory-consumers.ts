// Consumers over tables of their own, so that what a test counts of its tables is not theirs.

import { type ConsumerRegistry, createConsumerRegistry } from "../../../src/control/kinesis/consumer-registry.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import { memoryTables } from "./memory-tables.ts";

export function memoryConsumers(
  clock: Clock,
  given: { readonly transitionsMs?: number; readonly onGone?: (consumerArn: string) => void } = {},
): ConsumerRegistry {
  return createConsumerRegistry({
    tables: memoryTables(),
    clock,
    transitionsMs: given.transitionsMs ?? 0,
    onGone: given.onGone ?? (() => undefined),
  });
}
