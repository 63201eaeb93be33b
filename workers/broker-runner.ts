// How a poller thread runs a mapping on a message broker: the kind and the source that its address asks for, and the runner of
// acknowledged sources. The broker's client is loaded by its source, when it is first connected.

import type { Rec } from "../src/core/record.ts";
import { createActiveMqKind } from "../src/kinds/activemq/activemq-kind.ts";
import type { ActiveMqRecord } from "../src/kinds/activemq/activemq-record.ts";
import { storedActiveMqRecord } from "../src/kinds/activemq/stored-message.ts";
import { createRabbitMqKind } from "../src/kinds/rabbitmq/rabbitmq-kind.ts";
import type { RabbitMqRecord } from "../src/kinds/rabbitmq/rabbitmq-record.ts";
import { storedRabbitMqRecord } from "../src/kinds/rabbitmq/stored-message.ts";
import type { Queues } from "../src/ports/queues.ts";
import { createEmbeddedMqSource } from "../src/stores/embedded-mq-source.ts";
import type { BrokerSpec } from "../src/ports/mapping-spec.ts";
import { type AckRunnerOptions, createAckRunner } from "../src/runtime/ack-runner.ts";
import type { MappingRunner } from "../src/runtime/mapping-runner.ts";
import { createActiveMqSource } from "./activemq/activemq-source.ts";
import { loginOf } from "./broker-login.ts";
import { createRabbitMqSource } from "./rabbitmq/rabbitmq-source.ts";

export interface BrokerRunnerOptions extends Omit<AckRunnerOptions<Rec>, "spec" | "kind" | "source"> {
  /** The text of a secret as it is now; null: there is none of this name (M-605). */
  readonly secretText: (secretArn: string) => Promise<string | null>;
  /** Of the embedded store, wherever the queues of SQS are. */
  readonly embeddedQueues: Queues;
}

export function createBrokerRunner(spec: BrokerSpec, options: BrokerRunnerOptions): MappingRunner {
  const { source, eventSourceArn } = spec;
  const { secretText, embeddedQueues: _embedded, ...ports } = options;
  const login = async (secretArn: string) => loginOf(await secretText(secretArn), secretArn);
  switch (source.kind) {
    case "rabbitMq": {
      const { queueName, virtualHost } = source;
      return createAckRunner({
        ...ports,
        spec,
        kind: createRabbitMqKind({ eventSourceArn, queueName, virtualHost }),
        source: createRabbitMqSource({
          address: source,
          consumerCount: spec.broker.consumerCount,
          nowMs: () => options.clock.nowMs(),
          login,
        }),
      });
    }
    case "embeddedMq":
      return source.engine === "activeMq"
        ? createAckRunner({
            ...ports,
            spec,
            kind: createActiveMqKind({ eventSourceArn, eventSource: spec.broker.activeMqEvent.eventSource }),
            source: embeddedActiveMq(spec, source, options),
          })
        : createAckRunner({
            ...ports,
            spec,
            kind: createRabbitMqKind({ eventSourceArn, ...source }),
            source: embeddedRabbitMq(spec, source, options),
          });
    case "activeMq":
      return createAckRunner({
        ...ports,
        spec,
        kind: createActiveMqKind({ eventSourceArn, eventSource: spec.broker.activeMqEvent.eventSource }),
        source: createActiveMqSource({
          address: source,
          consumerCount: spec.broker.consumerCount,
          expiration: spec.broker.activeMqEvent.expiration,
          nowMs: () => options.clock.nowMs(),
          login,
        }),
      });
  }
}

type EmbeddedAddress = Extract<BrokerSpec["source"], { kind: "embeddedMq" }>;

function embeddedRabbitMq(spec: BrokerSpec, source: EmbeddedAddress, options: BrokerRunnerOptions) {
  return createEmbeddedMqSource<RabbitMqRecord>({
    ...embeddedOptions(spec, source, options),
    recordOf: (delivery) => storedRabbitMqRecord(delivery, delivery.ordinal),
    redeliveryKey: () => null,
  });
}

function embeddedActiveMq(spec: BrokerSpec, source: EmbeddedAddress, options: BrokerRunnerOptions) {
  const { queueName } = source;
  return createEmbeddedMqSource<ActiveMqRecord>({
    ...embeddedOptions(spec, source, options),
    recordOf: (delivery) =>
      storedActiveMqRecord(delivery, { queueName, expiration: spec.broker.activeMqEvent.expiration }),
    redeliveryKey: ({ messageId }) => messageId,
  });
}

function embeddedOptions(spec: BrokerSpec, source: EmbeddedAddress, options: BrokerRunnerOptions) {
  return {
    queues: options.embeddedQueues,
    clock: options.clock,
    queueName: source.storedName,
    deadLetterQueueName: source.deadLetterName,
    consumerCount: spec.broker.consumerCount,
  };
}
