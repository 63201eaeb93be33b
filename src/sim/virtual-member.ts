// A member of a virtual topic's group: what it is told of its partitions, in order, and what it reads of them.

import type { PartitionEpoch, Rec } from "../core/record.ts";
import type { Clock } from "../ports/clock.ts";
import type { CommitAnswer, GroupMember, MemberEvent, Place } from "../ports/group-source.ts";
import type { Lost, Position, SourceProblem, UnitId } from "../ports/source.ts";
import { endOf, type Log, type TopicFates, type WrittenRecord } from "./virtual-log.ts";

/** Positions of a partition that one fetch brings at most. */
const MOST_FETCHED = 40;

export interface VirtualMemberOptions<R extends Rec, V> {
  readonly clock: Clock;
  readonly fates: TopicFates;
  readonly logs: readonly Log<V>[];
  readonly violations: string[];
  readonly committed: ReadonlyMap<UnitId, bigint>;
  readonly problem: () => SourceProblem | null;
  readonly isDead: () => boolean;
  readonly startOf: (unit: UnitId) => Position | null;
  readonly record: (written: WrittenRecord<V>) => R;
  readonly commit: (places: readonly Place[]) => CommitAnswer;
  readonly leave: () => void;
}

export interface VirtualMember<R extends Rec, V> {
  readonly port: GroupMember<R>;
  /** What the group has given it, whether or not it has been told. */
  partitions(): readonly number[];
  lose(partitions: readonly number[]): void;
  win(partitions: readonly { readonly partition: number; readonly epoch: PartitionEpoch }[]): void;
  /** Something may have changed. */
  wake(): void;
  readonly _value?: V;
}

interface Reading {
  readonly partition: number;
  readonly epoch: PartitionEpoch;
  nextOffset: bigint;
  ordinal: number;
  isPaused: boolean;
}

