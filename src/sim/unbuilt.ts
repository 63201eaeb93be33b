// What a scenario needs that is not built yet, by name: the only reason for which one is skipped.

import type { Scenario, Script } from "./scenario.ts";
import { operations } from "./scenario-target.ts";

const sources = ["kinesis-stream", "dynamodb-stream"];
const requirements = ["destination.sqs", "destination.sns", "destination.s3", "long-clock"];
const destinations = ["sqs", "sns", "s3"];
const scripts = ["return", "return-event", "return-bytes", "throw", "report"];
const conditions = ["receive_count_at_most", "data_field", "path"];
const steps = [
  "create-mapping",
  "wait-state",
  "send",
  "wait-invocations",
  "wait-destination",
  "wait-gone",
  "wait",
  "observe",
  "check-empty",
  "call",
  "delete-function",
  "delete-source",
];

/** Null: it can be run. */
export function unbuiltReason(scenario: Scenario): string | null {
  const { setup } = scenario;
  const foreign = [setup.source, setup.other_source].find((each) => each !== undefined && !sources.includes(each.type));
  if (foreign !== undefined) return `${foreign.type} sources are not built yet`;
  if ((setup.functions ?? []).some(({ versions }) => (versions ?? []).some(({ tag }) => tag !== undefined)))
    return "versions with code of their own are not built yet";
  if (setup.dead_letter_queue !== undefined) return "queues with a redrive policy are not built yet";
  if (setup.destination !== undefined && !destinations.includes(setup.destination.type))
    return `${setup.destination.type} destinations are not built yet`;
  const requirement = scenario.requires.find((each) => !requirements.includes(each));
  if (requirement !== undefined) return `${requirement} is not built yet`;
  return unbuiltStep(scenario) ?? unbuiltScript(scenario);
}

function unbuiltStep(scenario: Scenario): string | null {
  for (const step of scenario.steps) {
    if (!steps.includes(step.do)) return `the step ${step.do} is not built yet`;
    if (step.do === "call" && !operations.some((each) => each === step.op))
      return `the operation ${step.op ?? ""} is not built yet`;
  }
  return null;
}

function unbuiltScript({ handler, handlers }: Scenario): string | null {
  const given: readonly (Script | null)[] = [handler, ...Object.values(handlers ?? {})];
  for (const script of given) {
    if (script === null) continue;
    if (!scripts.includes(script.do)) return `the script ${script.do} is not built yet`;
    const { when } = script;
    if (when !== undefined && !Object.keys(when).some((each) => conditions.includes(each)))
      return `the condition ${Object.keys(when).join(", ")} is not built yet`;
  }
  return null;
}
