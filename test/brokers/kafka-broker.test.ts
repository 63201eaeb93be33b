import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { Kafka, logLevel } from "kafkajs";
import { describe, expect, test } from "vitest";
import { plainUser, scramUser, secureListenersOf } from "../../scripts/brokers/kafka-listeners.ts";
import { startBroker } from "../../scripts/brokers/start-broker.ts";

describe("a Kafka for tests", () => {
  test("a killed one comes back at its address with its topics; its stop leaves no folder", async () => {
    const broker = await startBroker("kafka", { own: true });
    const folder = broker.folder ?? "";
    await withAdmin({ brokers: [server(broker)] }, (admin) =>
      admin.createTopics({ topics: [{ topic: "orders", numPartitions: 3 }] }),
    );
    const before = broker.processId;
    await broker.kill();
    expect(broker.processId).toBeNull();
    await broker.restart();
    expect(broker.processId).not.toBe(before);
    expect(await withAdmin({ brokers: [server(broker)] }, (admin) => admin.listTopics())).toEqual(["orders"]);
    await broker.stop();
    expect(existsSync(folder)).toBe(false);
  });

  test("a secured one lets each listener's own clients in", async () => {
    await using own = await ownBroker({ kafka: { isSecured: true } });
    const at = await secureListenersOf(own.broker);
    const ca = await readFile(at.caFile, "utf8");
    const cert = await readFile(at.clientCertificateFile, "utf8");
    const key = await readFile(at.clientKeyFile, "utf8");
    // A new one each time: the client writes into it how it has logged in.
    const plain = () => ({ mechanism: "plain", ...plainUser }) as const;
    const ways = [
      { brokers: [at.plain] },
      { brokers: [at.sasl], sasl: plain() },
      { brokers: [at.sasl], sasl: { mechanism: "scram-sha-256", ...scramUser } as const },
      { brokers: [at.saslTls], ssl: { ca }, sasl: { mechanism: "scram-sha-512", ...scramUser } as const },
      { brokers: [at.tls], ssl: { ca } },
      { brokers: [at.mutualTls], ssl: { ca, cert, key } },
    ];
    const heard = await Promise.all(ways.map((way) => withAdmin(way, (admin) => admin.listTopics())));
    expect(heard).toEqual(ways.map(() => []));
    const stranger = { brokers: [at.sasl], sasl: { ...plain(), password: "wrong" } };
    await expect(withAdmin(stranger, (admin) => admin.listTopics())).rejects.toThrow(/authentication failed/i);
  });

  test("what is Kafka's alone is refused elsewhere, and so is what it has not", async () => {
    await expect(startBroker("redis", { own: true, kafka: {} })).rejects.toMatchObject({ code: "bad-argument" });
    await expect(startBroker("kafka", { own: true, tls: true })).rejects.toMatchObject({ code: "bad-argument" });
  });
});

const server = ({ host, port }: { readonly host: string; readonly port: number }) => `${host}:${port}`;

async function ownBroker(options: Parameters<typeof startBroker>[1]) {
  const broker = await startBroker("kafka", { ...options, own: true });
  return { broker, [Symbol.asyncDispose]: () => broker.stop() };
}

async function withAdmin<T>(
  config: Omit<ConstructorParameters<typeof Kafka>[0], "logLevel" | "retry">,
  use: (admin: ReturnType<Kafka["admin"]>) => Promise<T>,
): Promise<T> {
  const admin = new Kafka({ ...config, logLevel: logLevel.NOTHING, retry: { retries: 1 } }).admin();
  try {
    await admin.connect();
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}
