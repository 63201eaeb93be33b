// What all pollers of one mapping on a queue share: its ports, its settings of this moment, and its counters. One place appends to the
// journal for them, so that counters and the journal never part.

import type { PassingFilter } from "../../core/filter/passing-filter.ts";
import { hiddenMs } from "../../core/queue/after-call.ts";
import type { BatchLimits } from "../../core/queue/open-batch.ts";
import type { SqsKind, SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import type { CallRoom } from "../../ports/call-room.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Invoker } from "../../ports/invoker.ts";
import type { Fact, Journal } from "../../ports/journal.ts";
import type { QueueSpec } from "../../ports/mapping-spec.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Random } from "../../ports/random.ts";
import { type Counters, foldCounters, newCounters } from "../counters.ts";

export interface QueuePorts {
  readonly kind: SqsKind;
  readonly queues: Queues;
  readonly invoker: Invoker;
  readonly journal: Journal;
  readonly clock: Clock;
  readonly random: Random;
  /** Absent: nothing limits how many calls may be out. */
  readonly callRoom?: CallRoom;
  /** Compiles pattern texts that were accepted when the mapping was made; null: no filter. */
  readonly compileFilter: (patterns: readonly string[]) => PassingFilter | null;
}

export interface QueueContext extends QueuePorts {
  spec: QueueSpec;
  limits: BatchLimits;
  filter: PassingFilter | null;
  counters: Counters;
  /** Batches closed in this mapping, over all pollers. */
  batchCount: number;
  /** Messages received by this mapping: their ordinals. */
  messageCount: number;
  /** The queue's own, as it was last looked at. */
  visibilityMs: number;
  /** Ends invocations by force once a stop's grace is over. */
  readonly force: AbortController;
  /** `atMs`: the instant of the turn in which it happens, where there is one. */
  note(lane: string, fact: Fact, atMs?: number): void;
}

export function createQueueContext(ports: QueuePorts, spec: QueueSpec): QueueContext {
  const context: QueueContext = {
    ...ports,
    spec,
    limits: limitsOf(ports.kind, spec),
    filter: ports.compileFilter(spec.filterPatterns),
    counters: newCounters,
    batchCount: 0,
    messageCount: 0,
    visibilityMs: 0,
    force: new AbortController(),
    note(lane, fact, atMs) {
      context.counters = foldCounters(context.counters, lane, fact, spec.functionArn);
      ports.journal.append(spec.uuid, lane, fact, atMs);
    },
  };
  return context;
}

export function applyQueueSpec(context: QueueContext, spec: QueueSpec): void {
  context.spec = spec;
  context.limits = limitsOf(context.kind, spec);
  context.filter = context.compileFilter(spec.filterPatterns);
}

/** For how long a receive hides messages; null: as the queue says (B-15). */
export function askedVisibilityMs({ spec, visibilityMs }: QueueContext): number | null {
  const { functionTimeoutMs, pace } = spec.queue;
  const { isHidingLonger } = pace;
  return hiddenMs({ isHidingLonger, windowMs: spec.lane.windowMs, functionTimeoutMs, queueVisibilityMs: visibilityMs });
}

/** When the first of these is visible again, if nobody deletes it. */
export function leaseEndMs(records: readonly SqsRecord[], context: QueueContext): number {
  let endMs = Number.POSITIVE_INFINITY;
  for (const { receivedAtMs } of records) endMs = Math.min(endMs, receivedAtMs);
  return endMs + (askedVisibilityMs(context) ?? context.visibilityMs);
}

function limitsOf(kind: SqsKind, { lane }: QueueSpec): BatchLimits {
  const { batchSize, windowMs, eventLimitBytes } = lane;
  return { batchSize, windowMs, eventLimitBytes, envelopeBytes: kind.envelopeBytes };
}
