// The one connection of a mapping to RabbitMQ: opened when a channel is asked for and none is there, with the secret read anew (M-605).
// It never comes back by itself: the next channel opens the next one.

import { readFile } from "node:fs/promises";
import type { Channel, ChannelModel, ConfirmChannel } from "amqplib";
import type { SourceProblem } from "../../src/ports/source.ts";
import { type BrokerPlace, channelProblem, connectProblem, secretProblem } from "./rabbitmq-problems.ts";

/** Generous, as our event loop may be busy with a large batch. */
const HEARTBEAT_SECONDS = 30;
const CONNECT_MS = 10_000;

export interface RabbitMqLogin {
  readonly username: string;
  readonly password: string;
}

export interface RabbitMqConnectionOptions {
  /** `amqp://HOST:PORT` or `amqps://HOST:PORT`. */
  readonly url: string;
  readonly place: BrokerPlace;
  /** PEM file of a private certificate authority; null: the system's. */
  readonly caFile: string | null;
  /** Text: what is wrong with the secret. */
  readonly login: () => Promise<RabbitMqLogin | string>;
}

export interface RabbitMqConnection {
  channel(): Promise<{ readonly channel: Channel } | { readonly problem: SourceProblem }>;
  /** For who sends: each message is confirmed. */
  confirmChannel(): Promise<{ readonly channel: ConfirmChannel } | { readonly problem: SourceProblem }>;
  close(): Promise<void>;
}

export function createRabbitMqConnection(options: RabbitMqConnectionOptions): RabbitMqConnection {
  const { place } = options;
  let open: ChannelModel | null = null;
  /** All who ask meanwhile get the same one. */
  let opening: Promise<ChannelModel | SourceProblem> | null = null;
  let isClosed = false;

  async function connection(): Promise<ChannelModel | SourceProblem> {
    if (open !== null) return open;
    opening ??= connectNow().finally(() => {
      opening = null;
    });
    return opening;
  }

  async function connectNow(): Promise<ChannelModel | SourceProblem> {
    const login = await options.login();
    if (typeof login === "string") return secretProblem(login);
    const { protocol, hostname, port } = new URL(options.url);
    try {
      // Loaded with the first connection: nobody else needs it.
      const { connect } = await import("amqplib");
      const ca = options.caFile === null ? {} : { ca: [await readFile(options.caFile)] };
      const model = await connect(
        {
          protocol: protocol.replace(":", ""),
          hostname: hostname.replace(/^\[|\]$/g, ""),
          port: port === "" ? (protocol === "amqps:" ? 5671 : 5672) : Number(port),
          ...login,
          vhost: encodeURIComponent(place.virtualHost),
          heartbeat: HEARTBEAT_SECONDS,
        },
        { timeout: CONNECT_MS, noDelay: true, ...ca },
      );
      open = model;
      // Without a listener an error would end the thread; its close follows.
      model.on("error", () => {});
      model.on("close", () => {
        if (open === model) open = null;
      });
      if (isClosed) await closeQuietly(model);
      return model;
    } catch (error) {
      return connectProblem(error, place);
    }
  }

  async function opened<C extends Channel>(
    open: (model: ChannelModel) => Promise<C>,
  ): Promise<{ readonly channel: C } | { readonly problem: SourceProblem }> {
    const model = await connection();
    if (!("createChannel" in model)) return { problem: model };
    try {
      return { channel: await open(model) };
    } catch (error) {
      return { problem: channelProblem(error, place) };
    }
  }

  return {
    channel: () => opened((model) => model.createChannel()),
    confirmChannel: () => opened((model) => model.createConfirmChannel()),
    async close() {
      isClosed = true;
      await opening;
      if (open !== null) await closeQuietly(open);
    },
  };
}

async function closeQuietly(model: ChannelModel): Promise<void> {
  try {
    await model.close();
  } catch {
    // It was closing already: that is what was asked for.
  }
}
