// What goes wrong in a run, asked for at each effect: planned faults befall where they say, and further ones are drawn from the seed
// until the world is healed. All that befell is kept as planned faults: a run of those alone is the same run.
//
// F4. Effects are counted whether or not a fault befalls, by kind and by kind and place, so that `nth` means the same in each run.
// F5. A drawn fault has a stream of chance of its own: without drawing, all other chance of the run is as it was.

import type { Clock } from "../ports/clock.ts";
import {
  type AskedFault,
  type AskedKind,
  drawnShares,
  errorReasons,
  type Fault,
  type FaultKind,
  type FaultOf,
  isAsked,
  msOf,
  refusalReasons,
} from "./fault.ts";
import type { SeededRandom } from "./seeded-random.ts";

export interface Faults {
  /** Asked at each effect at which a fault of this kind could befall; `on` is the shard or function. Null: none does. */
  strike<K extends AskedKind>(kind: K, on: string): FaultOf<K> | null;
  /** Whether to draw a fault of this kind at all now. */
  isDrawing(kind: FaultKind): boolean;
  /** The call of a port at which this process crashes; null: it does not. Asked once a process. */
  crashAtCall(process: number): number | null;
  /** A fault has befallen. Asked ones say so themselves. */
  befell(fault: Fault): void;
  /** In order. */
  befallen(): readonly Fault[];
}

export interface FaultsOptions {
  readonly random: SeededRandom;
  readonly clock: Clock;
  readonly planned: readonly Fault[];
  /** Kinds that are drawn besides. */
  readonly drawn: ReadonlySet<FaultKind>;
  /** Of the effects at which a drawn kind can befall; null: each kind's own share. */
  readonly share: number | null;
  /** From this instant on nothing is drawn. */
  readonly healedAtMs: number;
  readonly onBefallen: (fault: Fault, number: number) => void;
}

/** Most calls of a process before it crashes: early, in its start, or anywhere. */
const CRASH_WITHIN_CALLS = [60, 400] as const;
const LONGEST_SLOW_READ_MS = 5_000;
const LONGEST_SLOW_ASK_MS = 2_000;
const LONGEST_SLOW_SAVE_MS = 3_000;
const LONGEST_SLOW_HANDLER_MS = 10_000;
const LONGEST_SLOW_DESTINATION_MS = 5_000;
const LONGEST_SLOW_RECEIVE_MS = 5_000;
/** Longer than some queues hide a message. */
const LONGEST_SLOW_DELETE_MS = 40_000;
const MOST_REPEATED = 3;

interface Standing {
  readonly fault: AskedFault;
  /** Until when a fault that lasts goes on befalling; by the clock that is never set. */
  untilMs: number | null;
}

export function createFaults(options: FaultsOptions): Faults {
  const { random, clock, drawn, healedAtMs } = options;
  const befallen: Fault[] = [];
  const counts = new Map<string, number>();
  const asked = Map.groupBy(
    options.planned.filter(isAsked).map((fault): Standing => ({ fault, untilMs: null })),
    ({ fault }) => fault.kind,
  );
  const isDrawing = (kind: FaultKind): boolean => drawn.has(kind) && clock.nowMs() < healedAtMs;

  function counted(name: string): number {
    const count = (counts.get(name) ?? 0) + 1;
    counts.set(name, count);
    return count;
  }

  function befell(fault: Fault): void {
    befallen.push(fault);
    options.onBefallen(fault, befallen.length);
  }

  /** Whether a planned fault befalls at this effect. */
  function isMet(standing: Standing, on: string, nthThere: number, nthOfAll: number): boolean {
    const { fault } = standing;
    if (fault.on !== undefined && fault.on !== on) return false;
    if (standing.untilMs !== null && clock.monotonicMs() < standing.untilMs) return true;
    if (fault.share !== undefined) return random.happens(`fault/${fault.kind}`, fault.share);
    return (fault.nth ?? 1) === (fault.on === undefined ? nthOfAll : nthThere);
  }

  return {
    isDrawing,
    strike<K extends AskedKind>(kind: K, on: string): FaultOf<K> | null {
      // Nothing ever befalls, so that nothing has to be counted.
      if (asked.size === 0 && drawn.size === 0) return null;
      const nthOfAll = counted(kind);
      const nthThere = counted(`${kind}/${on}`);
      for (const standing of asked.get(kind) ?? []) {
        if (!isMet(standing, on, nthThere, nthOfAll)) continue;
        const { share: _share, ...rest } = standing.fault;
        if (isLasting(standing.fault) && standing.untilMs === null)
          standing.untilMs = clock.monotonicMs() + msOf(standing.fault.for_s ?? 0);
        const fault = { ...rest, on, nth: nthThere } as FaultOf<K>;
        befell(fault);
        return fault;
      }
      if (!isDrawing(kind) || !random.happens(`fault/${kind}`, options.share ?? drawnShares[kind])) return null;
      const fault = { kind, on, nth: nthThere, ...amountOf(kind, random) } as FaultOf<K>;
      befell(fault);
      return fault;
    },
    crashAtCall(process) {
      const planned = options.planned.find((each) => each.kind === "crash" && each.process === process);
      if (planned?.kind === "crash") return planned.at_call;
      if (!isDrawing("crash")) return null;
      return random.between("fault/crash", 1, random.pick("fault/crash", CRASH_WITHIN_CALLS));
    },
    befell,
    befallen: () => befallen,
  };
}

/** One that goes on for its `for_s`; elsewhere that is how long the effect is held up. */
function isLasting(fault: AskedFault): fault is Extract<AskedFault, { readonly for_s?: number }> {
  return !fault.kind.startsWith("slow-") && fault.kind !== "duplicate-read";
}

/** How much of it, drawn. */
function amountOf(kind: AskedKind, random: SeededRandom): Readonly<Record<string, number | string>> {
  const stream = `fault/${kind}`;
  const lasting = (leastMs: number, mostMs: number) => ({ for_s: random.between(stream, leastMs, mostMs) / 1_000 });
  switch (kind) {
    case "slow-read":
      return lasting(10, LONGEST_SLOW_READ_MS);
    case "slow-ask":
      return lasting(10, LONGEST_SLOW_ASK_MS);
    case "slow-save":
      return lasting(10, LONGEST_SLOW_SAVE_MS);
    case "slow-handler":
      return lasting(1_000, LONGEST_SLOW_HANDLER_MS);
    case "slow-destination":
      return lasting(100, LONGEST_SLOW_DESTINATION_MS);
    case "slow-receive":
      return lasting(10, LONGEST_SLOW_RECEIVE_MS);
    case "slow-delete":
      return lasting(10, LONGEST_SLOW_DELETE_MS);
    case "duplicate-read":
      return { records: random.between(stream, 1, MOST_REPEATED) };
    case "handler-error":
      return { reason: random.pick(stream, errorReasons) };
    case "service-fault":
      return { reason: random.pick(stream, refusalReasons) };
    case "read-fails":
    case "ask-fails":
    case "save-fails":
    case "save-lost":
    case "time-out":
    case "throttle":
    case "destination-refuses":
    case "receive-fails":
    case "receive-lost":
    case "duplicate-delivery":
    case "delete-fails":
    case "delete-lost":
      return {};
  }
}
