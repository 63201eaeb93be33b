// Whether our own cap on running functions leaves room for one more poller to receive (P-25). A mapping that it keeps from receiving says
// so: nothing was received and nothing is throttled, so it would else be seen nowhere.

import type { Cancel } from "../../ports/clock.ts";
import type { QueueContext } from "./queue-context.ts";

const TOLD_WAIT_MS = 1_000;

export interface ThreadRoom {
  /** True: no call could start now; `onRoom` is called once one could. */
  isFull(): boolean;
  /** `aboutCount`: pollers that receive or assemble already, and will call. False: `onRoom` is called once there is room. */
  hasRoom(aboutCount: number): boolean;
  stop(): void;
}

/** `onFull`: no call could start any more; receives that wait are to end, as what they bring would have to wait for a thread. */
export function createThreadRoom(
  context: QueueContext,
  { onRoom, onFull }: { readonly onRoom: () => void; readonly onFull: () => void },
): ThreadRoom {
  const { callRoom: room, clock } = context;
  let cancelWait: Cancel | null = null;
  let cancelFull: Cancel | null = null;
  let cancelTold: Cancel | null = null;

  function tellWait(): void {
    cancelTold ??= clock.wakeAt(clock.nowMs() + TOLD_WAIT_MS, () => {
      if (room !== undefined && room.freeCount() > 0) {
        cancelTold = null;
        return;
      }
      const runningCount = room?.runningCount() ?? 0;
      const { functionName, uuid } = context.spec;
      context.note(uuid, { kind: "no-thread", functionName, requestId: "", runningCount });
    });
  }

  function isFull(): boolean {
    if (room === undefined) return false;
    if (room.freeCount() > 0) {
      cancelTold?.();
      cancelTold = null;
      cancelFull ??= room.onFull(() => {
        cancelFull = null;
        onFull();
      });
      return false;
    }
    cancelWait ??= room.onFree(() => {
      cancelWait = null;
      onRoom();
    });
    tellWait();
    return true;
  }

  return {
    isFull,
    hasRoom(aboutCount) {
      if (room === undefined) return true;
      // One may always wait for messages while anything is free, whatever other mappings are about to do.
      return !isFull() && aboutCount < Math.max(1, room.freeCount());
    },
    stop() {
      cancelWait?.();
      cancelFull?.();
      cancelTold?.();
    },
  };
}
