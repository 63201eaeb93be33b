// The house that live tests on a real Kafka begin with: a server whose MSK cluster is that Kafka, told functions, and a witness.

import { randomUUID } from "node:crypto";
import type { CreateEventSourceMappingCommandInput, LambdaClient } from "@aws-sdk/client-lambda";
import { GetEventSourceMappingCommand } from "@aws-sdk/client-lambda";
import type { RunningBroker } from "../../../scripts/brokers/broker.ts";
import { lambdaAt, mapped } from "./aws-clients.ts";
import { aServer, type FileMembers, type LiveServer, toldBy } from "./live-server.ts";
import { type KafkaSide, kafkaSide } from "./kafka-side.ts";
import { aWitness, type Delivery, type Witness } from "./witness.ts";

export const clusterArn = "arn:aws:kafka:us-east-1:000000000000:cluster/shop/f3bb8a1e-0a0e-4c3c-9d3a-111111111111-1";
export const provisioned = { ProvisionedPollerConfig: { MinimumPollers: 1, MaximumPollers: 1 } } as const;
export const selfManaged = (server: string) =>
  ({
    SelfManagedEventSource: { Endpoints: { KAFKA_BOOTSTRAP_SERVERS: [server] } },
    SourceAccessConfigurations: [{ Type: "VPC_SUBNET", URI: "subnet:subnet-1" }],
  }) satisfies Partial<CreateEventSourceMappingCommandInput>;

export interface KafkaHouse {
  readonly kafka: KafkaSide;
  readonly witness: Witness;
  readonly server: LiveServer;
  readonly lambda: LambdaClient;
  /** Of every mapping that is made here without another word. */
  readonly groupId: string;
  /** Makes a mapping of `f`, and waits until it is Enabled; its UUID. */
  map(topic: string, more?: Partial<CreateEventSourceMappingCommandInput>): Promise<string>;
  get(uuid: string): Promise<{
    readonly State?: string | undefined;
    readonly StateTransitionReason?: string | undefined;
    readonly LastProcessingResult?: string | undefined;
  }>;
  /** The calls so far, each as `p0:0-2 p1:7`. */
  calls(functionName?: string): readonly string[];
}

export async function aKafkaHouse(
  given: {
    /** Default: the run's shared Kafka. */
    readonly broker?: RunningBroker;
    readonly names?: readonly string[];
    readonly function?: FileMembers;
    /** More members of the cluster's configuration. */
    readonly source?: FileMembers;
    readonly members?: FileMembers;
    readonly folder?: string;
  } = {},
): Promise<KafkaHouse> {
  const kafka = await kafkaSide(given.broker);
  const witness = await aWitness();
  const functions = Object.fromEntries(
    (given.names ?? ["f"]).map((name) => [name, toldBy(witness.url, given.function)]),
  );
  const { sources = {}, ...members } = given.members ?? {};
  const server = await aServer(
    {
      functions,
      sources: {
        [clusterArn]: { engine: "KAFKA", servers: [kafka.server], ...given.source },
        ...(sources as FileMembers),
      },
      ...members,
    },
    given.folder === undefined ? {} : { folder: given.folder },
  );
  const lambda = lambdaAt(server.url);
  const groupId = `g-${randomUUID()}`;
  return {
    kafka,
    witness,
    server,
    lambda,
    groupId,
    map: (topic, more = {}) =>
      mapped(server, lambda, {
        FunctionName: "f",
        Topics: [topic],
        StartingPosition: "TRIM_HORIZON",
        ...(more.SelfManagedEventSource === undefined
          ? { EventSourceArn: clusterArn, AmazonManagedKafkaEventSourceConfig: { ConsumerGroupId: groupId } }
          : { SelfManagedKafkaEventSourceConfig: { ConsumerGroupId: groupId } }),
        ...more,
      }),
    get: (uuid) => lambda.send(new GetEventSourceMappingCommand({ UUID: uuid })),
    calls: (functionName) =>
      witness.deliveries
        .filter((each) => functionName === undefined || each.functionName === functionName)
        .map(shownOf),
  };
}

/** `p0:0-2 p1:7`. */
export function shownOf({ event }: Pick<Delivery, "event">): string {
  return Object.values(event.records ?? {})
    .map((list) => {
      const [first, last] = [list[0]?.offset ?? 0, list.at(-1)?.offset ?? 0];
      const isUnbroken = last - first === list.length - 1;
      const offsets = isUnbroken
        ? list.length === 1
          ? `${first}`
          : `${first}-${last}`
        : list.map((each) => each.offset).join(",");
      return `p${list[0]?.partition}:${offsets}`;
    })
    .join(" ");
}
