// The filters of one mapping at work on its records (F-2, F-65, F-72 to F-79).
//
// R1  A payload is read only when some filter asks about data, and then once for all filters.
// R2  Metadata is looked through only when some filter asks about it.
// R3  The record itself is never touched: what is read is a decoded copy (F-10).

import type { CompiledFilters } from "./compile-filters.ts";
import { type PatternForm, type PayloadForm, patternForm, type Treatment, treatmentOf } from "./data-form.ts";
import { scanPayload } from "./field-scanner.ts";
import type { FieldSearch, SlotCondition } from "./field-search.ts";
import { childOf } from "./field-tree.ts";
import { walkObject } from "./field-walker.ts";
import { dataMembersOf, type FilteredKind, type FilterView } from "./filter-view.ts";
import { preparePatterns } from "./match-event.ts";

export type RecordFilter = (view: FilterView) => boolean;

/** Whether a record is delivered. Made once a mapping; keeps its working memory from record to record. */
export function createRecordFilter(filters: CompiledFilters): RecordFilter {
  const reader = createRecordReader(filters);
  return (view) => {
    const forms = reader.read(view);
    return reader.combinations.some(({ conditions }) => {
      const asked = askedConditions(filters.source, conditions, forms);
      return asked !== null && reader.search.holds(asked);
    });
  };
}

/** A condition with what it asks about: a data member by its index, in one of two forms, or metadata. */
export interface RecordCondition extends SlotCondition {
  readonly path: string;
  readonly form: PatternForm;
  readonly member: number;
}

export interface RecordReader {
  readonly combinations: readonly { readonly patternIndex: number; readonly conditions: readonly RecordCondition[] }[];
  readonly search: FieldSearch;
  /** Reads one record into `search`. Answers the form of each data member, in the order of `dataMembersOf`. */
  read(view: FilterView): readonly PayloadForm[];
}

/** What createRecordFilter and explain.ts share. */
export function createRecordReader(filters: CompiledFilters): RecordReader {
  const prepared = preparePatterns(filters.patterns);
  const members = dataMembersOf(filters.source);
  const combinations = prepared.combinations.map(({ patternIndex, conditions }) => ({
    patternIndex,
    conditions: conditions.map((condition) => withForm(condition, prepared.tree.paths[condition.slot] ?? "", members)),
  }));
  const { found } = prepared.search;
  const nodes = members.map((member) => childOf(prepared.tree.root, member));
  // A root without children of its own for metadata is the common case: only the data member is named.
  const asksMetadata = combinations.some(({ conditions }) => conditions.some(({ form }) => form === "metadata"));
  return {
    combinations,
    search: prepared.search,
    read(view) {
      prepared.search.reset();
      if (asksMetadata) {
        walkObject(view.metadata, prepared.tree.root, null, found);
      }
      return members.map((member, index) => {
        const text = textOf(view, member);
        const node = nodes[index];
        if (text === undefined || node === undefined) {
          return "none";
        }
        if (text === null) {
          return "notText";
        }
        const form = scanPayload(text, node, found);
        if (form === "plain" && node.slot >= 0) {
          // What a text that breaks off in the middle has left behind stays unseen: conditions of the JSON form are not asked
          // of a plain payload, and the member's own path is emptied here.
          found.values[node.slot]?.splice(0);
          found.add(node.slot, "string", text, null, false);
        }
        return form;
      });
    },
  };
}

function withForm(condition: SlotCondition, path: string, members: readonly string[]): RecordCondition {
  const member = members.findIndex((name) => patternForm(path, name) !== "metadata");
  return { ...condition, path, member, form: patternForm(path, members[member] ?? "") };
}

/** What to do with a condition of a record whose payloads have these forms (F-73 to F-75). */
export function conditionTreatment(
  source: FilteredKind,
  condition: RecordCondition,
  forms: readonly PayloadForm[],
): Treatment {
  const { form, member } = condition;
  return form === "metadata" ? "evaluate" : treatmentOf(source, form, forms[member] ?? "none");
}

/** The conditions that the payloads' forms leave to be asked, or null where they alone rule the combination out. */
function askedConditions(
  source: FilteredKind,
  conditions: readonly RecordCondition[],
  forms: readonly PayloadForm[],
): readonly RecordCondition[] | null {
  let isWhole = true;
  for (const condition of conditions) {
    const treatment = conditionTreatment(source, condition, forms);
    if (treatment === "drop") {
      return null;
    }
    isWhole &&= treatment === "evaluate";
  }
  return isWhole
    ? conditions
    : conditions.filter((condition) => conditionTreatment(source, condition, forms) === "evaluate");
}

function textOf(view: FilterView, member: string): string | null | undefined {
  if (member === view.dataMember) {
    return view.dataText;
  }
  return member === view.secondData?.member ? view.secondData.text : undefined;
}
