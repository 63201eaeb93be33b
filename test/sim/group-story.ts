// A drawn story of a mapping on a topic: the production runner and core under the world's time, a group that rebalances, a broker that goes
// away, commits that fail, a process that dies, a function that fails in every way. First faults, then all is well and everything must
// come to its end. It writes down what went in and what came out, and judges nothing: group-checkers.ts does.

import { STARTS_AT_MS, type SeenCall, type Told, type ToldGroup, tellGroup } from "../runtime/group/told-group.ts";
import { createSeededRandom, type SeededRandom } from "../../src/sim/seeded-random.ts";

const FAULTS_LAST_MS = 120_000;
const HEALED_LASTS_MS = 1_800_000;

export interface DoneCall extends SeenCall {
  /** By partition, the offsets that it ended well with; none where the process died before it ended. */
  readonly done: Readonly<Record<string, readonly number[]>>;
  readonly endsAtMs: number;
}

export interface Commit {
  readonly atMs: number;
  readonly unit: string;
  readonly offset: number;
}

export interface GroupNotes {
  readonly calls: readonly DoneCall[];
  readonly commits: readonly Commit[];
  /** Instants from which on a partition's places may be read a second time: a rebalance, a crash, a session that was forgotten. */
  readonly disturbedAtMs: readonly number[];
  /** By partition, what must be delivered. */
  readonly wanted: Readonly<Record<string, readonly number[]>>;
  /** By partition, how long its log is. */
  readonly ends: Readonly<Record<string, number>>;
  readonly batchSize: number;
  readonly isMixing: boolean;
  /** What the topic has to say against what was asked of it. */
  readonly violations: readonly string[];
  readonly hasStopped: boolean;
  readonly digest: string;
}

export async function tellGroupStory(seed: number): Promise<GroupNotes> {
  const random = createSeededRandom(seed);
  const share = random.pick("share of faults", [0, 0.1, 0.35]);
  const batchSize = random.between("batch size", 1, 9);
  const isMixing = random.happens("mixing", 0.7);
  const isReporting = random.happens("reporting", 0.5);
  const partialAnswers = random.pick("partial answers", ["checkpoint", "items"]);
  const pollerCount = random.pick("pollers", [1, 1, 2, 3]);
  const isFiltering = random.happens("filters", 0.4);
  const isWanted = (text: string): boolean => !isFiltering || Number(text.slice(1)) % 5 !== 2;
  const answers = new Map<SeenCall, Told>();
  const disturbedAtMs: number[] = [];
  const diesAtMs: number[] = [];
  const ends: Record<string, number> = {};
  const wanted: Record<string, number[]> = {};

  const group: ToldGroup = tellGroup({
    partitionCount: random.between("partitions", 1, 5),
    lane: {
      batchSize,
      windowMs: random.pick("window", [0, 0, 500, 5_000]),
      isBisecting: random.happens("bisecting", 0.4),
      isReporting,
    },
    group: {
      callsAPoller: random.between("calls", 1, 5),
      leastPollerCount: pollerCount,
      mostPollerCount: pollerCount,
      isMixing,
      partialAnswers,
    },
    ...(isFiltering ? { filter: isWanted } : {}),
    tookMs: () => random.between("took", 0, 3_000),
    handler(call) {
      const told = areFaultsOn() ? drawnAnswer(call, random, { share, isReporting }) : "ok";
      answers.set(call, told);
      return told;
    },
    fates: {
      delayMs: () => random.between("delay", 0, 40),
      isCommitFailed: () => areFaultsOn() && random.happens("commit failed", share),
      isMemberKept: () => !areFaultsOn() || !random.happens("new member", 0.3),
    },
  });
  const { clock, topic } = group;
  const nowMs = (): number => clock.nowMs() - STARTS_AT_MS;
  function areFaultsOn(): boolean {
    return nowMs() < FAULTS_LAST_MS;
  }

  let mapping = group.mapping();
  mapping.runner.start();
  const at = (ms: number, act: () => void): void => void clock.wakeAt(STARTS_AT_MS + ms, act);
  const disturb = (act: () => void) => () => {
    disturbedAtMs.push(nowMs());
    act();
  };

  let partitionCount = 0;
  const produce = (partition: number): void => {
    const unit = `t-${partition}`;
    const from = ends[unit] ?? 0;
    const count = random.between("produced", 1, 12);
    const texts = Array.from({ length: count }, (_, index) =>
      random.happens("empty", 0.1) ? null : `v${from + index}`,
    );
    ends[unit] = from + count;
    wanted[unit] = [
      ...(wanted[unit] ?? []),
      ...texts.flatMap((text, index) => (text !== null && isWanted(text) ? [from + index] : [])),
    ];
    topic.produce(partition, texts);
  };
  for (let partition = 0; group.hasPartition(partition); partition += 1) {
    partitionCount += 1;
    for (let times = random.between("times", 1, 6); times > 0; times -= 1)
      at(random.between("produced at", 0, 100_000), () => produce(partition));
  }
  if (random.happens("grows", 0.3)) {
    const added = partitionCount;
    at(random.between("grown at", 0, 80_000), () => {
      const afterMs = random.between("seen after", 0, 20_000);
      disturbedAtMs.push(nowMs() + afterMs);
      topic.addPartition(afterMs);
    });
    for (let times = 0; times < 3; times += 1) at(90_000 + times, () => produce(added));
  }
  if (share > 0) {
    let foreignCount = 0;
    for (let times = random.between("rebalances", 0, 8); times > 0; times -= 1)
      at(
        random.between("rebalanced at", 0, FAULTS_LAST_MS - 1),
        disturb(() => {
          if (foreignCount > 0 && random.happens("leaves", 0.6)) {
            foreignCount -= 1;
            topic.leaveForeign();
          } else {
            foreignCount += 1;
            topic.joinForeign();
          }
        }),
      );
    at(
      FAULTS_LAST_MS,
      disturb(() => {
        while (foreignCount-- > 0) topic.leaveForeign();
      }),
    );
    if (random.happens("away", 0.5)) {
      const from = random.between("away from", 0, 90_000);
      at(from, () => topic.goAway());
      at(
        from + random.between("away for", 0, 29_000),
        disturb(() => topic.comeBack(random.happens("forgotten", 0.5))),
      );
    }
    if (random.happens("dies", 0.5))
      at(
        random.between("dies at", 0, 110_000),
        disturb(() => {
          diesAtMs.push(nowMs());
          mapping.kill();
          mapping = group.mapping();
          mapping.runner.start();
        }),
      );
  }
  await group.pass(FAULTS_LAST_MS + HEALED_LASTS_MS);
  mapping.runner.stop({ isDelete: false, graceMs: 60_000 });
  await group.pass(60_000);
  const digest = group.digest();
  return {
    calls: group.calls.map((call) => doneCall(call, answers.get(call) ?? "throws", { diesAtMs, partialAnswers })),
    commits: topic
      .commits()
      .map(({ atMs, unit, offset }) => ({ atMs: atMs - STARTS_AT_MS, unit, offset: Number(offset) })),
    // A member of our own that joins or leaves is a rebalance, too.
    disturbedAtMs: [...disturbedAtMs, ...group.facts("scaled").map(({ atMs }) => atMs - STARTS_AT_MS)],
    wanted,
    ends,
    batchSize,
    isMixing,
    violations: topic.violations(),
    hasStopped: group.heard.includes("stopped"),
    digest,
  };
}

