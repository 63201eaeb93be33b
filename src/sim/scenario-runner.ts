// Runs one scenario's steps against a target and writes down what was seen. It knows the steps, not what carries them out. A step that
// waits in vain ends the scenario; what was seen until then is still held against what is expected.

import { assertNever } from "../core/assert-never.ts";
import { MillraceError } from "../errors.ts";
import { isObject, type JsonObject, type Scenario, type ScenarioRecord, type Step } from "./scenario.ts";
import { operations, type ScenarioOperation, type ScenarioTarget, type WorldControls } from "./scenario-target.ts";
import { Stuck, Unbuilt } from "./stuck.ts";
import { emptyTranscript, fillPlaceholders, type SeenAnswer, type Transcript, unfilledNames } from "./transcript.ts";

/** How long a wait may take, in the target's own time, unless the step says. */
const WITHIN_S = 120;
const DOWN_S = 1;
const GRACE_S = 30;
const MS_PER_S = 1_000;

export interface RunOptions {
  /** Before each step, with how long the scenario has run. */
  readonly onStep?: (step: Step, elapsedMs: number) => void;
  /** What the source has taken, and when. */
  readonly onSent?: (record: ScenarioRecord, given: JsonObject, elapsedMs: number) => void;
}

/** Its records have been made (scenario-records.ts). */
export async function runScenario(
  scenario: Scenario,
  target: ScenarioTarget,
  { onStep = () => undefined, onSent = () => undefined }: RunOptions = {},
): Promise<Transcript> {
  const transcript = emptyTranscript();
  Object.assign(transcript.vars, target.vars);
  const sent = (record: ScenarioRecord, given: JsonObject): void => {
    transcript.sent.add(record.label, given);
    onSent(record, given, target.elapsedMs());
  };
  const run: Run = { scenario, recordOf: recordFinder(scenario), target, transcript, sent, lastName: "" };
  try {
    for (const step of scenario.steps) {
      if (step.at_s !== undefined) await passTo(step.at_s * MS_PER_S, step.do, target);
      onStep(step, target.elapsedMs());
      await take(step, run);
      const name = nameOf(step);
      if (name !== undefined && step.do !== "wait-state") run.lastName = name;
    }
  } catch (error) {
    if (!(error instanceof Stuck)) throw error;
    transcript.problems.push(error.message);
  }
  // One at a time: more than a call may have arguments.
  for (const each of target.invocations()) transcript.invocations.push(each);
  for (const each of await target.destination()) transcript.destination.push(each);
  for (const each of await target.deadLetters()) transcript.dead_letter_queue.push(each);
  const left = await target.sourceLeft();
  if (left !== null) transcript.source_left = left;
  transcript.facts = target.world?.facts() ?? null;
  return transcript;
}

interface Run {
  readonly scenario: Scenario;
  readonly recordOf: (label: string) => ScenarioRecord;
  readonly target: ScenarioTarget;
  readonly transcript: Transcript;
  readonly sent: (record: ScenarioRecord, given: JsonObject) => void;
  /** Of the last step that did something: the state that is waited for is the one after it. */
  lastName: string;
}

async function passTo(atMs: number, word: string, target: ScenarioTarget): Promise<void> {
  const leftMs = atMs - target.elapsedMs();
  if (leftMs < 0) throw new Stuck(`${word} at_s ${atMs / MS_PER_S}: it is ${target.elapsedMs() / MS_PER_S} s already`);
  await target.pass(leftMs);
}

