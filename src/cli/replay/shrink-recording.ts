// `millrace replay FILE --shrink PREDICATE`: the fewest records and settings of a recording with which it still holds, as a scenario that
// anybody can run. Each trial is a run of the scenario that would be written, so what is written has been seen to hold.

import { isUtf8 } from "node:buffer";
import { dirname, extname, relative, resolve } from "node:path";
import { MillraceError } from "../../errors.ts";
import type { Entry } from "../../ports/journal.ts";
import { observe, type ObservedMapping, positionOfKey } from "../../recording/observed.ts";
import type { Recording } from "../../recording/read-recording.ts";
import { pathOf } from "../../recording/replay-mapping.ts";
import { lawNames } from "../../sim/checkers/broken-laws.ts";
import { observeHandler } from "../../sim/observed-handler.ts";
import type { Scenario, ScenarioHandler } from "../../sim/scenario.ts";
import { scenarioText } from "../../sim/scenario-writer.ts";
import { createTrials, shrinkList } from "../../sim/shrink.ts";
import { readScenario } from "../../wiring/scenario-file.ts";
import { type SimulatedRun, simulateScenario } from "../../wiring/simulate-scenario.ts";
import { shortPosition } from "../shown-forms.ts";
import type { HandlerFlags } from "./real-handler.ts";
import type { NamedRecord } from "./recorded-records.ts";
import { scenarioOf, type ScenarioParts, scenarioParts } from "./recorded-scenario.ts";
import { conditionFor } from "./script-condition.ts";
import { chosenMapping } from "./what-if-command.ts";

const MOST_RUNS = 500;

export interface ShrinkFlags extends HandlerFlags {
  readonly shrink: string;
  readonly out?: string;
  /** A scenario file whose expectation is meant. */
  readonly expect?: string;
  readonly mapping?: string;
}

export interface Shrunk {
  readonly text: string;
  readonly file: string;
  readonly run: SimulatedRun;
  readonly before: { readonly records: number; readonly settings: number };
  readonly after: { readonly records: number; readonly settings: number };
  readonly runCount: number;
  readonly isSpent: boolean;
  /** In what the scenario's records differ from the recorded ones, a sentence each. */
  readonly notes: readonly string[];
}

/** What is asked of a run, and what the scenario says of it. */
interface Predicate {
  readonly name: string;
  readonly title: string;
  readonly expect: Scenario["expect"];
  holds(run: SimulatedRun): boolean;
  /** What the written file expects, of a run in which it holds. */
  expectAfter(run: SimulatedRun): Scenario["expect"];
  /** The data of the record that it is about; null: none. */
  readonly record: NamedRecord | null;
}

/** Null: it does not hold in the recording, as far as the simulated world can run it; `why`: the calls do not tell what the handler does. */
export async function shrinkRecording(
  file: string,
  recording: Recording,
  flags: ShrinkFlags,
  cwd: string,
): Promise<Shrunk | { readonly why: string } | null> {
  const { mappings } = await observe(recording);
  const mapping = chosenMapping(file, mappings, flags.mapping);
  const { parts, names, notesOn } = scenarioParts(mapping, recording.header.isWithPayloads);
  if (flags.handler !== undefined) refuseMadeUp(file, mapping, recording.header.isWithPayloads);
  const predicate = predicateOf(flags, names, cwd);
  const out = flags.out ?? `${predicate.name}.json`;
  if (![".json", ".ts"].includes(extname(out)))
    throw new MillraceError("bad-argument", `\`${out}\` is neither a scenario (.json) nor a test (.test.ts)`, {
      help: `--out ${predicate.name}.json    # or ${predicate.name}.test.ts`,
    });
  const folder = dirname(resolve(cwd, out));
  const handlers = handlersOf(flags, mapping, names, cwd);
  if ("why" in handlers) return handlers;
  let [handler] = handlers;
  const isIoAllowed = flags.allowIo === true;
  const scenarioWith = (kept: ScenarioParts, expect: Scenario["expect"]): Scenario =>
    scenarioOf(kept, {
      id: predicate.name,
      title: predicate.title,
      handler: handler?.(kept) ?? { do: "return" },
      timeoutMs: flags.timeout ?? null,
      expect,
      folder: cwd,
    });
  const trial = async (kept: ScenarioParts): Promise<SimulatedRun | null> => {
    const run = await simulateScenario(scenarioWith(kept, predicate.expect), { isIoAllowed });
    return predicate.holds(run) ? run : null;
  };
  const trials = createTrials(MOST_RUNS);
  const holds = async (kept: ScenarioParts): Promise<boolean> => (await trial(kept)) !== null;
  let isHolding = false;
  for (const each of handlers) {
    handler = each;
    isHolding = await trials.fails(() => holds(parts));
    if (isHolding) break;
  }
  if (!isHolding) return null;
  const records = await shrinkList(parts.records, trials, (kept) => holds({ ...parts, records: kept }));
  const settings = await shrinkList(parts.settings, trials, (kept) => holds({ ...parts, records, settings: kept }));
  const fewest = { ...parts, records, settings };
  const single = { ...fewest, shards: 1, records: records.map(({ at_s: _at, ...record }) => record) };
  const kept = (await trials.fails(() => holds(single))) ? single : fewest;
  const run = await trial(kept);
  if (run === null) throw new MillraceError("bad-argument", `${file}: the same scenario ran differently twice`);
  const text = scenarioText(scenarioWith(kept, predicate.expectAfter(run)), folder);
  return {
    text: extname(out) === ".ts" ? testText(text, predicate, isIoAllowed) : text,
    file: out,
    run,
    before: { records: parts.records.length, settings: parts.settings.length },
    after: { records: kept.records.length, settings: kept.settings.length },
    runCount: trials.count(),
    isSpent: trials.isSpent(),
    notes: notesOn(new Set(kept.records.map(({ label }) => label))),
  };
}

