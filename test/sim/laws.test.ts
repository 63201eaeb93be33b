import { describe, expect, test } from "vitest";
import type { Answer, Call } from "../../src/ports/invoker.ts";
import type { Read } from "../../src/ports/source.ts";
import { allCheckers } from "../../src/sim/checkers/all-checkers.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { drawStory, faultKinds, type Story } from "../../src/sim/story.ts";
import { runStory, type WorldPorts } from "../../src/sim/story-runner.ts";

type Plant = (ports: WorldPorts, story: Story) => WorldPorts;

async function problemsOf(seed: number, plant: Plant = (ports) => ports): Promise<readonly string[]> {
  const random = createSeededRandom(seed);
  const story = drawStory(seed, random);
  const run = await runStory(story, random, (ports) => plant(ports, story));
  return allCheckers.flatMap((checker) => checker.check(run.history).map((problem) => `${checker.name}: ${problem}`));
}

/** Names of the checkers that catch the planted fault, by the first seed that shows it. */
async function caughtBy(plant: Plant, mostSeeds = 1_000): Promise<ReadonlyMap<string, number>> {
  const caught = new Map<string, number>();
  for (let seed = 1; seed <= mostSeeds && caught.size < 1; seed++)
    for (const problem of await problemsOf(seed, plant)) {
      const name = problem.slice(0, problem.indexOf(":"));
      if (!caught.has(name)) caught.set(name, seed);
    }
  return caught;
}

const cutCall = (call: Call, change: (records: unknown[]) => unknown[]): Call => ({
  ...call,
  text: () => {
    const event: { Records: unknown[] } = JSON.parse(call.text());
    return JSON.stringify({ Records: change(event.Records) });
  },
});

describe("the laws of the pipeline, T-160 to T-165, over stories with faults", () => {
  test("2,000 seeds: nothing lost, order kept, no commit past a gap, limits kept, progress once healed", async () => {
    const problems: string[] = [];
    for (let seed = 1; seed <= 2_000; seed++)
      for (const problem of await problemsOf(seed)) problems.push(`seed ${seed}: ${problem}`);
    expect(problems).toEqual([]);
  });

  test("each kind of fault befalls some stories and spares others", () => {
    const drawn = Array.from({ length: 50 }, (_, seed) => drawStory(seed, createSeededRandom(seed)).faults);
    const counts = faultKinds.map((kind) => drawn.filter((faults) => faults.has(kind)).length);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(Math.max(...counts)).toBeLessThan(50);
  });

  test("one seed is one run: the journal's digest is the same twice, and another seed's differs", async () => {
    const digestOf = async (seed: number): Promise<string> => {
      const random = createSeededRandom(seed);
      return (await runStory(drawStory(seed, random), random)).digest;
    };
    const first = await digestOf(7);
    expect(first).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await digestOf(7)).toBe(first);
    expect(await digestOf(8)).not.toBe(first);
  });
});

describe("each checker catches the fault that it is there for, within 1,000 seeds", () => {
  test("T-161: a batch whose last record never reaches the function", async () => {
    const caught = await caughtBy((ports) => ({
      ...ports,
      invoker: {
        invoke: (call, signal) =>
          ports.invoker.invoke(call.recordCount > 1 ? cutCall(call, (records) => records.slice(0, -1)) : call, signal),
      },
    }));
    expect([...caught.keys()]).toContain("nothing lost");
  });

  test("T-162: a call that holds its records backwards", async () => {
    const caught = await caughtBy((ports) => ({
      ...ports,
      invoker: {
        invoke: (call, signal) =>
          ports.invoker.invoke(
            cutCall(call, (all) => all.toReversed()),
            signal,
          ),
      },
    }));
    expect([...caught.keys()]).toContain("order kept");
  });

  test("T-160: a checkpoint that is written one read ahead of what has ended", async () => {
    const caught = await caughtBy((ports) => {
      let ahead = "";
      const positions = (read: Read<KinesisRecord>): Read<KinesisRecord> => {
        if (read.kind === "records" && read.records.length > 0) ahead = String(read.records.at(-1)?.entryId ?? ahead);
        return read;
      };
      return {
        ...ports,
        source: {
          ...ports.source,
          open(unit, after, options) {
            const reader = ports.source.open(unit, after, options);
            return { ...reader, read: (room, signal) => reader.read(room, signal).then(positions) };
          },
        },
        checkpoints: {
          ...ports.checkpoints,
          save: (unit, checkpoint) => {
            const [ms = "", counter = ""] = ahead.split("-");
            const after = `49${ms.padStart(20, "0")}${counter.padStart(20, "0")}`;
            const isAhead = checkpoint.after !== null && ahead !== "" && after > checkpoint.after;
            return ports.checkpoints.save(unit, isAhead ? { ...checkpoint, after } : checkpoint);
          },
        },
      };
    });
    expect([...caught.keys()]).toContain("no commit past a gap");
  });

  test("T-164: a call that holds a record too many", async () => {
    const caught = await caughtBy((ports, story) => ({
      ...ports,
      invoker: {
        invoke: (call, signal) =>
          ports.invoker.invoke(
            call.recordCount === story.spec.lane.batchSize
              ? cutCall(call, ([first, ...rest]) => [first, first, ...rest])
              : call,
            signal,
          ),
      },
    }));
    expect([...caught.keys()]).toContain("limits kept");
  });

  test("E-61: a batch that is handed to the function twice at once", async () => {
    const caught = await caughtBy((ports) => ({
      ...ports,
      invoker: {
        invoke: async (call, signal): Promise<Answer> => {
          const [answer] = await Promise.all([ports.invoker.invoke(call, signal), ports.invoker.invoke(call, signal)]);
          return answer;
        },
      },
    }));
    expect([...caught.keys()]).toContain("concurrency kept");
  });

  test("T-165: a document that is sent twice", async () => {
    const caught = await caughtBy((ports) => ({
      ...ports,
      reporter: { send: (report) => ports.reporter.send(report).then(() => ports.reporter.send(report)) },
    }));
    expect([...caught.keys()]).toContain("every give-up reported once");
  });

  test("a checkpoint that never moves is no progress", async () => {
    const caught = await caughtBy((ports) => ({
      ...ports,
      checkpoints: {
        ...ports.checkpoints,
        save: (unit, checkpoint) =>
          ports.checkpoints.save(unit, unit.startsWith("shardId") ? { ...checkpoint, after: null } : checkpoint),
      },
    }));
    expect([...caught.keys()]).toContain("progress once healed");
  });
});
