// What no single member of a scenario file can tell: labels and names that have to be there, settings that exclude one another, members
// that mean nothing for the kind of source. What would have no effect is refused, as a file that says it means something by it.

import type { Path } from "../config/config-document.ts";
import { memberNames } from "../control/mapping/mapping-table.ts";
import { likelyName } from "../core/likely-name.ts";
import { isHandlerFile, type ScenarioHandler } from "../sim/scenario-handler-schema.ts";
import type { ScenarioFile } from "../sim/scenario-schema.ts";
import { expectFlaws } from "./scenario-expect-checks.ts";
import type { ScenarioFlaw } from "./scenario-flaws.ts";
import { flaw, isMade, type Labels, labelsOf, type Notation, unknownLabel, unknownName } from "./scenario-labels.ts";
import { recordFlaws } from "./scenario-record-checks.ts";

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

function twinLabels(file: ScenarioFile): readonly ScenarioFlaw[] {
  const seen = new Set<string>();
  return (file.records ?? []).flatMap((record, index) => {
    const label = "generate" in record ? record.generate.label : record.label;
    const path = "generate" in record ? ["records", index, "generate", "label"] : ["records", index, "label"];
    const isTwin = seen.has(label) || (!("generate" in record) && isMade(file, label));
    seen.add(label);
    return isTwin ? [flaw(path, `\`${label}\` is the label of another record too`, { label: "there twice" })] : [];
  });
}

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
    else flaws.push(...valueFlaws(handler.when, kinds[0] !== "receive_count_at_most", at));
  }
  return flaws;
}

/** A condition on a value says which: one, or one of several. */
function valueFlaws(when: object, isOnValue: boolean, at: Path): readonly ScenarioFlaw[] {
  const [first, second] = ["equals", "one_of"].filter((name) => Object.hasOwn(when, name));
  if (isOnValue && first === undefined)
    return [flaw(at, "a condition says what the value equals", { label: "needs equals", help: '"equals": true' })];
  if (isOnValue && second !== undefined)
    return [flaw([...at, second], "`one_of` stands beside `equals`: one of them says the value", { part: "name" })];
  if (!isOnValue && first !== undefined)
    return [flaw([...at, first], `\`${first}\` has no meaning beside receive_count_at_most`, { part: "name" })];
  return [];
}
