// Runs one scenario's steps against a target and writes down what was seen. It knows the steps, not what carries them out.

import { MillraceError } from "../errors.ts";
import { isObject, type JsonObject, type Scenario, type Step } from "./scenario.ts";
import type { ScenarioTarget } from "./scenario-target.ts";
import { emptyTranscript, fillPlaceholders, type SeenAnswer, type Transcript } from "./transcript.ts";

/** How long a wait may take, in the target's own time, unless the step says. */
const WITHIN_MS = 120_000;

/** Null: it can be run. Else what it needs that is not built yet. */
export function unsupportedReason(scenario: Scenario): string | null {
  const sources = [scenario.setup.source, scenario.setup.other_source].filter((each) => each !== undefined);
  const foreign = sources.find(({ type }) => type !== "kinesis-stream");
  if (foreign !== undefined) return `${foreign.type} sources are not built yet`;
  const isQualified = (scenario.setup.functions ?? []).some(({ versions, aliases }) => versions || aliases);
  if (isQualified) return "function versions and aliases are not built yet";
  if (scenario.setup.dead_letter_queue) return "queues with a redrive policy are not built yet";
  return null;
}

export async function runScenario(scenario: Scenario, target: ScenarioTarget): Promise<Transcript> {
  const transcript = emptyTranscript();
  Object.assign(transcript.vars, target.vars);
  for (const step of scenario.steps) await take(step, scenario, target, transcript);
  transcript.invocations.push(...target.invocations());
  transcript.destination.push(...(await target.destination()));
  return transcript;
}

async function take(step: Step, scenario: Scenario, target: ScenarioTarget, transcript: Transcript): Promise<void> {
  const withinMs = (step.within_s ?? WITHIN_MS / 1000) * 1000;
  switch (step.do) {
    case "create-mapping":
      return createMapping(step, scenario, target, transcript);
    case "call": {
      const params = fillPlaceholders(step.params ?? {}, transcript.vars);
      transcript.responses[step.name ?? ""] = await target.call(step.op ?? "", isObject(params) ? params : {});
      return;
    }
    case "wait-state": {
      const uuid = transcript.vars[`${step.mapping ?? "mapping"}.uuid`] ?? "";
      let state = "";
      await target.waitUntil(async () => {
        state = stateOf(await target.call("GetEventSourceMapping", { UUID: uuid }));
        return state === step.state;
      }, withinMs);
      transcript.states[step.name ?? "wait-state"] = state;
      if (state !== step.state) throw stuck(`the mapping is ${state}, not ${step.state}`);
      return;
    }
    case "wait-gone": {
      const uuid = transcript.vars[`${step.mapping ?? "mapping"}.uuid`] ?? "";
      const isGone = async (): Promise<boolean> =>
        (await target.call("GetEventSourceMapping", { UUID: uuid })).status === 404;
      if (!(await target.waitUntil(isGone, withinMs))) throw stuck("the mapping is still there");
      return;
    }
    case "send": {
      const records = (step.records ?? []).map((label) => recordOf(scenario, label));
      if (step.batch === true) return target.send(records, true);
      for (const record of records) {
        await target.send([record], false);
        if (step.pause_s !== undefined) await target.pass(step.pause_s * 1000);
      }
      return;
    }
    case "wait-invocations":
      await target.waitUntil(() => target.invocations().length >= (step.count ?? 1), withinMs);
      return;
    case "wait-destination":
      await target.waitUntil(async () => (await target.destination()).length >= (step.count ?? 1), withinMs);
      return;
    case "wait":
    case "observe":
      return target.pass((step.seconds ?? 0) * 1000);
    case "delete-function":
      return target.deleteFunction(step.function ?? "function");
    case "delete-source":
      return target.deleteSource();
    case "check-empty":
      return;
    default:
      throw new MillraceError("scenario-invalid", `${scenario.id}: there is no step \`${step.do}\``);
  }
}

async function createMapping(
  step: Step,
  scenario: Scenario,
  target: ScenarioTarget,
  transcript: Transcript,
): Promise<void> {
  const name = step.mapping ?? "mapping";
  const extra = scenario.extra_mappings?.find((each) => each.name === name)?.request;
  const request = fillPlaceholders(extra ?? scenario.mapping ?? {}, transcript.vars);
  const answer = await target.call("CreateEventSourceMapping", isObject(request) ? request : {});
  transcript.responses[step.name ?? name] = answer;
  if (!isObject(answer.body) || typeof answer.body["UUID"] !== "string") return;
  const uuid = answer.body["UUID"];
  const { partition, region, account } = transcript.vars;
  transcript.vars[`${name}.uuid`] = uuid;
  transcript.vars[`${name}.arn`] = `arn:${partition}:lambda:${region}:${account}:event-source-mapping:${uuid}`;
}

function recordOf(scenario: Scenario, label: string): Scenario["records"][number] {
  const record = scenario.records.find((each) => each.label === label);
  if (record === undefined)
    throw new MillraceError("scenario-invalid", `${scenario.id}: \`${label}\` is not in \`records\``);
  return record;
}

const stateOf = ({ body }: SeenAnswer): string => (isObject(body) ? String((body as JsonObject)["State"]) : "");

/** The scenario cannot go on; the runner reports it as a difference. */
export class Stuck extends Error {}
const stuck = (what: string): Stuck => new Stuck(what);
