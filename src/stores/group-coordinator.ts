// Who has which partition of an embedded topic, among the members that this process has in the group. A partition changes hands once the one
// that had it has been told (K3 of the port), so that nothing is read twice at a time.

import { sharesOf } from "./group-shares.ts";
import type { KnownTopic } from "./topic-protocol.ts";

/** What a member is asked to do; each is followed by a `woken`. */
export interface Sharer {
  /** To be told with its next read, then released. */
  revoke(partition: number): void;
  grant(partition: number): void;
  /** Something has changed for it. */
  woken(): void;
}

export interface GroupCoordinator<S extends Sharer> {
  /** Null: the topic is missing, as far as is known. */
  readonly known: KnownTopic | null;
  /** It was deleted and made again while it was read: no place of before means anything in it (M-707). */
  readonly isAnew: boolean;
  join(member: S): void;
  leave(member: S): void;
  /** What a read has found; null: it is missing. */
  topicIs(found: KnownTopic | null): void;
  /** The member has told that this one is revoked. */
  released(partition: number): void;
}

export function createGroupCoordinator<S extends Sharer>(): GroupCoordinator<S> {
  let known: KnownTopic | null = null;
  let firstIncarnation: number | null = null;
  const members = new Set<S>();
  /** From the grant until it is released. */
  const holders = new Map<number, S>();
  const leaving = new Set<number>();

  function share(): void {
    const woken = new Set<S>();
    const staying = new Map([...holders].filter(([partition]) => !leaving.has(partition)));
    const shares = sharesOf(known?.partitionCount ?? 0, [...members], staying);
    for (const [partition, holder] of staying) {
      if (shares.get(partition) === holder) continue;
      leaving.add(partition);
      holder.revoke(partition);
      woken.add(holder);
    }
    for (const [partition, member] of shares) {
      if (holders.has(partition)) continue;
      holders.set(partition, member);
      member.grant(partition);
      woken.add(member);
    }
    for (const member of woken) member.woken();
  }

  function revokeAll(): void {
    for (const [partition, holder] of holders) {
      if (leaving.has(partition)) continue;
      leaving.add(partition);
      holder.revoke(partition);
      holder.woken();
    }
  }

  return {
    get known() {
      return known;
    },
    get isAnew() {
      return known !== null && known.incarnation !== firstIncarnation;
    },
    join(member) {
      members.add(member);
      share();
    },
    leave(member) {
      members.delete(member);
      for (const [partition, holder] of holders) {
        if (holder !== member) continue;
        holders.delete(partition);
        leaving.delete(partition);
      }
      share();
    },
    topicIs(found) {
      if (found?.incarnation === known?.incarnation && found?.partitionCount === known?.partitionCount) return;
      if (found?.incarnation !== known?.incarnation) revokeAll();
      known = found;
      firstIncarnation ??= found?.incarnation ?? null;
      for (const member of members) member.woken();
      share();
    },
    released(partition) {
      holders.delete(partition);
      leaving.delete(partition);
      share();
    },
  };
}
