// A topic in memory with its consumer group under the world's clock (src/ports/group-source.ts): logs, members that come and go, foreign
// ones among them, committed places, a broker that goes away, and a list of what was asked of it against the port's rules. It knows nothing
// of batches: what it says is what a broker would see.
//
// V1  The group's assignment changes at an instant; members are told of it a while later. A commit counts by who owns the partition when it
//     arrives (K4).
// V2  A member is told of a partition after whoever had it can commit nothing more of it: it begins at what was committed by then.
// V3  A position of a log holds a record, or nothing (what transactions and compaction leave).

import type { PartitionEpoch, Rec } from "../core/record.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitAnswer, GroupSource, Place, PlacesAnswer } from "../ports/group-source.ts";
import type { Position, SourceProblem, Start, UnitId } from "../ports/source.ts";
import { endOf, type Log, type TopicFates, type WrittenRecord } from "./virtual-log.ts";
import { createVirtualMember, type VirtualMember } from "./virtual-member.ts";

export interface VirtualTopicOptions<R extends Rec, V> {
  readonly clock: Clock;
  readonly topic: string;
  readonly partitionCount: number;
  readonly fates: TopicFates;
  readonly headBytesOf: (unit: UnitId) => number;
  readonly record: (written: WrittenRecord<V>) => R;
  /** Of each log. */
  readonly firstOffset?: bigint;
}

export interface SeenCommit {
  readonly atMs: number;
  readonly unit: UnitId;
  /** As Kafka has it: the next one to be read. */
  readonly offset: bigint;
}

export interface VirtualTopic<R extends Rec, V> {
  /** Null: a position without a record. */
  produce(partition: number, values: readonly (V | null)[], more?: { readonly atMs: number }): void;
  /** Members are told when they look the next time, as by the client's metadata: after `afterMs`. */
  addPartition(afterMs: number): void;
  /** What is before this offset has left the log. */
  trim(partition: number, before: bigint): void;
  /** Deleted and made anew, empty. What the group has committed stays. */
  remake(): void;
  /** Its topic is not there until `appear`. */
  disappear(): void;
  appear(): void;
  /** Somebody else's consumer joins the group, and leaves it. It reads nothing. */
  joinForeign(): void;
  leaveForeign(): void;
  /** No word passes until `comeBack`; `isForgotten`: the group has then thrown its members out. */
  goAway(): void;
  comeBack(isForgotten: boolean): void;
  setCommitted(partition: number, offset: bigint): void;
  committed(): ReadonlyMap<UnitId, bigint>;
  commits(): readonly SeenCommit[];
  endOf(partition: number): bigint;
  source(): GroupSource<R>;
  /** The process of this source is dead: the group learns it at once, and nothing is told or taken any more. */
  kill(source: GroupSource<R>): void;
  violations(): readonly string[];
}

const AWAY: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error. Please check your event source connection configuration.",
  detail: "no broker answers",
};
const MISSING: SourceProblem = { ...AWAY, code: "missing", detail: "the topic is not there" };

