// What the dashboard tells of functions: counts and log lines folded from the journal's entries, threads as the pollers told them last.
//
// F1  Bounded: a page is given the last lines, functions that are not called any more are kept up to a number.

import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { Entry, OutcomeName } from "../ports/journal.ts";
import type { FunctionFrame } from "./frame.ts";

const MOST_FUNCTIONS = 1_000;
const MOST_LINES = 200;
const MOST_TEXT = 2_000;

export interface FunctionFold {
  take(entry: Entry): void;
  /** By name. */
  frames(threads: readonly FunctionThreadReport[]): readonly FunctionFrame[];
}

type LogRow = FunctionFrame["logs"][number];
interface Counted {
  invocationCount: number;
  failedCount: number;
  timedOutCount: number;
  throttledCount: number;
  readonly logs: LogRow[];
}

const refusals: ReadonlySet<OutcomeName> = new Set(["throttled", "fault", "function missing", "not started"]);

export function createFunctionFold(): FunctionFold {
  const functions = new Map<string, Counted>();
  /** Of which function a mapping's calls are. */
  const calledBy = new Map<string, string>();

  function functionNamed(name: string): Counted {
    const known = functions.get(name);
    if (known !== undefined) return known;
    const made: Counted = { invocationCount: 0, failedCount: 0, timedOutCount: 0, throttledCount: 0, logs: [] };
    functions.set(name, made);
    const [oldest] = functions.keys();
    if (functions.size > MOST_FUNCTIONS && oldest !== undefined) functions.delete(oldest);
    return made;
  }

  function ended(name: string, outcome: OutcomeName): void {
    const counted = functionNamed(name);
    if (outcome === "throttled") counted.throttledCount += 1;
    if (refusals.has(outcome)) return;
    counted.invocationCount += 1;
    if (outcome !== "ok" && outcome !== "partial") counted.failedCount += 1;
    if (outcome === "timed out") counted.timedOutCount += 1;
  }

  function noted(entry: Extract<Entry, { kind: "log" }>): void {
    const { logs } = functionNamed(entry.functionName);
    const { atMs, requestId, stream } = entry;
    const text = entry.text.length > MOST_TEXT ? `${entry.text.slice(0, MOST_TEXT)} …` : entry.text;
    logs.push({ atMs, requestId, stream, text });
    if (logs.length > MOST_LINES) logs.shift();
  }

  return {
    take(entry) {
      switch (entry.kind) {
        case "settings": {
          const name = functionNameOf(entry.settings["FunctionArn"]);
          if (entry.mapping !== null && name !== null) calledBy.set(entry.mapping, name);
          return;
        }
        case "decided": {
          const name = calledBy.get(entry.mapping ?? "");
          return name === undefined ? undefined : ended(name, entry.outcome);
        }
        case "invocation":
          return ended(entry.functionName, entry.outcome);
        case "log":
          return noted(entry);
        case "mapping-state":
          if (entry.to === "Gone" && entry.mapping !== null) calledBy.delete(entry.mapping);
          return;
        default:
          return;
      }
    },
    frames(threads) {
      for (const { functionName } of threads) functionNamed(functionName);
      return [...functions]
        .toSorted(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, { logs, ...counts }]) => ({
          name,
          ...counts,
          threads: threads.filter(({ functionName }) => functionName === name),
          logs: [...logs],
        }));
    },
  };
}

/** `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, with or without a qualifier. */
const NAME_PART = 6;

function functionNameOf(arn: unknown): string | null {
  return typeof arn === "string" ? (arn.split(":")[NAME_PART] ?? null) : null;
}
