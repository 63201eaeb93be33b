// A mapping on a real RabbitMQ by the production runner and adapter, with a handler in place of function threads; and a client beside it
// that declares queues, sends, and looks.

import { randomUUID } from "node:crypto";
import { type Channel, type ChannelModel, connect, type Options } from "amqplib";
import { onTestFinished, vi } from "vitest";
import { compileFilters } from "../../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../../src/core/filter/passing-filter.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../../src/core/settings.ts";
import { createRabbitMqKind } from "../../../src/kinds/rabbitmq/rabbitmq-kind.ts";
import { unpack } from "../../../src/kinds/unpackers.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import type { Answer } from "../../../src/ports/invoker.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import type { BrokerSpec } from "../../../src/ports/mapping-spec.ts";
import { createAckRunner } from "../../../src/runtime/ack-runner.ts";
import { createKeptJournal } from "../../../src/sim/journal-digest.ts";
import { createRabbitMqSource } from "../../../workers/rabbitmq/rabbitmq-source.ts";

export const brokerArn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";

export interface SeenMessage {
  readonly basicProperties: Readonly<Record<string, unknown>>;
  readonly redelivered: boolean;
  readonly data: string;
}

export interface SeenEvent {
  readonly key: string;
  readonly texts: readonly string[];
  readonly messages: readonly SeenMessage[];
}

/** What it answers, or throws: `throttled` is no answer of the function. */
export type Handler = (event: SeenEvent, index: number) => Promise<"ok" | "throttled"> | "ok" | "throttled";

export interface LiveMappingOptions {
  /** With user and password: what a secret would hold. */
  readonly url: string;
  readonly queue: string;
  readonly virtualHost?: string;
  readonly caFile?: string | null;
  readonly handler?: Handler;
  readonly batchSize?: number;
  readonly windowMs?: number;
  readonly onFailure?: "hold" | "requeue";
  readonly holdLimitMs?: number | null;
  readonly disabledAfterMs?: number;
  readonly consumerCount?: number;
  readonly patterns?: readonly string[];
  readonly login?: () => { readonly username: string; readonly password: string } | string;
}

export interface LiveMapping {
  /** Of calls that have begun, in order. */
  readonly events: readonly SeenEvent[];
  readonly unrecoverable: readonly string[];
  facts<Kind extends Entry["kind"]>(kind: Kind): readonly Extract<Entry, { kind: Kind }>[];
  texts(): readonly string[];
  problem(): string | null;
  update(change: { readonly batchSize?: number }): void;
  stop(): Promise<void>;
}

export function aLiveMapping(options: LiveMappingOptions): LiveMapping {
  const { username, password, host, protocol } = new URL(options.url);
  const clock = createSystemClock();
  const journal = createKeptJournal(clock);
  const events: SeenEvent[] = [];
  const unrecoverable: string[] = [];
  const virtualHost = options.virtualHost ?? "/";
  const address = {
    kind: "rabbitMq",
    url: `${protocol}//${host}`,
    caFile: options.caFile ?? null,
    secretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-aaaaaa",
    queueName: options.queue,
    virtualHost,
  } as const;
  let spec = specOf(options, address);
  let problem: string | null = null;
  const stopped = Promise.withResolvers<void>();
  const usualLogin = { username: decodeURIComponent(username), password: decodeURIComponent(password) };
  const runner = createAckRunner({
    spec,
    kind: createRabbitMqKind({ eventSourceArn: brokerArn, queueName: options.queue, virtualHost }),
    source: createRabbitMqSource({
      address,
      consumerCount: spec.broker.consumerCount,
      nowMs: () => clock.nowMs(),
      login: () => Promise.resolve(options.login === undefined ? usualLogin : options.login()),
    }),
    invoker: {
      async invoke(call): Promise<Answer> {
        const event = seenEvent(unpack(call.pack()));
        events.push(event);
        try {
          const said = await (options.handler?.(event, events.length - 1) ?? "ok");
          if (said === "throttled") return { kind: "refused", reason: "throttled", message: "none is free" };
          return { kind: "returned", json: null, executedVersion: "$LATEST", tookMs: 1 };
        } catch (error) {
          return {
            kind: "functionError",
            reason: "threw",
            errorType: "Error",
            message: String(error),
            trace: [],
            executedVersion: "$LATEST",
            tookMs: 1,
          };
        }
      },
    },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "a broker has no destinations" }) },
    journal,
    clock,
    random: createSystemRandom(),
    compileFilter(patterns) {
      const compiled = compileFilters(patterns, "mq", { limit: 5 });
      return compiled.kind === "filters" ? createPassingFilter(compiled) : null;
    },
    events: {
      positioned: () => {},
      updated: () => {},
      problem: (met) => {
        problem = met?.text ?? null;
      },
      unrecoverable: (reason) => unrecoverable.push(reason),
      stopped: () => stopped.resolve(),
    },
  });
  runner.start();
  const stop = async (): Promise<void> => {
    runner.stop({ isDelete: false, graceMs: 60_000 });
    await stopped.promise;
  };
  onTestFinished(stop);
  return {
    events,
    unrecoverable,
    facts: (kind) =>
      journal.entries().filter((entry): entry is Extract<Entry, { kind: typeof kind }> => entry.kind === kind),
    texts: () => events.flatMap(({ texts }) => texts),
    problem: () => problem,
    update(change) {
      spec = { ...spec, lane: { ...spec.lane, ...change } };
      runner.update(spec);
    },
    stop,
  };
}

