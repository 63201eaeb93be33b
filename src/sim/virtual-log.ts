// What a virtual topic and its members share: the log of a partition, what a record of it is made of, and what chance decides.

import type { PartitionEpoch } from "../core/record.ts";
import type { UnitId } from "../ports/source.ts";

export interface Log<V> {
  readonly unit: UnitId;
  startOffset: bigint;
  readonly entries: { readonly value: V | null; readonly atMs: number }[];
}

export const endOf = ({ startOffset, entries }: Log<unknown>): bigint => startOffset + BigInt(entries.length);

/** What a record is made of where it is read. */
export interface WrittenRecord<V> {
  readonly partition: PartitionEpoch;
  readonly partitionNumber: number;
  readonly ordinal: number;
  /** Decimal digits. */
  readonly offset: string;
  readonly writtenAtMs: number;
  readonly value: V;
}

export interface TopicFates {
  /** How long until a word arrives, ms. */
  delayMs(): number;
  isCommitFailed(): boolean;
  /** Whether a member that stays in the group goes on with what it keeps, as an unchanged one does (M-807). */
  isMemberKept(): boolean;
}

export const calmTopic: TopicFates = { delayMs: () => 0, isCommitFailed: () => false, isMemberKept: () => true };