async function take(step: Step, run: Run): Promise<void> {
  const { target } = run;
  switch (step.do) {
    case "create-mapping":
      return createMapping(step, run);
    case "update-mapping":
      return update(step, step.set, run);
    case "enable":
      return update(step, { Enabled: true }, run);
    case "disable":
      return update(step, { Enabled: false }, run);
    case "call":
      return call(step, run);
    case "send":
      return send(step, run);
    case "wait-state":
    case "wait-gone":
    case "wait-invocations":
    case "wait-destination":
    case "wait-dead-letters":
    case "wait-drained":
      return waitFor(step, run);
    case "wait":
    case "observe":
      return target.pass(step.seconds * MS_PER_S);
    case "delete-function":
      return target.deleteFunction(step.function ?? "function");
    case "delete-source":
      return target.deleteSource();
    case "purge-queue":
      return target.purgeSource();
    case "check-empty":
      return checkEmpty(step, target);
    case "set-clock":
    case "split-shard":
    case "merge-shards":
    case "outage":
    case "throttle":
    case "deploy":
    case "crash":
    case "restart":
      return change(step, worldOf(step, target));
    default:
      return assertNever(step);
  }
}

async function checkEmpty(
  { queue = "dead_letter_queue" }: StepOf<"check-empty">,
  target: ScenarioTarget,
): Promise<void> {
  const count = queue === "source" ? ((await target.sourceLeft()) ?? 0) : (await target.deadLetters()).length;
  if (count > 0) throw new Stuck(`check-empty: ${queue} holds ${count} messages`);
}

type StepOf<D extends Step["do"]> = Extract<Step, { do: D }>;

function worldOf(step: Step, { world }: ScenarioTarget): WorldControls {
  if (world === null) throw new Unbuilt(`the step ${step.do} is for simulated time`);
  return world;
}

function change(
  step: StepOf<"set-clock" | "split-shard" | "merge-shards" | "outage" | "throttle" | "deploy" | "crash" | "restart">,
  world: WorldControls,
): void | Promise<void> {
  switch (step.do) {
    case "set-clock":
      return world.setClock(Math.round(step.by_s * MS_PER_S));
    case "split-shard":
      return world.splitShard(step.source ?? "source", String(step.shard), step.hash_key ?? null);
    case "merge-shards": {
      const [one = "", other = ""] = step.shards.map(String);
      return world.mergeShards(step.source ?? "source", [one, other]);
    }
    case "outage":
      return world.outage(step.source ?? "source", step.seconds * MS_PER_S);
    case "throttle": {
      const forMs = step.seconds === undefined ? null : step.seconds * MS_PER_S;
      return world.throttle(step.function ?? "function", step.concurrency === undefined ? 0 : step.concurrency, forMs);
    }
    case "deploy":
      return world.deploy(step.function ?? "function", step.handler);
    case "crash":
      return world.crash((step.down_s ?? DOWN_S) * MS_PER_S);
    case "restart":
      return world.restart((step.down_s ?? DOWN_S) * MS_PER_S, (step.grace_s ?? GRACE_S) * MS_PER_S);
    default:
      return assertNever(step);
  }
}

// --- Calls --------------------------------------------------------------------------------------------------------------

async function createMapping(step: StepOf<"create-mapping">, { scenario, target, transcript }: Run): Promise<void> {
  const name = step.mapping ?? "mapping";
  const extra = scenario.extra_mappings.find((each) => each.name === name)?.request;
  if (extra === undefined && name !== "mapping") throw invalid(scenario, `\`${name}\` is not in \`extra_mappings\``);
  const request = filled(extra ?? scenario.mapping ?? {}, step, transcript);
  const answer = built(await target.call("CreateEventSourceMapping", request));
  keep(answer, nameOf(step) ?? name, transcript);
  if (!isObject(answer.body) || typeof answer.body["UUID"] !== "string") return;
  const uuid = answer.body["UUID"];
  const { partition, region, account } = transcript.vars;
  transcript.vars[`${name}.uuid`] = uuid;
  transcript.vars[`${name}.arn`] = `arn:${partition}:lambda:${region}:${account}:event-source-mapping:${uuid}`;
}

async function update(
  step: StepOf<"update-mapping" | "enable" | "disable">,
  members: JsonObject,
  run: Run,
): Promise<void> {
  const { target, transcript } = run;
  const params = { ...filled(members, step, transcript), UUID: uuidOf(step, run) };
  keep(built(await target.call("UpdateEventSourceMapping", params)), nameOf(step) ?? step.do, transcript);
}

