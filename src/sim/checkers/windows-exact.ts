// W-6, W-7, W-18: a tumbling window's final call holds the state of every record of the window exactly once, whatever crashed in
// between: state and position are one value. What was given up, trimmed or handed out twice by the source is not judged.

import type { Happening, PutRecord } from "../history.ts";
import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";
import { scopeOf } from "./scope.ts";

type Called = Extract<Happening, { kind: "called" }>;

export const windowsExact: Checker = {
  name: "windows exact",
  check(history) {
    const scope = scopeOf(history);
    const problems: string[] = [];
    const records: PutRecord[] = [];
    // The document may arrive after the call that closes the window.
    const excused = new Set(
      history.happenings.flatMap((each) =>
        each.kind === "reported" ? each.positions.map((position) => keyOf(each.unit, position)) : [],
      ),
    );
    /** Whose last call in a life failed: given up, perhaps with a document that a crash has swallowed. */
    const failed = new Set<string>();
    const calls = new Map<number, Called>();
    const repeated = new Set<string>();
    const trimmed = new Map<string, string>();

    function settle(call: Called | undefined, failedFrom: number): void {
      for (const [index, position] of call?.positions.entries() ?? []) {
        const name = `${call?.life}/${keyOf(call?.unit ?? "", position)}`;
        if (index < failedFrom) failed.delete(name);
        else failed.add(name);
      }
    }

    function judge({ call, life, unit, window }: Called): void {
      if (window === null || repeated.has(unit)) return;
      const isOwn = (record: PutRecord): boolean =>
        record.unit === unit && record.atMs >= window.startMs && record.atMs < window.endMs;
      const counted = new Set(window.counted);
      if (counted.size !== window.counted.length)
        problems.push(`call ${call} closes a window that counts a record twice`);
      const strangers = window.counted.filter(
        (number) => !records.some((each) => each.number === number && isOwn(each)),
      );
      if (strangers.length > 0)
        problems.push(`call ${call} closes a window that counts record ${strangers.join()} of another`);
      for (const record of records) {
        const isExcused =
          excused.has(keyOf(unit, record.position)) ||
          failed.has(`${life}/${keyOf(unit, record.position)}`) ||
          (trimmed.get(unit) ?? "") >= record.position ||
          scope(record) !== "in";
        if (isOwn(record) && !isExcused && !counted.has(record.number))
          problems.push(`call ${call} closes a window that does not count record ${record.number}`);
      }
    }

    for (const each of history.happenings) {
      if (each.kind === "put") records.push(each.record);
      if (each.kind === "repeated") repeated.add(each.unit);
      if (each.kind === "trimmed") trimmed.set(each.unit, each.through);
      if (each.kind === "returned") settle(calls.get(each.call), each.failedFrom);
      if (each.kind !== "called") continue;
      calls.set(each.call, each);
      if (each.window?.isFinal === true) judge(each);
    }
    return problems;
  },
};
