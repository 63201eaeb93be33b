// What no single member of a scenario file can tell: labels and names that have to be there, settings that exclude one another, members
// that mean nothing for the kind of source. What would have no effect is refused, as a file that says it means something by it.

import type { ConfigDocument, Path } from "../config/config-document.ts";
import { allCheckers } from "../sim/checkers/all-checkers.ts";
import { likelyName } from "../core/likely-name.ts";
import type { Generate } from "../sim/scenario-generator-schema.ts";
import { isHandlerFile, type ScenarioHandler } from "../sim/scenario-handler-schema.ts";
import { memberNames } from "../control/mapping/mapping-table.ts";
import { isObject, type Json } from "../sim/scenario.ts";
import type { ScenarioFile } from "../sim/scenario-schema.ts";
import { matcherNames, valueKinds } from "../sim/match/value-matcher.ts";
import { line, listText, type ScenarioFlaw } from "./scenario-flaws.ts";

type Notation = ConfigDocument["notation"];
type Part = Partial<Pick<ScenarioFlaw, "code" | "part" | "label" | "help">>;

const checkers = allCheckers.map(({ name }) => name);

const flaw = (path: Path, what: string, part: Part = {}): ScenarioFlaw => ({
  code: "scenario-invalid",
  what,
  path,
  part: "value",
  label: "",
  help: null,
  ...part,
});

export function scenarioFlaws(file: ScenarioFile, notation: Notation): readonly ScenarioFlaw[] {
  const labels = labelsOf(file);
  return [
    ...twinLabels(file),
    ...mappingFlaws(file),
    ...recordFlaws(file),
    ...stepFlaws(file, labels, notation),
    ...handlerFlaws(file),
    ...expectFlaws(file, labels, notation),
  ];
}

// --- Labels -------------------------------------------------------------------------------------------------------------

interface Labels {
  /** Of records and of generators: what a step may send. */
  readonly sent: readonly string[];
  /** A record of a generator counts by its number. */
  isRecord(label: string): boolean;
  /** To paste. */
  readonly example: (label: string) => string;
}

function labelsOf(file: ScenarioFile): Labels {
  const records = file.records ?? [];
  const sent = records.map((each) => ("generate" in each ? each.generate.label : each.label));
  const own = new Set(records.flatMap((each) => ("generate" in each ? [] : [each.label])));
  const generators = records.flatMap((each) => ("generate" in each ? [each.generate] : []));
  const isMade = (label: string): boolean =>
    generators.some(({ label: prefix, count }) => {
      const number = label.startsWith(prefix) ? label.slice(prefix.length) : "";
      return /^[1-9]\d*$/.test(number) && Number(number) <= count;
    });
  const [first] = records.flatMap((each) => ("generate" in each ? [] : [each]));
  return {
    sent,
    isRecord: (label) => own.has(label) || isMade(label),
    example: (label) => JSON.stringify({ label, partitionKey: first?.partitionKey ?? "k", data: first?.data ?? "{}" }),
  };
}

function twinLabels(file: ScenarioFile): readonly ScenarioFlaw[] {
  const seen = new Set<string>();
  return (file.records ?? []).flatMap((record, index) => {
    const label = "generate" in record ? record.generate.label : record.label;
    const path = "generate" in record ? ["records", index, "generate", "label"] : ["records", index, "label"];
    const isTwin = seen.has(label);
    seen.add(label);
    return isTwin ? [flaw(path, `\`${label}\` is the label of another record too`, { label: "there twice" })] : [];
  });
}

const unknownLabel = (path: Path, label: string, labels: Labels, member = "records"): ScenarioFlaw =>
  flaw(path, `\`${label}\` is not in \`${member}\`, which has ${listText(labels.sent)}`, {
    code: "scenario-unknown-label",
    label: "no such label",
    help: `${labels.example(label)}    (into \`records\`)`,
  });

// --- Mappings -----------------------------------------------------------------------------------------------------------

/** AWS passes over members that it does not know; in a file such a one is a slip, and the run would be another than is meant. */
function mappingFlaws(file: ScenarioFile): readonly ScenarioFlaw[] {
  const given: readonly (readonly [Path, object | null | undefined])[] = [
    [["mapping"], file.mapping],
    ...(file.extra_mappings ?? []).map(
      ({ request }, index) => [["extra_mappings", index, "request"], request] as const,
    ),
    ...(file.steps ?? []).flatMap((step, index) =>
      step.do === "update-mapping" ? [[["steps", index, "set"], step.set] as const] : [],
    ),
  ];
  return given.flatMap(([path, members]) =>
    Object.keys(members ?? {})
      .filter((name) => !memberNames.some((each) => each === name))
      .map((name) => {
        const likely = likelyName(name, memberNames);
        return flaw([...path, name], `\`${name}\` is no setting of a mapping`, {
          code: "scenario-unknown-key",
          part: "name",
          label: likely === null ? "no such setting" : `perhaps ${likely}`,
          help: likely === null ? `settings are ${memberNames.join(", ")}` : null,
        });
      }),
  );
}

