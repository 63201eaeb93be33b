// What docs/honoured.md says of tables, made from the list by which calls are judged.

import { leftOut } from "./left-out.ts";

const otherwise: readonly string[] = [
  "**Time to live**: no item is deleted by its time, and UpdateTimeToLive is not offered. Records by the service (D-6) are delivered as they are where another program writes them into a stream in Redis.",
  "**Calls that are not offered** hear the unknown-operation error: backups and point-in-time recovery, PartiQL, global tables, tags, resource policies, import and export, Kinesis as a table's destination, auto scaling.",
  "**Indexes** are made with their table and go with it. A global index shows a write at once, where AWS takes a moment; every read is consistent.",
  "**Throughput**: provisioned units are checked, shown and changed as AWS does it; nothing is measured or throttled. `ReturnConsumedCapacity` is answered from the items' sizes.",
  "**ItemCount, TableSizeBytes** and their like of indexes are always 0: AWS counts them every six hours.",
  "**A table's stream** has one shard, which is never split, and keeps its records for a day. More functions at once: ParallelizationFactor.",
  "**A table's state** passes at once: CREATING, UPDATING and DELETING are answered, and over when they are.",
  "**A Query or Scan** reads items one after the other, as on AWS: it is no picture of one instant. TransactGetItems is.",
  "**Names**: an attribute called `__proto__` is refused.",
  "**Rights and encryption** are not there: see [aws-calls.md](aws-calls.md).",
];

/** Lines of Markdown. */
export function tablesSection(): readonly string[] {
  const rows = leftOut.map(({ operations, path, taken, note }) => {
    const calls = operations.join(", ");
    return `| \`${path.join(".")}\` | ${calls} | ${taken === null ? "nothing" : `\`${taken}\``} | ${note} |`;
  });
  return [
    "## Tables",
    "",
    "Made from `src/tables/left-out.ts` and its neighbour. The calls on tables and items are in [aws-calls.md](aws-calls.md). These members are refused with a",
    "ValidationException that names them, but for the value that says what is so anyway; nothing is stored then.",
    "",
    "| member | of | taken | why |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
    "What else AWS's tables have, and these have not or have in another way:",
    "",
    ...otherwise.map((line) => `- ${line}`),
    "",
  ];
}
