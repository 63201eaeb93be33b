// Opening the port: what an address that cannot be listened on says, and which hosts are let in by where we listen.

import { expect, onTestFinished, test } from "vitest";
import { createHostCheck } from "../../src/control/http/host-check.ts";
import { createHttpServer, type HttpServer } from "../../src/control/http/http-server.ts";
import { noInvoke } from "./doubles/no-invoke.ts";
import { noTables } from "./doubles/no-tables.ts";
import { aServedHouse, type Served } from "./doubles/served.ts";

function aSecondServer(house: Served): HttpServer {
  const server = createHttpServer({
    selfFeeding: { fed: () => undefined },
    control: house.control,
    invoke: noInvoke,
    functions: house.functionApi,
    streams: house.streams,
    consumers: house.consumers,
    tables: noTables,
    queues: house.queues,
    topics: house.topics,
    buckets: house.buckets,
    uploads: house.uploads,
    secrets: { find: () => null },
    journal: house.feed,
    clock: house.clock,
    random: { draw: () => 0, uuid: () => "00000000-0000-4000-8000-000000000000" },
    settings: { partition: "aws", region: "us-east-1", accountId: "123456789012" },
    isReady: () => true,
    recordings: { begin: () => null },
    allowedHosts: [],
  });
  onTestFinished(() => server.close(0));
  return server;
}

test("a port that is taken is said with its owner, as port-taken", async () => {
  const house = await aServedHouse();
  await expect(aSecondServer(house).listen({ host: "127.0.0.1", port: house.port })).rejects.toMatchObject({
    code: "port-taken",
    message: expect.stringMatching(
      new RegExp(`^127\\.0\\.0\\.1:${house.port} is held by (process ${process.pid} \\(.*\\)|another process)$`),
    ),
  });
});

test("an address that is not this machine's is bad input, and told as that", async () => {
  const house = await aServedHouse();
  await expect(aSecondServer(house).listen({ host: "203.0.113.7", port: 0 })).rejects.toMatchObject({
    code: "bad-argument",
    message: "203.0.113.7 is no address of this machine",
    help: "millrace start --host 127.0.0.1",
  });
});

test.each([
  ["127.0.0.1", "box.lan", false],
  ["127.0.0.1", "10.0.0.1", false],
  ["127.0.0.1", "host.docker.internal:4566", true],
  ["127.0.0.1", "gateway.docker.internal", true],
  ["127.0.0.1", "host.containers.internal:4566", true],
  ["127.0.0.1", "sqs.us-east-1.localhost:4566", true],
  ["127.0.0.1", "evil.docker.internal", false],
  ["127.0.0.1", "host.docker.internal.evil.example", false],
  ["Box.lan", "box.lan:4566", true],
  ["box.lan", "10.0.0.1", true],
  ["box.lan", "other.lan", false],
  ["0.0.0.0", "10.0.0.1", true],
  ["0.0.0.0", "box.lan", false],
])("listening on %s, the host %s is let in: %s", (listensOn, host, isLetIn) => {
  const check = createHostCheck({ allowedHosts: [], listensOn: () => listensOn });
  const refused = check({ host, origin: undefined, fetchSite: undefined });
  expect(refused === null).toBe(isLetIn);
  expect(refused ?? "allowedHosts").toContain("allowedHosts");
});
