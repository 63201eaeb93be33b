// What functions did: calls counted by how they ended, and the last lines that they wrote. Calls of mappings come from their counters and are
// complete; what only entries tell (calls by Invoke, time-outs, log lines) is counted since somebody looks, and may be a sample when very
// many come at once.

import { shortArn } from "../cli/shown-forms.ts";
import type { Entry } from "../ports/journal.ts";
import type { FunctionFrame, FunctionThread } from "./frame.ts";

const MOST_LOGS = 200;
const MOST_FUNCTIONS = 200;
const MOST_TEXT = 2_000;

/** Of calls by Invoke; time-outs of all. */
interface Known {
  invocationCount: number;
  failedCount: number;
  timedOutCount: number;
  throttledCount: number;
  logs: FunctionFrame["logs"][number][];
}

/** By name. */
export type FunctionFacts = Map<string, Known>;

/** What the counters of a function's mappings say, together. */
export interface MappedCalls {
  readonly invocationCount: number;
  readonly failedCount: number;
  readonly throttledCount: number;
}

/** `functionOf`: the name of the function that a mapping calls. */
export function learnFunction(facts: FunctionFacts, entry: Entry, functionOf: (mapping: string) => string): void {
  switch (entry.kind) {
    case "decided": {
      if (entry.outcome !== "timed out") return;
      const of = known(facts, functionOf(entry.mapping ?? ""));
      if (of !== null) of.timedOutCount += 1;
      return;
    }
    case "invocation": {
      const of = known(facts, shortArn(entry.functionName));
      if (of === null) return;
      if (entry.outcome === "throttled") of.throttledCount += 1;
      else of.invocationCount += 1;
      if (entry.outcome === "timed out") of.timedOutCount += 1;
      if (entry.outcome !== "ok" && entry.outcome !== "throttled") of.failedCount += 1;
      return;
    }
    case "log": {
      const of = known(facts, shortArn(entry.functionName));
      if (of === null) return;
      const { atMs, requestId, stream, text } = entry;
      of.logs.push({ atMs, requestId, stream, text: text.slice(0, MOST_TEXT) });
      if (of.logs.length > 2 * MOST_LOGS) of.logs = of.logs.slice(-MOST_LOGS);
      return;
    }
    default:
      return;
  }
}

/** In order of names: those of `mapped`, and all that were heard of. */
export function functionFrames(
  facts: FunctionFacts,
  mapped: ReadonlyMap<string, MappedCalls>,
  threads: readonly FunctionThread[],
): readonly FunctionFrame[] {
  const byName = Map.groupBy(threads, ({ functionName }) => functionName);
  for (const name of [...mapped.keys(), ...byName.keys()]) known(facts, name);
  return [...facts]
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, direct]) => {
      const calls = mapped.get(name);
      return {
        name,
        invocationCount: direct.invocationCount + (calls?.invocationCount ?? 0),
        failedCount: direct.failedCount + (calls?.failedCount ?? 0),
        timedOutCount: direct.timedOutCount,
        throttledCount: direct.throttledCount + (calls?.throttledCount ?? 0),
        threads: byName.get(name) ?? [],
        logs: direct.logs.slice(-MOST_LOGS),
      };
    });
}

function known(facts: FunctionFacts, name: string): Known | null {
  const found = facts.get(name);
  if (found !== undefined) return found;
  if (name === "" || facts.size >= MOST_FUNCTIONS) return null;
  const made: Known = { invocationCount: 0, failedCount: 0, timedOutCount: 0, throttledCount: 0, logs: [] };
  facts.set(name, made);
  return made;
}