function drawnAnswer(
  { offsets }: SeenCall,
  random: SeededRandom,
  { share, isReporting }: { readonly share: number; readonly isReporting: boolean },
): Told {
  if (random.happens("throttled", share)) return "throttled";
  if (random.happens("throws", share)) return "throws";
  if (!isReporting || !random.happens("reports", 2 * share)) return "ok";
  const failures = Object.entries(offsets).flatMap(([partition, list]) =>
    list.filter(() => random.happens("reported", 0.3)).map((offset) => ({ itemIdentifier: { partition, offset } })),
  );
  return { json: JSON.stringify({ batchItemFailures: failures }) };
}

/** What an answer ended well, by the rules' own words (M-411, M-412), and not by what was made of it. */
function doneCall(
  call: SeenCall,
  told: Told,
  {
    diesAtMs,
    partialAnswers,
  }: { readonly diesAtMs: readonly number[]; readonly partialAnswers: "checkpoint" | "items" },
): DoneCall {
  const endsAtMs = call.atMs + call.tookMs;
  const deathAtMs = diesAtMs.find((atMs) => atMs >= call.atMs && atMs <= endsAtMs);
  if (deathAtMs !== undefined) return { ...call, endsAtMs: deathAtMs, done: {} };
  if (told === "throws" || told === "throttled") return { ...call, endsAtMs, done: {} };
  if (told === "ok") return { ...call, endsAtMs, done: call.offsets };
  const answer: {
    readonly batchItemFailures: readonly { readonly itemIdentifier: { partition: string; offset: number } }[];
  } = JSON.parse(told.json);
  const done = Object.entries(call.offsets).map(([unit, offsets]): [string, readonly number[]] => {
    const failed = answer.batchItemFailures
      .filter(({ itemIdentifier }) => itemIdentifier.partition === unit)
      .map(({ itemIdentifier }) => itemIdentifier.offset);
    const lowest = Math.min(...failed);
    return [unit, offsets.filter((each) => (partialAnswers === "items" ? !failed.includes(each) : each < lowest))];
  });
  return { ...call, endsAtMs, done: Object.fromEntries(done) };
}
