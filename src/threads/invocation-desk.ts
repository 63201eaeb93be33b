// Main's side of direct invocations: which thread has which, and what becomes of those whose thread ends. Leaves the threads
// themselves to the supervisor.
//
// V4  An invocation goes to the thread with the fewest of them, of equals to the one with the fewest mappings.
// V5  Each gets exactly one answer: the thread's or, when it ends first, that of a fault, which costs no attempt.
// V6  At most MOST_PENDING run or wait at once: one more is throttled, so that payloads do not pile up behind calls that hang.

import type { Answer, DirectCall } from "../ports/invoker.ts";
import type { ToPoller } from "./protocol.ts";

/** What AWS lets an account run at once, and GetAccountSettings tells. */
const MOST_PENDING = 1_000;

/** A thread as the desk sees it. */
export interface Desk {
  readonly pending: Map<number, (answer: Answer) => void>;
}

export interface InvocationDesk<D extends Desk> {
  call(desks: readonly D[], call: DirectCall): Promise<Answer>;
  answer(desk: D, id: number, answer: Answer): void;
  /** The thread has ended: whatever it still had is answered. */
  fail(desk: D, detail: string): void;
}

export function createInvocationDesk<D extends Desk>(given: {
  readonly mappingCount: (desk: D) => number;
  readonly send: (desk: D, message: Extract<ToPoller, { kind: "invoke" }>) => void;
}): InvocationDesk<D> {
  let nextId = 1;

  const hasLess = (one: D, other: D): boolean =>
    one.pending.size < other.pending.size ||
    (one.pending.size === other.pending.size && given.mappingCount(one) < given.mappingCount(other));

  return {
    call: (desks, call) =>
      new Promise((resolve) => {
        const [first] = desks;
        if (first === undefined) return resolve(faultOf("no poller thread runs"));
        const pendingCount = desks.reduce((sum, { pending }) => sum + pending.size, 0);
        if (pendingCount >= MOST_PENDING) return resolve(throttled);
        const chosen = desks.reduce((best, each) => (hasLess(each, best) ? each : best), first);
        const id = nextId;
        nextId += 1;
        chosen.pending.set(id, resolve);
        given.send(chosen, { kind: "invoke", id, call });
      }),
    answer(desk, id, answer) {
      const resolve = desk.pending.get(id);
      desk.pending.delete(id);
      resolve?.(answer);
    },
    fail(desk, detail) {
      const left = [...desk.pending.values()];
      desk.pending.clear();
      for (const resolve of left) resolve(faultOf(detail));
    },
  };
}

const throttled: Answer = { kind: "refused", reason: "throttled", message: "Rate Exceeded." };

function faultOf(detail: string): Answer {
  return { kind: "refused", reason: "fault", message: `The invocation was lost: ${detail}` };
}
