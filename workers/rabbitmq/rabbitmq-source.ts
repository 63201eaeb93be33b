// A queue of RabbitMQ as a source: a unit a consumer, a connection for the mapping, a channel for each epoch.

import type { AckSource } from "../../src/ports/ack-source.ts";
import type { RabbitMqRecord } from "../../src/kinds/rabbitmq/rabbitmq-record.ts";
import type { BrokerAddress, MappingSpec } from "../../src/ports/mapping-spec.ts";
import { createRabbitMqConnection, type RabbitMqConnection, type RabbitMqLogin } from "./rabbitmq-connection.ts";
import { createRabbitMqReader } from "./rabbitmq-reader.ts";

/** The width of the field in which AMQP takes it. */
const MOST_PREFETCH = 65_535;
/** One batch in hand, and the next. */
const PREFETCH_BATCHES = 2;

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
  let address = options.address;
  let connection = connectionTo(address);
  let closings: Promise<void> = Promise.resolve();
  const queue = { isKnownToBeNoStream: false };
  let epochCount = 0;

  function connectionTo(to: RabbitMqAddress): RabbitMqConnection {
    return createRabbitMqConnection({
      url: to.url,
      caFile: to.caFile,
      place: placeOf(to),
      login: () => options.login(to.secretArn),
    });
  }

  /** New settings may name another secret: what was opened with the one before is closed. */
  function moveTo(to: RabbitMqAddress): void {
    if (JSON.stringify(to) === JSON.stringify(address)) return;
    const before = connection;
    closings = closings.then(() => before.close());
    address = to;
    connection = connectionTo(to);
  }

  return {
    units: Array.from({ length: options.consumerCount }, (_, index) => String(index)),
    open(_unit, { source, lane }: MappingSpec) {
      if (source.kind === "rabbitMq") moveTo(source);
      epochCount += 1;
      return createRabbitMqReader({
        connection,
        place: placeOf(address),
        queue,
        prefetch: Math.min(PREFETCH_BATCHES * lane.batchSize, MOST_PREFETCH),
        epoch: `${options.nowMs()}-${epochCount}`,
        nowMs: options.nowMs,
      });
    },
    // The broker says whether a message comes again; calls are not counted over epochs.
    redeliveryKey: () => null,
    async close() {
      await closings;
      await connection.close();
    },
  };
}

function placeOf({ url, queueName, virtualHost }: RabbitMqAddress) {
  return { address: new URL(url).host, queueName, virtualHost };
}
