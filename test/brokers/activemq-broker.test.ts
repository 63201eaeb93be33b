import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import rhea, { type Connection } from "rhea";
import { afterEach, describe, expect, test, vi } from "vitest";
import { activemq } from "../../scripts/brokers/activemq.ts";
import { activeMqJars } from "../../scripts/brokers/activemq-jars.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { sharedBrokerUrl } from "./shared-broker.ts";

describe("an ActiveMQ for tests", () => {
  test("the run's shared one answers, and a queue is made by whoever names it", async () => {
    await using client = await clientOf(await sharedBrokerUrl("activemq"));
    const queue = `own-${randomUUID()}`;
    await sendTo(client.connection, queue, "hello");
    expect(await firstOf(client.connection, queue)).toBe("hello");
  });

  test("a killed one comes back at its address with what was persistent", async () => {
    await using own = await ownBroker({});
    {
      await using client = await clientOf(own.broker.url);
      await sendTo(client.connection, "orders", "kept");
    }
    const before = own.broker.processId;
    await own.broker.kill();
    expect(own.broker.processId).toBeNull();
    await own.broker.restart();
    expect(own.broker.processId).not.toBe(before);
    await using client = await clientOf(own.broker.url);
    expect(await firstOf(client.connection, "orders")).toBe("kept");
  });

  test("with TLS and a user it takes only that user, and is known by its authority; its stop leaves no folder", async () => {
    const acl = { user: "alice", password: "p:a@ss" };
    const broker = await startBroker("activemq", { own: true, tls: true, acl });
    const folder = broker.folder ?? "";
    await expect(activemq.ask(broker.url, null)).rejects.toThrow(/certificate/);
    const stranger = broker.url.replace("p%3Aa%40ss", "wrong");
    await expect(activemq.ask(stranger, broker.caFile)).rejects.toThrow(/refused|Failed|closed/);
    await activemq.ask(broker.url, broker.caFile);
    expect(await readFile(broker.caFile ?? "", "utf8")).toContain("BEGIN CERTIFICATE");
    await broker.stop();
    expect(existsSync(folder)).toBe(false);
  });
});

describe("the jars of ActiveMQ", () => {
  afterEach(() => vi.unstubAllEnvs());

  test("a jar of another content is refused, and said how to be rid of it", async () => {
    const cache = await mkdtemp(join(tmpdir(), "millrace-cache-"));
    vi.stubEnv("XDG_CACHE_HOME", cache);
    const folder = join(cache, "millrace", "activemq-6.3.1");
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, "activemq-amqp-6.3.1.jar"), "another");
    await expect(activeMqJars()).rejects.toMatchObject({
      code: "broker-missing",
      message: expect.stringMatching(/activemq-amqp-6\.3\.1\.jar has the SHA-256 \w{64}, and should have \w{64}/),
      help: expect.stringContaining(`rm -r ${folder}`),
    });
    await rm(cache, { recursive: true });
  });
});

async function ownBroker(options: Parameters<typeof startBroker>[1]) {
  const broker = await startBroker("activemq", { ...options, own: true });
  return { broker, [Symbol.asyncDispose]: () => broker.stop() };
}

async function clientOf(address: string) {
  const url = new URL(address);
  const connection = rhea.create_container().connect({
    host: url.hostname,
    port: Number(url.port),
    username: url.username,
    password: url.password,
    reconnect: false,
  });
  await once(connection, "connection_open");
  const close = async () => {
    connection.close();
    await once(connection, "connection_close");
  };
  return { connection, [Symbol.asyncDispose]: close };
}

/** Resolves once the broker has it. */
async function sendTo(connection: Connection, queue: string, body: string): Promise<void> {
  const sender = connection.open_sender(queue);
  await once(sender, "sendable");
  sender.send({ body, durable: true });
  await once(sender, "accepted");
  sender.close();
}

async function firstOf(connection: Connection, queue: string): Promise<unknown> {
  const receiver = connection.open_receiver({ source: queue, credit_window: 0, autoaccept: true });
  receiver.add_credit(1);
  const [context] = await once(receiver, "message");
  receiver.close();
  return context.message.body;
}
