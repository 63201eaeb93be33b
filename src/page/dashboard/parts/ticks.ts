// The time that goes on between two frames.

import { useEffect, useState } from "preact/hooks";

/** This machine's clock, epoch ms, drawn anew every `everyMs` while `isRunning`. */
export function useTicks(everyMs: number, isRunning: boolean): number {
  const [, setTick] = useState(0);
  useEffect(() => {
    if (!isRunning) return;
    const timer = setInterval(() => setTick((tick) => tick + 1), everyMs);
    return () => clearInterval(timer);
  }, [everyMs, isRunning]);
  return Date.now();
}
