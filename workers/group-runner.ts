// A mapping on Kafka in a poller thread: its group's members read a cluster, or the embedded store where there is none.

import { createKafkaKind } from "../src/kinds/kafka/kafka-kind.ts";
import type { KafkaRecord } from "../src/kinds/kafka/kafka-record.ts";
import type { GroupSource } from "../src/ports/group-source.ts";
import type { GroupSpec, MappingSpec } from "../src/ports/mapping-spec.ts";
import { createGroupRunner, type GroupRunnerOptions } from "../src/runtime/group/group-runner.ts";
import type { MappingRunner } from "../src/runtime/mapping-runner.ts";
import { createEmbeddedGroupSource } from "../src/stores/embedded-group-source.ts";
import { createKafkaTopics } from "../src/stores/kafka-topics.ts";
import type { StoreClient } from "../src/stores/store-client.ts";
import { createKafkaReporter } from "./destinations/kafka-reporter.ts";
import { withGroupLog } from "./group-log.ts";
import { createKafkaSource } from "./kafka/kafka-source.ts";
import { createDecodingSource } from "./kafka/registry/decoding-source.ts";
import { createRegistryDecoder } from "./kafka/registry/registry-decoder.ts";

export interface GroupMappingOptions extends Omit<GroupRunnerOptions<KafkaRecord>, "spec" | "kind" | "source"> {
  /** The text of a secret as it is now; null: there is none of this name (M-605). */
  readonly secretText: (secretArn: string) => Promise<string | null>;
  readonly store: StoreClient;
  /** A number that is given out once in the process. */
  readonly nextEpoch: () => number;
  /** A line for the log of the mapping's function (M-211). */
  readonly writeLog: (functionName: string, line: string) => void;
}

export function createGroupMapping(first: GroupSpec, options: GroupMappingOptions): MappingRunner<KafkaRecord> {
  const { secretText: _secret, store: _store, nextEpoch: _next, writeLog, ...ports } = options;
  const { clock, events } = ports;
  let spec = first;
  /** It is to be read otherwise: a new start is asked for once this one is over. */
  let isLeaving = false;
  const reporter = createKafkaReporter(spec.source, {
    others: ports.reporter,
    clock,
    embeddedTopics: createKafkaTopics(options.store, () => clock.nowMs()),
    secretText: options.secretText,
    clientId: clientIdOf(spec.uuid),
  });
  const runner = createGroupRunner<KafkaRecord>({
    ...ports,
    reporter,
    spec,
    kind: kindOf(spec),
    source: withGroupLog(sourceOf(spec, options), {
      spec: () => spec,
      clock,
      write: (line) => writeLog(spec.functionName, line),
    }),
    events: {
      ...events,
      stopped(errors) {
        void reporter.close().then(() => (isLeaving ? events.fenced() : events.stopped(errors)));
      },
      fenced: () => void reporter.close().then(() => events.fenced()),
    },
  });
  return {
    ...runner,
    update(next) {
      if (next.group === undefined) return;
      const isElsewhere = readingText(next) !== readingText(spec);
      spec = next;
      if (!isElsewhere) return runner.update(next);
      isLeaving = true;
      runner.stop({ isDelete: false, graceMs: Number.POSITIVE_INFINITY });
    },
    stop(how) {
      isLeaving = false;
      runner.stop(how);
    },
  };
}

const clientIdOf = (uuid: string): string => `millrace-${uuid}`;

/** What a member has from its beginning on. */
const readingText = ({ source, group }: MappingSpec): string => JSON.stringify([source, group?.registry]);

function kindOf({ group, source, eventSourceArn }: GroupSpec) {
  const { flavour, bootstrapServers } = group;
  const { topic } = source;
  return createKafkaKind({
    flavour,
    eventSourceArn: flavour === "msk" ? eventSourceArn : null,
    bootstrapServers,
    topic,
  });
}

function sourceOf(spec: GroupSpec, options: GroupMappingOptions): GroupSource<KafkaRecord> {
  const { registry } = spec.group;
  const topic = topicOf(spec, options);
  if (registry === null) return topic;
  return createDecodingSource(topic, createRegistryDecoder(registry, options.secretText), options.clock);
}

function topicOf({ source, uuid, generation }: GroupSpec, options: GroupMappingOptions): GroupSource<KafkaRecord> {
  const { clock, store, nextEpoch, secretText } = options;
  return source.kind === "embeddedKafka"
    ? createEmbeddedGroupSource({ client: store, clock, ...source, nextEpoch, mappingUuid: uuid, generation })
    : createKafkaSource({ address: source, clientId: clientIdOf(uuid), secretText, clock, nextEpoch });
}
