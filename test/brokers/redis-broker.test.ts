import { readFile } from "node:fs/promises";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { Redis } from "ioredis";
import { describe, expect, test } from "vitest";
import { startBroker } from "../../scripts/brokers/start-broker.ts";
import { redisUrl } from "./redis-url.ts";

describe("a Redis for tests", () => {
  test("the run's shared Redis answers", async () => {
    const client = new Redis(redisUrl());
    expect(await client.ping()).toBe("PONG");
    client.disconnect();
  });

  test("a durable one keeps its data and its address over a kill and a restart", async () => {
    await using own = await ownBroker({ durable: true });
    const client = new Redis(own.broker.url);
    client.on("error", () => undefined);
    await client.set("kept", "yes");
    const before = own.broker.processId;
    await own.broker.kill();
    expect(own.broker.processId).toBeNull();
    await own.broker.restart();
    expect(own.broker.processId).not.toBe(before);
    expect(await client.get("kept")).toBe("yes");
    client.disconnect();
  });

  test("with TLS and a user it takes only that user, on the user's keys", async () => {
    const acl = { user: "alice", password: "p:a@ss", keys: ["shop:*"] };
    await using own = await ownBroker({ tls: true, acl });
    const ca = await readFile(own.broker.caFile ?? "");
    const client = new Redis(own.broker.url, { tls: { ca } });
    await client.set("shop:a", "1");
    await expect(client.set("other:a", "1")).rejects.toThrow(/NOPERM/);
    client.disconnect();
    const stranger = new Redis({ host: own.broker.host, port: own.broker.port, tls: { ca } });
    stranger.on("error", () => undefined);
    await expect(stranger.ping()).rejects.toThrow(/NOAUTH/);
    stranger.disconnect();
  });

  test("a paused one answers nothing and goes on when resumed", async () => {
    await using own = await ownBroker({});
    const client = new Redis(own.broker.url);
    await client.ping();
    await own.broker.pause();
    const answer = client.ping();
    await own.broker.resume();
    expect(await answer).toBe("PONG");
    client.disconnect();
  });

  test("stop ends the process and removes its folder", async () => {
    const broker = await startBroker("redis", { own: true, tls: true });
    const folder = dirname(broker.caFile ?? "");
    const processId = broker.processId ?? 0;
    expect(existsSync(folder)).toBe(true);
    await broker.stop();
    expect(existsSync(folder)).toBe(false);
    expect(() => process.kill(processId, 0)).toThrow(/ESRCH/);
  });
});

async function ownBroker(options: Parameters<typeof startBroker>[1]) {
  const broker = await startBroker("redis", { ...options, own: true });
  return { broker, [Symbol.asyncDispose]: () => broker.stop() };
}
