// Looks once a minute how far a mapping's group is behind (M-210), and whether it needs more members or fewer (M-204, M-205). What it needs
// is decided in the core.

import { memberBounds, type NextMembers, nextMembers } from "../../core/partitions/scaling.ts";
import type { Rec } from "../../core/record.ts";
import type { Cancel } from "../../ports/clock.ts";
import type { GroupSource } from "../../ports/group-source.ts";
import type { GroupReading } from "../../ports/mapping-spec.ts";
import type { UnitId } from "../../ports/source.ts";
import type { LaneContext } from "../mapping-context.ts";
import type { OffsetLag } from "../offset-lag.ts";

const LOOK_MS = 60_000;

export interface Scaler {
  /** With how many a mapping begins. */
  firstCount(reading: GroupReading): Promise<number>;
  begin(): void;
  /** What new bounds make of a number, without a look at the load. */
  within(reading: GroupReading, memberCount: number): NextMembers;
  /** As of the last look that was answered; null: none was yet. */
  offsetLag(): OffsetLag | null;
  stop(): void;
}

export interface ScalerOptions<R extends Rec> {
  readonly context: LaneContext<R>;
  readonly unread: GroupSource<R>["unread"];
  /** As it is now. */
  readonly load: () => { readonly memberCount: number; readonly busyCount: number; readonly reading: GroupReading };
  readonly scale: (memberCount: number, why: NextMembers["why"]) => void;
}

export function createScaler<R extends Rec>({ context, unread: ask, load, scale }: ScalerOptions<R>): Scaler {
  const { clock } = context;
  let cancelLook: Cancel | null = null;
  let isOver = false;
  let throttlesBefore = 0;
  let partitionCount: number | null = null;
  let offsetLag: OffsetLag | null = null;

  const boundsOf = (reading: GroupReading): { readonly least: number; readonly most: number } => ({
    least: reading.leastPollerCount,
    most: Math.max(reading.leastPollerCount, reading.mostPollerCount),
  });

  function lookLater(): void {
    cancelLook = clock.wakeAt(clock.nowMs() + LOOK_MS, look);
  }

  async function unreadNow(): Promise<ReadonlyMap<UnitId, number> | null> {
    const unread = await ask();
    if (unread === null || unread.size === 0) return unread;
    partitionCount = unread.size;
    const counts = [...unread.values()];
    const sum = counts.reduce((all, each) => all + each, 0);
    const max = counts.reduce((most, each) => Math.max(most, each), 0);
    offsetLag = { atMs: clock.nowMs(), sum, max };
    return unread;
  }

  function look(): void {
    cancelLook = null;
    void unreadNow().then((unread) => {
      if (isOver) return;
      const { throttles } = context.counters;
      const { memberCount, busyCount, reading } = load();
      const next = nextMembers(
        {
          memberCount,
          partitionCount,
          unreadCount: unread === null ? null : (offsetLag?.sum ?? 0),
          busyCount,
          wasThrottled: throttles > throttlesBefore,
          batchSize: context.settings.batchSize,
          callsAMember: reading.callsAPoller,
        },
        boundsOf(reading),
      );
      throttlesBefore = throttles;
      scale(next.memberCount, next.why);
      lookLater();
    });
  }

  return {
    async firstCount(reading) {
      const bounds = boundsOf(reading);
      if (bounds.least === 1) return 1;
      await unreadNow();
      return memberBounds(bounds, partitionCount).least;
    },
    begin: lookLater,
    within(reading, memberCount) {
      const { least, most } = memberBounds(boundsOf(reading), partitionCount);
      return { memberCount: Math.min(Math.max(memberCount, least), most), why: "settings" };
    },
    offsetLag: () => offsetLag,
    stop() {
      isOver = true;
      cancelLook?.();
    },
  };
}
