// What is said of a mapping on a broker when it starts, as its state does not tell it.

import { expect, test } from "vitest";
import { usualBroker } from "../../src/control/broker-reading.ts";
import { usualKafka } from "../../src/control/group-reading.ts";
import { aHouse } from "./doubles/house.ts";

const arn = "arn:aws:mq:us-east-1:123456789012:broker:rabbit:b-1";
const request = {
  EventSourceArn: arn,
  FunctionName: "handle",
  Queues: ["orders"],
  SourceAccessConfigurations: [
    { Type: "BASIC_AUTH", URI: "arn:aws:secretsmanager:us-east-1:123456789012:secret:login-abcdef" },
  ],
};

async function saidOf(broker: { readonly consumerTimeoutMs: number } | null, timeoutMs: number) {
  const brokers = broker === null ? [] : [{ ...usualBroker(arn, "rabbitMq"), ...broker }];
  const house = await aHouse({ brokers });
  house.timeouts.set("handle", timeoutMs);
  const answer = await house.control.createMapping(request);
  await house.control.settled();
  expect(answer.status).toBe(202);
  return house.entries.flatMap((entry) => (entry.kind === "configured-otherwise" ? [entry.text] : []));
}

test("a broker that `sources` does not name is said to be taken for an embedded one", async () => {
  expect(await saidOf(null, 3_000)).toEqual([
    `${arn} is not named in \`sources\`: its broker is taken for an embedded RabbitMQ, where nothing can be sent`,
  ]);
});

test("R-803: a time to acknowledge that is too short for the function is said, and one that is not is not", async () => {
  expect(await saidOf({ consumerTimeoutMs: 90_000 }, 30_000)).toEqual([]);
  expect(await saidOf({ consumerTimeoutMs: 89_000 }, 30_000)).toEqual([
    `\`consumerTimeoutSeconds\` of ${arn} is 1 s too short for the Timeout of handle and a minute: what is held is not given back in time (R-803)`,
  ]);
});

async function saidOfKafka(members: object, isTls: boolean | null = null): Promise<readonly string[]> {
  const house = await aHouse({ kafkaClusters: [{ ...usualKafka("kafka://k:1", ["k:1"]), isTls }] });
  const answer = await house.control.createMapping({ FunctionName: "handle", Topics: ["orders"], ...members });
  await house.control.settled();
  expect(answer.status).toBe(202);
  return house.entries.flatMap((entry) => (entry.kind === "configured-otherwise" ? [entry.text] : []));
}

test("an MSK cluster that `sources` does not name is said to be embedded", async () => {
  const clusterArn = "arn:aws:kafka:us-east-1:123456789012:cluster/c/1";
  expect(await saidOfKafka({ EventSourceArn: clusterArn })).toEqual([
    `${clusterArn} is not named in \`sources\`: its topics are in the embedded store`,
  ]);
});

test("M-001: what is not in force without pollers is said, and what is, is not", async () => {
  const own = {
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } },
    SourceAccessConfigurations: [{ Type: "VPC_SUBNET", URI: "subnet:subnet-1" }],
    MaximumRetryAttempts: 2,
    BisectBatchOnFunctionError: true,
  };
  expect(await saidOfKafka(own)).toEqual([
    "MaximumRetryAttempts and BisectBatchOnFunctionError are not in force without ProvisionedPollerConfig (M-001)",
  ]);
  expect(await saidOfKafka({ ...own, ProvisionedPollerConfig: { MinimumPollers: 1 } })).toEqual([]);
});

test("M-602: certificates are said to be of no use where the configuration says that there is no TLS", async () => {
  const own = {
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: ["k:1"] } },
    SourceAccessConfigurations: [
      {
        Type: "SERVER_ROOT_CA_CERTIFICATE",
        URI: "arn:aws:secretsmanager:us-east-1:123456789012:secret:ca-abcdef",
      },
    ],
  };
  expect(await saidOfKafka(own)).toEqual([]);
  expect(await saidOfKafka(own, false)).toEqual([
    "SERVER_ROOT_CA_CERTIFICATE is not in force as `tls` of its cluster in `sources` is false",
  ]);
});
