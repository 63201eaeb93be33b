// Whether a scenario's `expect` has the form that the comparison reads. What it would pass over in silence is told as a difference, so
// that no slip in a file makes it pass.

import { isObject, type Json, type JsonObject } from "../scenario.ts";

type Form = (value: Json) => boolean;

const isAny: Form = () => true;
const isNumber: Form = (value) => typeof value === "number";
const isText: Form = (value) => typeof value === "string";
const isTextOrAbsent: Form = (value) => value === undefined || isText(value);
const isTexts: Form = (value) => Array.isArray(value) && value.every(isText);
const isBatches: Form = (value) => Array.isArray(value) && value.every(isTexts);
const listOf =
  (form: Form): Form =>
  (value) =>
    Array.isArray(value) && value.every(form);
const membersOf =
  (form: Form): Form =>
  (value) =>
    isObject(value) && Object.values(value).every(form);
const withMembers =
  (forms: Readonly<Record<string, Form>>): Form =>
  (value) =>
    isObject(value) && Object.entries(forms).every(([name, form]) => form(value[name]));

const isRange: Form = (value) =>
  isNumber(value) || (isObject(value) && Object.keys(value).every((name) => name === "$gte" || name === "$lte"));

const isCallList = listOf(withMembers({ records: isTexts }));

const forms: Readonly<Record<string, Form>> = {
  responses: membersOf(withMembers({ status: isNumber })),
  errors: membersOf(
    withMembers({
      status: isNumber,
      code: isText,
      message: (value) => value !== undefined,
      message_member: isTextOrAbsent,
      type: isTextOrAbsent,
    }),
  ),
  states: listOf(withMembers({ after: isText, state: isText })),
  invocations: isObject,
  event_record: isAny,
  event_records: isObject,
  destination: listOf(withMembers({ key_time_equals: isTextOrAbsent })),
  dead_letter_queue: listOf(withMembers({ record: isText })),
  source_left: isNumber,
  timing: listOf(
    withMembers({
      from: isText,
      to: isText,
      at_least_s: isNumber,
      at_most_s: (value) => value === undefined || isNumber(value),
    }),
  ),
  concurrency: withMembers({ max: isNumber }),
  given_up: (value) => isTexts(value) || isObject(value),
  checkpoints: membersOf((value) => value === null || isText(value)),
  batches: withMembers({
    count: (value) => value === undefined || isRange(value),
    closed_by: (value) => value === undefined || membersOf(isRange)(value),
  }),
  checkers: (value) => typeof value === "boolean" || isTexts(value),
};

/** What each mode of `expect.invocations` reads. */
const modes: Readonly<Record<string, Readonly<Record<string, Form>>>> = {
  any: {},
  none: {},
  sequence: { list: isCallList },
  prefix: { list: isCallList },
  union: { records: isTexts },
  only: { records: isTexts },
  deliveries: { deliveries: membersOf(isNumber), last: (value) => value === undefined || isBatches(value) },
  "per-function": { by_function: membersOf(isBatches) },
};

export function expectationProblems(expect: JsonObject): readonly string[] {
  const problems: string[] = [];
  for (const [name, value] of Object.entries(expect)) {
    const form = forms[name];
    if (form === undefined) problems.push(`expect.${name}: there is no such expectation`);
    else if (!form(value)) problems.push(`expect.${name}: not in the form that is compared`);
  }
  const { invocations } = expect;
  if (!isObject(invocations)) return problems;
  const mode = modes[String(invocations["mode"])];
  if (mode === undefined) problems.push(`expect.invocations: there is no mode ${String(invocations["mode"])}`);
  else if (!withMembers(mode)(invocations))
    problems.push("expect.invocations: its mode needs members that are not there");
  for (const [name, form] of [["count", isRange] as const, ["max_records", isNumber] as const])
    if (invocations[name] !== undefined && !form(invocations[name]))
      problems.push(`expect.invocations.${name}: not in the form that is compared`);
  return problems;
}
