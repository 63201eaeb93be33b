// What of DynamoDB's calls the tables do not carry out. A member that would be stored and have no effect is refused, with one text
// that says so; docs/honoured.md is made from the same list.

import type { TableOperation } from "../ports/item-tables.ts";
import type { Members } from "./dynalite-engine.ts";
import { invalid } from "./table-refusal.ts";

interface LeftOut {
  readonly operations: readonly TableOperation[];
  /** A member, or one of each entry of a list. */
  readonly path: readonly [string] | readonly [string, string];
  /** The value that says what is so anyway is taken. JSON text; null: there is none. */
  readonly taken: string | null;
  readonly note: string;
}

const both = ["CreateTable", "UpdateTable"] as const;
const writes = ["PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem", "TransactWriteItems"] as const;

export const leftOut: readonly LeftOut[] = [
  { operations: both, path: ["SSESpecification"], taken: '{"Enabled":false}', note: "Nothing is encrypted." },
  { operations: ["CreateTable"], path: ["Tags"], taken: "[]", note: "Tables have no tags." },
  { operations: both, path: ["TableClass"], taken: '"STANDARD"', note: "There is one class." },
  { operations: both, path: ["DeletionProtectionEnabled"], taken: "false", note: "A table can be deleted." },
  { operations: both, path: ["WarmThroughput"], taken: null, note: "Throughput is not measured." },
  { operations: both, path: ["OnDemandThroughput"], taken: null, note: "Throughput is not limited." },
  {
    operations: ["CreateTable"],
    path: ["ResourcePolicy"],
    taken: null,
    note: "Whoever reaches the port may do everything.",
  },
  { operations: ["CreateTable"], path: ["GlobalTableSourceArn"], taken: null, note: "There is one region." },
  { operations: both, path: ["GlobalTableSettingsReplicationMode"], taken: null, note: "There is one region." },
  { operations: ["UpdateTable"], path: ["ReplicaUpdates"], taken: "[]", note: "There is one region." },
  { operations: ["UpdateTable"], path: ["MultiRegionConsistency"], taken: null, note: "There is one region." },
  { operations: ["UpdateTable"], path: ["GlobalTableWitnessUpdates"], taken: "[]", note: "There is one region." },
  {
    operations: ["UpdateTable"],
    path: ["GlobalSecondaryIndexUpdates", "Create"],
    taken: null,
    note: "Indexes are made with their table.",
  },
  {
    operations: ["UpdateTable"],
    path: ["GlobalSecondaryIndexUpdates", "Delete"],
    taken: null,
    note: "Indexes go with their table.",
  },
  {
    operations: ["UpdateTable"],
    path: ["AttributeDefinitions"],
    taken: "[]",
    note: "They are those of the keys and indexes that the table was made with.",
  },
  {
    operations: both,
    path: ["GlobalSecondaryIndexes", "WarmThroughput"],
    taken: null,
    note: "Throughput is not measured.",
  },
  {
    operations: both,
    path: ["GlobalSecondaryIndexes", "OnDemandThroughput"],
    taken: null,
    note: "Throughput is not limited.",
  },
  {
    operations: writes,
    path: ["ReturnItemCollectionMetrics"],
    taken: '"NONE"',
    note: "Item collections are not measured.",
  },
];

/** Throws a TableRefusal for the first member that would have no effect. */
export function refuseLeftOut(operation: TableOperation, request: Members): void {
  for (const { operations, path, taken, note } of leftOut) {
    if (!operations.includes(operation)) continue;
    const given = valuesAt(request, path).filter((value) => value !== undefined && value !== null);
    if (given.every((value) => JSON.stringify(value) === taken)) continue;
    const only = taken === null ? "" : ` Only ${taken} is taken.`;
    throw invalid(`Millrace does not carry out ${path.join(".")} of ${operation}: ${note}${only} (docs/honoured.md)`);
  }
}

function valuesAt(request: Members, [member, inner]: LeftOut["path"]): readonly unknown[] {
  const value = request[member];
  if (inner === undefined) return [value];
  return Array.isArray(value) ? value.map((each: unknown) => Reflect.get(Object(each), inner)) : [];
}
