// The doors to what is embedded in the place of brokers: queues, topics, collections.

import type { Config } from "../config/config.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import { createEmbeddedBrokers, type EmbeddedBrokers } from "../control/embedded-brokers.ts";
import { createEmbeddedCollections, type EmbeddedCollections } from "../control/embedded-collections.ts";
import { createEmbeddedTopics, type EmbeddedTopics } from "../control/embedded-topics.ts";
import type { Clock } from "../ports/clock.ts";
import { createCollections } from "../stores/document-collections.ts";
import { createKafkaTopics } from "../stores/kafka-topics.ts";
import type { StoreClient } from "../stores/store-client.ts";
import { createQueues } from "../stores/store-queues.ts";

export interface EmbeddedDoors {
  readonly brokers: EmbeddedBrokers;
  readonly kafka: EmbeddedTopics;
  readonly collections: EmbeddedCollections;
}

export function embeddedDoors(
  config: Pick<Config, "sources" | "kafkaClusters" | "documentDbs">,
  house: { readonly client: StoreClient; readonly control: ControlPlane; readonly clock: Clock },
): EmbeddedDoors {
  const { client, control, clock } = house;
  const mappedArns = (): readonly string[] => control.views().map(({ eventSourceArn }) => eventSourceArn);
  const topics = createKafkaTopics(client, () => clock.nowMs());
  return {
    brokers: createEmbeddedBrokers(config.sources, createQueues(client)),
    kafka: createEmbeddedTopics({ clusters: config.kafkaClusters, mappedArns, topics }),
    collections: createEmbeddedCollections({
      clusters: config.documentDbs,
      mappedArns,
      collections: createCollections(client),
    }),
  };
}
