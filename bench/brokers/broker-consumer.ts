// A consumer as the brokers' own clients make it, for the bare loop and the loop by hand: so many deliveries unsettled at most, ActiveMQ's
// credit in steps, RabbitMQ's acknowledgement up to a message.

import { connect, type ConsumeMessage } from "amqplib";
import rhea, { type Connection, type Delivery } from "rhea";
import { type BrokerRunRequest, benchPrefetch } from "./broker-run.ts";

export interface Taken {
  readonly body: Buffer;
  readonly isRedelivered: boolean;
  /** JSON text of what the client says of the message besides. */
  readonly about: () => string;
}

export interface BrokerConsumer {
  /** The oldest `count` of what is unsettled have been done. */
  settle(count: number): void;
  close(): Promise<void>;
}

export function openConsumer(request: BrokerRunRequest, take: (message: Taken) => void): Promise<BrokerConsumer> {
  return request.engine === "rabbitMq" ? openRabbit(request, take) : openActive(request, take);
}

async function openRabbit(
  { url, queue, batchSize }: BrokerRunRequest,
  take: (message: Taken) => void,
): Promise<BrokerConsumer> {
  const connection = await connect(url, { noDelay: true });
  const channel = await connection.createChannel();
  await channel.prefetch(benchPrefetch(batchSize));
  let held: ConsumeMessage[] = [];
  await channel.consume(queue, (message) => {
    if (message === null) return;
    held.push(message);
    const { content, fields, properties } = message;
    take({ body: content, isRedelivered: fields.redelivered, about: () => JSON.stringify(properties) });
  });
  return {
    settle(count) {
      const last = held[count - 1];
      held = held.slice(count);
      if (last !== undefined) channel.ack(last, true);
    },
    async close() {
      await channel.close();
      await connection.close();
    },
  };
}

const CREDIT_STEP = 50;

async function openActive(
  { url, queue, batchSize }: BrokerRunRequest,
  take: (message: Taken) => void,
): Promise<BrokerConsumer> {
  const connection = await openConnection(url);
  const prefetch = benchPrefetch(batchSize);
  const receiver = connection.open_receiver({ source: `queue://${queue}`, credit_window: 0, autoaccept: false });
  let held: Delivery[] = [];
  let credit = 0;
  const give = (): void => {
    const more = Math.min(CREDIT_STEP - credit, prefetch - held.length - credit);
    if (credit > CREDIT_STEP / 2 || more <= 0) return;
    credit += more;
    receiver.add_credit(more);
  };
  receiver.on("message", ({ message, delivery }) => {
    if (delivery === undefined || message === undefined) return;
    held.push(delivery);
    credit -= 1;
    const { body, ...about } = message;
    const content = (body as { readonly content: Buffer }).content;
    take({ body: content, isRedelivered: (message.delivery_count ?? 0) > 0, about: () => JSON.stringify(about) });
    give();
  });
  give();
  return {
    settle(count) {
      for (const each of held.slice(0, count)) each.accept();
      held = held.slice(count);
      give();
    },
    async close() {
      await new Promise((resolve) => {
        receiver.once("receiver_close", resolve);
        receiver.close();
      });
      connection.close();
    },
  };
}

export async function openConnection(address: string): Promise<Connection> {
  const { username, password, hostname: host, port } = new URL(address);
  const connection = rhea
    .create_container()
    .connect({ host, port: Number(port), username, password, reconnect: false, session_buffer_size: 65_536 });
  await new Promise((resolve) => connection.once("connection_open", resolve));
  return connection;
}
