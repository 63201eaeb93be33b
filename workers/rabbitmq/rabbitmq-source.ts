// A queue of RabbitMQ as a source: a unit a consumer, a connection for the mapping, a channel for each epoch.

import { prefetchOf } from "../../src/core/prefetch.ts";
import type { AckSource } from "../../src/ports/ack-source.ts";
import type { RabbitMqRecord } from "../../src/kinds/rabbitmq/rabbitmq-record.ts";
import type { BrokerAddress, MappingSpec } from "../../src/ports/mapping-spec.ts";
import { createBrokerConnections } from "../broker-connections.ts";
import { createRabbitMqConnection, type RabbitMqLogin } from "./rabbitmq-connection.ts";
import { createRabbitMqReader, type RabbitMqQueueSeen } from "./rabbitmq-reader.ts";

export type RabbitMqAddress = Exclude<BrokerAddress, { kind: "embeddedMq" }>;

export interface RabbitMqSourceOptions {
  readonly address: RabbitMqAddress;
  /** */
  readonly consumerCount: number;
  readonly nowMs: () => number;
  /** The login that this secret holds now; text: what is wrong with it. */
  readonly login: (secretArn: string) => Promise<RabbitMqLogin | string>;
}

export function createRabbitMqSource(options: RabbitMqSourceOptions): AckSource<RabbitMqRecord> {
  const connections = createBrokerConnections((to: RabbitMqAddress) =>
    createRabbitMqConnection({
      url: to.url,
      caFile: to.caFile,
      place: placeOf(to),
      login: () => options.login(to.secretArn),
    }),
  );
  const queue: RabbitMqQueueSeen = { kind: "unknown" };
  let epochCount = 0;

  return {
    units: Array.from({ length: options.consumerCount }, (_, index) => String(index)),
    open(_unit, { source, lane }: MappingSpec) {
      const address = source.kind === "rabbitMq" ? source : options.address;
      epochCount += 1;
      const epoch = `${options.nowMs()}-${epochCount}`;
      return connections.reader(address, (connection) =>
        createRabbitMqReader({
          connection,
          place: placeOf(address),
          queue,
          prefetch: prefetchOf({
            batchSize: lane.batchSize,
            consumerCount: options.consumerCount,
            onFailure: lane.acknowledged?.onFailure ?? "hold",
          }),
          epoch,
          nowMs: options.nowMs,
        }),
      );
    },
    // The broker says whether a message comes again; calls are not counted over epochs.
    redeliveryKey: () => null,
    close: () => connections.close(),
  };
}

function placeOf({ url, queueName, virtualHost }: RabbitMqAddress) {
  return { address: new URL(url).host, queueName, virtualHost };
}
