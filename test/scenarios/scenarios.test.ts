import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareTranscript } from "../../src/sim/match/compare-transcript.ts";
import { isObject, type Json, type Scenario } from "../../src/sim/scenario.ts";
import { readScenario } from "../../src/wiring/scenario-file.ts";
import { runScenario } from "../../src/sim/scenario-runner.ts";
import { unbuiltReason } from "../../src/sim/unbuilt.ts";
import type { Transcript } from "../../src/sim/transcript.ts";
import { createVirtualTarget } from "../../src/wiring/virtual-target.ts";

const root = join(import.meta.dirname, ".");
const all = ["api", "dynamodb", "kinesis", "sqs"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((file) => readScenario(join(root, folder, file))),
);
const built = all.filter((scenario) => unbuiltReason(scenario) === null);

async function transcriptOf(scenario: Scenario): Promise<Transcript> {
  const target = await createVirtualTarget(scenario);
  const transcript = await runScenario(scenario, target);
  await target.close();
  return transcript;
}

/** Paths of every leaf below a value. */
function leavesOf(value: Json, path: readonly string[] = []): readonly (readonly string[])[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => leavesOf(each, [...path, String(index)]));
  if (isObject(value)) return Object.entries(value).flatMap(([name, each]) => leavesOf(each, [...path, name]));
  return [path];
}

function withChangedLeaf(value: Json, [name, ...rest]: readonly string[], leaf = ""): Json {
  if (name === undefined) return changed(value, leaf);
  if (Array.isArray(value))
    return value.map((each, index) => (String(index) === name ? withChangedLeaf(each, rest, name) : each));
  if (!isObject(value)) return value;
  return { ...value, [name]: withChangedLeaf(value[name], rest, name) };
}

/** A record that is in no event can be held against nothing. */
function isDelivered({ expect: expected, source }: Scenario, [, label = ""]: readonly string[]): boolean {
  return source !== "dynamodb" || JSON.stringify(expected["invocations"]).includes(`"${label}"`);
}

/** A text that is bound to a name which stands once in its record: under another name it is bound anew. */
function isOnlyNamed({ expect: expected }: Scenario, path: readonly string[]): boolean {
  const [member = "", label = ""] = path;
  if (!member.startsWith("event_record") || path.at(-1) !== "$bind") return false;
  const name = path.reduce<Json>((value, each) => (isObject(value) ? value[each] : value), expected);
  const record = isObject(expected[member]) ? expected[member][label] : null;
  return JSON.stringify(record ?? "").split(`"$bind":"${String(name)}"`).length === 2;
}

/** Flags that ask for more where they are true, and for nothing where they are not. */
const flags = ["$receiveCount", "same_message_id"];

/** Upper bounds go down, other numbers up: a bound that is loosened is no contradiction. */
const upperBounds = ["$lte", "max", "max_records"];

function changed(value: Json, leaf: string): Json {
  if (typeof value === "number") return upperBounds.includes(leaf) ? value - 1_000_000 : value + 1_000_000;
  if (typeof value === "boolean") return !value;
  return value === null ? "not null" : `${String(value)}~`;
}

describe("recorded scenarios under virtual time", () => {
  test("every Kinesis scenario is run, none is skipped", () => {
    expect(built.filter(({ source }) => source === "kinesis")).toHaveLength(15);
  });

  test("every DynamoDB scenario is run, none is skipped", () => {
    expect(built.filter(({ source }) => source === "dynamodb")).toHaveLength(18);
  });

  test("every SQS scenario is run, none is skipped", () => {
    expect(built.filter(({ source }) => source.startsWith("sqs"))).toHaveLength(17);
  });

  test("every scenario of the mapping API is run, none is skipped", () => {
    expect(built.filter(({ source }) => source === "api")).toHaveLength(13);
    expect(built.filter(({ source }) => source === "kafka-self-managed")).toHaveLength(2);
    expect(all.flatMap((scenario) => unbuiltReason(scenario) ?? [])).toEqual([]);
  });

  test.for(built.map((scenario) => [scenario.id, scenario] as const))("%s", async ([, scenario]) => {
    expect(compareTranscript(scenario, await transcriptOf(scenario))).toEqual([]);
  });
});

describe("every value of an expectation counts: changing any one of them is noticed", () => {
  test.for(built.map((scenario) => [scenario.id, scenario] as const))("%s", async ([, scenario]) => {
    const transcript = await transcriptOf(scenario);
    // Without an invocation there is no event whose records could be held against anything.
    const isSeen = (path: readonly string[]): boolean =>
      !(path[0] ?? "").startsWith("event_record") || (transcript.invocations.length > 0 && isDelivered(scenario, path));
    const isJudged = (path: readonly string[]): boolean =>
      isSeen(path) && !isOnlyNamed(scenario, path) && !flags.includes(path.at(-1) ?? "");
    const leaves = leavesOf(scenario.expect).filter(isJudged);
    const unnoticed = leaves.filter((path) => {
      const expectation = withChangedLeaf(scenario.expect, path);
      return (
        compareTranscript({ ...scenario, expect: isObject(expectation) ? expectation : {} }, transcript).length === 0
      );
    });
    expect(leaves.length).toBeGreaterThan(0);
    expect(unnoticed.map((path) => path.join("."))).toEqual([]);
  });

  test.each([
    ["an expectation of another name", { invocation: { mode: "none" } }],
    ["an unknown mode", { invocations: { mode: "some" } }],
    ["a mode without its list", { invocations: { mode: "sequence" } }],
    ["an answer that is no object", { responses: { create: 202 } }],
    ["a bound that is no number", { concurrency: { max: "1" } }],
  ])("%s does not pass in silence", async (_, expectation) => {
    const [scenario] = built.filter(({ id }) => id === "kinesis-report-no-failures-succeeds");
    if (scenario === undefined) throw new Error("the scenario is not there");
    const changedScenario = { ...scenario, expect: { ...scenario.expect, ...expectation } };
    expect(compareTranscript(changedScenario, await transcriptOf(scenario))).not.toEqual([]);
  });
});
