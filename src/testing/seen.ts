// What a test reads of an app: invocations, batches and documents, told from the journal and from the calls that have ended.

import type { DynamoDBStreamEvent, KinesisStreamEvent } from "aws-lambda";
import type { Entry, OutcomeName, Verdict } from "../ports/journal.ts";
import type { VirtualCall } from "../sim/virtual-functions.ts";

export type StreamEvent = KinesisStreamEvent | DynamoDBStreamEvent;

/** An invocation that has ended. Instants are the world's, epoch ms. */
export interface TestInvocation<E = KinesisStreamEvent> {
  readonly functionName: string;
  /** One for all attempts of one batch (E-12). */
  readonly requestId: string;
  /** From 1; null: its mapping has taken no notice of it, as after a crash. */
  readonly attempt: number | null;
  /** `29`, a half `29.1`, a rest `29+`; null as `attempt`. */
  readonly batch: string | null;
  readonly outcome: OutcomeName | null;
  /** What followed: done, retry, bisect, rest, give up; of a queue return, where something comes back. */
  readonly verdict: Verdict | null;
  readonly error: { readonly type: string; readonly message: string } | null;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly event: E;
}

export interface TestBatch {
  readonly batch: string;
  /** Of a queue its name. */
  readonly shard: string;
  readonly closedBy: string;
  readonly recordCount: number;
  readonly payloadBytes: number;
  readonly closedAtMs: number;
}

/** A document that a destination received. */
export interface TestDocument {
  readonly destinationArn: string;
  /** Parsed: the document of O-2, with `payload` where the destination is a bucket (O-10). */
  readonly body: OnFailureDocument;
  /** Of the object in a bucket (O-11), else null. */
  readonly objectKey: string | null;
}

export interface OnFailureDocument {
  readonly requestContext: {
    readonly requestId: string;
    readonly functionArn: string;
    readonly condition: string;
    readonly approximateInvokeCount: number;
  };
  readonly responseContext?: {
    readonly statusCode: number;
    readonly executedVersion: string;
    readonly functionError: string | null;
  };
  readonly version: string;
  readonly timestamp: string;
  readonly payload?: string;
  readonly KinesisBatchInfo?: BatchInfo;
  readonly DDBStreamBatchInfo?: BatchInfo;
  readonly timeWindowInfo?: {
    readonly window: { readonly start: string; readonly end: string };
    readonly isFinalInvokeForWindow: boolean;
    readonly isWindowTerminatedEarly: boolean;
  };
}

/** A failed final call of a window has only the first and the last of them (O-17). */
interface BatchInfo {
  readonly shardId: string;
  readonly startSequenceNumber?: string;
  readonly endSequenceNumber?: string;
  readonly approximateArrivalOfFirstRecord?: string;
  readonly approximateArrivalOfLastRecord?: string;
  readonly batchSize?: number;
  readonly streamArn: string;
}

/** Outcomes of attempts in which the function's code was not called. */
const neverCalled: ReadonlySet<OutcomeName> = new Set([
  "throttled",
  "fault",
  "function missing",
  "not started",
  "too large",
]);

/** In the order in which they began. */
export function invocationsOf<E>(
  calls: readonly VirtualCall[],
  entries: readonly Entry[],
): readonly TestInvocation<E>[] {
  const decided = new Map<string, Extract<Entry, { kind: "decided" }>[]>();
  for (const entry of entries) {
    if (entry.kind !== "decided" || neverCalled.has(entry.outcome)) continue;
    const known = decided.get(entry.requestId);
    if (known === undefined) decided.set(entry.requestId, [entry]);
    else known.push(entry);
  }
  return calls.map(({ functionName, requestId, startedAtMs, endedAtMs, eventText }) => {
    const what = decided.get(requestId)?.shift();
    return {
      functionName,
      requestId,
      attempt: what?.attempt ?? null,
      batch: what?.batch ?? null,
      outcome: what?.outcome ?? null,
      verdict: what?.verdict ?? null,
      error: what?.error ?? null,
      startedAtMs,
      endedAtMs,
      event: JSON.parse(eventText) as E,
    };
  });
}

/** First batches, in the order in which they closed; halves and rests are told by invocations. */
export function batchesOf(entries: readonly Entry[]): readonly TestBatch[] {
  return entries.flatMap((entry) =>
    entry.kind === "batch-closed"
      ? [
          {
            batch: entry.batch,
            shard: entry.lane.split("/")[1] ?? "",
            closedBy: entry.closedBy,
            recordCount: entry.recordCount,
            payloadBytes: entry.payloadBytes,
            closedAtMs: entry.atMs,
          },
        ]
      : [],
  );
}
