// A mapping on a queue under a clock that is moved by hand: the production runner over the embedded store's own queues and a modelled
// function. What the function was called with, and when, is told in short: `0 a b`, `5 b2` (seconds since the start; the receive count
// where it is not 1), `!` behind a call that threw.

import { onTestFinished } from "vitest";
import { compileFilters, MOST_FILTER_LIMIT } from "../../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../../src/core/filter/passing-filter.ts";
import { type QueuePolling, usualPace } from "../../../src/core/queue/polling.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../../src/core/settings.ts";
import { createSqsKind } from "../../../src/kinds/sqs/sqs-kind.ts";
import { md5Hex } from "../../../src/platform/md5.ts";
import { nextTurn } from "../../../src/platform/turn.ts";
import type { CallRoom } from "../../../src/ports/call-room.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Invoker } from "../../../src/ports/invoker.ts";
import type { Entry, Fact } from "../../../src/ports/journal.ts";
import type { QueueSpec } from "../../../src/ports/mapping-spec.ts";
import type { NewMessage, Queues, QueueSettings } from "../../../src/ports/queues.ts";
import type { MappingRunner } from "../../../src/runtime/mapping-runner.ts";
import { createQueueRunner } from "../../../src/runtime/queue/queue-runner.ts";
import { createKeptJournal } from "../../../src/sim/journal-digest.ts";
import { createSeededRandom } from "../../../src/sim/seeded-random.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { createVirtualFunctions } from "../../../src/sim/virtual-functions.ts";
import { createLocalQueues } from "../../../src/stores/local-queues.ts";

export const STARTS_AT_MS = 1_790_000_000_000;
const SECOND_MS = 1_000;

export interface SeenMessage {
  readonly messageId: string;
  readonly body: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly receiptHandle: string;
}

export interface SeenCall {
  readonly atSeconds: number;
  readonly messages: readonly SeenMessage[];
  readonly bodies: readonly string[];
  /** How many calls began before it. */
  readonly index: number;
}

/** `throw`, or the answer; and how long it takes. */
export interface Told {
  readonly answer: unknown;
  readonly seconds?: number;
}

export const throwing = (seconds = 0): Told => ({ answer: "throw", seconds });
export const fine: Told = { answer: null };

/** An answer that lists these messages as failed, of those that are in the call. */
export const reporting = (call: SeenCall, ...bodies: readonly string[]): Told => ({
  answer: {
    batchItemFailures: call.messages
      .filter(({ body }) => bodies.includes(body))
      .map(({ messageId }) => ({ itemIdentifier: messageId })),
  },
});

export interface ToldQueueOptions {
  readonly isFifo?: boolean;
  readonly settings?: Partial<QueueSettings>;
  readonly lane?: Partial<QueueSpec["lane"]>;
  readonly queue?: Partial<QueuePolling>;
  readonly pace?: Partial<QueuePolling["pace"]>;
  readonly filterPatterns?: readonly string[];
  readonly reserved?: number | null;
  readonly isThrottled?: (atSeconds: number) => boolean;
  /** Messages that lie there when the mapping starts. */
  readonly first?: readonly string[];
  readonly callRoom?: CallRoom;
  /** Puts something between the runner and the function. */
  readonly aroundCalls?: (invoker: Invoker, clock: Clock) => Invoker;
  /** Puts something between the runner and the queues. */
  readonly around?: (queues: Queues) => Queues;
}

export interface ToldQueue {
  readonly queues: Queues;
  readonly runner: MappingRunner;
  readonly name: string;
  send(...bodies: readonly (string | Partial<NewMessage>)[]): Promise<void>;
  pass(seconds: number): Promise<void>;
  calls(): readonly string[];
  seen(): readonly SeenCall[];
  /** Most calls that were out at once. */
  mostAtOnce(): number;
  left(name?: string): Promise<{ readonly visible: number; readonly hidden: number }>;
  entries(): readonly Entry[];
  facts<K extends Fact["kind"]>(kind: K): readonly Extract<Entry, { kind: K }>[];
  update(change: Partial<QueueSpec["lane"]>): void;
  hasStopped(): boolean;
}

const aMessage = (given: string | Partial<NewMessage>): NewMessage => {
  const message = typeof given === "string" ? { body: given } : given;
  const body = message.body ?? "";
  return { attributes: null, sizeBytes: Buffer.byteLength(body), delayMs: null, ...message, body };
};

