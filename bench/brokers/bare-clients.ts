// The yardsticks of the rows on brokers: their own clients, told to hand out two batches unsettled, settling each batch when it is full and
// looking at nothing. And how the queues are filled.

import { connect } from "amqplib";
import rhea, { type Connection, type Delivery } from "rhea";

export interface BrokerBench {
  fill(queue: string, bodies: readonly Buffer[]): Promise<void>;
  /** Takes and settles all that is there; ms from the first message to the last settle. */
  drain(queue: string, run: { readonly messageCount: number; readonly batchSize: number }): Promise<number>;
  close(): Promise<void>;
}

export async function rabbitMqBench(url: string): Promise<BrokerBench> {
  const connection = await connect(url);
  return {
    async fill(queue, bodies) {
      const channel = await connection.createConfirmChannel();
      await channel.assertQueue(queue, { durable: true });
      for (const body of bodies) channel.sendToQueue(queue, body, { persistent: true });
      await channel.waitForConfirms();
      await channel.close();
    },
    async drain(queue, { messageCount, batchSize }) {
      const channel = await connection.createChannel();
      await channel.prefetch(Math.min(2 * batchSize, 65_535));
      let seen = 0;
      let firstAtMs = 0;
      await new Promise<void>((resolve, reject) => {
        const take = channel.consume(queue, (message) => {
          if (message === null) return;
          if (seen === 0) firstAtMs = performance.now();
          seen += 1;
          if (seen % batchSize === 0 || seen === messageCount) channel.ack(message, true);
          if (seen === messageCount) resolve();
        });
        take.catch(reject);
      });
      await channel.close();
      return performance.now() - firstAtMs;
    },
    close: () => connection.close(),
  };
}

export async function activeMqBench(address: string): Promise<BrokerBench> {
  const url = new URL(address);
  const { username, password, hostname: host, port } = url;
  const connection: Connection = rhea
    .create_container()
    .connect({ host, port: Number(port), username, password, reconnect: false, session_buffer_size: 65_536 });
  await new Promise((resolve) => connection.once("connection_open", resolve));
  return {
    async fill(queue, bodies) {
      const sender = connection.open_sender(`queue://${queue}`);
      let sent = 0;
      let accepted = 0;
      await new Promise<void>((resolve) => {
        const more = (): void => {
          while (sent < bodies.length && sender.sendable()) {
            sender.send({ body: rhea.message.data_section(bodies[sent] ?? Buffer.alloc(0)), durable: true });
            sent += 1;
          }
        };
        sender.on("sendable", more);
        sender.on("accepted", () => {
          accepted += 1;
          if (accepted === bodies.length) resolve();
          else more();
        });
      });
      sender.close();
    },
    async drain(queue, { messageCount, batchSize }) {
      const receiver = connection.open_receiver({ source: `queue://${queue}`, credit_window: 0, autoaccept: false });
      const step = Math.min(2 * batchSize, 50);
      let credit = 0;
      let seen = 0;
      let held: Delivery[] = [];
      let firstAtMs = 0;
      await new Promise<void>((resolve) => {
        const give = (): void => {
          const more = Math.min(step - credit, 2 * batchSize - held.length - credit);
          if (credit > step / 2 || more <= 0) return;
          credit += more;
          receiver.add_credit(more);
        };
        receiver.on("message", ({ delivery }) => {
          if (seen === 0) firstAtMs = performance.now();
          seen += 1;
          credit -= 1;
          if (delivery !== undefined) held.push(delivery);
          if (held.length === batchSize || seen === messageCount) {
            for (const each of held) each.accept();
            held = [];
          }
          give();
          if (seen === messageCount) resolve();
        });
        give();
      });
      const tookMs = performance.now() - firstAtMs;
      await new Promise((resolve) => {
        receiver.once("receiver_close", resolve);
        receiver.close();
      });
      return tookMs;
    },
    async close() {
      connection.close();
      await new Promise((resolve) => connection.once("connection_close", resolve));
    },
  };
}
