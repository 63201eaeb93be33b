// Holds what the world knows of a run against `expect.given_up`, `checkpoints` and `batches`. Records are named by their labels.

import { isObject, type Json, type JsonObject } from "../scenario.ts";
import type { SeenFacts, Transcript } from "../transcript.ts";
import { show, type ValueMatcher } from "./value-matcher.ts";

export function compareFacts(expect: JsonObject, transcript: Transcript, matcher: ValueMatcher): void {
  const { given_up: givenUp, checkpoints, batches } = expect;
  const wanted = { givenUp, checkpoints, batches };
  if (Object.values(wanted).every((each) => each === undefined)) return;
  const { facts } = transcript;
  if (facts === null) return matcher.fail("expect", "given_up, checkpoints and batches are for simulated time");
  const labels = labelsByPosition(transcript);
  if (givenUp !== undefined) compareGivenUp(givenUp, givenUpIn(facts, transcript, labels), matcher);
  if (isObject(checkpoints)) compareCheckpoints(checkpoints, facts, labels, matcher);
  if (isObject(batches)) compareBatches(batches, facts, matcher);
}

function labelsByPosition({ sent }: Transcript): ReadonlyMap<string, string> {
  return new Map([...sent.byLabel()].map(([label, given]) => [String(given["sequenceNumber"]), label]));
}

/** Conditions by label. */
function givenUpIn(
  facts: SeenFacts,
  { sent }: Transcript,
  labels: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { condition, shard, positions, first, last } of facts.givenUp) {
    const inRange = (): readonly string[] =>
      [...sent.byLabel().values()]
        .filter(({ shardId }) => shardId === shard)
        .map(({ sequenceNumber }) => String(sequenceNumber))
        .filter((position) => first !== null && last !== null && first <= position && position <= last);
    for (const position of positions ?? inRange()) found.set(labels.get(position) ?? position, condition);
  }
  return found;
}

function compareGivenUp(expected: Json, found: ReadonlyMap<string, string>, matcher: ValueMatcher): void {
  const wanted: readonly (readonly [string, Json])[] = Array.isArray(expected)
    ? expected.map((label) => [String(label), null] as const)
    : Object.entries(isObject(expected) ? expected : {});
  for (const [label, condition] of wanted) {
    const seen = found.get(label);
    if (seen === undefined) matcher.fail("given_up", `${label} was not given up`);
    else if (condition !== null) matcher.compare(condition, seen, `given_up.${label}`);
  }
  const names = wanted.map(([label]) => label);
  for (const [label, condition] of found)
    if (!names.includes(label)) matcher.fail("given_up", `${label} was given up (${condition}), and is not expected`);
}

function compareCheckpoints(
  expected: JsonObject,
  facts: SeenFacts,
  labels: ReadonlyMap<string, string>,
  matcher: ValueMatcher,
): void {
  for (const [shard, label] of Object.entries(expected)) {
    const number = /^\d+$/.test(shard) ? Number(shard) : null;
    const names = Object.keys(facts.checkpoints);
    const id = number === null ? shard : names[number];
    const position = id === undefined ? undefined : facts.checkpoints[id];
    if (position === undefined) {
      matcher.fail(`checkpoints.${shard}`, `there is no such shard with records; there are ${names.join(", ")}`);
      continue;
    }
    const seen = position === null ? null : (labels.get(position) ?? position);
    if (seen !== label) matcher.fail(`checkpoints.${shard}`, `expected ${show(label)}, found ${show(seen)}`);
  }
}

function compareBatches(expected: JsonObject, { closedBy }: SeenFacts, matcher: ValueMatcher): void {
  const { count, closed_by } = expected;
  if (count !== undefined) compareCount(count, closedBy.length, "batches.count", matcher);
  for (const [reason, wanted] of Object.entries(isObject(closed_by) ? closed_by : {}))
    compareCount(wanted, closedBy.filter((each) => each === reason).length, `batches.closed_by.${reason}`, matcher);
}

function compareCount(expected: Json, found: number, where: string, matcher: ValueMatcher): void {
  const { $gte = expected, $lte = expected } = isObject(expected)
    ? { $gte: Number.NEGATIVE_INFINITY, $lte: Number.POSITIVE_INFINITY, ...expected }
    : {};
  if (found < Number($gte) || found > Number($lte)) matcher.fail(where, `expected ${show(expected)}, found ${found}`);
}
