// How a mapping on a message broker reads: where its queue is, and what the configuration says of its broker. A broker of which it says
// no address is embedded.

import type { AcknowledgedSettings } from "../core/settings.ts";
import type { ActiveMqEvent, BrokerAddress, BrokerSpec } from "../ports/mapping-spec.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import type { BrokerEngine } from "./mapping/source-kinds.ts";
import { accessOf } from "./source-access.ts";

/** What the configuration says of a broker. Figures: docs/config.md. */
export interface BrokerSettings {
  readonly arn: string;
  readonly engine: BrokerEngine;
  /** Null: embedded. */
  readonly url: string | null;
  readonly caFile: string | null;
  readonly onFailure: "hold" | "requeue";
  /** How long the broker waits for an acknowledgement; null: for ever. */
  readonly consumerTimeoutMs: number | null;
  /** M-705. */
  readonly disabledAfterMs: number;
  /** Failed calls of a batch before its broker's dead letters have it; null: none too many. */
  readonly mostCalls: number | null;
  /** Null: the growing pause (E-20, R-403). */
  readonly retryPauseMs: number | null;
  readonly activeMqEvent: ActiveMqEvent;
  /** */
  readonly consumerCount: number;
}

const MINUTE_MS = 60_000;

/** Of a broker that the configuration does not name. */
export function usualBroker(arn: string, engine: BrokerEngine): BrokerSettings {
  const isRabbit = engine === "rabbitMq";
  return {
    arn,
    engine,
    url: null,
    caFile: null,
    onFailure: "hold",
    consumerTimeoutMs: isRabbit ? 30 * MINUTE_MS : null,
    disabledAfterMs: 10 * MINUTE_MS,
    mostCalls: isRabbit ? null : 7,
    retryPauseMs: isRabbit ? null : 1_000,
    activeMqEvent: { eventSource: "aws:mq", expiration: "number" },
    consumerCount: isRabbit ? 1 : 5,
  };
}

export interface BrokerReading {
  readonly source: BrokerAddress;
  readonly broker: BrokerSpec["broker"];
  readonly retries: number;
  readonly acknowledged: AcknowledgedSettings;
}

/** A minute before the broker takes a delivery back, at the latest, it is settled or given back. */
const HOLD_MARGIN_MS = MINUTE_MS;

export function brokerReading(
  settings: MappingSettings,
  broker: BrokerSettings,
  functionTimeoutMs: number,
): BrokerReading {
  const { consumerTimeoutMs, mostCalls } = broker;
  return {
    source: addressOf(settings, broker),
    broker: {
      disabledAfterMs: broker.disabledAfterMs,
      consumerCount: broker.consumerCount,
      activeMqEvent: broker.activeMqEvent,
    },
    retries: mostCalls === null ? -1 : mostCalls - 1,
    acknowledged: {
      onFailure: broker.onFailure,
      retryPauseMs: broker.retryPauseMs,
      holdLimitMs: consumerTimeoutMs === null ? null : consumerTimeoutMs - HOLD_MARGIN_MS - functionTimeoutMs,
    },
  };
}

function addressOf(settings: MappingSettings, { engine, url, caFile, arn }: BrokerSettings): BrokerAddress {
  const queueName = settings.Queues?.[0] ?? "";
  const virtualHost = accessOf(settings, "VIRTUAL_HOST") ?? "/";
  if (url === null) {
    const named = (name: string): string => embeddedMqName(arn, name, virtualHost);
    const storedName = named(queueName);
    // ActiveMQ has one for all; for RabbitMQ there is none unless one is declared, and nothing of an embedded queue is to be lost.
    const deadLetterName = named(engine === "activeMq" ? "ActiveMQ.DLQ" : `${queueName}.dead-letters`);
    return { kind: "embeddedMq", engine, storedName, deadLetterName, queueName, virtualHost };
  }
  return { kind: engine, url, caFile, secretArn: accessOf(settings, "BASIC_AUTH") ?? "", queueName, virtualHost };
}

/** No queue of SQS has such a name, so the two never meet. The broker's part is its ARN's last. */
export function embeddedMqName(brokerArn: string, queueName: string, virtualHost: string): string {
  return `mq/${brokerArn.split(":broker:")[1] ?? brokerArn}/${virtualHost}/${queueName}`;
}
