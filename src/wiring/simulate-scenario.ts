// One scenario under virtual time, from its seed to its digest: what `millrace simulate`, the exploring of seeds, replays and the
// testing library call. It reads no file and prints nothing.
//
// L1  Same scenario, seed, version and major of Node: the same answer, to the last byte of the digest.

import type { Entry } from "../ports/journal.ts";
import { compareTranscript } from "../sim/match/compare-transcript.ts";
import type { Scenario } from "../sim/scenario.ts";
import { withGeneratedRecords } from "../sim/scenario-records.ts";
import { runScenario } from "../sim/scenario-runner.ts";
import { Unbuilt } from "../sim/stuck.ts";
import { unbuiltReason } from "../sim/unbuilt.ts";
import type { Transcript } from "../sim/transcript.ts";
import { createVirtualTarget } from "./virtual-target.ts";

export interface SimulateOptions {
  /** All chance of the run: a whole number. */
  readonly seed: number;
}

export interface SimulatedRun {
  readonly seed: number;
  /** The world's first instant, epoch ms: what `+0.000 s` is. */
  readonly startedAtMs: number;
  /** Its last. */
  readonly endedAtMs: number;
  /** The journal, in order. */
  readonly entries: readonly Entry[];
  /** Answers of the API, what was sent, invocations, what the destination received. */
  readonly transcript: Transcript;
  /** What is not as expected, one text each; none: all of it holds. */
  readonly differences: readonly string[];
  /** Of the journal: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Rejects with Unbuilt where a step needs what is not built yet, and with MillraceError where the scenario is none. */
export async function simulateScenario(read: Scenario, { seed }: SimulateOptions): Promise<SimulatedRun> {
  const reason = unbuiltReason(read);
  if (reason !== null) throw new Unbuilt(reason);
  const scenario = withGeneratedRecords(read, seed);
  const target = await createVirtualTarget(scenario, seed);
  const { house } = target;
  const startedAtMs = house.nowMs();
  try {
    const transcript = await runScenario(scenario, target);
    return {
      seed,
      startedAtMs,
      endedAtMs: house.nowMs(),
      entries: house.entries(),
      transcript,
      differences: compareTranscript(scenario, transcript),
      digest: house.digest(),
    };
  } finally {
    await target.close();
  }
}
