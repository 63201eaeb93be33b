// Whether our own cap on running functions leaves room for one more poller to receive (P-25). A mapping that it keeps from receiving says
// so: nothing was received and nothing is throttled, so it would else be seen nowhere.

import type { Cancel } from "../../ports/clock.ts";
import type { QueueContext } from "./queue-context.ts";

const TOLD_WAIT_MS = 1_000;

export interface ThreadRoom {
  /** `aboutCount`: pollers that receive or assemble already, and will call. False: `onRoom` is called once there is room. */
  hasRoom(aboutCount: number): boolean;
  stop(): void;
}

export function createThreadRoom(context: QueueContext, onRoom: () => void): ThreadRoom {
  const { callRoom: room, clock } = context;
  let cancelWait: Cancel | null = null;
  let cancelTold: Cancel | null = null;

  function tellWait(): void {
    cancelTold ??= clock.wakeAt(clock.nowMs() + TOLD_WAIT_MS, () => {
      const runningCount = room?.runningCount() ?? 0;
      const { functionName, uuid } = context.spec;
      context.note(uuid, { kind: "no-thread", functionName, requestId: "", runningCount });
    });
  }

  return {
    hasRoom(aboutCount) {
      if (room === undefined) return true;
      const freeCount = room.freeCount();
      if (freeCount > 0) {
        cancelTold?.();
        cancelTold = null;
        // One may always wait for messages while anything is free, whatever other mappings are about to do.
        return aboutCount < Math.max(1, freeCount);
      }
      cancelWait ??= room.onFree(() => {
        cancelWait = null;
        onRoom();
      });
      tellWait();
      return false;
    },
    stop() {
      cancelWait?.();
      cancelTold?.();
    },
  };
}
