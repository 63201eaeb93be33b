// A scenario as a test runs it: a file, or its members in the test itself.

import { fileURLToPath } from "node:url";
import type { Entry } from "../ports/journal.ts";
import { ConfigErrors } from "../config/config-errors.ts";
import { MillraceError } from "../errors.ts";
import type { Scenario } from "../sim/scenario.ts";
import { inlineRunner, type InlineHandler } from "./test-functions.ts";
import { parseScenario, readScenario } from "../wiring/scenario-file.ts";
import { simulateScenario } from "../wiring/simulate-scenario.ts";
import { batchesOf, invocationsOf, type StreamEvent, type TestBatch, type TestInvocation } from "./seen.ts";

export interface SimulateSettings<E> {
  /** Default: the scenario's own, else 1. */
  readonly seed?: number;
  /** A handler of the test's, in place of every function's. */
  readonly handler?: InlineHandler<E>;
  /** Whether handlers of a file may do real work; default false. */
  readonly allowIo?: boolean;
  /** From which handler files of members are named: `import.meta.dirname`. Default: where the test runs; of a file it is the file's own. */
  readonly folder?: string;
}

export interface Simulated<E> {
  readonly seed: number;
  /** What is not as the scenario expects, a text each; none: all of it holds. */
  readonly differences: readonly string[];
  readonly invocations: readonly TestInvocation<E>[];
  readonly batches: readonly TestBatch[];
  /** What the destination received, in order. */
  readonly destination: readonly Readonly<Record<string, unknown>>[];
  readonly journal: readonly Entry[];
  readonly digest: string;
}

/**
 * Runs a scenario under virtual time. `scenario`: a path, a file's URL, or the members themselves (docs/scenarios.md). Rejects with
 * MillraceError where it is none; what is not as expected is no error, but in `differences`.
 */
export async function simulate<E = StreamEvent>(
  scenario: string | URL | object,
  settings: SimulateSettings<E> = {},
): Promise<Simulated<E>> {
  const { seed, handler, allowIo = false, folder = process.cwd() } = settings;
  const run = await simulateScenario(read(scenario, folder), {
    isIoAllowed: allowIo,
    ...(seed === undefined ? {} : { seed }),
    ...(handler === undefined ? {} : { functionOf: inlineRunner(handler) }),
  });
  return {
    seed: run.seed,
    differences: run.differences,
    invocations: invocationsOf<E>(run.calls, run.entries),
    batches: batchesOf(run.entries),
    destination: run.transcript.destination,
    journal: run.entries,
    digest: run.digest,
  };
}

function read(scenario: string | URL | object, folder: string): Scenario {
  try {
    if (scenario instanceof URL) return readScenario(fileURLToPath(scenario));
    if (typeof scenario === "string") return readScenario(scenario);
    return parseScenario(JSON.stringify(scenario, null, 2), { shownFile: "scenario.json", folder });
  } catch (error) {
    // A test runner shows the message and no more.
    if (error instanceof ConfigErrors) throw new MillraceError(error.code, error.errors.map(toldFlaw).join("\n"));
    throw error;
  }
}

function toldFlaw({ message, place, help }: MillraceError): string {
  const path = place?.path ?? "";
  return `${path === "" ? "" : `${path}: `}${message}${help === null ? "" : `; help: ${help}`}`;
}