/** A handler that is the user's own would be given what was not recorded. */
function refuseMadeUp(file: string, { units }: ObservedMapping, isWithPayloads: boolean): void {
  const isText = units.every(({ arrivals }) => arrivals.every(({ record }) => isUtf8(record.data)));
  if (isWithPayloads && isText) return;
  const why = isWithPayloads
    ? "has records whose data is no text, which no scenario can hold"
    : "was recorded without payloads";
  throw new MillraceError("bad-argument", `${file} ${why}: --shrink cannot give a handler its events`, {
    help: "millrace replay FILE --shrink PREDICATE    # without --handler: by what the recorded calls tell",
  });
}

function predicateOf(flags: ShrinkFlags, names: readonly NamedRecord[], cwd: string): Predicate {
  const text = flags.shrink.trim();
  const [, expectation] = /^expect\.([a-z_]+)$/.exec(text) ?? [];
  if (expectation !== undefined) return expectPredicate(expectation, flags, cwd);
  if (flags.expect !== undefined)
    throw new MillraceError("bad-argument", `--expect names the file of an expectation, and \`${text}\` is none`, {
      help: `--shrink expect.given_up --expect ${flags.expect}`,
    });
  const [, givenUp, spoken] = /^given-up\s+(\S+)$|^(?:record\s+)?(\S+)\s+is\s+given\s+up$/.exec(text) ?? [];
  const record = givenUp ?? spoken;
  if (record !== undefined) return givenUpPredicate(recordCalled(record, names));
  if (lawNames.includes(text)) return checkerPredicate(text);
  throw new MillraceError(
    "bad-argument",
    `\`${text}\` is no predicate: \`given-up RECORD\`, an expectation (\`expect.given_up\`) or a checker (${lawNames.join(", ")})`,
    { help: `--shrink "given-up ${names.at(-1)?.label ?? "r1"}"` },
  );
}

function recordCalled(text: string, names: readonly NamedRecord[]): NamedRecord {
  const found = names.filter(({ label, key }) => {
    const position = positionOfKey(key);
    return label === text || position === text || shortPosition(position) === `...${text.replace(/^\.\.\./, "")}`;
  });
  const endings = found.length > 0 ? found : names.filter(({ key }) => /^\d{4,}$/.test(text) && key.endsWith(text));
  const [first, second] = endings;
  if (first !== undefined && second === undefined) return first;
  const theirs = endings
    .slice(0, 5)
    .map(({ label, key }) => `${label} in ${key.split("|")[0]}`)
    .join(", ");
  const what = first === undefined ? "no record" : `${endings.length} records`;
  throw new MillraceError(
    "bad-argument",
    `the recording has ${what} called \`${text}\`${theirs === "" ? "" : ` (${theirs})`}; they are r1 to r${names.length} in the order in which they came`,
    {
      help: `--shrink "given-up ${first?.label ?? "r1"}"`,
    },
  );
}

function givenUpPredicate(record: NamedRecord): Predicate {
  const { label } = record;
  return {
    name: `given-up-${label}`,
    title: `record ${label} is given up`,
    expect: {},
    record,
    holds: (run) => givenUpLabels(run).includes(label),
    expectAfter: (run) => ({ given_up: givenUpLabels(run) }),
  };
}

