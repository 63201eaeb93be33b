// One scenario under virtual time, from its seed to its digest: what `millrace simulate`, the exploring of seeds, replays and the
// testing library call. It reads no file and prints nothing.
//
// L1  Same scenario, seed, version and major of Node: the same answer, to the last byte of the digest.

import type { Entry } from "../ports/journal.ts";
import { type BrokenLaw, brokenLaws } from "../sim/checkers/broken-laws.ts";
import type { Fault } from "../sim/fault.ts";
import { type FaultPlan, faultPlanFrom } from "../sim/fault-plan.ts";
import type { History } from "../sim/history.ts";
import { compareTranscript } from "../sim/match/compare-transcript.ts";
import type { Scenario } from "../sim/scenario.ts";
import { withGeneratedRecords } from "../sim/scenario-records.ts";
import type { Plant } from "../sim/incarnation.ts";
import { runScenario } from "../sim/scenario-runner.ts";
import { Unbuilt } from "../sim/stuck.ts";
import { unbuiltReason } from "../sim/unbuilt.ts";
import type { Transcript } from "../sim/transcript.ts";
import { createVirtualTarget } from "./virtual-target.ts";

export interface SimulateOptions {
  /** All chance of the run: a whole number. */
  readonly seed: number;
  /** What goes wrong; absent: what the scenario says. */
  readonly faults?: FaultPlan;
  /** Whether the checkers judge the run as well, once it is healed and has done what it owes; default false. */
  readonly isChecked?: boolean;
  /** A test changes the ports of what runs mappings. */
  readonly plant?: Plant;
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
  /** Faults that befell, in order: a run of these alone is the same run. */
  readonly befallen: readonly Fault[];
  /** What the checkers have against it; none where they did not judge. */
  readonly broken: readonly BrokenLaw[];
  /** What the checkers read, one history a mapping; none where they did not judge. */
  readonly histories: readonly History[];
  /** Of the journal: `sha256:` and 64 hexadecimal digits. */
  readonly digest: string;
}

/** Rejects with Unbuilt where a step needs what is not built yet, and with MillraceError where the scenario is none. */
export async function simulateScenario(read: Scenario, options: SimulateOptions): Promise<SimulatedRun> {
  const { seed, isChecked = false } = options;
  const reason = unbuiltReason(read);
  if (reason !== null) throw new Unbuilt(reason);
  const scenario = withGeneratedRecords(read, seed);
  const target = await createVirtualTarget(scenario, {
    seed,
    faults: options.faults ?? faultPlanFrom(scenario.faults),
    isHistoryKept: isChecked,
    ...(options.plant === undefined ? {} : { plant: options.plant }),
  });
  const { house } = target;
  const startedAtMs = house.nowMs();
  try {
    const transcript = await runScenario(scenario, target);
    const told = { endedAtMs: house.nowMs(), entries: [...house.entries()], digest: house.digest() };
    const differences = compareTranscript(scenario, transcript);
    const histories = isChecked ? (await house.histories()).map(({ history }) => history) : [];
    return {
      seed,
      startedAtMs,
      ...told,
      transcript,
      differences,
      befallen: [...house.befallen()],
      broken: histories.flatMap(brokenLaws),
      histories,
    };
  } finally {
    await target.close();
  }
}
