// A queue of RabbitMQ or ActiveMQ in a simulated load run: an embedded broker by the world's clock, and the consumers of production.

import { usualBroker } from "../../control/broker-reading.ts";
import { createEmbeddedBrokers, storedText } from "../../control/embedded-brokers.ts";
import { enginesOf } from "../../control/mapping/source-kinds.ts";
import type { Rec } from "../../core/record.ts";
import { createActiveMqKind } from "../../kinds/activemq/activemq-kind.ts";
import type { ActiveMqRecord } from "../../kinds/activemq/activemq-record.ts";
import { storedActiveMqRecord } from "../../kinds/activemq/stored-message.ts";
import { createRabbitMqKind } from "../../kinds/rabbitmq/rabbitmq-kind.ts";
import type { RabbitMqRecord } from "../../kinds/rabbitmq/rabbitmq-record.ts";
import { storedRabbitMqRecord } from "../../kinds/rabbitmq/stored-message.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { PlannedSource } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import type { BrokerAddress, BrokerSpec, MappingSpec } from "../../ports/mapping-spec.ts";
import type { SourceKind } from "../../ports/source-kind.ts";
import { createAckRunner } from "../../runtime/ack-runner.ts";
import type { MappingRunner } from "../../runtime/mapping-runner.ts";
import type { StoredDelivery } from "../../kinds/stored-delivery.ts";
import { createEmbeddedMqSource, type EmbeddedMqOptions } from "../../stores/embedded-mq-source.ts";
import { createLocalQueues } from "../../stores/local-queues.ts";
import { sourceArnOf } from "./plan-mapping.ts";
import {
  modelEventText,
  type RunnerPorts,
  type SimulatedSource,
  type SourceWorld,
  withUnrecoverable,
} from "./simulated-source.ts";
import { streamEnds } from "./simulated-stream.ts";

type BrokerSource = PlannedSource & { readonly kind: "rabbitmq" | "activemq" };
type EmbeddedAddress = Extract<BrokerAddress, { readonly kind: "embeddedMq" }>;

/** What an engine makes of a delivery, and by what the journal names it. */
interface Engine<R extends Rec> {
  readonly kind: SourceKind<R>;
  readonly recordOf: (delivery: StoredDelivery) => R;
  readonly redeliveryKey: EmbeddedMqOptions<R>["redeliveryKey"];
}

export function createSimulatedBroker(world: SourceWorld, source: BrokerSource): SimulatedSource {
  const { clock, random, settings } = world;
  const engine = source.kind === "rabbitmq" ? "rabbitMq" : "activeMq";
  const arn = sourceArnOf(source, { account: settings.accountId, region: settings.region }) ?? "";
  const broker = usualBroker(arn, engine);
  const local = createLocalQueues({ clock, uuid: () => random.uuid("queues") });
  const { queues } = local;
  const brokers = createEmbeddedBrokers([broker], queues);
  const sent: SentRecord[] = [];
  const poisoned = new Set<string>();
  let virtualHost = "/";
  let matches: (record: PlannedRecord) => boolean = () => true;
  let refusedCount = 0;

  function runnerOf(spec: MappingSpec, ports: RunnerPorts): MappingRunner {
    if (spec.broker === undefined || spec.source.kind !== "embeddedMq")
      throw new Error(`${spec.eventSourceArn} is no embedded broker`);
    ({ virtualHost } = spec.source);
    return engine === "rabbitMq"
      ? runnerWith(spec, spec.source, ports, rabbitMq(spec, spec.source))
      : runnerWith(spec, spec.source, ports, activeMq(spec, spec.source));
  }

  function runnerWith<R extends Rec>(
    spec: BrokerSpec,
    { storedName, deadLetterName }: EmbeddedAddress,
    { events, isModelled, ...ports }: RunnerPorts,
    { kind, recordOf, redeliveryKey }: Engine<R>,
  ): MappingRunner {
    const filter = ports.compileFilter(spec.filterPatterns);
    if (filter !== null)
      matches = (record) =>
        filter.passes(kind.filterView(recordOf(firstDelivery(storedText(engine, messageOf(record)), clock.nowMs()))));
    const isPoison = (record: R): boolean => poisoned.has(kind.position(record));
    const text: SourceKind<R>["text"] = (_unit, records) =>
      modelEventText(records, isPoison, (record) => kind.identifier(record));
    return createAckRunner<R>({
      ...ports,
      spec,
      kind: isModelled ? { ...kind, text } : kind,
      events: withUnrecoverable(events),
      source: createEmbeddedMqSource({
        queues,
        clock,
        queueName: storedName,
        deadLetterQueueName: deadLetterName,
        consumerCount: spec.broker.consumerCount,
        recordOf,
        redeliveryKey,
      }),
    });
  }

  async function put(records: readonly PlannedRecord[], startedAtMs: number): Promise<void> {
    const messages = records.map(messageOf);
    const answer = await brokers.send({ engine, broker: arn, queueName: source.queue, virtualHost, messages });
    if (answer.kind === "refused") throw new Error(answer.text);
    for (const [index, record] of records.entries()) {
      const messageId = answer.messageIds[index];
      if (messageId === undefined) {
        refusedCount += 1;
        continue;
      }
      const id = engine === "rabbitMq" ? rabbitMqPosition(messageId) : messageId;
      if (record.isPoison) poisoned.add(id);
      const plannedAtMs = startedAtMs + record.atMs;
      const { bytes, isPoison } = record;
      const isMatching = matches(record);
      sent.push({ plannedAtMs, sentAtMs: plannedAtMs, unit: "", id, key: null, bytes, isPoison, isMatching });
    }
  }

  return {
    sourceArn: null,
    unitCount: 1,
    lookups: { engineOf: enginesOf([broker]), brokers: [broker] },
    runnerOf,
    put,
    handOver: () => false,
    sent,
    refusedCount: () => refusedCount,
    endedBy: streamEnds,
    isAtRest: () => true,
    close: () => local.close(),
  };
}

const messageOf = ({ data }: PlannedRecord) => ({ body: Buffer.from(data), isText: true, properties: {} });

/** For the filter, which looks at a message's data alone. */
const firstDelivery = (body: string, atMs: number): StoredDelivery => ({
  message: { messageId: "", body, sentAtMs: atMs, receiveCount: 1 },
  ordinal: 0,
  deliveredAtMs: atMs,
});

/** Deliveries have no tags of their own here: a message that comes again has the name that it had. */
const TAG = 0;
const rabbitMqPosition = (messageId: string): string => `${messageId}.${TAG}`;

function rabbitMq({ eventSourceArn }: BrokerSpec, source: EmbeddedAddress): Engine<RabbitMqRecord> {
  return {
    kind: createRabbitMqKind({ eventSourceArn, ...source }),
    recordOf: (delivery) => storedRabbitMqRecord(delivery, TAG),
    redeliveryKey: () => null,
  };
}

function activeMq({ eventSourceArn, broker }: BrokerSpec, { queueName }: EmbeddedAddress): Engine<ActiveMqRecord> {
  const { eventSource, expiration } = broker.activeMqEvent;
  return {
    kind: createActiveMqKind({ eventSourceArn, eventSource }),
    recordOf: (delivery) => storedActiveMqRecord(delivery, { queueName, expiration }),
    redeliveryKey: ({ messageId }) => messageId,
  };
}