// --- Records ------------------------------------------------------------------------------------------------------------

/** Members that mean something for one kind of source only. */
const membersOfKind: Readonly<Record<string, readonly string[]>> = {
  "kinesis-stream": ["partitionKey", "data"],
  "dynamodb-stream": ["op", "item", "change"],
  "sqs-queue": ["body", "group", "dedup", "message_attributes"],
  "kafka-self-managed": [],
};

function recordFlaws(file: ScenarioFile): readonly ScenarioFlaw[] {
  const type = file.setup?.source?.type ?? "kinesis-stream";
  return (file.records ?? []).flatMap((record, index) => {
    if ("generate" in record) return generatorFlaws(record.generate, ["records", index, "generate"]);
    const known = membersOfKind[type] ?? [];
    const others = Object.values(membersOfKind).flat();
    return Object.keys(record)
      .filter((name) => others.includes(name) && !known.includes(name))
      .map((name) =>
        flaw(["records", index, name], `\`${name}\` is no member of a record for a source of type ${type}`, {
          part: "name",
          label: "has no meaning here",
          help: known.length === 0 ? null : `known here: label, ${known.join(", ")}, at_s`,
        }),
      );
  });
}

function generatorFlaws(generate: Generate, path: Path): readonly ScenarioFlaw[] {
  const flaws: ScenarioFlaw[] = [];
  const { rate, every_ms, burst, arrivals, size, keys = {} } = generate;
  const at = (name: string): Path => [...path, name];
  if (rate !== undefined && every_ms !== undefined)
    flaws.push(flaw(at("every_ms"), "`every_ms` stands beside `rate`: one of them tells the pace", { part: "name" }));
  const isTimed = rate !== undefined || every_ms !== undefined;
  if (arrivals !== undefined && !isTimed)
    flaws.push(
      flaw(at("arrivals"), "`arrivals` needs a pace: without one all come at once", {
        help: '"rate": 50    (records a second)',
      }),
    );
  if (burst !== undefined && arrivals !== "burst")
    flaws.push(
      flaw(at("burst"), "`burst` has a meaning with `arrivals` burst only", {
        part: "name",
        help: '"arrivals": "burst"',
      }),
    );
  if (typeof size === "object" && size.min > size.max)
    flaws.push(flaw(at("size"), `\`size\` has ${size.min} for its least and ${size.max} for its most`));
  if (keys.hot_share !== undefined && keys.distribution === "zipf")
    flaws.push(
      flaw([...at("keys"), "hot_share"], "`hot_share` stands beside `zipf`, which has hot keys of its own", {
        part: "name",
      }),
    );
  return flaws;
}

// --- Steps --------------------------------------------------------------------------------------------------------------

function stepFlaws(file: ScenarioFile, labels: Labels, notation: Notation): readonly ScenarioFlaw[] {
  const flaws: ScenarioFlaw[] = [];
  const mappings = ["mapping", ...(file.extra_mappings ?? []).map(({ name }) => name)];
  const functions = functionNames(file);
  for (const [index, step] of (file.steps ?? []).entries()) {
    const path = ["steps", index];
    if ("mapping" in step && step.mapping !== undefined && !mappings.includes(step.mapping))
      flaws.push(unknownName([...path, "mapping"], step.mapping, { kind: "mapping", names: mappings, notation }));
    if ("function" in step && step.function !== undefined && !functions.includes(step.function))
      flaws.push(unknownName([...path, "function"], step.function, { kind: "function", names: functions, notation }));
    if (step.do === "send")
      for (const [at, label] of step.records.entries())
        if (!labels.sent.includes(label) && !labels.isRecord(label))
          flaws.push(unknownLabel([...path, "records", at], label, labels));
    if (step.do === "send" && step.batch === true && step.records.some((label) => isTimed(file, label)))
      flaws.push(
        flaw([...path, "batch"], "one call cannot carry records that arrive at times of their own", { part: "name" }),
      );
    if (step.do === "send" && step.pause_s !== undefined && step.records.some((label) => isTimed(file, label)))
      flaws.push(
        flaw([...path, "pause_s"], "`pause_s` stands beside records that arrive at times of their own", {
          part: "name",
        }),
      );
    if (step.do === "send" && step.background === true && !step.records.some((label) => isTimed(file, label)))
      flaws.push(
        flaw([...path, "background"], "`background` needs records that arrive later: at_s, rate or every_ms", {
          part: "name",
        }),
      );
    if ("source" in step && step.source === "other_source" && file.setup?.other_source === undefined)
      flaws.push(flaw([...path, "source"], "there is no `other_source` in `setup`"));
    if (step.do === "deploy") flaws.push(...scriptFlaws(step.handler, [...path, "handler"]));
  }
  return flaws;
}

