// How many members of the group a mapping needs (M-203 to M-205): looked at once a minute, one more or one fewer at a time, since each
// change makes the group share out its partitions anew.

export interface GroupBounds {
  readonly least: number;
  /** Equal to `least`: there is no scaling. */
  readonly most: number;
}

export interface GroupLoad {
  readonly memberCount: number;
  /** Null: not known now. */
  readonly partitionCount: number | null;
  /** Records behind the committed places, over all partitions; null: not known now. */
  readonly unreadCount: number | null;
  /** Batches in flight, over all members. */
  readonly busyCount: number;
  /** A call was throttled since the last look. */
  readonly wasThrottled: boolean;
  readonly batchSize: number;
  readonly callsAMember: number;
}

export interface NextMembers {
  readonly memberCount: number;
  readonly why: "work" | "idle" | "errors" | "settings";
}

/** With how many it begins, and how many there may be: never more than partitions (M-203). */
export function memberBounds(
  { least, most }: GroupBounds,
  partitionCount: number | null,
): { readonly least: number; readonly most: number } {
  const cap = Math.max(1, partitionCount ?? most);
  return { least: Math.min(least, cap), most: Math.min(most, cap) };
}

export function nextMembers(load: GroupLoad, bounds: GroupBounds): NextMembers {
  const { least, most } = memberBounds(bounds, load.partitionCount);
  const { memberCount } = load;
  const within = Math.min(Math.max(memberCount, least), most);
  if (within !== memberCount || bounds.least === bounds.most) return { memberCount: within, why: "settings" };
  if (load.wasThrottled) return { memberCount: Math.max(least, memberCount - 1), why: "errors" };
  const { unreadCount } = load;
  if (unreadCount === null) return { memberCount, why: "settings" };
  // What all members have in flight at most is no backlog yet.
  if (unreadCount > memberCount * load.callsAMember * load.batchSize)
    return { memberCount: Math.min(most, memberCount + 1), why: "work" };
  const fewer = memberCount - 1;
  const isIdle = unreadCount <= fewer * load.batchSize && 2 * load.busyCount <= fewer * load.callsAMember;
  return isIdle ? { memberCount: Math.max(least, fewer), why: "idle" } : { memberCount, why: "settings" };
}
