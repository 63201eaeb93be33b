// How records end, told from a history alone: in an invocation that ended well for them, in a report, passed over by the filter, or
// lost to the source's own trimming. Where nothing tells of what is given up, a record that has failed, or is too old, may have been.

import type { Happening, History, Limits, PutRecord } from "../history.ts";

export type Called = Extract<Happening, { kind: "called" }>;

export interface EndingsReader {
  /** Takes the next happening in. */
  take(happening: Happening): void;
  hasEnded(record: PutRecord): boolean;
  callOf(call: number): Called | undefined;
}

export const keyOf = (unit: string, position: string): string => `${unit}/${position}`;

export function createEndingsReader({ isReportingGivenUp, leastAgeMs }: Limits): EndingsReader {
  let nowMs = 0;
  const ended = new Set<string>();
  const calls = new Map<number, Called>();
  const trimmed = new Map<string, string>();

  return {
    take(happening) {
      if ("atMs" in happening) nowMs = Math.max(nowMs, happening.atMs);
      switch (happening.kind) {
        case "called":
          calls.set(happening.call, happening);
          return;
        case "returned": {
          const called = calls.get(happening.call);
          const isGivenUpUnseen = happening.isCounted && !isReportingGivenUp;
          const endedCount = isGivenUpUnseen ? undefined : happening.failedFrom;
          for (const position of called?.positions.slice(0, endedCount) ?? [])
            ended.add(keyOf(called?.unit ?? "", position));
          return;
        }
        case "reported":
          for (const position of happening.positions) ended.add(keyOf(happening.unit, position));
          return;
        case "trimmed":
          trimmed.set(happening.unit, happening.through);
          return;
        default:
          return;
      }
    },
    hasEnded: (record) =>
      record.isFiltered ||
      (!isReportingGivenUp && leastAgeMs >= 0 && nowMs - record.atMs >= leastAgeMs) ||
      ended.has(keyOf(record.unit, record.position)) ||
      (trimmed.get(record.unit) ?? "") >= record.position,
    callOf: (call) => calls.get(call),
  };
}

export function putsOf(history: History): readonly PutRecord[] {
  return history.happenings.flatMap((each) => (each.kind === "put" ? [each.record] : []));
}
