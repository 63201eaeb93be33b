// Why an event fits a pattern or does not, member by member, for a person and for `--json` (F-16, F-23 to F-25, F-72 to F-76).
// It asks the same search as the real filter, so that the two cannot disagree. Of several filters or combinations of $or the one
// that matches is explained, or else the one of which most members fit.

import type { CompiledFilters } from "./compile-filters.ts";
import type { Pattern } from "./compile-pattern.ts";
import { alternativesInWords, remedyFor, ruleOfTest, valueInWords, whyNot } from "./condition-words.ts";
import type { PayloadForm, Treatment } from "./data-form.ts";
import { scanEvent } from "./field-scanner.ts";
import type { FieldSearch, SlotCondition } from "./field-search.ts";
import { dataMembersOf, type FilterView } from "./filter-view.ts";
import type { FieldValue } from "./found-fields.ts";
import { preparePatterns } from "./match-event.ts";
import { conditionTreatment, createRecordReader, type RecordCondition } from "./record-filter.ts";
import type { ValueKind } from "./value-test.ts";

export interface MemberVerdict {
  readonly path: string;
  /** `leftOut`: the payload's form takes the condition out of the filter (F-75). */
  readonly verdict: "fits" | "fails" | "leftOut";
  /** What the event has on the path. Strings are their content, numbers their spelling. */
  readonly found: readonly { readonly kind: ValueKind; readonly text: string }[];
  /** The found values in words, cut where they are long. */
  readonly foundInWords: string;
  readonly condition: string;
  /** Null where it fits. */
  readonly why: string | null;
  readonly rule: string;
}

export interface Explanation {
  readonly isMatch: boolean;
  /** In the order of the pattern's text. */
  readonly members: readonly MemberVerdict[];
  readonly fitCount: number;
  /** What no single member shows: array consistency, an event that is no object. */
  readonly note: string | null;
  /** What would make it fit, where that is plain. */
  readonly help: string | null;
  /** Which filter is explained, from 0, and how many there are. */
  readonly patternIndex: number;
  readonly patternCount: number;
  /** How many combinations $or makes of that filter, and which one is explained, from 0. */
  readonly combinationIndex: number;
  readonly combinationCount: number;
}

/** Explains patterns against the text of a whole event; several patterns are ORed (F-2). */
export function explainEvent(patterns: readonly Pattern[], eventText: string): Explanation {
  const prepared = preparePatterns(patterns);
  const event = scanEvent(eventText, prepared.tree.root, prepared.search.found);
  if (event !== "object") {
    // What a broken text has left behind is not looked at.
    prepared.search.reset();
  }
  const candidates = prepared.combinations.map(({ patternIndex, conditions }) =>
    candidateOf(prepared.search, patternIndex, conditions, prepared.tree.paths, () => null),
  );
  const note =
    event === "object"
      ? null
      : `an event has to be a JSON object, and this is ${event === "not JSON" ? "no JSON" : "another JSON value"} (F-27)`;
  return explanationOf(
    event === "object" ? candidates : candidates.map((one) => ({ ...one, isMatch: false })),
    patterns.length,
    note,
  );
}

/** Explains a mapping's filters against one record. */
export function explainRecord(filters: CompiledFilters, view: FilterView): Explanation {
  const reader = createRecordReader(filters);
  const forms = reader.read(view);
  const paths: string[] = [];
  for (const { conditions } of reader.combinations) {
    for (const { slot, path } of conditions) {
      paths[slot] = path;
    }
  }
  const members = dataMembersOf(filters.source);
  const candidates = reader.combinations.map(({ patternIndex, conditions }) => {
    const treatments = new Map(
      conditions.map((condition) => [condition.slot, formVerdict(filters, condition, forms, members)] as const),
    );
    return candidateOf(
      reader.search,
      patternIndex,
      conditions,
      paths,
      (condition) => treatments.get(condition.slot) ?? null,
    );
  });
  return explanationOf(candidates, filters.patterns.length, null);
}

interface FormVerdict {
  readonly treatment: Exclude<Treatment, "evaluate">;
  readonly why: string;
  readonly rule: string;
}

function formVerdict(
  filters: CompiledFilters,
  condition: RecordCondition,
  forms: readonly PayloadForm[],
  members: readonly string[],
): FormVerdict | null {
  const treatment = conditionTreatment(filters.source, condition, forms);
  if (treatment === "evaluate") {
    return null;
  }
  const member = members[condition.member] ?? "";
  const payload = formInWords(forms[condition.member] ?? "none");
  const rule =
    filters.source === "sqs" ? "F-73" : filters.source === "kafka" || filters.source === "mq" ? "F-75" : "F-74";
  const pattern = condition.form === "json" ? "JSON" : "plain text";
  const follows = treatment === "drop" ? "so the filter does not match" : "so this member is left out";
  return { treatment, why: `the pattern wants ${pattern}, and ${member} ${payload}: ${follows}`, rule };
}

function formInWords(form: PayloadForm): string {
  switch (form) {
    case "json":
      return "is JSON";
    case "plain":
      return "is no JSON object or list";
    case "notText":
      return "is not UTF-8 text";
    case "none":
      return "is missing";
  }
}

interface Candidate {
  readonly isMatch: boolean;
  readonly patternIndex: number;
  readonly members: readonly MemberVerdict[];
  readonly note: string | null;
  readonly help: string | null;
}

