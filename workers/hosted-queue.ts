// A mapping on a queue in a poller thread: its runner, on the thread's ports.

import type { PassingFilter } from "../src/core/filter/passing-filter.ts";
import type { Permits } from "../src/functions/permits.ts";
import { createSqsKind } from "../src/kinds/sqs/sqs-kind.ts";
import { md5Hex } from "../src/platform/md5.ts";
import type { CallRoom } from "../src/ports/call-room.ts";
import type { QueueSpec } from "../src/ports/mapping-spec.ts";
import type { MappingRunner } from "../src/runtime/mapping-runner.ts";
import { createQueueRunner, type QueueRunnerOptions } from "../src/runtime/queue/queue-runner.ts";
import type { SqsRecord } from "../src/kinds/sqs/sqs-kind.ts";

export interface HostedQueueOptions extends Omit<QueueRunnerOptions, "kind" | "callRoom" | "compileFilter" | "spec"> {
  readonly permits: Permits;
  readonly compileFilter: (spec: QueueSpec, patterns: readonly string[]) => PassingFilter | null;
}

export function createHostedQueue(spec: QueueSpec, options: HostedQueueOptions): MappingRunner<SqsRecord> {
  const { permits, compileFilter, ...ports } = options;
  const { eventSourceArn, region, source } = spec;
  const callRoom: CallRoom = {
    freeCount: () => permits.freeCount(),
    runningCount: () => permits.runningTotal(),
    onFree: (wake) => permits.onFree(wake),
    onFull: (wake) => permits.onFull(wake),
  };
  return createQueueRunner({
    ...ports,
    spec,
    kind: createSqsKind({ eventSourceArn, region, queueName: source.queueName, md5: md5Hex }),
    callRoom,
    compileFilter: (patterns) => compileFilter(spec, patterns),
  });
}