function givenUpLabels(run: SimulatedRun): readonly string[] {
  const gone = run.entries.filter((entry): entry is Extract<Entry, { kind: "gave-up" }> => entry.kind === "gave-up");
  return [...run.records()].flatMap(({ label, unit, position }) => {
    const isGone = gone.some(
      ({ lane, first, last }) =>
        pathOf(lane).unit === unit && first !== null && last !== null && first <= position && position <= last,
    );
    return isGone && label !== null ? [label] : [];
  });
}

function checkerPredicate(name: string): Predicate {
  const expect = { checkers: [name] };
  return {
    name: name.replaceAll(/[^a-z0-9]+/gi, "-"),
    title: `the law \`${name}\` is broken`,
    expect,
    record: null,
    holds: (run) => run.broken.some(({ checker }) => checker === name),
    expectAfter: () => expect,
  };
}

function expectPredicate(member: string, { expect: file }: ShrinkFlags, cwd: string): Predicate {
  if (file === undefined)
    throw new MillraceError("bad-argument", `expect.${member} is of a scenario file, and none is named`, {
      help: `--shrink expect.${member} --expect orders.scenario.json`,
    });
  const value = readScenario(resolve(cwd, file), cwd).expect[member];
  if (value === undefined) throw new MillraceError("bad-argument", `${file} expects nothing of \`${member}\``);
  const expect = { [member]: value };
  return {
    name: `expect-${member.replaceAll("_", "-")}`,
    title: `expect.${member} of ${file} does not hold`,
    expect,
    record: null,
    holds: (run) => run.differences.length > 0,
    expectAfter: () => expect,
  };
}

type HandlerFor = (kept: Pick<ScenarioParts, "records">) => ScenarioHandler;

/**
 * The user's own, or a script that does what the recorded calls tell: records that failed alone are the poison, all of them. A script either
 * throws or reports: where records did both, each kind is a try.
 */
function handlersOf(
  flags: ShrinkFlags,
  mapping: ObservedMapping,
  names: readonly NamedRecord[],
  cwd: string,
): readonly HandlerFor[] | { readonly why: string } {
  if (flags.handler !== undefined) {
    const file = relative(cwd, resolve(cwd, flags.handler)).replaceAll("\\", "/");
    return [() => ({ file, ...(flags.export === undefined ? {} : { export: flags.export }) })];
  }
  const observed = observeHandler(mapping.calls, (record) => shortPosition(positionOfKey(record)));
  if (observed.kind === "unknown") return { why: observed.why };
  const { thrown, named } = observed.model;
  const labelled = (keys: ReadonlySet<string>): ReadonlySet<string> =>
    new Set(names.filter(({ key }) => keys.has(key)).map(({ label }) => label));
  const [failing, reported] = [labelled(thrown), labelled(named)];
  const tries: HandlerFor[] = [];
  if (failing.size > 0) tries.push((kept) => scriptFor(kept, failing, "throw"));
  if (reported.size > 0) tries.push((kept) => scriptFor(kept, reported, "report"));
  return tries.length > 0 ? tries : [() => ({ do: "return" })];
}

/** Names only those that are there. */
function scriptFor(
  { records }: Pick<ScenarioParts, "records">,
  bad: ReadonlySet<string>,
  what: "throw" | "report",
): ScenarioHandler {
  const those = records.filter(({ label }) => bad.has(label));
  const [first, ...more] = those;
  if (first === undefined) return { do: "return" };
  const when = conditionFor(records, those);
  const identifier = first.change === undefined ? "kinesis.sequenceNumber" : "dynamodb.SequenceNumber";
  if (what === "report") return { do: "report", identifier, when };
  return { do: "throw", message: more.length === 0 ? `${first.label} fails` : "a record fails", when };
}

/** As the written test says it: the folder that it stands in. */
const TESTS_FOLDER = ["import", "meta", "dirname"].join(".");

/** A vitest file around the scenario. */
function testText(scenario: string, { title, record }: Predicate, isIoAllowed: boolean): string {
  const settings = isIoAllowed ? ", allowIo: true" : "";
  const held =
    record === null
      ? "  // Mend what is wrong, and this passes.\n  expect(differences).toEqual([]);"
      : "  expect(differences).toEqual([]);";
  return `import { expect, test } from "vitest";
import { simulate } from "millrace/testing";

test(${JSON.stringify(title)}, async () => {
  const scenario = ${scenario.trimEnd().replaceAll("\n", "\n  ")};
  const { differences } = await simulate(scenario, { folder: ${TESTS_FOLDER}${settings} });
${held}
});
`;
}
