// Starts the poller threads, places mappings on them and tells main what they say. It owns which thread holds which mapping, and
// the thread's return after a crash. What a mapping is and which generation it runs under is the mapping manager's.
//
// V1  A mapping is on one thread at a time, the one with the fewest mappings when it was placed.
// V2  A thread that ends unasked gives up its permits and its mappings (`died`), and a new one takes its place after a delay that
//     grows with each failure in a row; a minute of health resets it.
// V3  Messages to a thread that is not ready wait for it, in order.

import { Worker } from "node:worker_threads";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { DeployedFunction } from "../ports/functions.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { FunctionCaller } from "../ports/invoker.ts";
import type { Fact } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { Steer } from "../ports/steer.ts";
import type { TopicPublisher } from "../ports/topics.ts";
import { workerEntry } from "./entries.ts";
import { createInvocationDesk, type Desk } from "./invocation-desk.ts";
import { parseFromPoller } from "./parse-message.ts";
import { type FromPoller, type PollerBoot, PROTOCOL_VERSION, type ToPoller } from "./protocol.ts";

const FIRST_DELAY_MS = 100;
const MOST_DELAY_MS = 10_000;
const HEALTHY_AFTER_MS = 60_000;

export type PollerMessage = Exclude<
  FromPoller,
  { kind: "ready" | "shut-down" | "invoked" | "publish" | "secret" | "threads" }
>;

export interface SupervisorOptions {
  readonly pollerCount: number;
  readonly clock: Clock;
  /** What every thread gets at boot, beside its name, index, port and the functions of that moment. */
  readonly boot: Omit<
    PollerBoot,
    "kind" | "protocolVersion" | "threadName" | "pollerIndex" | "storePort" | "functions"
  >;
  readonly connectStore: () => PollerBoot["storePort"];
  readonly functions: () => readonly DeployedFunction[];
  /** Gives back the permits of a thread that has ended. */
  readonly releasePermits: (pollerIndex: number) => void;
  readonly onMessage: (message: PollerMessage) => void;
  /** The thread that held the mapping has ended; it must be started again, under a new generation. */
  readonly onDied: (uuid: string, generation: number) => void;
  readonly onFact: (fact: Fact) => void;
  /** The text of a secret as it is now; null: there is no such secret (M-605). */
  readonly secretText: (secretArn: string) => string | null;
  /** Where documents for topics go. */
  readonly topics: TopicPublisher;
}

export interface PollerSupervisor extends FunctionCaller {
  /** Direct invocations under way. */
  callCount(): number;
  /** What the threads of functions did when it was last told: while lanes are watched, else as it was then. */
  functionThreads(): readonly FunctionThreadReport[];
  start(spec: MappingSpec): void;
  update(spec: MappingSpec): void;
  stop(uuid: string, options: { readonly isDelete: boolean; readonly graceMs: number }): void;
  steer(uuid: string, command: Steer): void;
  /** To every thread: a function's new code or settings, its removal, a consumer that is gone, or whether entries are wanted. */
  broadcast(message: Extract<ToPoller, { kind: "function" | "function-removed" | "consumer-gone" | "watch" }>): void;
  /** To every thread, and to those that come while it lasts. Answers how many threads there are to hear from. */
  record(message: Extract<ToPoller, { kind: "record" | "record-end" }>): number;
  /** Drains every thread, then ends it by force. Errors met on the way are gathered. */
  close(graceMs: number): Promise<readonly string[]>;
}

interface Poller extends Desk {
  readonly index: number;
  readonly name: string;
  worker: Worker | null;
  isReady: boolean;
  waiting: ToPoller[];
  readonly mappings: Map<string, number>;
  functionThreads: readonly FunctionThreadReport[];
  failuresInARow: number;
  cancelTimer: Cancel | null;
  onShutDown: ((errors: readonly string[]) => void) | null;
}

