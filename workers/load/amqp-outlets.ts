// Ways into real message brokers: RabbitMQ by a channel that confirms, ActiveMQ by AMQP 1.0.

import type { Channel } from "amqplib";
import type { Sender } from "rhea";
import { MillraceError } from "../../src/errors.ts";
import type { Outlet, SendTarget, TakenPlace } from "../../src/load/sending/send-target.ts";
import { createActiveMqConnection, endHeartbeats } from "../activemq/activemq-connection.ts";
import { createRabbitMqConnection } from "../rabbitmq/rabbitmq-connection.ts";

type Target<Kind extends SendTarget["kind"]> = Extract<SendTarget, { kind: Kind }>;

type Opened = ReturnType<ReturnType<typeof createRabbitMqConnection>["channel"]>;

/** So long a broker may take to show a queue's first message. */
const LOOK_WITHIN_MS = 10_000;
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
  const heldCount = await declare(queue, () => connection.channel()).catch(async (error: unknown) => {
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
    heldCount: () => Promise.resolve(heldCount),
    async discard() {
      await channel.deleteQueue(queue);
    },
    async close() {
      await channel.close().catch(() => undefined);
      await connection.close();
    },
  };
}

/** One that is there stays as it is: answers how many messages it holds. A channel on which something was refused is closed by the broker: each step has its own. */
async function declare(queue: string, channelOf: () => Opened): Promise<number> {
  const steps = [
    (channel: Channel) => channel.checkQueue(queue),
    (channel: Channel) => channel.assertQueue(queue, { durable: true }),
  ];
  for (const step of steps) {
    const opened = await channelOf();
    if ("problem" in opened) throw away(opened.problem.detail);
    const { channel } = opened;
    channel.on("error", () => undefined);
    try {
      const { messageCount } = await step(channel);
      await channel.close();
      return messageCount;
    } catch (cause) {
      if (step === steps.at(-1))
        throw away(`the queue ${queue} cannot be made: ${cause instanceof Error ? cause.message : "refused"}`);
    }
  }
  return 0;
}

/** Messages have names of ours, which the journal has too. */
export async function activeMqOutlet(target: Target<"activemq">): Promise<Outlet> {
  const { address, caFile, login, queue, idPrefix, keptMs } = target;
  let lost: string | null = null;
  const waiting = new Map<number, (isTaken: boolean) => void>();
  // Several calls may wait at once: whoever wakes asks again, as another may have used the room.
  let waitingForRoom: (() => void)[] = [];
  const wake = (): void => {
    const woken = waitingForRoom;
    waitingForRoom = [];
    for (const goOn of woken) goOn();
  };
  const room = (): Promise<void> => new Promise((resolve) => void waitingForRoom.push(resolve));
  const connection = createActiveMqConnection({
    url: address,
    caFile,
    place: { address: new URL(address).host, queueName: queue },
    login: () => Promise.resolve(login ?? NOBODY),
  });
  const opened = await connection.session((problem) => {
    lost = problem.detail;
    for (const settled of waiting.values()) settled(false);
    wake();
  });
  if ("problem" in opened) {
    await connection.close();
    throw away(opened.problem.detail);
  }
  const { session } = opened;
  // By its full address: a bare name might be taken for a topic's.
  const queueAddress = `queue://${queue}`;
  const sender: Sender = session.open_sender({ target: { address: queueAddress } });
  const settle = (id: number | undefined, isTaken: boolean): void => {
    if (id === undefined) return;
    waiting.get(id)?.(isTaken);
    waiting.delete(id);
    // The client takes the delivery out of its buffer once it has told of it.
    setImmediate(() => wake());
  };
  sender.on("accepted", ({ delivery }) => settle(delivery?.id, true));
  for (const refusal of ["rejected", "released", "modified"])
    sender.on(refusal, ({ delivery }) => settle(delivery?.id, false));
  sender.on("sendable", wake);
  return {
    mostRecords: 200,
    mostBytes: 4_000_000,
    async send(records) {
      const answers: Promise<TakenPlace | null>[] = [];
      for (const { data, n } of records) {
        while (lost === null && !sender.sendable()) await room();
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
      const places = await Promise.all(answers);
      if (lost !== null) throw away(lost);
      return places;
    },
    /** One message is looked at, and stays: how many there are, AMQP does not tell. */
    heldCount() {
      const source = { address: queueAddress, distribution_mode: "copy" } as const;
      const browser = session.open_receiver({ source, credit_window: 0, autoaccept: true });
      return new Promise((resolve, reject) => {
        const silent = setTimeout(
          () => reject(away(lost ?? `ActiveMQ does not say within ${LOOK_WITHIN_MS / 1_000} s what ${queue} holds`)),
          LOOK_WITHIN_MS,
        );
        const seen = (count: number): void => {
          clearTimeout(silent);
          browser.close();
          resolve(count);
        };
        browser.once("message", () => seen(1));
        browser.once("receiver_drained", () => seen(0));
        browser.add_credit(1);
        browser.drain_credit();
      });
    },
    async close() {
      endHeartbeats(session.connection);
      opened.end();
      await connection.close();
    },
  };
}
