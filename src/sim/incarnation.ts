// One life of a process. Its ports stop answering at a crash: no later call does anything, nothing under way comes back, no
// `finally` and no late write runs. The crash is drawn as an index over all calls of ports, so it falls between any two effects.

import type { KinesisRecord } from "../kinds/kinesis/kinesis-record.ts";
import type { Checkpoints } from "../ports/checkpoints.ts";
import type { Clock } from "../ports/clock.ts";
import type { Invoker } from "../ports/invoker.ts";
import type { Journal } from "../ports/journal.ts";
import type { Queues } from "../ports/queues.ts";
import type { Reporter } from "../ports/reporter.ts";
import type { Source } from "../ports/source.ts";
import type { Rec } from "../core/record.ts";

export interface Life {
  isAlive(): boolean;
  /** Counts one call of a port; false: the process has ended, at this call or before. */
  step(): boolean;
  /** The crash at its call befalls now. */
  end(): void;
  /** It has ended otherwise, in good order or by a step of the scenario: nothing of it answers any more. */
  retire(): void;
  /** Aborted as it ends: what it waited for elsewhere is not handed to nobody. */
  readonly ended: AbortSignal;
}

/** The ports of one process, before they become mortal. A test plants a fault by changing one. */
export interface WorldPorts {
  readonly source: Source<KinesisRecord>;
  readonly invoker: Invoker;
  readonly reporter: Reporter;
  readonly checkpoints: Checkpoints;
}

/** The ports of a process that runs a queue's mapping. */
export interface QueuePorts {
  readonly queues: Queues;
  readonly invoker: Invoker;
}

export type QueuePlant = (ports: QueuePorts, world: object) => QueuePorts;

/** `world`: one object a run, so that a plant which counts can begin anew with each. */
export type Plant = (ports: WorldPorts, world: object) => WorldPorts;

/** `crashAtCall`: the number of the call at which it ends; null: it does not end by itself. */
export function createLife(crashAtCall: number | null, onCrash: () => void): Life {
  let isAlive = true;
  let callCount = 0;
  const ended = new AbortController();
  const die = (): void => {
    isAlive = false;
    ended.abort();
  };
  const end = (): void => {
    die();
    onCrash();
  };
  return {
    isAlive: () => isAlive,
    step() {
      if (!isAlive) return false;
      callCount += 1;
      if (callCount === crashAtCall) end();
      return isAlive;
    },
    end,
    retire: die,
    ended: ended.signal,
  };
}

/** A promise that the living get an answer to, and the dead never. */
function guarded<T>(life: Life, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve) => {
    if (!life.step()) return;
    void work().then((answer) => {
      if (life.isAlive()) resolve(answer);
    });
  });
}

export function mortalClock(life: Life, clock: Clock): Clock {
  return {
    nowMs: () => clock.nowMs(),
    monotonicMs: () => clock.monotonicMs(),
    wakeAt(atMs, wake) {
      if (!life.step()) return () => undefined;
      return clock.wakeAt(atMs, () => {
        if (life.isAlive()) wake();
      });
    },
  };
}

export function mortalSource<R extends Rec>(life: Life, source: Source<R>): Source<R> {
  return {
    topology: () => guarded(life, () => source.topology()),
    resolve: (unit, start) => guarded(life, () => source.resolve(unit, start)),
    open(unit, after, options) {
      const reader = source.open(unit, after, options);
      return {
        read: (room, signal) => guarded(life, () => reader.read(room, signal)),
        close: () => reader.close(),
      };
    },
    close: () => source.close(),
  };
}

export const mortalInvoker = (life: Life, invoker: Invoker): Invoker => ({
  invoke: (call, signal) => guarded(life, () => invoker.invoke(call, signal)),
});

export const mortalReporter = (life: Life, reporter: Reporter): Reporter => ({
  send: (report) => guarded(life, () => reporter.send(report)),
});

export const mortalCheckpoints = (life: Life, checkpoints: Checkpoints): Checkpoints => ({
  load: () => guarded(life, () => checkpoints.load()),
  save: (unit, checkpoint) => guarded(life, () => checkpoints.save(unit, checkpoint)),
});

/** A receive that waits ends with its process, as a connection does: no message is handed to the dead by it. */
export function mortalQueues(life: Life, queues: Queues): Queues {
  const step = <T>(call: () => Promise<T>): Promise<T> => guardedCall(life, call);
  return {
    createQueue: (name, change) => step(() => queues.createQueue(name, change)),
    describeQueue: (name) => step(() => queues.describeQueue(name)),
    countMessages: (name) => step(() => queues.countMessages(name)),
    changeQueue: (name, change) => step(() => queues.changeQueue(name, change)),
    deleteQueue: (name) => step(() => queues.deleteQueue(name)),
    listQueues: () => step(() => queues.listQueues()),
    send: (name, message) => step(() => queues.send(name, message)),
    sendMany: (name, messages) => step(() => queues.sendMany(name, messages)),
    peek: (name, max) => step(() => queues.peek(name, max)),
    receive: (name, options, signal) =>
      step(() =>
        queues.receive(name, options, signal === undefined ? life.ended : AbortSignal.any([signal, life.ended])),
      ),
    delete: (name, receipt) => step(() => queues.delete(name, receipt)),
    deleteMany: (name, receipts) => step(() => queues.deleteMany(name, receipts)),
    changeVisibility: (name, receipt, visibilityMs) => step(() => queues.changeVisibility(name, receipt, visibilityMs)),
    changeVisibilityMany: (name, changes) => step(() => queues.changeVisibilityMany(name, changes)),
    move: (name, options) => step(() => queues.move(name, options)),
    purge: (name) => step(() => queues.purge(name)),
  };
}

/** As `guarded`, of a call that may fail. */
function guardedCall<T>(life: Life, work: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (!life.step()) return;
    work().then(
      (answer) => {
        if (life.isAlive()) resolve(answer);
      },
      (error: unknown) => {
        if (life.isAlive()) reject(error);
      },
    );
  });
}

export const mortalJournal = (life: Life, journal: Journal): Journal => ({
  append(mapping, lane, fact, atMs) {
    if (life.isAlive()) journal.append(mapping, lane, fact, atMs);
  },
});