async function call(step: StepOf<"call">, { scenario, target, transcript }: Run): Promise<void> {
  const operation: ScenarioOperation | undefined = operations.find((each) => each === step.op);
  if (operation === undefined) throw invalid(scenario, `there is no operation \`${step.op}\``);
  const params = filled(step.params ?? {}, step, transcript);
  keep(built(await target.call(operation, params)), nameOf(step) ?? operation, transcript);
}

function filled(params: JsonObject, step: Step, { vars }: Transcript): JsonObject {
  const value = fillPlaceholders(params, vars);
  const [unknown] = unfilledNames(value);
  if (unknown !== undefined)
    throw new Stuck(`${step.do}: nothing is named \${${unknown}}; there are ${Object.keys(vars).join(", ")}`);
  return isObject(value) ? value : {};
}

function keep(answer: SeenAnswer, name: string, { responses, refusals }: Transcript): void {
  responses[name] = answer;
  if (answer.error !== null) refusals.push({ name, answer });
}

/** The answer, unless it says that this version cannot do it. */
function built(answer: SeenAnswer): SeenAnswer {
  const text = isObject(answer.body) ? (answer.body["message"] ?? answer.body["Message"]) : null;
  if (answer.error !== null && typeof text === "string" && text.includes("not built yet")) throw new Unbuilt(text);
  return answer;
}

// --- Waits --------------------------------------------------------------------------------------------------------------

type Wait = StepOf<
  "wait-state" | "wait-gone" | "wait-invocations" | "wait-destination" | "wait-dead-letters" | "wait-drained"
>;

async function waitFor(step: Wait, run: Run): Promise<void> {
  const { target } = run;
  const withinMs = (step.within_s ?? WITHIN_S) * MS_PER_S;
  switch (step.do) {
    case "wait-state":
      return waitState(step, run, withinMs);
    case "wait-gone": {
      const uuid = uuidOf(step, run);
      const isGone = async (): Promise<boolean> =>
        (await target.call("GetEventSourceMapping", { UUID: uuid })).status === 404;
      if (!(await target.waitUntil(isGone, withinMs))) throw new Stuck("wait-gone: the mapping is still there");
      return;
    }
    case "wait-invocations": {
      const { count = 1 } = step;
      if (!(await target.waitUntil(() => target.invocationCount() >= count, withinMs)))
        throw new Stuck(`wait-invocations: ${target.invocationCount()} seen, not ${count}`);
      return;
    }
    case "wait-destination": {
      const { count = 1 } = step;
      if (!(await target.waitUntil(async () => (await target.destination()).length >= count, withinMs)))
        throw new Stuck(`wait-destination: ${(await target.destination()).length} received, not ${count}`);
      return;
    }
    case "wait-dead-letters": {
      const { count = 1 } = step;
      if (!(await target.waitUntil(async () => (await target.deadLetters()).length >= count, withinMs)))
        throw new Stuck(`wait-dead-letters: ${(await target.deadLetters()).length} are there, not ${count}`);
      return;
    }
    case "wait-drained": {
      const world = worldOf(step, target);
      if (!(await target.waitUntil(() => world.isDrained(), withinMs)))
        throw new Stuck(`wait-drained: records are left after ${withinMs / MS_PER_S} s`);
      return;
    }
    default:
      return assertNever(step);
  }
}

async function waitState(step: StepOf<"wait-state">, run: Run, withinMs: number): Promise<void> {
  const { target, transcript } = run;
  const uuid = uuidOf(step, run);
  let state = "";
  const isThere = await target.waitUntil(async () => {
    state = stateOf(await target.call("GetEventSourceMapping", { UUID: uuid }));
    return state === step.state;
  }, withinMs);
  transcript.states[run.lastName] = state;
  if (step.name !== undefined) transcript.states[step.name] = state;
  if (!isThere) throw new Stuck(`wait-state: the mapping is ${state}, not ${step.state}`);
}

// --- Records ------------------------------------------------------------------------------------------------------------

