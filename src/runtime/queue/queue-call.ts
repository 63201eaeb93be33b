// One call of a queue's closed batch: what the invoker is asked, and what the journal says of it before and after.

import { type QueueVerdict, startByMs } from "../../core/queue/after-call.ts";
import { isTooLarge } from "../../core/queue/open-batch.ts";
import type { SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import type { Fact } from "../../ports/journal.ts";
import { tooLarge } from "../call-outcome.ts";
import { leaseEndMs, type QueueContext } from "./queue-context.ts";
import { type QueueCalled, queueOutcome } from "./queue-outcome.ts";

export interface ClosedBatch {
  readonly name: string;
  /** One for all calls of the batch. */
  readonly requestId: string;
  readonly records: readonly SqsRecord[];
  /** With commas between the records. */
  readonly recordBytes: number;
  readonly calls: number;
  /** Refused calls in a row. */
  readonly refusals: number;
}

/** Never rejects, and never answers within the turn. An event over the limit is not sent (B-12). */
export async function callBatch(context: QueueContext, batch: ClosedBatch): Promise<QueueCalled> {
  const { kind, spec } = context;
  const { records, requestId } = batch;
  const { isReporting } = spec.lane;
  const recordCount = records.length;
  if (isTooLarge(batch.recordBytes, context.limits)) {
    const { outcome: _outcome, ...facts } = tooLarge(context.limits.envelopeBytes + batch.recordBytes);
    await Promise.resolve();
    return { ...facts, outcome: { kind: "failed" }, failedCount: recordCount };
  }
  const call = {
    functionArn: spec.functionArn,
    mappingUuid: spec.uuid,
    requestId,
    recordCount,
    pack: () => kind.pack(records),
    text: () => kind.text(records),
    isAnswerWanted: isReporting,
    startByMs: startByMs(context.clock.nowMs(), leaseEndMs(records, context), spec.queue.functionTimeoutMs),
  };
  const answer = await context.invoker.invoke(call, context.force.signal);
  const identifier = (at: number): string => records[at]?.message.messageId ?? "";
  return queueOutcome(answer, { isReporting, recordCount, identifier });
}

/** `batch` with the call counted. */
export function decidedFact(
  context: QueueContext,
  batch: ClosedBatch,
  called: QueueCalled,
  decided: { readonly verdict: QueueVerdict["kind"]; readonly retryAfterMs: number | null },
): Fact {
  return {
    kind: "decided",
    batch: batch.name,
    requestId: batch.requestId,
    attempt: batch.calls,
    outcome: called.name,
    verdict: decided.verdict,
    recordCount: batch.records.length,
    payloadBytes: context.limits.envelopeBytes + batch.recordBytes,
    failedCount: called.failedCount,
    tookMs: called.tookMs,
    iteratorAgeMs: null,
    executedVersion: called.executedVersion,
    error: called.error,
    retryAfterMs: decided.retryAfterMs,
    next: [],
  };
}
