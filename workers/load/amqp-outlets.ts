// Ways into real message brokers: RabbitMQ by a channel that confirms, ActiveMQ by AMQP 1.0.

import type { Channel } from "amqplib";
import type { Sender } from "rhea";
import { MillraceError } from "../../src/errors.ts";
import type { Outlet, SendTarget, TakenPlace } from "../../src/load/sending/send-target.ts";
import { createActiveMqConnection, endHeartbeats } from "../activemq/activemq-connection.ts";
import { createRabbitMqConnection } from "../rabbitmq/rabbitmq-connection.ts";

type Target<Kind extends SendTarget["kind"]> = Extract<SendTarget, { kind: Kind }>;

type Opened = ReturnType<ReturnType<typeof createRabbitMqConnection>["channel"]>;

const NOBODY = { username: "", password: "" };
const away = (detail: string): MillraceError => new MillraceError("source-unreachable", detail);

/** A queue that is not there is made, durable. The broker gives messages no names: they are told by the order of their deliveries. */
export async function rabbitMqOutlet(target: Target<"rabbitmq">): Promise<Outlet> {
  const { address, caFile, login, virtualHost, queue } = target;
  const connection = createRabbitMqConnection({
    url: address,
    caFile,
    place: { address: new URL(address).host, queueName: queue, virtualHost },
    login: () => Promise.resolve(login ?? NOBODY),
  });
  await declare(queue, () => connection.channel()).catch(async (error: unknown) => {
    await connection.close();
    throw error;
  });
  const opened = await connection.confirmChannel();
  if ("problem" in opened) {
    await connection.close();
    throw away(opened.problem.detail);
  }
  const { channel } = opened;
  let lost: string | null = null;
  channel.on("error", (error: Error) => {
    lost = error.message;
  });
  channel.on("close", () => {
    lost ??= "the channel was closed";
  });
  const place: TakenPlace = { unit: "", id: "" };
  return {
    mostRecords: 500,
    mostBytes: 8_000_000,
    async send(records) {
      if (lost !== null) throw away(`RabbitMQ at ${new URL(address).host}: ${lost}`);
      const answers = records.map(
        ({ data }) =>
          new Promise<TakenPlace | null>((resolve) => {
            const options = { persistent: true, contentType: "application/json" };
            channel.sendToQueue(queue, Buffer.from(data, "utf8"), options, (error: unknown) =>
              resolve(error === null || error === undefined ? place : null),
            );
          }),
      );
      return Promise.all(answers);
    },
    async discard() {
      await channel.deleteQueue(queue);
    },
    async close() {
      await channel.close().catch(() => undefined);
      await connection.close();
    },
  };
}

/** One that is there stays as it is. A channel on which something was refused is closed by the broker: each step has its own. */
async function declare(queue: string, channelOf: () => Opened): Promise<void> {
  const steps = [
    async (channel: Channel) => void (await channel.checkQueue(queue)),
    async (channel: Channel) => void (await channel.assertQueue(queue, { durable: true })),
  ];
  for (const step of steps) {
    const opened = await channelOf();
    if ("problem" in opened) throw away(opened.problem.detail);
    const { channel } = opened;
    channel.on("error", () => undefined);
    try {
      await step(channel);
      await channel.close();
      return;
    } catch (cause) {
      if (step === steps.at(-1))
        throw away(`the queue ${queue} cannot be made: ${cause instanceof Error ? cause.message : "refused"}`);
    }
  }
}

/** Messages have names of ours, which the journal has too. */
export async function activeMqOutlet(target: Target<"activemq">): Promise<Outlet> {
  const { address, caFile, login, queue, idPrefix, keptMs } = target;
  let lost: string | null = null;
  const connection = createActiveMqConnection({
    url: address,
    caFile,
    place: { address: new URL(address).host, queueName: queue },
    login: () => Promise.resolve(login ?? NOBODY),
  });
  const opened = await connection.session((problem) => {
    lost = problem.detail;
  });
  if ("problem" in opened) {
    await connection.close();
    throw away(opened.problem.detail);
  }
  const { session } = opened;
  const sender: Sender = session.open_sender({ target: { address: queue } });
  const waiting = new Map<number, (isTaken: boolean) => void>();
  const settle = (id: number | undefined, isTaken: boolean): void => {
    if (id === undefined) return;
    waiting.get(id)?.(isTaken);
    waiting.delete(id);
  };
  sender.on("accepted", ({ delivery }) => settle(delivery?.id, true));
  for (const refusal of ["rejected", "released", "modified"])
    sender.on(refusal, ({ delivery }) => settle(delivery?.id, false));
  const credit = (): Promise<void> =>
    new Promise((resolve) => {
      if (sender.sendable()) resolve();
      else sender.once("sendable", () => resolve());
    });
  return {
    mostRecords: 200,
    mostBytes: 4_000_000,
    async send(records) {
      const answers: Promise<TakenPlace | null>[] = [];
      for (const { data, n } of records) {
        if (!sender.sendable()) await credit();
        if (lost !== null) throw away(lost);
        const id = `ID:${idPrefix}-${n}`;
        const kept = keptMs === null ? { durable: true } : { durable: false, ttl: keptMs };
        const delivery = sender.send({ message_id: id, ...kept, content_type: "application/json", body: data });
        answers.push(
          new Promise((resolve) => {
            waiting.set(delivery.id, (isTaken) => resolve(isTaken ? { unit: "", id } : null));
          }),
        );
      }
      return Promise.all(answers);
    },
    async close() {
      endHeartbeats(session.connection);
      opened.end();
      await connection.close();
    },
  };
}
