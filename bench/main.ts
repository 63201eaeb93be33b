// `npm run bench`: runs the rows, prints what each measures and what it leaves out, and compares with the stored baseline.
// Figures are reported, never asserted: the exit code says only whether the run went through.
//
//   --quick        ends within a minute: smaller cells, fewer figures to trust
//   --only NAME    only the rows whose name holds NAME (several times: any of them)
//   --batch N      of the road, only the cells with this batch size (several times: any of them); all counts are full then
//   --shards N     the same for the number of shards
//   --json FILE    writes the result as JSON ("-": to stdout, and the text to stderr)
//   --baseline     stores the result as bench/baseline.json
//   --verbose      each round as it ends

import { writeFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Redis } from "ioredis";
import { startBroker } from "../scripts/brokers/start-broker.ts";
import { type BenchReport, readBaseline, type RowResult, rowText } from "./results.ts";
import { type BenchWorld, rows } from "./rows/all-rows.ts";

const ROUNDS = 5;
const QUICK_ROUNDS = 3;
const BASELINE = fileURLToPath(new URL("baseline.json", import.meta.url));

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
    batch: { type: "string", multiple: true, default: [] },
    shards: { type: "string", multiple: true, default: [] },
    json: { type: "string" },
    baseline: { type: "boolean", default: false },
    verbose: { type: "boolean", default: false },
  },
});
const say = (line: string): void => {
  const out = values.json === "-" ? process.stderr : process.stdout;
  out.write(`${line}\n`);
};

const machine = {
  processor: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 1e9),
  node: process.version,
  platform: `${process.platform} ${process.arch}`,
};
const chosen = rows.filter(({ name, isInQuick }) =>
  values.only.length === 0 ? isInQuick || !values.quick : values.only.some((part) => name.includes(part)),
);
say(`millrace bench${values.quick ? " (quick)" : ""}: ${chosen.map(({ name }) => name).join(", ")}`);
say(`on ${machine.cores} cores of ${machine.processor}, Node ${machine.node}, ${machine.platform}`);
say("each figure: median (lowest–highest) of its rounds");

const startedMs = performance.now();
const broker = await startBroker("redis", { own: true, tell: say });
const redis = new Redis(broker.url);
const baseline = readBaseline(BASELINE);
const results: RowResult[] = [];
try {
  const world: BenchWorld = {
    redis,
    redisUrl: broker.url,
    isQuick: values.quick,
    rounds: values.quick ? QUICK_ROUNDS : ROUNDS,
    batchSizes: values.batch.map(Number),
    shardCounts: values.shards.map(Number),
    tell: values.verbose ? say : () => undefined,
  };
  for (const row of chosen) {
    try {
      const result = await row.measure(world);
      if (result === null) {
        say(`\n${row.name}: not there yet`);
        continue;
      }
      results.push(result);
      say(rowText(result, baseline?.isQuick === values.quick ? baseline : null));
    } catch (error) {
      // One row's failure must not cost the others' figures; the exit code says it.
      process.exitCode = 1;
      say(`\n${row.name}: FAILED: ${error instanceof Error ? error.stack : String(error)}`);
    }
    await redis.flushall();
  }
} finally {
  redis.disconnect();
  await broker.stop();
}
say(`\n${Math.round((performance.now() - startedMs) / 1_000)} s`);

const report: BenchReport = { machine, isQuick: values.quick, rows: results };
const text = `${JSON.stringify(report, null, 2)}\n`;
if (values.json === "-") process.stdout.write(text);
else if (values.json !== undefined) writeFileSync(values.json, text);
if (values.baseline) writeFileSync(BASELINE, text);
