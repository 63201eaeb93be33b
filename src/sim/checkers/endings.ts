// How records end, told from a history alone: in an invocation that ended well for them, in a report, passed over by the filter, or
// lost to the source's own trimming.

import type { Happening, History, PutRecord } from "../history.ts";

export type Called = Extract<Happening, { kind: "called" }>;

export interface EndingsReader {
  /** Takes the next happening in. */
  take(happening: Happening): void;
  hasEnded(record: PutRecord): boolean;
  callOf(call: number): Called | undefined;
}

export const keyOf = (unit: string, position: string): string => `${unit}/${position}`;

export function createEndingsReader(): EndingsReader {
  const ended = new Set<string>();
  const calls = new Map<number, Called>();
  const trimmed = new Map<string, string>();

  return {
    take(happening) {
      switch (happening.kind) {
        case "called":
          calls.set(happening.call, happening);
          return;
        case "returned": {
          const called = calls.get(happening.call);
          for (const position of called?.positions.slice(0, happening.failedFrom) ?? [])
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
      ended.has(keyOf(record.unit, record.position)) ||
      (trimmed.get(record.unit) ?? "") >= record.position,
    callOf: (call) => calls.get(call),
  };
}

export function putsOf(history: History): readonly PutRecord[] {
  return history.happenings.flatMap((each) => (each.kind === "put" ? [each.record] : []));
}
