// A queue of ActiveMQ as a source: a unit a consumer, a connection for the mapping, a session for each epoch.

import { prefetchOf } from "../../src/core/prefetch.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { ActiveMqRecord } from "../../src/kinds/activemq/activemq-record.ts";
import type { AckSource } from "../../src/ports/ack-source.ts";
import type { ActiveMqEvent, BrokerAddress, MappingSpec } from "../../src/ports/mapping-spec.ts";
import { createBrokerConnections } from "../broker-connections.ts";
import { type ActiveMqLogin, createActiveMqConnection } from "./activemq-connection.ts";
import { createActiveMqReader } from "./activemq-reader.ts";

export type ActiveMqAddress = Exclude<BrokerAddress, { kind: "embeddedMq" }>;

export interface ActiveMqSourceOptions {
  readonly address: ActiveMqAddress;
  /** */
  readonly consumerCount: number;
  readonly expiration: ActiveMqEvent["expiration"];
  readonly nowMs: () => number;
  /** The login that this secret holds now; text: what is wrong with it. */
  readonly login: (secretArn: string) => Promise<ActiveMqLogin | string>;
}

export function createActiveMqSource(options: ActiveMqSourceOptions): AckSource<ActiveMqRecord> {
  const connections = createBrokerConnections((to: ActiveMqAddress) =>
    createActiveMqConnection({
      url: to.url,
      caFile: to.caFile,
      place: placeOf(to),
      login: () => options.login(to.secretArn),
    }),
  );
  let epochCount = 0;

  return {
    units: Array.from({ length: options.consumerCount }, (_, index) => String(index)),
    open(_unit, { source, lane }: MappingSpec) {
      const address = source.kind === "activeMq" ? source : options.address;
      epochCount += 1;
      const epoch = `${options.nowMs()}-${epochCount}`;
      return connections.reader(address, (connection) =>
        createActiveMqReader({
          connection,
          place: placeOf(address),
          prefetch: prefetchOf({ batchSize: lane.batchSize, consumerCount: options.consumerCount, onFailure: "hold" }),
          epoch,
          expiration: options.expiration,
          nowMs: options.nowMs,
          turn: nextTurn,
        }),
      );
    },
    redeliveryKey: ({ messageId }) => messageId,
    close: () => connections.close(),
  };
}

function placeOf({ url, queueName }: ActiveMqAddress) {
  return { address: new URL(url).host, queueName };
}