export function createPollerSupervisor(options: SupervisorOptions): PollerSupervisor {
  const { clock } = options;
  let isClosing = false;
  let watch: Extract<ToPoller, { kind: "watch" }> | null = null;
  let recording: Extract<ToPoller, { kind: "record" }> | null = null;
  const pollers: Poller[] = Array.from({ length: options.pollerCount }, (_, index) => ({
    index,
    name: `poller-${index}`,
    worker: null,
    isReady: false,
    waiting: [],
    mappings: new Map(),
    pending: new Map(),
    functionThreads: [],
    failuresInARow: 0,
    cancelTimer: null,
    onShutDown: null,
  }));

  const desk = createInvocationDesk<Poller>({ mappingCount: (poller) => poller.mappings.size, send });

  function launch(poller: Poller): void {
    const worker = new Worker(workerEntry("poller"), { name: poller.name });
    poller.worker = worker;
    poller.isReady = false;
    let failure = "";
    worker.on("message", (value: unknown) => {
      if (poller.worker === worker) receive(poller, parseFromPoller(value));
    });
    worker.on("error", (error: unknown) => {
      failure = error instanceof Error ? (error.stack ?? error.message) : String(error);
    });
    worker.on("exit", (code) => ended(poller, failure === "" ? `it ended with code ${code}` : failure));
    const storePort = options.connectStore();
    const boot: PollerBoot = {
      ...options.boot,
      kind: "boot",
      protocolVersion: PROTOCOL_VERSION,
      threadName: poller.name,
      pollerIndex: poller.index,
      storePort,
      functions: options.functions(),
    };
    worker.postMessage(boot, [storePort]);
    if (watch !== null) worker.postMessage(watch);
    if (recording !== null) worker.postMessage(recording);
  }

  function receive(poller: Poller, message: FromPoller): void {
    switch (message.kind) {
      case "ready": {
        poller.isReady = true;
        const event = poller.failuresInARow === 0 ? "started" : "restarted";
        options.onFact({ kind: "thread", thread: poller.name, event, detail: "" });
        const waiting = poller.waiting;
        poller.waiting = [];
        for (const each of waiting) post(poller, each);
        poller.cancelTimer = clock.wakeAt(clock.nowMs() + HEALTHY_AFTER_MS, () => {
          poller.failuresInARow = 0;
        });
        return;
      }
      case "shut-down":
        poller.onShutDown?.(message.errors);
        return;
      case "threads":
        poller.functionThreads = message.threads;
        return;
      case "invoked":
        return desk.answer(poller, message.id, message.answer);
      case "secret": {
        const text = options.secretText(message.secretArn);
        poller.worker?.postMessage({ kind: "secret-text", id: message.id, text } satisfies ToPoller);
        return;
      }
      case "publish": {
        const { worker } = poller;
        void options.topics.publish(message.topic, message.message).then((answer) => {
          // A thread that has ended meanwhile waits for nothing.
          worker?.postMessage({ kind: "published", id: message.id, answer } satisfies ToPoller);
        });
        return;
      }
      case "stopped":
      case "fenced":
        if (poller.mappings.get(message.uuid) === message.generation) poller.mappings.delete(message.uuid);
        options.onMessage(message);
        return;
      default:
        options.onMessage(message);
    }
  }

  function ended(poller: Poller, detail: string): void {
    poller.worker = null;
    poller.isReady = false;
    poller.waiting = [];
    poller.functionThreads = [];
    poller.cancelTimer?.();
    poller.cancelTimer = null;
    options.releasePermits(poller.index);
    desk.fail(poller, `${poller.name} has ended`);
    if (poller.onShutDown !== null) return poller.onShutDown(isClosing ? [] : [`${poller.name}: ${detail}`]);
    if (isClosing) return;
    const delayMs = Math.min(FIRST_DELAY_MS * 2 ** poller.failuresInARow++, MOST_DELAY_MS);
    options.onFact({
      kind: "thread",
      thread: poller.name,
      event: "failed",
      detail: `${detail}; again in ${delayMs} ms`,
    });
    const orphans = [...poller.mappings];
    poller.mappings.clear();
    poller.cancelTimer = clock.wakeAt(clock.nowMs() + delayMs, () => launch(poller));
    for (const [uuid, generation] of orphans) options.onDied(uuid, generation);
  }

  function send(poller: Poller, message: ToPoller): void {
    if (poller.isReady) post(poller, message);
    else poller.waiting.push(message);
  }

  function post(poller: Poller, message: ToPoller): void {
    poller.worker?.postMessage(message, message.kind === "invoke" ? [message.call.payload] : []);
  }

  const holderOf = (uuid: string): Poller | undefined => pollers.find((each) => each.mappings.has(uuid));

  async function shutDown(poller: Poller, graceMs: number): Promise<readonly string[]> {
    poller.cancelTimer?.();
    const worker = poller.worker;
    if (worker === null) return [];
    const errors = await new Promise<readonly string[]>((resolve) => {
      // The thread keeps the grace itself; this is for one that does not answer at all.
      const cancel = clock.wakeAt(clock.nowMs() + graceMs + 5_000, () =>
        resolve([`${poller.name} did not stop in time`]),
      );
      poller.onShutDown = (met) => {
        cancel();
        resolve(met);
      };
      worker.postMessage({ kind: "shutdown", graceMs } satisfies ToPoller);
    });
    await worker.terminate();
    return errors;
  }

  /** Threads that are there or, while none is, those that will be: a call waits for them. None once all have stopped. */
  function called(): readonly Poller[] {
    const there = pollers.filter((poller) => poller.isReady && poller.worker !== null);
    return there.length > 0 || isClosing ? there : pollers;
  }

  for (const poller of pollers) launch(poller);
  let closed: Promise<readonly string[]> | null = null;
  return {
    start(spec) {
      const chosen = pollers.reduce((best, each) => (each.mappings.size < best.mappings.size ? each : best));
      chosen.mappings.set(spec.uuid, spec.generation);
      send(chosen, { kind: "start", spec });
    },
    update(spec) {
      const holder = holderOf(spec.uuid);
      if (holder === undefined) return;
      holder.mappings.set(spec.uuid, spec.generation);
      send(holder, { kind: "update", spec });
    },
    stop(uuid, { isDelete, graceMs }) {
      const holder = holderOf(uuid);
      if (holder !== undefined) send(holder, { kind: "stop", uuid, isDelete, graceMs });
    },
    call: (call) => desk.call(called(), call),
    callCount: () => pollers.reduce((sum, poller) => sum + poller.pending.size, 0),
    functionThreads: () => pollers.flatMap((poller) => poller.functionThreads),
    steer(uuid, command) {
      const holder = holderOf(uuid);
      if (holder !== undefined) send(holder, { kind: "steer", uuid, command });
    },
    broadcast(message) {
      if (message.kind === "watch") watch = message;
      for (const poller of pollers) poller.worker?.postMessage(message);
    },
    record(message) {
      recording = message.kind === "record" ? message : null;
      const there = pollers.filter((poller) => poller.worker !== null);
      for (const poller of there) poller.worker?.postMessage(message);
      return there.length;
    },
    close(graceMs) {
      isClosing = true;
      closed ??= Promise.all(pollers.map((each) => shutDown(each, graceMs))).then((all) => {
        for (const poller of pollers) desk.fail(poller, "Millrace stops");
        return all.flat();
      });
      return closed;
    },
  };
}
