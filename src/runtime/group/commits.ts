// The commits of one member: one at a time, then the newest of each partition. Only of epochs that are ours: a commit that came too late
// would take a partition's place back from whoever has it now (M-806, M-808).
//
// C1  A place is committed only after everything up to it has ended, and never one before another (K5).
// C2  What the broker did not take is committed again, or what is newer by then. Past a stop's grace, or a little after the
//     last call of a stop, it is tried once more at most, and nobody waits long for that: what is not committed is read again.

import { assertNever } from "../../core/assert-never.ts";
import type { PartitionEpoch, Rec } from "../../core/record.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { GroupMember, Place } from "../../ports/group-source.ts";
import type { Position } from "../../ports/source.ts";
import { createGrowingDelay } from "../growing-delay.ts";
import type { LaneContext } from "../mapping-context.ts";

/** Least time between the beginnings of two commits. The first after a quiet while goes at once. */
const COMMIT_DISTANCE_MS = 10;
/** For the broker's last answer. */
const LAST_ANSWER_MS = 2_000;

export interface Commits {
  /** The epoch is read behind this, from where its commits count (M-210). The lowest that is said holds: a place may be beyond the end (M-506). */
  startsBehind(epoch: number, offset: bigint): void;
  due(partition: PartitionEpoch, place: Position): void;
  /** Their epochs are over. */
  forget(epochs: readonly number[]): void;
  /** Sends what is due, unless a commit is out. */
  work(): void;
  /** A stop has waited long enough (C2). */
  hurry(): void;
  /** Nothing is out and nothing is due, or nobody waits for it any longer. */
  isIdle(): boolean;
}

export function createCommits<R extends Rec>(options: {
  readonly context: LaneContext<R>;
  readonly member: GroupMember<R>;
  /** Of the member, in the journal. */
  readonly path: string;
  readonly onIdle: () => void;
}): Commits {
  const { context, member, path } = options;
  const { clock } = context;
  const delay = createGrowingDelay();
  /** By epoch. */
  const next = new Map<number, Place>();
  /** By epoch: the last offset that is committed, or behind which it began. */
  const reached = new Map<number, bigint>();
  let out: Map<number, Place> | null = null;
  let cancelWait: Cancel | null = null;
  let isHurried = false;
  let isLetGo = false;
  let isTroubleTold = false;
  let sentAtMs = Number.NEGATIVE_INFINITY;

  function workAt(atMs: number): void {
    cancelWait = clock.wakeAt(atMs, () => {
      cancelWait = null;
      work();
    });
  }

  function work(): void {
    if (isLetGo) next.clear();
    if (out !== null || cancelWait !== null) return;
    if (next.size === 0) return options.onIdle();
    const nowMs = clock.nowMs();
    // A clock that was put back does not hold a commit.
    if (!isHurried && nowMs >= sentAtMs && nowMs < sentAtMs + COMMIT_DISTANCE_MS)
      return workAt(sentAtMs + COMMIT_DISTANCE_MS);
    sentAtMs = nowMs;
    const sent = new Map(next);
    out = sent;
    next.clear();
    if (isHurried) limitAnswer();
    void member.commit([...sent.values()]).then((answer) => {
      out = null;
      if (isLetGo) return;
      switch (answer.kind) {
        case "kept":
          delay.reset();
          isTroubleTold = false;
          kept(sent, answer.ended);
          return work();
        case "failed":
          return failed(sent);
        default:
          return assertNever(answer);
      }
    });
  }

  function kept(sent: ReadonlyMap<number, Place>, ended: readonly PartitionEpoch[]): void {
    const over = new Set(ended.map(({ epoch }) => epoch));
    for (const { partition, place } of sent.values()) {
      if (over.has(partition.epoch)) continue;
      const offset = BigInt(place);
      const stepCount = Number(offset - (reached.get(partition.epoch) ?? offset));
      reached.set(partition.epoch, offset);
      context.note(`${context.spec.uuid}/${partition.unit}`, { kind: "checkpoint", after: place, stepCount });
    }
  }

  function failed(sent: ReadonlyMap<number, Place>): void {
    const nextTryMs = delay.nextMs();
    if (!isTroubleTold || isHurried)
      context.note(path, { kind: "checkpoint-problem", answer: "failed", nextTryMs: isHurried ? null : nextTryMs });
    isTroubleTold = true;
    if (isHurried) {
      isLetGo = true;
      next.clear();
      return options.onIdle();
    }
    for (const [epoch, place] of sent) if (!next.has(epoch)) next.set(epoch, place);
    workAt(clock.nowMs() + nextTryMs);
  }

  function limitAnswer(): void {
    const sent = out;
    clock.wakeAt(clock.nowMs() + LAST_ANSWER_MS, () => {
      if (sent !== null && sent === out) failed(sent);
    });
  }

  return {
    startsBehind(epoch, offset) {
      const known = reached.get(epoch);
      if (known === undefined || offset < known) reached.set(epoch, offset);
    },
    due(partition, place) {
      next.set(partition.epoch, { partition, place });
    },
    forget(epochs) {
      for (const epoch of epochs) {
        next.delete(epoch);
        out?.delete(epoch);
        reached.delete(epoch);
      }
    },
    work,
    hurry() {
      if (isHurried) return;
      isHurried = true;
      cancelWait?.();
      cancelWait = null;
      if (out === null) work();
      else limitAnswer();
    },
    isIdle: () => isLetGo || (out === null && cancelWait === null && next.size === 0),
  };
}