function candidateOf(
  search: FieldSearch,
  patternIndex: number,
  conditions: readonly SlotCondition[],
  paths: readonly string[],
  formOf: (condition: SlotCondition) => FormVerdict | null,
): Candidate {
  const members: MemberVerdict[] = [];
  let help: string | null = null;
  const asked = conditions.filter((condition) => formOf(condition) === null);
  const doesHold = search.holds(asked);
  // As the pattern has them, not as the search takes them.
  for (const condition of conditions.toSorted((one, other) => one.list.offset - other.list.offset)) {
    const path = paths[condition.slot] ?? "";
    const form = formOf(condition);
    const member =
      form === null ? memberVerdict(search, condition, path, doesHold) : formedVerdict(search, condition, path, form);
    members.push(member);
    if (form === null && member.verdict === "fails") {
      help ??= helpFor(search, condition, path);
    }
  }
  const allFit = members.every(({ verdict }) => verdict !== "fails");
  const isMatch = allFit && doesHold;
  const note =
    allFit && !isMatch ? "each member fits by itself, but never all in one element of the same array (F-24)" : null;
  return { isMatch, patternIndex, members, note, help };
}

function explanationOf(candidates: readonly Candidate[], patternCount: number, note: string | null): Explanation {
  let best = 0;
  for (const [index, candidate] of candidates.entries()) {
    const leader = candidates[best];
    if (leader !== undefined && score(candidate) > score(leader)) {
      best = index;
    }
  }
  const chosen = candidates[best] ?? { isMatch: false, patternIndex: 0, members: [], note: null, help: null };
  const siblings = candidates.filter(({ patternIndex }) => patternIndex === chosen.patternIndex);
  return {
    isMatch: chosen.isMatch,
    members: chosen.members,
    fitCount: chosen.members.filter(({ verdict }) => verdict === "fits").length,
    note: note ?? chosen.note,
    help: chosen.isMatch ? null : chosen.help,
    patternIndex: chosen.patternIndex,
    patternCount,
    combinationIndex: siblings.indexOf(chosen),
    combinationCount: siblings.length,
  };
}

/** Matching first, then the share of members that fit. */
function score(candidate: Candidate): number {
  const failing = candidate.members.filter(({ verdict }) => verdict === "fails").length;
  return candidate.isMatch ? 2 : 1 - failing / Math.max(1, candidate.members.length);
}

/** What is there, but not in the array element that the others chose, is absent there: it fits only together with them (F-24, F-50). */
function memberVerdict(search: FieldSearch, condition: SlotCondition, path: string, doesHold: boolean): MemberVerdict {
  const fits = doesHold || search.holdsAlone(condition);
  const { why, rule } = fits ? { why: null, rule: fittingRule(search, condition) } : failure(search, condition);
  return { ...whatThereIs(search, condition, path), verdict: fits ? "fits" : "fails", why, rule };
}

function formedVerdict(search: FieldSearch, condition: SlotCondition, path: string, form: FormVerdict): MemberVerdict {
  const { condition: words } = whatThereIs(search, condition, path);
  const verdict = form.treatment === "drop" ? "fails" : "leftOut";
  return { path, verdict, found: [], foundInWords: "–", condition: words, why: form.why, rule: form.rule };
}

function whatThereIs(search: FieldSearch, condition: SlotCondition, path: string) {
  const values = valuesOf(search, condition);
  const first = values.slice(0, 3).map(valueInWords).join(", ");
  const foundInWords =
    values.length === 0
      ? isObject(search, condition)
        ? "an object"
        : "–"
      : values.length > 3
        ? `${first} … (${values.length})`
        : first;
  return {
    path,
    found: values.map(({ kind, text }) => ({ kind, text })),
    foundInWords,
    condition: alternativesInWords(condition.list),
  };
}

function valuesOf(search: FieldSearch, condition: SlotCondition): readonly FieldValue[] {
  return search.found.values[condition.slot] ?? [];
}

function isObject(search: FieldSearch, condition: SlotCondition): boolean {
  return search.found.hasObject[condition.slot] === true;
}

function fittingRule(search: FieldSearch, condition: SlotCondition): string {
  const [value] = search.fitting(condition);
  const { tests } = condition.list;
  const test = tests.find((one) => (value === undefined ? one.kind === "absent" : one.kind !== "absent"));
  return tests.length > 1 || test === undefined ? "F-16" : ruleOfTest(test);
}

function failure(search: FieldSearch, condition: SlotCondition): { readonly why: string; readonly rule: string } {
  const values = valuesOf(search, condition);
  const { tests } = condition.list;
  const [value] = values;
  const [test] = tests;
  if (value === undefined || test === undefined) {
    return isObject(search, condition)
      ? { why: "this is an object, and conditions look at values only", rule: "F-21" }
      : { why: "there is no such value", rule: "F-25" };
  }
  if (tests.length > 1) {
    return { why: "no alternative fits", rule: "F-16" };
  }
  if (test.kind === "absent") {
    return { why: "the field is there", rule: "F-50" };
  }
  return values.length > 1
    ? { why: `none of the ${values.length} values fits`, rule: ruleOfTest(test) }
    : { why: whyNot(test, value), rule: ruleOfTest(test) };
}

function helpFor(search: FieldSearch, condition: SlotCondition, path: string): string | null {
  const name = path.slice(path.lastIndexOf(".") + 1);
  for (const value of valuesOf(search, condition)) {
    for (const test of condition.list.tests) {
      const remedy = remedyFor(test, value, name);
      if (remedy !== null) {
        return remedy;
      }
    }
  }
  return null;
}