function specOf(options: LiveMappingOptions, source: BrokerSpec["source"]): BrokerSpec {
  return {
    uuid: randomUUID(),
    generation: 1,
    eventSourceArn: brokerArn,
    region: "us-east-1",
    functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
    functionName: "f",
    roleArn: "",
    start: { kind: "trimHorizon" },
    parallelizationFactor: 1,
    lane: {
      batchSize: options.batchSize ?? 100,
      windowMs: options.windowMs ?? 0,
      windowFrom: "firstRecord",
      retries: -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      acknowledged: {
        onFailure: options.onFailure ?? "hold",
        retryPauseMs: null,
        holdLimitMs: options.holdLimitMs ?? null,
      },
    },
    filterPatterns: options.patterns ?? [],
    onFailureArn: null,
    isCountingEvents: false,
    source,
    queue: null,
    broker: {
      disabledAfterMs: options.disabledAfterMs ?? 600_000,
      consumerCount: options.consumerCount ?? 1,
      activeMqEvent: { eventSource: "aws:mq", expiration: "number" },
    },
  };
}

interface EventForm {
  readonly rmqMessagesByQueue: Readonly<Record<string, readonly SeenMessage[]>>;
}

function seenEvent(event: unknown): SeenEvent {
  const { rmqMessagesByQueue } = event as EventForm;
  const [entry] = Object.entries(rmqMessagesByQueue);
  const [key, messages] = entry ?? ["", []];
  return { key, messages, texts: messages.map(({ data }) => Buffer.from(data, "base64").toString()) };
}

export interface Client {
  readonly channel: Channel;
  /** A queue of a random name, durable; gone with the test. */
  queue(options?: Options.AssertQueue): Promise<string>;
  /** Persistent, and confirmed by the broker. */
  send(queue: string, texts: readonly string[], options?: Options.Publish): Promise<void>;
  /** Ready to be handed out: not those that somebody holds. */
  readyCount(queue: string): Promise<number>;
  close(): Promise<void>;
}

export async function aClient(url: string, options: object = {}): Promise<Client> {
  const connection: ChannelModel = await connect(url, options);
  connection.on("error", () => undefined);
  const channel = await connection.createConfirmChannel();
  channel.on("error", () => undefined);
  const queues: string[] = [];
  let isOpen = true;
  connection.on("close", () => {
    isOpen = false;
  });
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    try {
      for (const queue of queues) await channel.deleteQueue(queue);
    } finally {
      await connection.close();
    }
  };
  onTestFinished(async () => {
    await close().catch(() => undefined);
  });
  return {
    channel,
    async queue(declared = {}) {
      const { queue } = await channel.assertQueue(`q-${randomUUID()}`, { durable: true, ...declared });
      queues.push(queue);
      return queue;
    },
    async send(queue, texts, how = {}) {
      for (const text of texts) channel.sendToQueue(queue, Buffer.from(text), { persistent: true, ...how });
      await channel.waitForConfirms();
    },
    async readyCount(queue) {
      return (await channel.checkQueue(queue)).messageCount;
    },
    close,
  };
}

export const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `m${from + index}`);

/** Waits for a condition, however slow the machine is. */
export const until = (isSo: () => boolean | Promise<boolean>, timeout = 40_000): Promise<void> =>
  vi.waitFor(
    async () => {
      if (!(await isSo())) throw new Error("it has not come to that");
    },
    { timeout, interval: 20 },
  );
