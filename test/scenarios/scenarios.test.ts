import { readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compareTranscript } from "../../src/sim/match/compare-transcript.ts";
import { isObject, readScenario, type Json, type Scenario } from "../../src/sim/scenario.ts";
import { runScenario, unsupportedReason } from "../../src/sim/scenario-runner.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import type { Transcript } from "../../src/sim/transcript.ts";
import { createVirtualTarget } from "../../src/wiring/virtual-target.ts";

const root = join(import.meta.dirname, ".");
const all = ["api", "dynamodb", "kinesis", "sqs"].flatMap((folder) =>
  readdirSync(join(root, folder)).map((file) => readScenario(join(root, folder, file))),
);
const built = all.filter((scenario) => unsupportedReason(scenario) === null);

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

function withChangedLeaf(value: Json, [name, ...rest]: readonly string[]): Json {
  if (name === undefined) return changed(value);
  if (Array.isArray(value))
    return value.map((each, index) => (String(index) === name ? withChangedLeaf(each, rest) : each));
  if (!isObject(value)) return value;
  return { ...value, [name]: withChangedLeaf(value[name], rest) };
}

function changed(value: Json): Json {
  if (typeof value === "number") return value + 1_000_000;
  if (typeof value === "boolean") return !value;
  return value === null ? "not null" : `${String(value)}~`;
}

describe("recorded scenarios under virtual time", () => {
  test("every Kinesis scenario is run, none is skipped", () => {
    expect(built.filter(({ source }) => source === "kinesis")).toHaveLength(15);
  });

  test.for(built.map((scenario) => [scenario.id, scenario] as const))("%s", async ([, scenario]) => {
    expect(compareTranscript(scenario, await transcriptOf(scenario))).toEqual([]);
  });
});

describe("a changed expectation is noticed", () => {
  // What a run may differ in without contradiction: a bound that is loosened, a mode that allows anything.
  const loose = /\$gte|\$lte|at_least_s|concurrency|max_records|\$open/;

  test.for(built.map((scenario) => [scenario.id, scenario] as const))("%s", async ([, scenario]) => {
    const transcript = await transcriptOf(scenario);
    const random = createSeededRandom(1);
    // Without an invocation there is no event whose records could be held against anything.
    const isJudged = ([member = ""]: readonly string[]): boolean =>
      transcript.invocations.length > 0 || !member.startsWith("event_record");
    const leaves = leavesOf(scenario.expect).filter((path) => !loose.test(path.join(".")) && isJudged(path));
    const chosen = leaves.filter(() => leaves.length < 60 || random.happens("leaf", 0.5));
    const unnoticed = chosen.filter((path) => {
      const expectation = withChangedLeaf(scenario.expect, path);
      return (
        compareTranscript({ ...scenario, expect: isObject(expectation) ? expectation : {} }, transcript).length === 0
      );
    });
    expect(chosen.length).toBeGreaterThan(0);
    expect(unnoticed.map((path) => path.join("."))).toEqual([]);
  });
});