export async function aToldQueue(handle: (call: SeenCall) => Told, options: ToldQueueOptions = {}): Promise<ToldQueue> {
  const isFifo = options.isFifo ?? false;
  const name = isFifo ? "jobs.fifo" : "jobs";
  const clock = createVirtualClock(STARTS_AT_MS);
  const random = createSeededRandom(1);
  const journal = createKeptJournal(clock);
  const local = createLocalQueues({ clock, uuid: () => random.uuid("queues") });
  const { queues } = local;
  const seen: SeenCall[] = [];
  const texts: string[] = [];
  let running = 0;
  let most = 0;
  let hasStopped = false;
  const sinceStart = (): number => (clock.nowMs() - STARTS_AT_MS) / SECOND_MS;

  await queues.createQueue("dead", {});
  await queues.createQueue("dead.fifo", { settings: { isFifo: true } });
  await queues.createQueue(name, { settings: { isFifo, isDeduplicatedByContent: isFifo, ...options.settings } });

  const functions = createVirtualFunctions(
    clock,
    new Map([
      [
        "f",
        {
          timeoutMs: 900_000,
          reservedConcurrency: options.reserved ?? null,
          isThrottled: () => options.isThrottled?.(sinceStart()) ?? false,
          handle(eventText: () => string) {
            const { Records: messages } = JSON.parse(eventText()) as { readonly Records: readonly SeenMessage[] };
            const call = {
              atSeconds: sinceStart(),
              messages,
              bodies: messages.map(({ body }) => body),
              index: seen.length,
            };
            seen.push(call);
            running += 1;
            most = Math.max(most, running);
            const { answer, seconds = 0 } = handle(call);
            const counted = messages.map(({ body, attributes }) => {
              const { ApproximateReceiveCount: count } = attributes;
              return `${body.slice(0, 20)}${count === "1" ? "" : `:${count}`}`;
            });
            texts.push(`${call.atSeconds} ${counted.join(" ")}${answer === "throw" ? " !" : ""}`);
            const tookMs = seconds * SECOND_MS;
            if (answer === "throw") return { kind: "threw", errorType: "Error", message: "told to", tookMs };
            return { kind: "returned", json: JSON.stringify(answer), tookMs };
          },
        },
      ],
    ]),
    () => {
      running -= 1;
    },
  );

  const pace = { ...usualPace, ...options.pace };
  let spec = specOf({ name, isFifo }, options, pace);
  const runner = createQueueRunner({
    spec,
    kind: createSqsKind({ eventSourceArn: spec.eventSourceArn, region: spec.region, queueName: name, md5: md5Hex }),
    queues: options.around?.(queues) ?? queues,
    invoker: options.aroundCalls?.(functions, clock) ?? functions,
    journal,
    clock,
    random,
    ...(options.callRoom === undefined ? {} : { callRoom: options.callRoom }),
    compileFilter(patterns) {
      const compiled = compileFilters(patterns, "sqs", { limit: MOST_FILTER_LIMIT });
      return compiled.kind === "filters" ? createPassingFilter(compiled) : null;
    },
    events: {
      positioned: () => undefined,
      updated: () => undefined,
      problem: () => undefined,
      stopped: () => {
        hasStopped = true;
      },
    },
  });

  async function send(...given: readonly (string | Partial<NewMessage>)[]): Promise<void> {
    await queues.sendMany(
      name,
      given.map((each) =>
        isFifo && typeof each === "string" ? aMessage({ body: each, groupId: each.charAt(0) }) : aMessage(each),
      ),
    );
  }

  async function pass(seconds: number): Promise<void> {
    const untilMs = clock.nowMs() + seconds * SECOND_MS;
    await nextTurn();
    while (clock.runNext(untilMs)) await nextTurn();
    clock.passTo(untilMs);
  }

  onTestFinished(async () => {
    runner.stop({ isDelete: false, graceMs: 0 });
    await pass(0);
    local.close();
  });
  await send(...(options.first ?? []));
  runner.start();
  await pass(0);

  return {
    queues,
    runner,
    name,
    send,
    pass,
    calls: () => texts,
    seen: () => seen,
    mostAtOnce: () => most,
    async left(of = name) {
      const counts = await queues.countMessages(of);
      return { visible: counts?.visibleCount ?? -1, hidden: counts?.hiddenCount ?? -1 };
    },
    entries: () => journal.entries(),
    facts: <K extends Fact["kind"]>(kind: K) =>
      journal.entries().filter((entry): entry is Extract<Entry, { kind: K }> => entry.kind === kind),
    update(change) {
      spec = { ...spec, lane: { ...spec.lane, ...change } };
      runner.update(spec);
    },
    hasStopped: () => hasStopped,
  };
}

function specOf(
  { name, isFifo }: { readonly name: string; readonly isFifo: boolean },
  options: ToldQueueOptions,
  pace: QueuePolling["pace"],
): QueueSpec {
  return {
    uuid: "m",
    generation: 1,
    eventSourceArn: `arn:aws:sqs:eu-west-1:000000000000:${name}`,
    region: "eu-west-1",
    functionArn: "arn:aws:lambda:eu-west-1:000000000000:function:f",
    functionName: "f",
    roleArn: "arn:aws:iam::000000000000:role/f",
    source: { kind: "embeddedQueue", queueName: name, isFifo },
    queue: { maximumConcurrency: null, provisioned: null, functionTimeoutMs: 5_000, pace, ...options.queue },
    start: { kind: "trimHorizon" },
    parallelizationFactor: 1,
    lane: {
      batchSize: 10,
      windowMs: 0,
      windowFrom: "previousInvocation",
      retries: -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      ...options.lane,
    },
    filterPatterns: options.filterPatterns ?? [],
    onFailureArn: null,
    isCountingEvents: true,
  };
}
