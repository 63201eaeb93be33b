// The ports of a mapping that is replayed: time stands at the recorded instant, request ids are those that were drawn, calls never
// answer (what they came to is fed to the lane), and destinations answer when the recording says so. No broker, no handler.

import type { Checkpoints } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { Call, Invoker } from "../ports/invoker.ts";
import type { Random } from "../ports/random.ts";
import type { ReportAnswer, Reporter } from "../ports/reporter.ts";
import type { Source } from "../ports/source.ts";
import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";

export interface ReplayClock extends Clock {
  set(atMs: number): void;
}

/** Wake-ups are in the recording: what a lane asks for here never comes. */
export function createReplayClock(): ReplayClock {
  let nowMs = 0;
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    wakeAt: () => () => undefined,
    set(atMs) {
      nowMs = atMs;
    },
  };
}

export interface RecordedIds extends Random {
  /** Will be drawn next, in this order. */
  expect(ids: readonly string[]): void;
}

/** Where a recording has no id left, the draw is told by a name that no real one has, and so shows as a difference. */
export function createRecordedIds(): RecordedIds {
  let ids: readonly string[] = [];
  return {
    draw: () => 0,
    uuid: (name) => {
      if (name !== "request") return name;
      const [first = "not-in-the-recording", ...rest] = ids;
      ids = rest;
      return first;
    },
    expect(next) {
      ids = next;
    },
  };
}

export function recordedInvoker(onCall: (call: Call) => void): Invoker {
  return {
    invoke(call) {
      onCall(call);
      return new Promise(() => undefined);
    },
  };
}

export interface RecordedReporter extends Reporter {
  /** False: no document with this request id is on its way. */
  answer(requestId: string, answer: ReportAnswer): boolean;
}

export function createRecordedReporter(): RecordedReporter {
  const waiting = new Map<string, (answer: ReportAnswer) => void>();
  return {
    send: ({ body }) =>
      new Promise((resolve) => {
        const { requestContext }: { requestContext: { requestId: string } } = JSON.parse(body);
        waiting.set(requestContext.requestId, resolve);
      }),
    answer(requestId, answer) {
      const found = waiting.get(requestId);
      waiting.delete(requestId);
      found?.(answer);
      return found !== undefined;
    },
  };
}

export const noCheckpoints: Checkpoints = {
  load: () => Promise.resolve(new Map<never, never>()),
  save: () => Promise.resolve("kept"),
};

/** A replay reads nothing: what was read is in the recording. */
export const noSource: Source<KinesisRecord> = {
  topology: () => Promise.resolve({ kind: "topology", units: [] }),
  resolve: () => Promise.resolve({ kind: "resolved", after: null, earlierCount: null }),
  open: () => ({ read: () => new Promise(() => undefined), close: () => Promise.resolve() }),
  close: () => Promise.resolve(),
};
