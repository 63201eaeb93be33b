// How fast the filter is, by kind of operator: text in, a verdict out, one event after another on one thread. Each event is a
// payload of about 1 KB as a Kinesis record brings it; scanning its text is included, making the text from bytes is not.
// Run alone: npx node bench/filter.ts [--quick]

import { pathToFileURL } from "node:url";
import { compileFilters } from "../src/core/filter/compile-filters.ts";
import type { FilterView } from "../src/core/filter/filter-view.ts";
import { createRecordFilter } from "../src/core/filter/record-filter.ts";

export interface FilterRow {
  readonly operator: string;
  /** Events a second: median, lowest and highest of the rounds. */
  readonly medianPerSecond: number;
  readonly lowestPerSecond: number;
  readonly highestPerSecond: number;
  readonly rounds: number;
}

export interface FilterBenchOptions {
  /** At least 5. */
  readonly rounds: number;
  readonly roundMs: number;
}

const OPERATORS: readonly (readonly [string, unknown])[] = [
  ["metadata only, payload unread", { partitionKey: ["customer-1"] }],
  ["exact string", { data: { status: ["paid", "sent"] } }],
  ["exact number", { data: { quantity: [3] } }],
  ["numeric range", { data: { total: [{ numeric: [">=", 100, "<", 500] }] } }],
  ["prefix", { data: { sku: [{ prefix: "AB-" }] } }],
  ["suffix", { data: { sku: [{ suffix: "-XL" }] } }],
  ["equals-ignore-case", { data: { status: [{ "equals-ignore-case": "PAID" }] } }],
  ["anything-but list", { data: { status: [{ "anything-but": ["draft", "void"] }] } }],
  ["exists false", { data: { cancelledAt: [{ exists: false }] } }],
  ["wildcard, two stars", { data: { sku: [{ wildcard: "AB-*-red-*" }] } }],
  ["cidr", { data: { address: [{ cidr: "10.0.0.0/8" }] } }],
  ["$or of two fields", { data: { $or: [{ status: ["void"] }, { quantity: [3] }] } }],
  ["array of objects, two fields", { data: { lines: { sku: ["line-7"], count: [7] } } }],
  [
    "five members at once",
    {
      data: {
        status: ["paid"],
        quantity: [3],
        sku: [{ prefix: "AB-" }],
        customer: { tier: ["gold"] },
        address: [{ exists: true }],
      },
    },
  ],
];

/** Rounds are interleaved over the operators, so that a slow moment of the machine hits all of them alike. */
export function measureFilter(options: FilterBenchOptions): readonly FilterRow[] {
  const events = Array.from({ length: 256 }, (_, index) => anEvent(index));
  const runs = OPERATORS.map(([operator, pattern]) => {
    const compiled = compileFilters([JSON.stringify(pattern)], "kinesis");
    if (compiled.kind !== "filters") {
      throw new Error(`the pattern of ${operator} is not taken`);
    }
    return { operator, filter: createRecordFilter(compiled), rates: new Array<number>() };
  });
  for (let round = -1; round < options.rounds; round += 1) {
    for (const run of runs) {
      const rate = eventsPerSecond(run.filter, events, options.roundMs);
      // Round -1 only warms up.
      if (round >= 0) {
        run.rates.push(rate);
      }
    }
  }
  return runs.map(({ operator, rates }) => {
    const sorted = rates.toSorted((one, other) => one - other);
    return {
      operator,
      medianPerSecond: sorted[Math.floor(sorted.length / 2)] ?? 0,
      lowestPerSecond: sorted[0] ?? 0,
      highestPerSecond: sorted[sorted.length - 1] ?? 0,
      rounds: rates.length,
    };
  });
}

function eventsPerSecond(
  filter: (view: FilterView) => boolean,
  events: readonly FilterView[],
  roundMs: number,
): number {
  const startMs = performance.now();
  let count = 0;
  let elapsedMs = 0;
  while (elapsedMs < roundMs) {
    for (const event of events) {
      filter(event);
    }
    count += events.length;
    elapsedMs = performance.now() - startMs;
  }
  return (count / elapsedMs) * 1_000;
}

function anEvent(index: number): FilterView {
  const order = {
    orderId: `order-${index}`,
    status: index % 2 === 0 ? "paid" : "draft",
    quantity: index % 5,
    total: 100 + index * 1.25,
    sku: `AB-${index}-red-${index % 3 === 0 ? "XL" : "M"}`,
    address: `10.0.${index % 256}.7`,
    customer: { id: `customer-${index}`, tier: index % 4 === 0 ? "gold" : "plain", tags: ["new", "web"] },
    lines: Array.from({ length: 8 }, (_, line) => ({ sku: `line-${line}`, count: line === index % 8 ? line : 0 })),
    note: "x".repeat(380),
    createdAt: "2025-11-25T04:28:00.000Z",
  };
  const metadata = {
    partitionKey: `customer-${index % 3}`,
    sequenceNumber: `49${String(index).padStart(40, "0")}`,
    kinesisSchemaVersion: "1.0",
    approximateArrivalTimestamp: 1_764_044_880.5,
  };
  return { metadata, dataMember: "data", dataText: JSON.stringify(order) };
}

export function filterRowText(row: FilterRow): string {
  const figure = (value: number) => Math.round(value).toLocaleString("en").padStart(11);
  return `${row.operator.padEnd(32)}${figure(row.medianPerSecond)}   (${figure(row.lowestPerSecond).trim()} to ${figure(row.highestPerSecond).trim()}, ${row.rounds} rounds)`;
}

const entry = process.argv[1];
if (entry !== undefined && import.meta.url === pathToFileURL(entry).href) {
  const isQuick = process.argv.includes("--quick");
  process.stdout.write(`filter: events a second, text in, payload of ${anEvent(0).dataText?.length ?? 0} characters\n`);
  for (const row of measureFilter({ rounds: 5, roundMs: isQuick ? 40 : 400 })) {
    process.stdout.write(`${filterRowText(row)}\n`);
  }
}