export function createVirtualMember<R extends Rec, V>(options: VirtualMemberOptions<R, V>): VirtualMember<R, V> {
  const { clock, fates, logs, violations } = options;
  /** By the group's word; by what has been told: by epoch. */
  const owned = new Map<number, PartitionEpoch>();
  const told = new Map<number, Reading>();
  const handed = new Map<number, bigint>();
  let events: MemberEvent<R>[] = [];
  let wakeReader: (() => void) | null = null;
  let shownProblem: SourceProblem | null = null;
  let lastWordAtMs = clock.nowMs();
  let isFetching = false;
  let isReading = false;
  let isCommitting = false;
  let isClosed = false;

  /** Words come in order. */
  function afterAWhile(act: () => void): void {
    lastWordAtMs = Math.max(lastWordAtMs, clock.nowMs() + fates.delayMs());
    clock.wakeAt(lastWordAtMs, () => {
      if (!isClosed && !options.isDead()) act();
    });
  }

  function say(event: MemberEvent<R>): void {
    events.push(event);
    const waking = wakeReader;
    wakeReader = null;
    waking?.();
  }

  function fetchSoon(): void {
    if (isFetching || isClosed || options.isDead()) return;
    isFetching = true;
    clock.wakeAt(clock.nowMs() + fates.delayMs(), () => {
      isFetching = false;
      if (!isClosed && !options.isDead()) fetch();
    });
  }

  function fetch(): void {
    const problem = options.problem();
    if (problem?.detail !== shownProblem?.detail) {
      shownProblem = problem;
      say(problem === null ? { kind: "recovered" } : { kind: "problem", problem });
    }
    if (problem !== null) return;
    let hasMore = false;
    for (const reading of told.values()) if (!reading.isPaused && fetchOf(reading)) hasMore = true;
    if (hasMore) fetchSoon();
  }

  /** Whether there is more of it. */
  function fetchOf(reading: Reading): boolean {
    const log = logs[reading.partition];
    if (log === undefined) return false;
    const lost = lostOf(reading, log);
    const from = Number(reading.nextOffset - log.startOffset);
    const entries = log.entries.slice(from, from + MOST_FETCHED);
    if (entries.length === 0 && lost === null) return false;
    let records: R[] = [];
    const isCaughtUp = from + entries.length === log.entries.length;
    const flush = (isLast: boolean): void => {
      if (records.length > 0 || (lost !== null && isLast))
        say({ kind: "records", partition: reading.epoch, records, isCaughtUp: isLast && isCaughtUp, lost });
      records = [];
    };
    for (const { value, atMs: writtenAtMs } of entries) {
      const { epoch: partition, partition: partitionNumber } = reading;
      const offset = String(reading.nextOffset++);
      const ordinal = reading.ordinal++;
      handed.set(partition.epoch, BigInt(offset));
      if (value !== null)
        records.push(options.record({ partition, partitionNumber, ordinal, offset, writtenAtMs, value }));
      else {
        flush(false);
        say({ kind: "passed", partition, ordinal, through: offset });
      }
    }
    flush(true);
    return !isCaughtUp;
  }

  /** Where it reads is not in the log: it goes on with the oldest that is (M-506). */
  function lostOf(reading: Reading, log: Log<V>): Lost | null {
    const { nextOffset } = reading;
    if (nextOffset >= log.startOffset && nextOffset <= endOf(log)) return null;
    reading.nextOffset = log.startOffset;
    const count = nextOffset < log.startOffset ? Number(log.startOffset - nextOffset) : null;
    return { after: nextOffset === 0n ? null : String(nextOffset - 1n), before: String(log.startOffset), count };
  }

  function tellLost(epochs: readonly PartitionEpoch[]): void {
    const known = epochs.filter(({ epoch }) => told.delete(epoch));
    if (known.length > 0) say({ kind: "revoked", partitions: known });
  }

  function tellWon(won: readonly { readonly partition: number; readonly epoch: PartitionEpoch }[]): void {
    const partitions = won
      // Lost again before it was told.
      .filter(({ partition, epoch }) => owned.get(partition) === epoch)
      .map(({ partition, epoch }) => {
        const committed = options.committed.get(epoch.unit);
        const after = committed === undefined ? options.startOf(epoch.unit) : behind(committed);
        const nextOffset = after === null ? (logs[partition]?.startOffset ?? 0n) : BigInt(after) + 1n;
        told.set(epoch.epoch, { partition, epoch, nextOffset, ordinal: 0, isPaused: false });
        return { partition: epoch, after };
      });
    say({ kind: "assigned", partitions });
    fetchSoon();
  }

  const port: GroupMember<R> = {
    async read(signal) {
      if (isReading) violations.push("K3: two reads at once");
      isReading = true;
      fetchSoon();
      while (events.length === 0 && !signal.aborted) {
        await new Promise<void>((resolve) => {
          // A signal with a listener a read would get slower with each.
          const wake = (): void => {
            signal.removeEventListener("abort", wake);
            resolve();
          };
          wakeReader = wake;
          signal.addEventListener("abort", wake);
        });
      }
      isReading = false;
      const read = events;
      events = [];
      return read;
    },
    pause(partitions) {
      for (const { epoch } of partitions) setPaused(epoch, true);
    },
    resume(partitions) {
      for (const { epoch } of partitions) setPaused(epoch, false);
      fetchSoon();
    },
    commit(places) {
      if (isCommitting) violations.push("K5: two commits at once");
      if (isClosed) violations.push("K4: a commit of a member that has left");
      for (const { partition, place } of places) {
        if (BigInt(place) > (handed.get(partition.epoch) ?? -1n))
          violations.push(`K5: ${partition.unit} is committed at ${place}, which was never handed out`);
      }
      isCommitting = true;
      return new Promise((resolve) => {
        clock.wakeAt(clock.nowMs() + fates.delayMs(), () => {
          if (options.isDead()) return;
          isCommitting = false;
          resolve(options.commit(places));
        });
      });
    },
    close() {
      if (isClosed) violations.push("K3: closed twice");
      isClosed = true;
      return new Promise((resolve) => {
        clock.wakeAt(clock.nowMs() + fates.delayMs(), () => {
          if (options.isDead()) return;
          options.leave();
          resolve();
        });
      });
    },
  };

  function setPaused(epoch: number, isPaused: boolean): void {
    const reading = told.get(epoch);
    if (reading !== undefined) reading.isPaused = isPaused;
  }

  return {
    port,
    partitions: () => [...owned.keys()],
    lose(partitions) {
      const epochs = partitions.flatMap((each) => owned.get(each) ?? []);
      for (const each of partitions) owned.delete(each);
      if (epochs.length > 0) afterAWhile(() => tellLost(epochs));
    },
    win(partitions) {
      for (const { partition, epoch } of partitions) owned.set(partition, epoch);
      afterAWhile(() => tellWon(partitions));
    },
    wake: fetchSoon,
  };
}

const behind = (offset: bigint): Position | null => (offset === 0n ? null : String(offset - 1n));
