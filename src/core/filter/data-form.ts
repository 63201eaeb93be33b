// The tables of F-73 to F-75: what becomes of the data part of a pattern, given the payload's form. The tables apply to each
// filter, and within it to each combination of $or, by itself (F-76).

import { assertNever } from "../assert-never.ts";
import type { FilteredKind } from "./filter-view.ts";

/** Form of a pattern's condition with respect to a data member (F-72). */
export type PatternForm = "metadata" | "plain" | "json";

/** Form of a payload: `none` where there is none, `notText` where its bytes are not UTF-8 (F-72, F-79). */
export type PayloadForm = "json" | "plain" | "notText" | "none";

/** What to do with a condition on data: ask it, leave it out, or let the filter not match. */
export type Treatment = "evaluate" | "leaveOut" | "drop";

export function patternForm(path: string, dataMember: string): PatternForm {
  if (path === dataMember) {
    return "plain";
  }
  return path.startsWith(dataMember) && path[dataMember.length] === "." ? "json" : "metadata";
}

export function treatmentOf(
  source: FilteredKind,
  pattern: Exclude<PatternForm, "metadata">,
  payload: PayloadForm,
): Treatment {
  switch (source) {
    case "kinesis":
    case "dynamodb":
      // A plain pattern has been refused at create (F-74).
      return pattern === "json" && payload === "json" ? "evaluate" : "drop";
    case "sqs":
      return pattern === payload ? "evaluate" : "drop";
    case "kafka":
    case "mq":
      // A record without a payload has no form that could differ: its data members are simply absent.
      return pattern === payload || payload === "none" ? "evaluate" : "leaveOut";
    default:
      return assertNever(source);
  }
}
