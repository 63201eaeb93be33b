// What functions did since somebody looks: calls counted by how they ended, and the last lines that they wrote. Of calls main hears a bounded
// share when very many come at once; failures are heard before others.

import { shortArn } from "../cli/shown-forms.ts";
import type { Entry, OutcomeName } from "../ports/journal.ts";
import type { FunctionFrame, FunctionThread } from "./frame.ts";

const MOST_LOGS = 200;
const MOST_FUNCTIONS = 200;
const MOST_TEXT = 2_000;

interface Known {
  invocationCount: number;
  failedCount: number;
  timedOutCount: number;
  throttledCount: number;
  logs: FunctionFrame["logs"][number][];
}

export interface FunctionRows {
  /** `functionOf`: the name of the function that a mapping calls. */
  learn(entry: Entry, functionOf: (mapping: string) => string): void;
  frames(names: Iterable<string>, threads: readonly FunctionThread[]): readonly FunctionFrame[];
}

export function createFunctionRows(): FunctionRows {
  const all = new Map<string, Known>();

  function known(name: string): Known | null {
    const found = all.get(name);
    if (found !== undefined) return found;
    if (name === "" || all.size >= MOST_FUNCTIONS) return null;
    const made: Known = { invocationCount: 0, failedCount: 0, timedOutCount: 0, throttledCount: 0, logs: [] };
    all.set(name, made);
    return made;
  }

  function count(name: string, outcome: OutcomeName): void {
    const to = known(name);
    if (to === null) return;
    if (outcome === "throttled") {
      to.throttledCount += 1;
      return;
    }
    to.invocationCount += 1;
    if (outcome === "timed out") to.timedOutCount += 1;
    if (outcome !== "ok") to.failedCount += 1;
  }

  return {
    learn(entry, functionOf) {
      switch (entry.kind) {
        case "decided":
          return count(functionOf(entry.mapping ?? ""), entry.outcome);
        case "invocation":
          return count(shortArn(entry.functionName), entry.outcome);
        case "log": {
          const to = known(shortArn(entry.functionName));
          if (to === null) return;
          const { atMs, requestId, stream, text } = entry;
          to.logs.push({ atMs, requestId, stream, text: text.slice(0, MOST_TEXT) });
          if (to.logs.length > 2 * MOST_LOGS) to.logs = to.logs.slice(-MOST_LOGS);
          return;
        }
        default:
          return;
      }
    },
    frames(names, threads) {
      const byName = Map.groupBy(threads, ({ functionName }) => functionName);
      for (const name of byName.keys()) known(name);
      for (const name of names) known(name);
      return [...all]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { logs, ...counts }]) => ({
          name,
          ...counts,
          threads: byName.get(name) ?? [],
          logs: logs.slice(-MOST_LOGS),
        }));
    },
  };
}
