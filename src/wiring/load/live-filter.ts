// Which records of a live run pass the mapping's filter, by the project's own matcher: the sender knows what it sends. What a source alone
// knows of a message, such as when it took it, cannot be asked here: a filter on that is refused.
//
// LF1 A change of a table is judged by what its stream says of it, since what it changes is the table's to know (src/wiring/load/sent-places.ts).
// LF2 A server takes as many filters as its own limit allows: here there is no further one.

import { compileFilters, MOST_FILTER_LIMIT } from "../../core/filter/compile-filters.ts";
import type { FilteredKind, FilterView } from "../../core/filter/filter-view.ts";
import { createPassingFilter } from "../../core/filter/passing-filter.ts";
import { MillraceError } from "../../errors.ts";
import { createKinesisKind } from "../../kinds/kinesis/kinesis-kind.ts";
import { entryIdFromSequenceNumber } from "../../kinds/kinesis/sequence-number.ts";
import type { PlannedSource } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import type { TakenPlace } from "../../load/sending/send-target.ts";
import { isObject, type JsonObject } from "../../sim/scenario.ts";

/** Whether a record that the source has taken at a place passes. */
export type RecordFilter = (record: PlannedRecord, place: TakenPlace) => boolean;

/** Texts of the patterns of a mapping as the API shows it; none where it has no filter. */
export function filterPatternsOf(body: JsonObject): readonly string[] {
  const criteria = body["FilterCriteria"];
  const filters: unknown = isObject(criteria) ? criteria["Filters"] : null;
  return Array.isArray(filters) ? filters.map((each) => String(Reflect.get(Object(each), "Pattern"))) : [];
}

/**
 * Null: there is no filter, or what it is asked of is known from the source alone (LF1). Throws `bad-argument` where a pattern asks for what
 * the sender does not know.
 */
export function recordFilter(source: PlannedSource, patterns: readonly string[]): RecordFilter | null {
  if (patterns.length === 0 || source.kind === "dynamodb" || source.kind === "documentdb") return null;
  const { filter, names } = compiled(patterns, kindOf(source));
  const known = knownMembers(source);
  const unknown = names.find((name) => known !== null && !known.includes(name));
  if (unknown !== undefined)
    throw new MillraceError(
      "bad-argument",
      `a live run does not measure a filter on ${JSON.stringify(unknown)}: only the source knows that of its records, not their sender`,
      { help: `--simulated    # live, filters of ${source.text} may ask for: ${known?.join(", ") ?? ""}` },
    );
  const viewOf = viewsOf(source);
  return (record, place) => filter.passes(viewOf(record, place));
}

/** For changes of a table, as GetRecords answers them (F-68, F-78). Null: there is no filter. */
export function changeFilter(patterns: readonly string[]): ((change: JsonObject) => boolean) | null {
  if (patterns.length === 0) return null;
  const { filter } = compiled(patterns, "dynamodb");
  return ({ dynamodb, ...metadata }) =>
    filter.passes({ metadata, dataMember: "dynamodb", dataText: JSON.stringify(dynamodb) });
}

function compiled(patterns: readonly string[], kind: FilteredKind) {
  const filters = compileFilters(patterns, kind, { limit: MOST_FILTER_LIMIT });
  if (filters.kind !== "filters")
    throw new MillraceError(
      "bad-argument",
      "the mapping's FilterCriteria are not understood, so nothing can be measured",
    );
  const paths = filters.patterns.flatMap(({ combinations }) => combinations.flat().map(({ path }) => path));
  const names = paths.map((path) => path.split(".")[0] ?? "");
  return { filter: createPassingFilter(filters), names };
}

function kindOf({ kind }: PlannedSource): FilteredKind {
  switch (kind) {
    case "kinesis":
    case "dynamodb":
    case "sqs":
    case "kafka":
      return kind;
    default:
      return "mq";
  }
}

/** Members that a pattern may ask for; null: all of them. */
function knownMembers({ kind }: PlannedSource): readonly string[] | null {
  switch (kind) {
    case "kinesis":
      return null;
    case "kafka":
      return ["value", "key", "topic", "partition", "offset"];
    case "sqs":
      return ["body", "messageId"];
    default:
      return ["data"];
  }
}

function viewsOf(source: PlannedSource): (record: PlannedRecord, place: TakenPlace) => FilterView {
  switch (source.kind) {
    case "kinesis": {
      const kind = createKinesisKind({ eventSourceArn: "", region: "", roleArn: "" });
      return ({ key, data, bytes }, { id }) => {
        const entryId = entryIdFromSequenceNumber(id) ?? "0-0";
        const at = { ordinal: 0, sizeBytes: bytes, entryId, arrivedAtMs: Number.parseInt(entryId, 10) };
        return kind.filterView({ ...at, partitionKey: Buffer.from(key ?? "-"), data: Buffer.from(data) });
      };
    }
    case "kafka": {
      const { topic } = source;
      return ({ key, data }, { unit, id }) => ({
        metadata: { topic, partition: Number(unit.slice(topic.length + 1)), offset: BigInt(id) },
        dataMember: "value",
        dataText: data,
        ...(key === null ? {} : { secondData: { member: "key", text: key } }),
      });
    }
    case "sqs":
      return ({ data }, { id }) => ({ metadata: { messageId: id }, dataMember: "body", dataText: data });
    default:
      return ({ data }) => ({ metadata: {}, dataMember: "data", dataText: data });
  }
}