function isTimed(file: ScenarioFile, label: string): boolean {
  return (file.records ?? []).some((each) => {
    if (!("generate" in each)) return each.label === label && each.at_s !== undefined;
    const { label: prefix, rate, every_ms, start_s } = each.generate;
    return prefix === label && (rate ?? every_ms ?? start_s) !== undefined;
  });
}

function functionNames(file: ScenarioFile): readonly string[] {
  return ["function", "function2", ...(file.setup?.functions ?? []).map(({ name }) => name)];
}

function unknownName(
  path: Path,
  name: string,
  { kind, names, notation }: { readonly kind: string; readonly names: readonly string[]; readonly notation: Notation },
): ScenarioFlaw {
  const likely = likelyName(name, names);
  return flaw(path, `there is no ${kind} \`${name}\`${kind === "checker" ? "" : " in this file"}`, {
    label: likely === null ? `no such ${kind}` : `perhaps ${likely}`,
    help: likely === null ? `known here: ${names.join(", ")}` : line(String(path.at(-1)), likely, "", notation),
  });
}

// --- Handlers -----------------------------------------------------------------------------------------------------------

function handlerFlaws(file: ScenarioFile): readonly ScenarioFlaw[] {
  const flaws: ScenarioFlaw[] = [];
  if (file.handler !== undefined && file.handler !== null) flaws.push(...scriptFlaws(file.handler, ["handler"]));
  const names = functionNames(file);
  for (const [name, handler] of Object.entries(file.handlers ?? {})) {
    const path = ["handlers", name];
    if (!names.includes(name)) {
      const likely = likelyName(name, names);
      const help = `known here: ${names.join(", ")}`;
      flaws.push(
        flaw(path, `there is no function \`${name}\` in this file`, {
          part: "name",
          label: likely === null ? "" : `perhaps ${likely}`,
          help,
        }),
      );
    }
    flaws.push(...scriptFlaws(handler, path));
  }
  return flaws;
}

function scriptFlaws(handler: ScenarioHandler, path: Path): readonly ScenarioFlaw[] {
  const flaws: ScenarioFlaw[] = [];
  if (isHandlerFile(handler)) return flaws;
  const { delay_s } = handler;
  if (typeof delay_s === "object" && "min" in delay_s && delay_s.min > delay_s.max)
    flaws.push(
      flaw([...path, "delay_s"], `\`delay_s\` has ${delay_s.min} for its least and ${delay_s.max} for its most`),
    );
  if (
    "from_s" in handler &&
    handler.from_s !== undefined &&
    handler.until_s !== undefined &&
    handler.from_s > handler.until_s
  )
    flaws.push(flaw([...path, "until_s"], "`until_s` comes before `from_s`"));
  if ("when" in handler && handler.when !== undefined) {
    const kinds = ["path", "data_field", "receive_count_at_most"].filter((name) =>
      Object.hasOwn(handler.when ?? {}, name),
    );
    const at = [...path, "when"];
    if (kinds.length !== 1)
      flaws.push(
        flaw(
          at,
          `a condition has one of path, data_field and receive_count_at_most, and this one has ${kinds.length === 0 ? "none" : kinds.join(" and ")}`,
          {
            help: '"when": {"data_field": "poison", "equals": true}',
          },
        ),
      );
    else if (kinds[0] !== "receive_count_at_most" && !Object.hasOwn(handler.when, "equals"))
      flaws.push(flaw(at, "a condition says what the value equals", { label: "needs equals", help: '"equals": true' }));
    else if (kinds[0] === "receive_count_at_most" && Object.hasOwn(handler.when, "equals"))
      flaws.push(flaw([...at, "equals"], "`equals` has no meaning beside receive_count_at_most", { part: "name" }));
  }
  return flaws;
}

// --- Expectations -----------------------------------------------------------------------------------------------------

