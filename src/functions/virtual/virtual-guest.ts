// What runs in a guest's thread of the simulated world: the live guest (src/functions/guest/guest.ts), with clocks, timers and chance
// replaced and the fence put up before the user's code is loaded, and a loop that says when that code has come to rest.
//
// VG1 The guest says `waiting` or `done` once for each message that it is sent, and only when microtasks, ticks and immediates have
// drained. VG2 After `done` nothing of the user's runs until the next invocation, as AWS freezes an environment; timers that came due
// meanwhile fire then. VG3 An invocation in which anything was refused fails with that, whatever the code made of the refusal.

import { syncBuiltinESMExports } from "node:module";
import type { MessagePort } from "node:worker_threads";
import { packJsonEvent } from "../../kinds/json/json-event.ts";
import { inNextTurn, shortWhile } from "../../platform/turn.ts";
import type { Clock } from "../../ports/clock.ts";
import type { PackedBatch } from "../../ports/source-kind.ts";
import { createGuest } from "../guest/guest.ts";
import { makeFailure } from "../guest/failures.ts";
import { hideThread } from "../guest/hide-thread.ts";
import type { GuestAnswer } from "../guest-protocol.ts";
import { createFence, type FencedCall, refusalText } from "./fence.ts";
import { fenceEverything, fenceRealm } from "./fence-list.ts";
import type { FromVirtualGuest, ToVirtualGuest, VirtualGuestSetup, VirtualTask } from "./guest-messages.ts";
import { type GuestChance, replaceChance } from "./replace-chance.ts";
import { put } from "./members.ts";
import { replaceClocks, replaceRealmClocks } from "./replace-clocks.ts";
import { replaceContexts } from "./replace-contexts.ts";
import { replaceMessages } from "./replace-messages.ts";
import { replaceTimers } from "./replace-timers.ts";
import { holdWeakThings, steadySurroundings } from "./steady-surroundings.ts";
import { createVirtualTime, type VirtualTime } from "./virtual-time.ts";

/** Turns of the event loop in a row in which nothing has happened. */
const QUIET_TURNS = 2;

/**
 * How often what only lives (a connection that is kept, a listener) is looked at, a millisecond or more each time, before a timer of the
 * code is taken for what it waits for.
 */
const IDLE_WHILES = 500;

export interface VirtualGuestOptions {
  readonly setup: VirtualGuestSetup;
  readonly port: MessagePort;
  readonly chance: GuestChance;
  readonly unpack: (batch: PackedBatch) => unknown;
}

export function runVirtualGuest({ setup, port, chance, unpack }: VirtualGuestOptions): void {
  const say = port.postMessage.bind(port) as (message: FromVirtualGuest) => void;
  const time = createVirtualTime(setup.origin);
  const realResources = process.getActiveResourcesInfo.bind(process);
  let refused: FencedCall | null = null;
  /** What was refused while the code was loaded: no invocation of this environment is sound. */
  let refusedInInit: FencedCall | null = null;
  let isLoaded = false;
  let answer: { readonly given: GuestAnswer } | null = null;

  const call = createGuest({ setup: setup.guest, port, clock: clockOf(time), unpack });
  const fence = createFence({
    isIoAllowed: setup.isIoAllowed,
    root: setup.root,
    onCall(fenced) {
      say({ kind: "fenced", call: fenced });
      if (setup.isIoAllowed) return;
      refused ??= fenced;
      if (!isLoaded) refusedInInit ??= fenced;
    },
  });
  hideThread();
  fenceEverything(fence, time);
  replaceTimers(time);
  replaceMessages(time);
  replaceChance(chance, time);
  replaceContexts((global) => {
    replaceRealmClocks(global, () => Math.floor(time.wallMs()), setup.isUtc);
    put(global.Math, "random", () => chance.number());
    holdWeakThings(global);
    fenceRealm(global, fence, time);
  });
  steadySurroundings(setup.guest.memoryMb);
  holdWeakThings(globalThis);
  replaceClocks(time, setup.isUtc);
  syncBuiltinESMExports();

  const ownResources = realResources();

  /** In the real world: work that was allowed, and has not ended. */
  function isOutside(): boolean {
    // Node itself reads a module that is imported.
    if (!setup.isIoAllowed) return realResources().some((kind) => kind.startsWith("FSReq"));
    if (fence.pendingCount() > 0) return true;
    const own = [...ownResources];
    return realResources().some((kind) => {
      if (kind === "Immediate" || kind === "Timeout") return false;
      const at = own.indexOf(kind);
      if (at >= 0) own.splice(at, 1);
      return at < 0;
    });
  }

  /** Until nothing but the world's time is waited for, or the invocation is over. */
  async function rest(): Promise<void> {
    let idleCount = 0;
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      const ran = await inNextTurn(() => (answer !== null && !time.isAhead() ? "over" : runOne()));
      if (ran === "over") return;
      if (ran) quiet = 0;
      else if (
        isOutside() &&
        !(idleCount > IDLE_WHILES && fence.pendingCount() === 0 && time.wakeSteadyMs() !== null)
      ) {
        idleCount = fence.pendingCount() === 0 ? idleCount + 1 : 0;
        await shortWhile();
      } else quiet += 1;
    }
  }

  /** What a timer's callback throws nobody catches, as in Node. */
  function runOne(): boolean {
    try {
      return time.runOne();
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
      return true;
    }
  }

  async function run(task: VirtualTask): Promise<void> {
    const { event, ...rest } = task;
    const bytes = new TextEncoder().encode(event);
    const given = await call({
      ...rest,
      isAnswerWanted: true,
      clientContext: null,
      isLogWanted: false,
      mustSayStart: false,
      batch: packJsonEvent(bytes.buffer),
    });
    answer = { given };
  }

  async function take(message: ToVirtualGuest): Promise<void> {
    time.tell(message.moment);
    if (message.kind === "begin") {
      answer = null;
      refused = null;
      void run(message.task);
    }
    await rest();
    if (answer === null || time.isAhead()) return say({ kind: "waiting", wakeSteadyMs: time.wakeSteadyMs() });
    isLoaded = true;
    const why = refused ?? refusedInInit;
    say({ kind: "done", answer: why === null ? answer.given : failureOf(why) });
  }

  port.on("message", (message: ToVirtualGuest) => void take(message));
}

function failureOf(call: FencedCall): GuestAnswer {
  const trace = call.place === null ? [] : [`    at ${call.place}`];
  return makeFailure("threw", "RealWorldRefused", refusalText(call), trace);
}

const clockOf = (time: VirtualTime): Clock => ({
  nowMs: () => Math.floor(time.wallMs()),
  monotonicMs: () => time.steadyMs(),
  wakeAt(atMs, wake) {
    const timer = time.setTimer(wake, atMs - time.wallMs(), false);
    return () => time.clear(timer);
  },
});
