// Holds a transcript against a scenario's `expect` and answers the differences, one line each; none means that they agree.

import { isObject, type Json, type JsonObject, type Scenario, type ScenarioRecord } from "../scenario.ts";
import type { Transcript } from "../transcript.ts";
import { compareFacts } from "./compare-facts.ts";
import { compareInvocations } from "./compare-invocations.ts";
import { expectationProblems } from "./expectation-form.ts";
import { createValueMatcher, isUuid, type RecordContext, show, type ValueMatcher } from "./value-matcher.ts";

export function compareTranscript(scenario: Scenario, transcript: Transcript): readonly string[] {
  const { expect } = scenario;
  let records: ReadonlyMap<string, ScenarioRecord> | null = null;
  const matcher: ValueMatcher = createValueMatcher({
    vars: transcript.vars,
    compareRecord: (label, found, where) => compareRecord(label, found, where, null),
  });

  function compareRecord(label: string, found: Json, where: string, receiveCount: number | null): void {
    records ??= new Map(scenario.records.map((each) => [each.label, each]));
    const record = records.get(label);
    const own = isObject(expect["event_records"]) ? expect["event_records"][label] : undefined;
    const template = own ?? expect["event_record"];
    if (record === undefined) return matcher.fail(where, `${show(label)} is not in records`);
    if (template === undefined) return;
    const context: RecordContext = { record, sent: transcript.sent.byLabel().get(label), receiveCount };
    matcher.compare(template, found, where, context);
  }

  matcher.differences.push(
    ...unexpectedRefusals(expect, transcript),
    ...transcript.problems,
    ...expectationProblems(expect),
  );
  compareNames(transcript, matcher);
  compareAnswers(expect, transcript, matcher);
  for (const state of listOf(expect["states"])) {
    const after = String(state["after"]);
    const found = transcript.states[after];
    if (found !== state["state"])
      matcher.fail(`state after ${after}`, `expected ${show(state["state"])}, found ${show(found)}`);
  }
  if (isObject(expect["invocations"]))
    compareInvocations(expect["invocations"], scenario, transcript, { matcher, compareRecord });
  if (Array.isArray(expect["destination"])) compareDestination(listOf(expect["destination"]), transcript, matcher);
  if (Array.isArray(expect["dead_letter_queue"]))
    compareDeadLetters(listOf(expect["dead_letter_queue"]), scenario, transcript, matcher);
  if (expect["source_left"] !== undefined && transcript.source_left !== expect["source_left"])
    matcher.fail("source_left", `expected ${show(expect["source_left"])}, found ${show(transcript.source_left)}`);
  compareTiming(expect, transcript, matcher);
  compareFacts(expect, transcript, matcher);
  return matcher.differences;
}

/** What the API refuses is said where nothing of that step's answer is expected: the rest of the file means it to be there. */
function unexpectedRefusals({ responses, errors }: JsonObject, { refusals }: Transcript): readonly string[] {
  const names = new Set([responses, errors].filter(isObject).flatMap((each) => Object.keys(each)));
  return refusals
    .filter(({ name }) => !names.has(name))
    .map(({ name, answer }) => {
      const body = isObject(answer.body) ? answer.body : {};
      const text = body["message"] ?? body["Message"];
      const told = typeof text === "string" ? text : show(answer.body);
      return `${name}: refused with ${answer.error} (${answer.status}): ${told}`;
    });
}

/** A mapping's UUID is one, and its ARN is made of it. */
function compareNames({ vars }: Transcript, matcher: ValueMatcher): void {
  for (const name of Object.keys(vars).filter((each) => /^mapping\d*\.uuid$/.test(each))) {
    const uuid = vars[name] ?? "";
    const arn = vars[name.replace(".uuid", ".arn")];
    if (!isUuid(uuid)) matcher.fail(name, `expected a UUID, found ${show(uuid)}`);
    const made = `arn:${vars["partition"]}:lambda:${vars["region"]}:${vars["account"]}:event-source-mapping:${uuid}`;
    if (arn !== undefined && arn !== made) matcher.fail(name, `its ARN is ${show(arn)}, not ${show(made)}`);
  }
}

function compareAnswers(expect: JsonObject, { responses }: Transcript, matcher: ValueMatcher): void {
  for (const [name, expected] of membersOf(expect["responses"])) {
    const where = `responses.${name}`;
    const found = responses[name];
    if (found === undefined) matcher.fail(where, "no such answer");
    else if (found.status !== expected["status"])
      matcher.fail(
        `${where}.status`,
        `expected ${show(expected["status"])}, found ${found.status} ${show(found.body)}`,
      );
    else if (expected["body"] !== undefined) matcher.compare(expected["body"], present(found.body), `${where}.body`);
  }
  for (const [name, expected] of membersOf(expect["errors"])) {
    const where = `errors.${name}`;
    const found = responses[name];
    if (found === undefined) {
      matcher.fail(where, "no such answer");
      continue;
    }
    const body = isObject(found.body) ? found.body : {};
    if (found.status !== expected["status"])
      matcher.fail(`${where}.status`, `expected ${show(expected["status"])}, found ${found.status} ${show(body)}`);
    if (found.error !== expected["code"])
      matcher.fail(`${where}.code`, `expected ${show(expected["code"])}, found ${show(found.error)}`);
    const member = expected["message_member"];
    const text = typeof member === "string" ? body[member] : (body["message"] ?? body["Message"]);
    matcher.compare(expected["message"], text, `${where}.message`);
    if (expected["type"] !== undefined && body["Type"] !== expected["type"])
      matcher.fail(`${where}.Type`, `expected ${show(expected["type"])}, found ${show(body["Type"])}`);
  }
}