function expectFlaws(file: ScenarioFile, labels: Labels, notation: Notation): readonly ScenarioFlaw[] {
  const { expect } = file;
  if (expect === undefined) return [];
  const flaws: ScenarioFlaw[] = [];
  const named = (path: Path, label: string): void => {
    if (!labels.isRecord(label)) flaws.push(unknownLabel(path, label, labels));
  };
  const listed = (list: readonly string[] | undefined, path: Path): void => {
    for (const [at, label] of (list ?? []).entries()) named([...path, at], label);
  };
  const keys = (value: object | undefined, path: Path): void => {
    for (const label of Object.keys(value ?? {}))
      if (!labels.isRecord(label)) flaws.push({ ...unknownLabel([...path, label], label, labels), part: "name" });
  };
  const { invocations } = expect;
  const at = ["expect", "invocations"];
  if (invocations !== undefined) {
    if ("list" in invocations)
      for (const [index, each] of invocations.list.entries()) listed(each.records, [...at, "list", index, "records"]);
    if ("records" in invocations) listed(invocations.records, [...at, "records"]);
    if ("deliveries" in invocations) {
      keys(invocations.deliveries, [...at, "deliveries"]);
      for (const [index, each] of (invocations.last ?? []).entries()) listed(each, [...at, "last", index]);
    }
    if ("by_function" in invocations)
      for (const [name, lists] of Object.entries(invocations.by_function))
        for (const [index, each] of lists.entries()) listed(each, [...at, "by_function", name, index]);
  }
  keys(expect.event_records, ["expect", "event_records"]);
  if (Array.isArray(expect.given_up)) listed(expect.given_up, ["expect", "given_up"]);
  else keys(expect.given_up, ["expect", "given_up"]);
  for (const [shard, label] of Object.entries(expect.checkpoints ?? {}))
    if (label !== null) named(["expect", "checkpoints", shard], label);
  if (Array.isArray(expect.checkers))
    for (const [at, name] of expect.checkers.entries())
      if (!checkers.includes(name))
        flaws.push(unknownName(["expect", "checkers", at], name, { kind: "checker", names: checkers, notation }));
  flaws.push(...answerFlaws(file, notation), ...matcherFlaws(expect, ["expect"]));
  return flaws;
}

/** Answers are expected of steps that have one. */
function answerFlaws({ steps = [], expect = {} }: ScenarioFile, notation: Notation): readonly ScenarioFlaw[] {
  const names = steps.flatMap((step) => {
    if ("name" in step && step.name !== undefined) return [step.name];
    if (step.do === "call") return [step.op];
    if (step.do === "create-mapping") return [step.mapping ?? "mapping"];
    return ["update-mapping", "enable", "disable"].includes(step.do) ? [step.do] : [];
  });
  const unknown = (path: Path, name: string): ScenarioFlaw => {
    const likely = likelyName(name, names);
    return flaw(path, `no step is named \`${name}\``, {
      part: "name",
      label: likely === null ? "no such step" : `perhaps ${likely}`,
      help: likely === null ? line("name", name, "into a step", notation) : `known here: ${names.join(", ")}`,
    });
  };
  const after = (expect.states ?? []).flatMap((state, index) =>
    names.includes(state.after)
      ? []
      : [{ ...unknown(["expect", "states", index, "after"], state.after), part: "value" as const }],
  );
  return [
    ...after,
    ...(["responses", "errors"] as const).flatMap((member) =>
      Object.keys(expect[member] ?? {})
        .filter((name) => !names.includes(name))
        .map((name) => unknown(["expect", member, name], name)),
    ),
  ];
}

/** An object that begins with `$` is a matcher, and one that is misspelt would be compared as it stands. */
function matcherFlaws(value: Json, path: Path): readonly ScenarioFlaw[] {
  if (Array.isArray(value)) return value.flatMap((each, index) => matcherFlaws(each, [...path, index]));
  if (!isObject(value)) return [];
  const flaws: ScenarioFlaw[] = [];
  for (const [name, each] of Object.entries(value)) {
    const here = [...path, name];
    if (name.startsWith("$") && name !== "$open" && !matcherNames.some((known) => known === name)) {
      const likely = likelyName(name, matcherNames);
      flaws.push(
        flaw(here, `there is no matcher \`${name}\``, {
          part: "name",
          label: likely === null ? "" : `perhaps ${likely}`,
          help: `known here: ${matcherNames.join(", ")}, $open`,
        }),
      );
    } else if (name === "$any" && !valueKinds.includes(String(each)))
      flaws.push(
        flaw(here, `there is no kind of value \`${String(each)}\``, { help: `known here: ${valueKinds.join(", ")}` }),
      );
    else if (name === "$regex" && !isPattern(each)) flaws.push(flaw(here, "this is no regular expression"));
    flaws.push(...matcherFlaws(each, here));
  }
  return flaws;
}

function isPattern(value: Json): boolean {
  if (typeof value !== "string") return false;
  try {
    // What is filled in later is plain text.
    return new RegExp(value.replace(/\$\{[^}]+\}/g, "x")) instanceof RegExp;
  } catch {
    return false; // The caller says so, with its place.
  }
}
