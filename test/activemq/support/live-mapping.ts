// A mapping on a real RabbitMQ by the production runner and adapter, with a handler in place of function threads; and a client beside it
// that sends, takes and looks.

import { endHeartbeats } from "../../../workers/activemq/activemq-connection.ts";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import rhea, { type Connection, type ConnectionOptions, type Message } from "rhea";
import { onTestFinished, vi } from "vitest";
import { compileFilters } from "../../../src/core/filter/compile-filters.ts";
import { createPassingFilter } from "../../../src/core/filter/passing-filter.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../../src/core/settings.ts";
import { createActiveMqKind } from "../../../src/kinds/activemq/activemq-kind.ts";
import { unpack } from "../../../src/kinds/unpackers.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import type { Answer } from "../../../src/ports/invoker.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import type { BrokerSpec } from "../../../src/ports/mapping-spec.ts";
import { createAckRunner } from "../../../src/runtime/ack-runner.ts";
import { createKeptJournal } from "../../../src/sim/journal-digest.ts";
import { createActiveMqSource } from "../../../workers/activemq/activemq-source.ts";

export const brokerArn = "arn:aws:mq:us-east-1:000000000000:broker:shop:b-1";

export interface SeenMessage {
  readonly messageID: string;
  readonly messageType: string;
  readonly redelivered: boolean;
  readonly data: string;
  readonly [name: string]: unknown;
}

export interface SeenEvent {
  readonly event: unknown;
  readonly texts: readonly string[];
  readonly messages: readonly SeenMessage[];
}

/** What it answers, or throws: `throttled` is no answer of the function. */
export type Handler = (event: SeenEvent, index: number) => Promise<"ok" | "throttled"> | "ok" | "throttled";

export interface LiveMappingOptions {
  /** With user and password: what a secret would hold. */
  readonly url: string;
  readonly queue: string;
  readonly caFile?: string | null;
  readonly handler?: Handler;
  readonly batchSize?: number;
  readonly windowMs?: number;
  readonly onFailure?: "hold" | "requeue";
  readonly holdLimitMs?: number | null;
  readonly retries?: number;
  readonly retryPauseMs?: number;
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
  const virtualHost = "/";
  const address = {
    kind: "activeMq",
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
    kind: createActiveMqKind({ eventSourceArn: brokerArn, eventSource: "aws:mq" }),
    source: createActiveMqSource({
      expiration: "number",
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
      retries: options.retries ?? 6,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      acknowledged: {
        onFailure: options.onFailure ?? "hold",
        retryPauseMs: options.retryPauseMs ?? 20,
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
  readonly messages: readonly SeenMessage[];
}

function seenEvent(event: unknown): SeenEvent {
  const { messages } = event as EventForm;
  return { event, messages, texts: messages.map(({ data }) => Buffer.from(data, "base64").toString()) };
}

export interface Client {
  readonly connection: Connection;
  /** Resolves once the broker has all of them. */
  send(queue: string, messages: readonly Message[]): Promise<void>;
  /** Takes, and accepts, what comes until `count` have come. */
  take(queue: string, count: number): Promise<readonly Message[]>;
  /** What is there now, and stays there; others' deliveries are not seen. */
  look(queue: string): Promise<readonly Message[]>;
  close(): Promise<void>;
}

export async function aClient(address: string, options: Partial<ConnectionOptions> = {}): Promise<Client> {
  const url = new URL(address);
  const connection = rhea.create_container().connect({
    host: url.hostname,
    port: Number(url.port),
    username: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    reconnect: false,
    ...options,
  } as ConnectionOptions);
  let isOpen = true;
  connection.on("disconnected", () => {
    isOpen = false;
    endHeartbeats(connection);
  });
  connection.on("connection_error", () => {});
  await once(connection, "connection_open");
  const close = async (): Promise<void> => {
    if (!isOpen) return;
    isOpen = false;
    connection.close();
    await once(connection, "connection_close");
  };
  onTestFinished(close);
  return {
    connection,
    send: (queue, messages) => sendAll(connection, queue, messages),
    async take(queue, count) {
      const receiver = connection.open_receiver({ source: addressOf(queue), credit_window: 0, autoaccept: true });
      const taken: Message[] = [];
      await new Promise<void>((resolve) => {
        receiver.on("message", ({ message }) => {
          if (message !== undefined) taken.push(message);
          if (taken.length === count) resolve();
        });
        receiver.add_credit(count);
      });
      receiver.close();
      await once(receiver, "receiver_close");
      return taken;
    },
    async look(queue) {
      const source = { address: addressOf(queue), distribution_mode: "copy" } as const;
      const receiver = connection.open_receiver({ source, credit_window: 0, autoaccept: true });
      const seen: Message[] = [];
      receiver.on("message", ({ message }) => {
        if (message !== undefined) seen.push(message);
      });
      receiver.add_credit(1_000);
      receiver.drain_credit();
      await once(receiver, "receiver_drained");
      receiver.close();
      await once(receiver, "receiver_close");
      return seen;
    },
    close,
  };
}

const addressOf = (queue: string): string => `queue://${queue}`;

async function sendAll(connection: Connection, queue: string, messages: readonly Message[]): Promise<void> {
  const sender = connection.open_sender(addressOf(queue));
  let sentCount = 0;
  let acceptedCount = 0;
  await new Promise<void>((resolve, reject) => {
    const sendMore = (): void => {
      while (sentCount < messages.length && sender.sendable()) sender.send(messages[sentCount++] ?? { body: "" });
    };
    sender.on("sendable", sendMore);
    sender.on("rejected", () => reject(new Error("the broker rejects a message")));
    sender.on("accepted", () => {
      acceptedCount += 1;
      if (acceptedCount === messages.length) resolve();
      else sendMore();
    });
  });
  sender.close();
  await once(sender, "sender_close");
}

export const texts = (bodies: readonly string[]): readonly Message[] => bodies.map((body) => ({ body, durable: true }));
export const aQueue = (): string => `q-${randomUUID()}`;
/** An epoch of the production adapter, without a runner. Its connection goes with the test. */
export function aReader(url: string, queueName: string) {
  const { username, password, host, protocol } = new URL(url);
  const address = {
    kind: "activeMq",
    url: `${protocol}//${host}`,
    caFile: null,
    secretArn: "",
    queueName,
    virtualHost: "/",
  } as const;
  const source = createActiveMqSource({
    expiration: "number",
    address,
    consumerCount: 1,
    nowMs: () => createSystemClock().nowMs(),
    login: () => Promise.resolve({ username, password }),
  });
  onTestFinished(() => source.close());
  return source.open("0", specOf({ url, queue: queueName }, address));
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
