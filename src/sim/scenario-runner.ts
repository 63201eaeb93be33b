// Runs one scenario's steps against a target and writes down what was seen. It knows the steps, not what carries them out. A step that
// waits in vain ends the scenario; what was seen until then is still held against what is expected.

import { MillraceError } from "../errors.ts";
import { isObject, type Scenario, type ScenarioRecord, type Step } from "./scenario.ts";
import { operations, type ScenarioOperation, type ScenarioTarget } from "./scenario-target.ts";
import { Stuck, Unbuilt } from "./stuck.ts";
import { emptyTranscript, fillPlaceholders, type SeenAnswer, type Transcript } from "./transcript.ts";

/** How long a wait may take, in the target's own time, unless the step says. */
const WITHIN_S = 120;

export async function runScenario(scenario: Scenario, target: ScenarioTarget): Promise<Transcript> {
  const transcript = emptyTranscript();
  Object.assign(transcript.vars, target.vars);
  const run: Run = { scenario, target, transcript, lastName: "" };
  try {
    for (const step of scenario.steps) {
      await take(step, run);
      if (step.name !== undefined && step.do !== "wait-state") run.lastName = step.name;
    }
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    transcript.problems.push(error.message);
  }
  transcript.invocations.push(...target.invocations());
  transcript.destination.push(...(await target.destination()));
  return transcript;
}

interface Run {
  readonly scenario: Scenario;
  readonly target: ScenarioTarget;
  readonly transcript: Transcript;
  /** Of the last step that did something: the state that is waited for is the one after it. */
  lastName: string;
}

async function take(step: Step, run: Run): Promise<void> {
  const { target } = run;
  const withinMs = (step.within_s ?? WITHIN_S) * 1000;
  const count = step.count ?? 1;
  switch (step.do) {
    case "create-mapping":
      return createMapping(step, run);
    case "call":
      return call(step, run);
    case "wait-state":
      return waitState(step, run, withinMs);
    case "wait-gone": {
      const uuid = uuidOf(step, run);
      const isGone = async (): Promise<boolean> =>
        (await target.call("GetEventSourceMapping", { UUID: uuid })).status === 404;
      if (!(await target.waitUntil(isGone, withinMs))) throw new Stuck("wait-gone: the mapping is still there");
      return;
    }
    case "send":
      return send(step, run);
    case "wait-invocations":
      if (!(await target.waitUntil(() => target.invocations().length >= count, withinMs)))
        throw new Stuck(`wait-invocations: ${target.invocations().length} seen, not ${count}`);
      return;
    case "wait-destination":
      if (!(await target.waitUntil(async () => (await target.destination()).length >= count, withinMs)))
        throw new Stuck(`wait-destination: ${(await target.destination()).length} received, not ${count}`);
      return;
    case "wait":
    case "observe":
      return target.pass((step.seconds ?? 0) * 1000);
    case "delete-function":
      return target.deleteFunction(step.function ?? "function");
    case "delete-source":
      return target.deleteSource();
    case "check-empty": // Of a dead-letter queue, which no source that is built has.
      return;
    default:
      throw invalid(run.scenario, `there is no step \`${step.do}\``);
  }
}

async function createMapping(step: Step, { scenario, target, transcript }: Run): Promise<void> {
  const name = step.mapping ?? "mapping";
  const extra = scenario.extra_mappings?.find((each) => each.name === name)?.request;
  if (extra === undefined && name !== "mapping") throw invalid(scenario, `\`${name}\` is not in \`extra_mappings\``);
  const request = fillPlaceholders(extra ?? scenario.mapping ?? {}, transcript.vars);
  const answer = built(await target.call("CreateEventSourceMapping", isObject(request) ? request : {}));
  transcript.responses[step.name ?? name] = answer;
  if (!isObject(answer.body) || typeof answer.body["UUID"] !== "string") return;
  const uuid = answer.body["UUID"];
  const { partition, region, account } = transcript.vars;
  transcript.vars[`${name}.uuid`] = uuid;
  transcript.vars[`${name}.arn`] = `arn:${partition}:lambda:${region}:${account}:event-source-mapping:${uuid}`;
}

async function call(step: Step, { scenario, target, transcript }: Run): Promise<void> {
  const params = fillPlaceholders(step.params ?? {}, transcript.vars);
  const operation: ScenarioOperation | undefined = operations.find((each) => each === step.op);
  if (operation === undefined) throw invalid(scenario, `there is no operation \`${step.op ?? ""}\``);
  transcript.responses[step.name ?? operation] = built(await target.call(operation, isObject(params) ? params : {}));
}

/** The answer, unless it says that this version cannot do it. */
function built(answer: SeenAnswer): SeenAnswer {
  const text = isObject(answer.body) ? (answer.body["message"] ?? answer.body["Message"]) : null;
  if (answer.error !== null && typeof text === "string" && text.includes("not built yet")) throw new Unbuilt(text);
  return answer;
}

async function waitState(step: Step, run: Run, withinMs: number): Promise<void> {
  const { target, transcript } = run;
  const uuid = uuidOf(step, run);
  let state = "";
  const isThere = await target.waitUntil(async () => {
    state = stateOf(await target.call("GetEventSourceMapping", { UUID: uuid }));
    return state === step.state;
  }, withinMs);
  transcript.states[run.lastName] = state;
  if (step.name !== undefined) transcript.states[step.name] = state;
  if (!isThere) throw new Stuck(`wait-state: the mapping is ${state}, not ${step.state ?? ""}`);
}

async function send(step: Step, { scenario, target, transcript }: Run): Promise<void> {
  const records = (step.records ?? []).map((label) => recordOf(scenario, label));
  const calls = step.batch === true ? [records] : records.map((record) => [record]);
  for (const each of calls) {
    const given = await target.send(each, step.batch === true);
    for (const [index, { label }] of each.entries()) transcript.sent[label] = given[index] ?? {};
    if (step.pause_s !== undefined) await target.pass(step.pause_s * 1000);
  }
}

function recordOf(scenario: Scenario, label: string): ScenarioRecord {
  const record = scenario.records.find((each) => each.label === label);
  if (record === undefined)
    throw new MillraceError("scenario-unknown-label", `${scenario.id}: \`${label}\` is not in \`records\``);
  return record;
}

/** A mapping that was refused has none, and cannot be waited for. */
function uuidOf(step: Step, { transcript }: Run): string {
  const name = step.mapping ?? "mapping";
  const uuid = transcript.vars[`${name}.uuid`];
  if (uuid === undefined) throw new Stuck(`${step.do}: ${name} was not created`);
  return uuid;
}

const stateOf = ({ body }: SeenAnswer): string => (isObject(body) ? String(body["State"]) : "");

const invalid = (scenario: Scenario, what: string): MillraceError =>
  new MillraceError("scenario-invalid", `${scenario.id}: ${what}`);
