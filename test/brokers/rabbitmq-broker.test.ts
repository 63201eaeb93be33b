import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type ChannelModel, connect } from "amqplib";
import { describe, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { sharedBrokerUrl } from "./shared-broker.ts";

describe("a RabbitMQ for tests", () => {
  test("the run's shared one answers, and is the same for whoever asks", async () => {
    const url = await sharedBrokerUrl("rabbitmq");
    expect(await sharedBrokerUrl("rabbitmq")).toBe(url);
    await using client = await clientOf(url);
    const channel = await client.connection.createChannel();
    const { queue } = await channel.assertQueue(`own-${randomUUID()}`, { exclusive: true });
    channel.sendToQueue(queue, Buffer.from("hello"));
    await expect.poll(async () => (await channel.checkQueue(queue)).messageCount).toBe(1);
  });

  test("a killed one comes back at its address with what was persistent, in classic and in quorum queues", async () => {
    await using own = await ownBroker({});
    await declareQueues(own.broker.url);
    // A quorum queue's name is on disk only half a second after its declaration: a crash before that makes it anew, empty.
    await own.broker.restart();
    await sendToQueues(own.broker.url);
    const before = own.broker.processId;
    await own.broker.kill();
    expect(own.broker.processId).toBeNull();
    await own.broker.restart();
    expect(own.broker.processId).not.toBe(before);
    await using client = await clientOf(own.broker.url);
    const channel = await client.connection.createChannel();
    for (const queue of ["classic", "quorum"]) {
      const message = await channel.get(queue);
      expect([queue, message === false ? null : message.content.toString()]).toEqual([queue, "kept"]);
    }
  });

  test("with TLS, a user and virtual hosts it takes only that user, and only by its authority", async () => {
    const acl = { user: "alice", password: "p:a@ss" };
    await using own = await ownBroker({ tls: true, acl, virtualHosts: ["v1"] });
    const ca = [await readFile(own.broker.caFile ?? "")];
    await using client = await clientOf(`${own.broker.url}/v1`, { ca });
    await client.connection.createChannel();
    await expect(connect(`${own.broker.url}/v2`, { ca })).rejects.toThrow(/Expected ConnectionOpenOk/);
    await expect(connect(own.broker.url)).rejects.toThrow(/certificate/);
    const stranger = own.broker.url.replace("alice:p%3Aa%40ss", "guest:guest");
    await expect(connect(stranger, { ca })).rejects.toThrow(/ACCESS-REFUSED/);
  });

  test("an orderly restart tells its clients, and its stop leaves no folder", async () => {
    const broker = await startBroker("rabbitmq", { own: true });
    const folder = broker.folder ?? "";
    const { connection } = await clientOf(broker.url);
    const closed = new Promise((resolve) => connection.once("close", resolve));
    await broker.restart();
    expect(String(await closed)).toMatch(/320 \(CONNECTION-FORCED\)/);
    expect(existsSync(folder)).toBe(true);
    await broker.stop();
    expect(existsSync(folder)).toBe(false);
  });

  test("one that is left running for a person starts, answers, and ends with its folder", async () => {
    const broker = await startBroker("rabbitmq", { own: true, life: "detached" });
    await using ended = { [Symbol.asyncDispose]: () => broker.stop() };
    {
      await using client = await clientOf(broker.url);
      await client.connection.createChannel();
    }
    await ended[Symbol.asyncDispose]();
    await expect(connect(broker.url)).rejects.toThrow(/ECONNREFUSED/);
    expect(existsSync(broker.folder ?? "")).toBe(false);
  });

  test("what only RabbitMQ knows is refused for another broker", async () => {
    const failure = startBroker("redis", { own: true, virtualHosts: ["v1"] });
    await expect(failure).rejects.toMatchObject({ code: "bad-argument" });
  });
});

async function declareQueues(url: string): Promise<void> {
  await using client = await clientOf(url);
  const channel = await client.connection.createChannel();
  await channel.assertQueue("classic", { durable: true });
  await channel.assertQueue("quorum", { durable: true, arguments: { "x-queue-type": "quorum" } });
}

async function sendToQueues(url: string): Promise<void> {
  await using client = await clientOf(url);
  const channel = await client.connection.createConfirmChannel();
  channel.sendToQueue("classic", Buffer.from("kept"), { persistent: true });
  channel.sendToQueue("quorum", Buffer.from("kept"), { persistent: true });
  await channel.waitForConfirms();
}

async function ownBroker(options: Parameters<typeof startBroker>[1]) {
  const broker = await startBroker("rabbitmq", { ...options, own: true });
  return { broker, [Symbol.asyncDispose]: () => broker.stop() };
}

async function clientOf(url: string, options: object = {}) {
  const connection: ChannelModel = await connect(url, options);
  connection.on("error", () => undefined);
  return { connection, [Symbol.asyncDispose]: () => connection.close() };
}
