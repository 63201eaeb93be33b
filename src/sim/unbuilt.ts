// What a scenario needs that is not built yet, by name: the only reason for which one is skipped.

import type { Scenario, SourceSetup } from "./scenario.ts";
import { isHandlerFile } from "./scenario-handler-schema.ts";
import { operations } from "./scenario-target.ts";

const sources = ["kinesis-stream", "dynamodb-stream", "sqs-queue"];
const requirements = ["destination.sqs", "destination.sns", "destination.s3", "long-clock"];
const destinations = ["sqs", "sns", "s3"];
/** Null: it can be run. */
export function unbuiltReason(scenario: Scenario): string | null {
  const { setup } = scenario;
  const isMade = (source: SourceSetup): boolean => source.exists !== false;
  const foreign = [setup.source, setup.other_source].find(
    (each) => each !== undefined && !sources.includes(each.type) && isMade(each),
  );
  if (foreign !== undefined) return `${foreign.type} sources are not built yet but for the API's own scenarios`;
  if (setup.destination !== undefined && !destinations.includes(setup.destination.type))
    return `${setup.destination.type} destinations are not built yet`;
  const requirement = scenario.requires.find((each) => !requirements.includes(each));
  if (requirement !== undefined) return `${requirement} is not built yet`;
  return unbuiltStep(scenario);
}

function unbuiltStep({ steps }: Scenario): string | null {
  const step = steps.find((each) => each.do === "call" && !operations.some((known) => known === each.op));
  return step?.do === "call" ? `the operation ${step.op} is not built yet` : null;
}

/** What needs the simulated world, and a server's own public API cannot tell or do. */
export function unbuiltLive({ handler, handlers, expect, faults, story }: Scenario): string | null {
  if (story !== null) return "stories are for simulated time";
  if (faults !== null) return "faults are for simulated time";
  const member = ["given_up", "checkpoints", "batches", "checkers"].find((name) => expect[name] !== undefined);
  if (member !== undefined) return `expect.${member} is for simulated time`;
  for (const each of [handler, ...Object.values(handlers)]) {
    if (each === null) continue;
    if (isHandlerFile(each)) return "handlers of a file are for simulated time";
    const simulated = ["share", "times", "from_s", "until_s", "delay_per_record_s", "cold_start_s", "throttle"];
    const name = simulated.find((known) => Object.hasOwn(each, known));
    if (name !== undefined) return `a script's \`${name}\` is for simulated time`;
    if (typeof each.delay_s === "object") return "a script's drawn `delay_s` is for simulated time";
  }
  return null;
}
