// What a scenario file expects, as far as no single member can tell: labels, steps, checkers and matchers that have to be there.

import type { Path } from "../config/config-document.ts";
import { likelyName } from "../core/likely-name.ts";
import { lawNames } from "../sim/checkers/broken-laws.ts";
import { matcherNames, valueKinds } from "../sim/match/value-matcher.ts";
import { isObject, type Json } from "../sim/scenario.ts";
import type { ScenarioFile } from "../sim/scenario-schema.ts";
import { line, type ScenarioFlaw } from "./scenario-flaws.ts";
import { flaw, type Labels, type Notation, unknownLabel, unknownName } from "./scenario-labels.ts";

export function expectFlaws(file: ScenarioFile, labels: Labels, notation: Notation): readonly ScenarioFlaw[] {
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
  for (const [index, { record }] of (expect.dead_letter_queue ?? []).entries())
    named(["expect", "dead_letter_queue", index, "record"], record);
  for (const [shard, label] of Object.entries(expect.checkpoints ?? {}))
    if (label !== null) named(["expect", "checkpoints", shard], label);
  if (Array.isArray(expect.checkers))
    for (const [at, name] of expect.checkers.entries())
      if (!lawNames.includes(name))
        flaws.push(unknownName(["expect", "checkers", at], name, { kind: "checker", names: lawNames, notation }));
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