async function send(step: StepOf<"send">, run: Run): Promise<void> {
  const records = step.records.map(run.recordOf);
  if (records.some((record) => record.at_s !== undefined)) return sendTimed(step, records, run);
  const { target } = run;
  // In the world all calls without a pause are of one instant.
  const isAtOnce = step.batch === true || (target.world !== null && step.pause_s === undefined);
  const calls = isAtOnce ? [records] : records.map((record) => [record]);
  for (const each of calls) {
    const given = await target.send(each, step.batch === true);
    for (const [index, record] of each.entries()) run.sent(record, given[index] ?? {});
    if (step.pause_s !== undefined) await target.pass(step.pause_s * MS_PER_S);
  }
}

/** Records without a time of their own arrive as the step begins. */
async function sendTimed(step: StepOf<"send">, records: readonly ScenarioRecord[], run: Run): Promise<void> {
  const { target } = run;
  const timed = records
    .map((record) => ({ record, afterMs: Math.round((record.at_s ?? 0) * MS_PER_S) }))
    .sort((a, b) => a.afterMs - b.afterMs);
  if (target.world === null) return sendLive(step, timed, run);
  let leftCount = timed.length;
  let isRefusalTold = false;
  target.world.arrive(timed, {
    onSent(record, given) {
      leftCount -= 1;
      run.sent(record, given);
    },
    onRefused({ message }) {
      leftCount -= 1;
      if (!isRefusalTold) run.transcript.problems.push(`send: ${message}`);
      isRefusalTold = true;
    },
  });
  const longestMs = (timed.at(-1)?.afterMs ?? 0) + 1;
  if (step.background !== true) await target.waitUntil(() => leftCount === 0, longestMs);
}

async function sendLive(
  step: StepOf<"send">,
  timed: readonly { readonly record: ScenarioRecord; readonly afterMs: number }[],
  { target, sent }: Run,
): Promise<void> {
  if (step.background === true) throw new Unbuilt("sending in the background is for simulated time");
  const startedMs = target.elapsedMs();
  for (const { record, afterMs } of timed) {
    const leftMs = startedMs + afterMs - target.elapsedMs();
    if (leftMs > 0) await target.pass(leftMs);
    const [given] = await target.send([record], false);
    sent(record, given ?? {});
  }
}

/** Records are mostly sent in the order in which the file has them: the next one is looked at first. */
function recordFinder({ id, records }: Scenario): (label: string) => ScenarioRecord {
  let next = 0;
  let byLabel: ReadonlyMap<string, ScenarioRecord> | null = null;
  return (label) => {
    const likely = records[next];
    if (likely?.label === label) {
      next += 1;
      return likely;
    }
    byLabel ??= new Map(records.map((record) => [record.label, record]));
    const record = byLabel.get(label);
    if (record !== undefined) return record;
    throw new MillraceError("scenario-unknown-label", `${id}: \`${label}\` is not in \`records\``);
  };
}

// --- Names --------------------------------------------------------------------------------------------------------------

/** Of its answer; undefined: it has none. */
function nameOf(step: Step): string | undefined {
  if ("name" in step && step.name !== undefined) return step.name;
  switch (step.do) {
    case "create-mapping":
      return step.mapping ?? "mapping";
    case "call":
      return step.op;
    case "update-mapping":
    case "enable":
    case "disable":
      return step.do;
    default:
      return undefined;
  }
}

/** A mapping that was refused has none, and cannot be waited for. */
function uuidOf(step: Step & { readonly mapping?: string | undefined }, { transcript }: Run): string {
  const name = step.mapping ?? "mapping";
  const uuid = transcript.vars[`${name}.uuid`];
  if (uuid === undefined) throw new Stuck(`${step.do}: ${name} was not created`);
  return uuid;
}

const stateOf = ({ body }: SeenAnswer): string => (isObject(body) ? String(body["State"]) : "");

const invalid = (scenario: Scenario, what: string): MillraceError =>
  new MillraceError("scenario-invalid", `${scenario.id}: ${what}`);
