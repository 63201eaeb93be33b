// Any mapping on a queue, whatever its function and the queue's store do: laws over stories drawn from seeds.

import { expect, test } from "vitest";
import type { Queues } from "../../../src/ports/queues.ts";
import { MillraceError } from "../../../src/errors.ts";
import { createSeededRandom } from "../../../src/sim/seeded-random.ts";
import { aToldQueue, fine, reporting, type SeenCall, throwing, type ToldQueue } from "./told-queue.ts";

const SEEDS = 20;
const FAULTS_UNTIL_SECONDS = 120;

interface Story {
  readonly mapping: ToldQueue;
  readonly isFifo: boolean;
  readonly isReporting: boolean;
  readonly batchSize: number;
  readonly most: number;
  readonly sent: readonly string[];
  readonly done: readonly string[];
}

async function told(seed: number): Promise<Story> {
  const random = createSeededRandom(seed);
  const isFifo = random.happens("shape", 0.5);
  const isReporting = random.happens("shape", 0.5);
  const hasFilter = random.happens("shape", 0.3);
  const windowMs = isFifo ? 0 : random.pick("shape", [0, 0, 1_000, 7_000]);
  const batchSize = windowMs === 0 ? random.between("shape", 1, 10) : random.between("shape", 1, 40);
  const maximumConcurrency = random.pick("shape", [null, 2, 3]);
  const sent = Array.from({ length: 60 }, (_, index) => `${random.pick("groups", ["a", "b", "c"])}${index}`);
  const done: string[] = [];
  let seconds = 0;
  const flaky = (queues: Queues): Queues => ({
    ...queues,
    receive: (...asked) => (fails() ? down() : queues.receive(...asked)),
    deleteMany: (...asked) => (fails() ? down() : queues.deleteMany(...asked)),
    changeVisibility: (...asked) => (fails() ? down() : queues.changeVisibility(...asked)),
    changeVisibilityMany: (...asked) => (fails() ? down() : queues.changeVisibilityMany(...asked)),
  });
  const isFaulty = (): boolean => seconds < FAULTS_UNTIL_SECONDS;
  const fails = (): boolean => isFaulty() && random.happens("store", 0.05);
  const down = (): Promise<never> => Promise.reject(new MillraceError("source-unreachable", "a fault of the test"));
  const handle = (call: SeenCall) => {
    seconds = call.atSeconds;
    const took = { seconds: random.between("took", 0, 3) };
    if (isFaulty() && random.happens("handler", 0.3)) return throwing(took.seconds);
    if (!isFaulty() || !isReporting || random.happens("handler", 0.5)) {
      done.push(...call.bodies);
      return { ...fine, ...took };
    }
    // As a FIFO handler is asked to: from the first that failed on.
    const from = random.between("handler", 0, call.bodies.length);
    const failed = call.bodies.slice(from);
    done.push(...call.bodies.slice(0, from));
    return { ...reporting(call, ...failed), ...took };
  };
  const mapping = await aToldQueue(handle, {
    isFifo,
    lane: { batchSize, windowMs, isReporting },
    queue: { maximumConcurrency },
    settings: { visibilityMs: 20_000 },
    filterPatterns: hasFilter ? [JSON.stringify({ body: [{ "anything-but": sent.slice(0, 5) }] })] : [],
    isThrottled: (at) => at < FAULTS_UNTIL_SECONDS && random.happens("throttle", 0.2),
    around: flaky,
  });
  for (const body of sent) {
    await mapping.send(body);
    await mapping.pass(random.between("gaps", 0, 2));
  }
  await mapping.pass(600);
  const passing = hasFilter ? sent.slice(5) : sent;
  return { mapping, isFifo, isReporting, batchSize, most: maximumConcurrency ?? 1_250, sent: passing, done };
}

const total = (counts: readonly number[]): number => counts.reduce((sum, each) => sum + each, 0);
const byGroup = (bodies: readonly string[], group: string): readonly string[] =>
  [...new Set(bodies)].filter((body) => body.startsWith(group));

test.each(Array.from({ length: SEEDS }, (_, index) => index + 1))(
  "T-161, T-162, Q2: seed %i: everything ends well once faults are over, every receive is accounted for, and limits hold",
  async (seed) => {
    const { mapping, isFifo, batchSize, most, sent, done } = await told(seed);
    expect(await mapping.left()).toEqual({ visible: 0, hidden: 0 });
    expect([...new Set(done)].sort()).toEqual([...sent].sort());
    const read = total(mapping.facts("read").map(({ recordCount }) => recordCount));
    const deleted = total(mapping.facts("deleted").map(({ recordCount, missedCount }) => recordCount + missedCount));
    const returned = total(mapping.facts("returned").map(({ recordCount }) => recordCount));
    expect(deleted + returned).toBe(read);
    expect(Math.max(...mapping.seen().map(({ bodies }) => bodies.length))).toBeLessThanOrEqual(batchSize);
    expect(mapping.mostAtOnce()).toBeLessThanOrEqual(most);
    // In the order of sending: what ended first of a group's messages came first.
    const groups = isFifo ? ["a", "b", "c"] : [];
    expect(groups.map((group) => byGroup(done, group))).toEqual(groups.map((group) => byGroup(sent, group)));
  },
);
