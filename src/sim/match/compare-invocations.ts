// Holds the invocations of a transcript against a scenario's `expect.invocations`, by its mode, and each delivered record against
// the event record that is expected.

import { isObject, type Json, type JsonObject, type Scenario, type ScenarioRecord } from "../scenario.ts";
import type { Transcript } from "../transcript.ts";
import { isSameJson, show, type ValueMatcher } from "./value-matcher.ts";

interface Tools {
  readonly matcher: ValueMatcher;
  readonly compareRecord: (label: string, found: Json, where: string, receiveCount: number | null) => void;
}

export function compareInvocations(
  expected: JsonObject,
  scenario: Scenario,
  transcript: Transcript,
  tools: Tools,
): void {
  const { matcher } = tools;
  const labelOf = labelsOf(scenario, transcript);
  const calls = transcript.invocations.map((call) => ({
    function: call.function,
    records: Array.isArray(call.event["Records"]) ? call.event["Records"] : [],
  }));
  const seen = calls.map(({ records }, at) =>
    records.map((record, index) => {
      const label = labelOf(record);
      if (label === null) matcher.fail(`invocation ${at}`, `record ${index} is none that was sent: ${show(record)}`);
      return label;
    }),
  );
  compareByMode(
    expected,
    seen,
    calls.map((each) => each.function),
    matcher,
  );
  if (expected["count"] !== undefined) compareCount(expected["count"], calls.length, matcher);
  for (const [at, labels] of seen.entries())
    if (expected["max_records"] !== undefined && labels.length > Number(expected["max_records"]))
      matcher.fail(`invocation ${at}`, `${labels.length} records, at most ${show(expected["max_records"])}`);
  const list = Array.isArray(expected["list"]) ? expected["list"] : [];
  for (const [at, { records }] of calls.entries())
    for (const [index, record] of records.entries()) {
      const label = seen[at]?.[index];
      const entry: Json = list[at];
      const counts = isObject(entry) ? entry["receive_counts"] : undefined;
      const receiveCount = Array.isArray(counts) ? Number(counts[index]) : null;
      if (typeof label === "string")
        tools.compareRecord(label, record, `invocation ${at} record ${index} (${label})`, receiveCount);
    }
}

type Seen = readonly (readonly (string | null)[])[];

function compareByMode(expected: JsonObject, seen: Seen, functions: readonly string[], matcher: ValueMatcher): void {
  const list = Array.isArray(expected["list"]) ? expected["list"].filter(isObject) : [];
  const fail = (what: string): void => matcher.fail("invocations", what);
  const compareList = (): void => {
    for (const [at, each] of list.entries()) {
      if (seen[at] === undefined) continue;
      if (!isSameJson(each["records"], seen[at]))
        matcher.fail(`invocation ${at}`, `expected records ${show(each["records"])}, found ${show(seen[at])}`);
      if (each["function"] !== undefined && each["function"] !== functions[at])
        matcher.fail(
          `invocation ${at}`,
          `expected ${show(each["function"])} to be called, found ${show(functions[at])}`,
        );
    }
  };
  switch (expected["mode"]) {
    case "any":
      return;
    case "none":
      if (seen.length > 0) fail(`expected none, found ${seen.length}`);
      return;
    case "sequence":
      if (seen.length !== list.length) fail(`expected ${list.length}, found ${seen.length}: ${show(seen)}`);
      return compareList();
    case "prefix":
      if (seen.length < 1 || seen.length > list.length) fail(`expected 1 to ${list.length}, found ${seen.length}`);
      return compareList();
    case "only":
      if (seen.length === 0) fail("expected at least one");
      for (const [at, labels] of seen.entries())
        if (!isSameJson(labels, expected["records"]))
          matcher.fail(`invocation ${at}`, `expected records ${show(expected["records"])}, found ${show(labels)}`);
      return;
    case "union": {
      const once = Array.isArray(expected["records"]) ? expected["records"].map(String) : [];
      return compareDeliveries(Object.fromEntries(once.map((label) => [label, 1])), seen, fail);
    }
    case "deliveries": {
      compareDeliveries(isObject(expected["deliveries"]) ? expected["deliveries"] : {}, seen, fail);
      const { last } = expected;
      if (!Array.isArray(last)) return;
      const tail = seen.slice(-last.length);
      if (!isSameJson(last, tail)) fail(`expected the last ones to hold ${show(last)}, found ${show(tail)}`);
      return;
    }
    case "per-function":
      for (const [name, batches] of Object.entries(isObject(expected["by_function"]) ? expected["by_function"] : {})) {
        const own = seen.filter((_, at) => functions[at] === name);
        if (!isSameJson(batches, own))
          matcher.fail(`invocations of ${name}`, `expected ${show(batches)}, found ${show(own)}`);
      }
      return;
    default:
      return fail(`there is no mode ${show(expected["mode"])}`);
  }
}

