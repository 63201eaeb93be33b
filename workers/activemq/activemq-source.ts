// A queue of ActiveMQ as a source: a unit a consumer, a connection for the mapping, a session for each epoch.

import { nextTurn } from "../../src/platform/turn.ts";
import type { ActiveMqRecord } from "../../src/kinds/activemq/activemq-record.ts";
import type { AckSource } from "../../src/ports/ack-source.ts";
import type { BrokerAddress, MappingSpec } from "../../src/ports/mapping-spec.ts";
import { type ActiveMqConnection, type ActiveMqLogin, createActiveMqConnection } from "./activemq-connection.ts";
import { createActiveMqReader } from "./activemq-reader.ts";

/** One batch in hand, and the next. */
const PREFETCH_BATCHES = 2;

export type ActiveMqAddress = Exclude<BrokerAddress, { kind: "embeddedMq" }>;

export interface ActiveMqSourceOptions {
  readonly address: ActiveMqAddress;
  /** */
  readonly consumerCount: number;
  readonly nowMs: () => number;
  /** The login that this secret holds now; text: what is wrong with it. */
  readonly login: (secretArn: string) => Promise<ActiveMqLogin | string>;
}

export function createActiveMqSource(options: ActiveMqSourceOptions): AckSource<ActiveMqRecord> {
  let address = options.address;
  let connection = connectionTo(address);
  let closings: Promise<void> = Promise.resolve();
  let epochCount = 0;

  function connectionTo(to: ActiveMqAddress): ActiveMqConnection {
    return createActiveMqConnection({
      url: to.url,
      caFile: to.caFile,
      place: placeOf(to),
      login: () => options.login(to.secretArn),
    });
  }

  /** New settings may name another secret: what was opened with the one before is closed. */
  function moveTo(to: ActiveMqAddress): void {
    if (JSON.stringify(to) === JSON.stringify(address)) return;
    const before = connection;
    closings = closings.then(() => before.close());
    address = to;
    connection = connectionTo(to);
  }

  return {
    units: Array.from({ length: options.consumerCount }, (_, index) => String(index)),
    open(_unit, { source, lane }: MappingSpec) {
      if (source.kind === "activeMq") moveTo(source);
      epochCount += 1;
      return createActiveMqReader({
        connection,
        place: placeOf(address),
        prefetch: PREFETCH_BATCHES * lane.batchSize,
        epoch: `${options.nowMs()}-${epochCount}`,
        nowMs: options.nowMs,
        turn: nextTurn,
      });
    },
    redeliveryKey: ({ messageId }) => messageId,
    async close() {
      await closings;
      await connection.close();
    },
  };
}

function placeOf({ url, queueName }: ActiveMqAddress) {
  return { address: new URL(url).host, queueName };
}
