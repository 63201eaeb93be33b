// How the queues of the rows on brokers are filled, and how it is told that nothing is left in them.

import { connect } from "amqplib";
import rhea from "rhea";
import { openConnection } from "./broker-consumer.ts";
import type { Engine } from "./broker-run.ts";

export interface QueueFiller {
  fill(queue: string, bodies: readonly Buffer[]): Promise<void>;
  close(): Promise<void>;
}

export function openFiller(engine: Engine, url: string): Promise<QueueFiller> {
  return engine === "rabbitMq" ? rabbitFiller(url) : activeFiller(url);
}

async function rabbitFiller(url: string): Promise<QueueFiller> {
  const connection = await connect(url);
  return {
    async fill(queue, bodies) {
      const channel = await connection.createConfirmChannel();
      const { messageCount } = await channel.assertQueue(queue, { durable: true });
      if (messageCount > 0) throw new Error(`${messageCount} messages were left in ${queue}`);
      for (const body of bodies) channel.sendToQueue(queue, body, { persistent: true });
      await channel.waitForConfirms();
      await channel.close();
    },
    close: () => connection.close(),
  };
}

async function activeFiller(url: string): Promise<QueueFiller> {
  const connection = await openConnection(url);
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
    async close() {
      connection.close();
      await new Promise((resolve) => connection.once("connection_close", resolve));
    },
  };
}
