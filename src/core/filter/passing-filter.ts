// A mapping's filters as its runtime holds them: whether a record passes, and, asked far more seldom, why one does not.

import type { CompiledFilters } from "./compile-filters.ts";
import { explainRecord, type MemberVerdict } from "./explain.ts";
import type { FilterView } from "./filter-view.ts";
import { createRecordFilter } from "./record-filter.ts";

/** Journals hold it: a long value must not make a long entry. */
const LONGEST_WHY = 300;

export interface PassingFilter {
  passes(view: FilterView): boolean;
  /** One line on a record that does not pass, such as `data.total "129.90", numeric >= 100: the value is text`. Costs far more. */
  whyNot(view: FilterView): string;
}

export function createPassingFilter(filters: CompiledFilters): PassingFilter {
  const passes = createRecordFilter(filters);
  return {
    passes,
    whyNot(view) {
      const { members, note } = explainRecord(filters, view);
      const failing = members.find(({ verdict }) => verdict === "fails");
      const text = failing === undefined ? (note ?? "no filter fits") : failureText(failing);
      return text.length <= LONGEST_WHY ? text : `${text.slice(0, LONGEST_WHY)}…`;
    },
  };
}

function failureText({ path, found, foundInWords, condition, why }: MemberVerdict): string {
  const value = found.length === 0 ? "" : ` ${foundInWords}`;
  return `${path}${value}, ${condition}${why === null ? "" : `: ${why}`}`;
}