export function createVirtualTopic<R extends Rec, V>(options: VirtualTopicOptions<R, V>): VirtualTopic<R, V> {
  const { clock, topic, fates } = options;
  const firstOffset = options.firstOffset ?? 0n;
  const logs: Log<V>[] = [];
  const committed = new Map<UnitId, bigint>();
  const commits: SeenCommit[] = [];
  const violations: string[] = [];
  /** In the order of joining; null: a foreign one. */
  let members: { readonly source: object | null; readonly member: VirtualMember<R, V> | null }[] = [];
  /** Who has a partition now, by its epoch. */
  const owners = new Map<UnitId, number>();
  const killed = new Set<object>();
  let epochCount = 0;
  let isAway = false;
  let isThere = true;

  const after = (act: () => void): void => void clock.wakeAt(clock.nowMs() + fates.delayMs(), act);
  const problemNow = (): SourceProblem | null => (isAway ? AWAY : isThere ? null : MISSING);

  for (let index = 0; index < options.partitionCount; index += 1) addLog();

  function addLog(): void {
    logs.push({ unit: `${topic}-${logs.length}`, startOffset: firstOffset, entries: [] });
  }

  function ownMembers(): readonly VirtualMember<R, V>[] {
    return members.flatMap(({ member }) => member ?? []);
  }

  /** Shares the partitions out, one after the other. */
  function rebalance(): void {
    const shares = new Map(members.map((each) => [each, [] as number[]]));
    if (isThere)
      for (const partition of logs.keys()) {
        const owner = members[partition % Math.max(1, members.length)];
        if (owner !== undefined) shares.get(owner)?.push(partition);
      }
    for (const [{ member }, partitions] of shares) {
      if (member === null) for (const partition of partitions) owners.delete(logs[partition]?.unit ?? "");
      else share(member, partitions);
    }
  }

  function share(member: VirtualMember<R, V>, partitions: readonly number[]): void {
    const isKept = fates.isMemberKept();
    const lost = member.partitions().filter((each) => !isKept || !partitions.includes(each));
    const kept = member.partitions().filter((each) => !lost.includes(each));
    const won = partitions.filter((each) => !kept.includes(each));
    member.lose(lost);
    const epochs = won.flatMap((partition) => {
      const log = logs[partition];
      if (log === undefined) return [];
      const epoch: PartitionEpoch = { unit: log.unit, epoch: ++epochCount, headBytes: options.headBytesOf(log.unit) };
      owners.set(log.unit, epoch.epoch);
      return [{ partition, epoch }];
    });
    member.win(epochs);
  }

  function commit(places: readonly Place[]): CommitAnswer {
    if (isAway || !isThere || fates.isCommitFailed()) return { kind: "failed", detail: "told to" };
    const ended: PartitionEpoch[] = [];
    for (const { partition, place } of places) {
      if (owners.get(partition.unit) !== partition.epoch) {
        ended.push(partition);
        continue;
      }
      const offset = BigInt(place) + 1n;
      committed.set(partition.unit, offset);
      commits.push({ atMs: clock.nowMs(), unit: partition.unit, offset });
    }
    return { kind: "kept", ended };
  }

  function placesFor(start: Start): PlacesAnswer {
    const problem = problemNow();
    if (problem !== null) return { kind: "problem", problem };
    const places = logs
      .filter(({ unit }) => !committed.has(unit))
      .map((log) => ({ unit: log.unit, after: placeIn(log, start) }));
    return { kind: "places", places };
  }

  function wake(): void {
    for (const member of ownMembers()) member.wake();
  }

  function leave(member: VirtualMember<R, V>): void {
    members = members.filter((each) => each.member !== member);
    for (const partition of member.partitions()) owners.delete(logs[partition]?.unit ?? "");
    rebalance();
  }

  function source(): GroupSource<R> {
    const made: GroupSource<R> = {
      places: (start) => new Promise((resolve) => after(() => resolve(placesFor(start)))),
      open(_index, { startOf }) {
        const member: VirtualMember<R, V> = createVirtualMember({
          clock,
          fates,
          logs,
          violations,
          committed,
          problem: problemNow,
          isDead: () => killed.has(made),
          startOf,
          record: options.record,
          commit,
          leave: () => leave(member),
        });
        if (killed.has(made)) return member.port;
        members.push({ source: made, member });
        after(rebalance);
        return member.port;
      },
      unread: (startOf = () => null) =>
        new Promise((resolve) =>
          after(() => {
            const counts = logs.map((log): [UnitId, number] => {
              const start = startOf(log.unit);
              const from = committed.get(log.unit) ?? (start === null ? log.startOffset : BigInt(start) + 1n);
              return [log.unit, Number(endOf(log) - from)];
            });
            resolve(problemNow() === null ? new Map(counts) : null);
          }),
        ),
      close: () => Promise.resolve(),
    };
    return made;
  }

  return {
    produce(partition, values, more) {
      const log = logs[partition];
      for (const value of values) log?.entries.push({ value, atMs: more?.atMs ?? clock.nowMs() });
      wake();
    },
    addPartition(afterMs) {
      addLog();
      clock.wakeAt(clock.nowMs() + afterMs, rebalance);
    },
    trim(partition, before) {
      const log = logs[partition];
      if (log === undefined) return;
      log.entries.splice(0, Number(before - log.startOffset));
      log.startOffset = before;
      wake();
    },
    remake() {
      for (const log of logs) {
        log.entries.length = 0;
        log.startOffset = 0n;
      }
      wake();
    },
    disappear() {
      isThere = false;
      wake();
    },
    appear() {
      isThere = true;
      rebalance();
      wake();
    },
    joinForeign() {
      members.push({ source: null, member: null });
      rebalance();
    },
    leaveForeign() {
      const index = members.findIndex(({ member }) => member === null);
      if (index >= 0) members.splice(index, 1);
      rebalance();
    },
    goAway() {
      isAway = true;
      wake();
    },
    comeBack(isForgotten) {
      isAway = false;
      if (isForgotten) {
        for (const member of ownMembers()) member.lose(member.partitions());
        rebalance();
      }
      wake();
    },
    setCommitted(partition, offset) {
      committed.set(`${topic}-${partition}`, offset);
    },
    committed: () => committed,
    commits: () => commits,
    endOf: (partition) => (logs[partition] === undefined ? 0n : endOf(logs[partition])),
    source,
    kill(dead) {
      killed.add(dead);
      for (const { source: of, member } of members) if (of === dead && member !== null) leave(member);
    },
    violations: () => violations,
  };
}

/** The place behind which a start begins. */
function placeIn(log: Log<unknown>, start: Start): Position | null {
  const behind = (offset: bigint): Position | null => (offset <= 0n ? null : String(offset - 1n));
  switch (start.kind) {
    case "trimHorizon":
      return behind(log.startOffset);
    case "latest":
      return behind(endOf(log));
    case "atTimestamp": {
      const index = log.entries.findIndex(({ atMs }) => atMs >= start.atMs);
      return behind(index < 0 ? endOf(log) : log.startOffset + BigInt(index));
    }
    case "after":
      return start.position;
  }
}
