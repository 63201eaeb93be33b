// `npm run example:brokers`, as its script: each handler of examples/brokers is called, embedded and on the brokers that the run has.

import { join } from "node:path";
import { expect, test } from "vitest";
import { redisUrl } from "../brokers/redis-url.ts";
import { sharedBrokerUrl } from "../brokers/shared-broker.ts";
import { startFile } from "../cli/run-command.ts";
import { createMongoStandIn } from "../mongo/stand-in/mongo-stand-in.ts";
import { realMongoUrl } from "../mongo/support/real-mongo.ts";

const root = join(import.meta.dirname, "..", "..");
const script = join(root, "scripts", "brokers-example.ts");

/** What each handler says of what the producer sent. */
const called: readonly RegExp[] = [
  / log +clicks \w+ click \/articles\/\d+ by user-\d$/,
  / log +mails \w+ mail Welcome, customer \d+$/,
  / log +shipments \w+ shipment parcel-\d+ of order-\d, partition \d, offset \d+$/,
  / log +invoices \w+ invoice invoice-\d+$/,
  / log +returns \w+ return parcel-\d+ came back \(jms\/text-message\)$/,
  / log +customers \w+ customer Customer \d+: insert$/,
];

test("without a broker each source is embedded, and its handler is called", async () => {
  const example = startFile(script, root, ["--embedded", "--port", "0", "--plain"]);
  for (const line of called) await example.line(line);
  example.signal("SIGINT");
  const { code, error } = await example.ended;
  expect(code).toBe(0);
  expect(error).not.toContain("not sent");
});

test("on brokers, each handler is called with what their own clients sent", async () => {
  await using standIn = await createMongoStandIn();
  const withoutLogin = (url: string) => url.replace(/\/\/[^@/]*@/, "//");
  const env = {
    MILLRACE_REDIS_URL: redisUrl(),
    RABBITMQ_URL: withoutLogin(await sharedBrokerUrl("rabbitmq")),
    ACTIVEMQ_URL: withoutLogin(await sharedBrokerUrl("activemq")),
    KAFKA_SERVERS: new URL(await sharedBrokerUrl("kafka")).host,
    MONGODB_URL: (await realMongoUrl()) ?? standIn.url,
  };
  const example = startFile(script, root, ["--port", "0", "--plain"], env);
  for (const line of called) await example.line(line);
  await example.line(/^kafka: at 127\.0\.0\.1:\d+, by KAFKA_SERVERS$/);
  example.signal("SIGINT");
  const { code, error } = await example.ended;
  expect(code).toBe(0);
  // Kafka's client has Node 24 warn of its timers, if nobody sees to it.
  expect(error).not.toContain("TimeoutNegativeWarning");
});