function compareDestination(expected: readonly JsonObject[], { destination }: Transcript, matcher: ValueMatcher): void {
  if (destination.length !== expected.length)
    matcher.fail("destination", `expected ${expected.length} entries, found ${destination.length}`);
  for (const [at, each] of expected.entries()) {
    const found = destination[at];
    if (found === undefined) continue;
    for (const [name, value] of Object.entries(each))
      if (name !== "key_time_equals") matcher.compare(value, found[name], `destination[${at}].${name}`);
    const member = each["key_time_equals"];
    if (typeof member !== "string" || !isObject(found["body"])) continue;
    const time = String(found["body"][member]).slice(0, 19).replaceAll(":", ".");
    const inKey = `/${time.slice(0, 10).replaceAll("-", "/")}/${time}-`;
    if (!String(found["key"]).includes(inKey))
      matcher.fail(`destination[${at}].key`, `does not carry the time ${time}`);
  }
}

function compareDeadLetters(
  expected: readonly JsonObject[],
  scenario: Scenario,
  transcript: Transcript,
  matcher: ValueMatcher,
): void {
  const left = [...transcript.dead_letter_queue];
  for (const each of expected) {
    const label = String(each["record"]);
    const body = scenario.records.find((record) => record.label === label)?.body;
    const at = left.findIndex((message) => message["body"] === body);
    const [message] = at < 0 ? [] : left.splice(at, 1);
    if (message === undefined) {
      matcher.fail("dead_letter_queue", `${label} is not there`);
      continue;
    }
    const id = matcher.boundTo(`messageId:${label}`) ?? transcript.sent.byLabel().get(label)?.["messageId"];
    if (each["same_message_id"] === true && id !== undefined && message["messageId"] !== id)
      matcher.fail("dead_letter_queue", `${label} stands under ${show(message["messageId"])}, not ${show(id)}`);
  }
  if (left.length > 0) matcher.fail("dead_letter_queue", `${left.length} more than expected: ${show(left)}`);
}

/** A visibility runs from the receive, and calls are timed: AWS was recorded calling 59.989 s after the call before, of 60. */
const RECEIVE_TO_CALL_S = 0.05;

function compareTiming(expect: JsonObject, { invocations }: Transcript, matcher: ValueMatcher): void {
  const startOf = (name: unknown): number => invocations[Number(String(name).split(":")[1])]?.start_ms ?? Number.NaN;
  for (const each of listOf(expect["timing"])) {
    const seconds = (startOf(each["to"]) - startOf(each["from"])) / 1000;
    if (!(seconds >= Number(each["at_least_s"]) - RECEIVE_TO_CALL_S))
      matcher.fail(
        "timing",
        `${show(each["from"])} to ${show(each["to"])}: expected at least ${show(each["at_least_s"])} s, found ${seconds}`,
      );
    if (each["at_most_s"] !== undefined && !(seconds <= Number(each["at_most_s"])))
      matcher.fail(
        "timing",
        `${show(each["from"])} to ${show(each["to"])}: expected at most ${show(each["at_most_s"])} s, found ${seconds}`,
      );
  }
  if (!isObject(expect["concurrency"])) return;
  const most = mostAtOnce(invocations);
  if (most > Number(expect["concurrency"]["max"]))
    matcher.fail("concurrency", `expected at most ${show(expect["concurrency"]["max"])}, found ${most}`);
}

function mostAtOnce(invocations: Transcript["invocations"]): number {
  const edges = invocations.flatMap(({ start_ms, end_ms }) => [
    { atMs: start_ms, by: 1 },
    { atMs: end_ms, by: -1 },
  ]);
  let running = 0;
  let most = 0;
  for (const { by } of edges.sort((a, b) => a.atMs - b.atMs || a.by - b.by)) {
    running += by;
    most = Math.max(most, running);
  }
  return most;
}

/** A member of an answer that is null counts as not there: AWS writes out every member. */
function present(value: Json): Json {
  if (Array.isArray(value)) return value.map(present);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => (each === null ? [] : [[name, present(each)]])),
  );
}

function listOf(value: Json): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

function membersOf(value: Json): readonly (readonly [string, JsonObject])[] {
  if (!isObject(value)) return [];
  return Object.entries(value).flatMap(([name, each]) => (isObject(each) ? [[name, each] as const] : []));
}