function compareDeliveries(expected: JsonObject, seen: Seen, fail: (what: string) => void): void {
  const counts = new Map<string, number>();
  for (const label of seen.flat()) if (label !== null) counts.set(label, (counts.get(label) ?? 0) + 1);
  for (const label of new Set([...Object.keys(expected), ...counts.keys()])) {
    const wanted = Number(expected[label] ?? 0);
    const found = counts.get(label) ?? 0;
    if (found !== wanted) fail(`${label} was delivered ${found} times, not ${wanted}`);
  }
}

function compareCount(expected: Json, found: number, matcher: ValueMatcher): void {
  const least = isObject(expected) ? Number(expected["$gte"] ?? Number.NEGATIVE_INFINITY) : Number(expected);
  const most = isObject(expected) ? Number(expected["$lte"] ?? Number.POSITIVE_INFINITY) : Number(expected);
  if (found < least || found > most) matcher.fail("invocations.count", `expected ${show(expected)}, found ${found}`);
}

/** Names the record that was sent and stands here as a function sees it: by what its source gave it, else by what it holds. */
function labelsOf(scenario: Scenario, { sent }: Transcript): (delivered: Json) => string | null {
  const byPosition = new Map<string, string>();
  const byContent = new Map<string, string>();
  const givens = sent.byLabel();
  for (const { label, partitionKey, data = "", body } of scenario.records) {
    const given = givens.get(label);
    const position = given?.["messageId"] ?? given?.["sequenceNumber"];
    if (typeof position === "string") byPosition.set(position, label);
    const content = body ?? `${partitionKey} ${Buffer.from(data).toString("base64")}`;
    if (!byContent.has(content)) byContent.set(content, label);
  }
  return (delivered) => {
    if (!isObject(delivered)) return null;
    const { kinesis, body, dynamodb, messageId } = delivered;
    if (typeof body === "string") return byPosition.get(String(messageId)) ?? byContent.get(body) ?? null;
    if (isObject(kinesis)) {
      const content = `${String(kinesis["partitionKey"])} ${String(kinesis["data"])}`;
      return byPosition.get(String(kinesis["sequenceNumber"])) ?? byContent.get(content) ?? null;
    }
    if (!isObject(dynamodb)) return null;
    const known = byPosition.get(String(dynamodb["SequenceNumber"]));
    const found = (): ScenarioRecord | undefined =>
      scenario.records.find(({ label, change: told }) => {
        const change = told === undefined ? givens.get(label)?.["change"] : told;
        return isObject(change) && isChange(delivered, dynamodb, change);
      });
    return known ?? found()?.label ?? null;
  };
}

function isChange(delivered: JsonObject, dynamodb: JsonObject, change: JsonObject): boolean {
  const { eventName, Keys, NewImage } = change;
  const isSameImage = NewImage === undefined || isSameJson(NewImage, dynamodb["NewImage"]);
  return delivered["eventName"] === eventName && isSameJson(Keys, dynamodb["Keys"]) && isSameImage;
}
