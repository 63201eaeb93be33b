// What a filter sees of a record (F-65 to F-79). Source kinds build it; record-filter.ts reads it.

/** The record's document, with the data member given apart so that its form can be judged (F-72). */
export interface FilterView {
  /** Every member of the document but the data members, as plain JSON values. A bigint stands for an integer spelled out. */
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Name of the data member: `data` for Kinesis. */
  readonly dataMember: string;
  /** The decoded payload as text, or null where the bytes are not UTF-8. Absent: the record has none (M-315). */
  readonly dataText?: string | null;
  /** A second data member with a form of its own: a Kafka record's `key` (F-69). Absent: the record has none. */
  readonly secondData?: { readonly member: string; readonly text: string | null };
}

/** The kinds of source that filter (F-65); DocumentDB does not (F-71). */
export type FilteredKind = "kinesis" | "dynamodb" | "sqs" | "kafka" | "mq";

export const filteredKinds: readonly FilteredKind[] = ["kinesis", "dynamodb", "sqs", "kafka", "mq"];

/** Names of the data members of a kind, the main one first (F-65, F-69). */
export function dataMembersOf(kind: FilteredKind): readonly string[] {
  switch (kind) {
    case "kinesis":
    case "mq":
      return ["data"];
    case "dynamodb":
      return ["dynamodb"];
    case "sqs":
      return ["body"];
    case "kafka":
      return ["value", "key"];
  }
}
