// What only Kafka's mappings are asked (V20, V21, V25, M-003, M-621, M-622). No text of AWS's is known for pollers and servers.

import type { ApiAnswer } from "../api-answer.ts";
import type { CreateRequest, UpdateRequest } from "./mapping-members.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { missingParameter, refusal, unsupportedParameter } from "./refusal.ts";
import { refuseRegistry } from "./schema-registry-rules.ts";
import type { SourceKind } from "./source-kinds.ts";

const MOST_POLLERS = 2_000;
const MOST_MAPPINGS_A_GROUP = 100;
const serverForm =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)*[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?:[0-9]{1,5}$/;

/** Of self-managed Kafka these come before the members that it does not take (M-622). */
export function refuseKafkaMissing(kind: SourceKind, request: CreateRequest): ApiAnswer | null {
  if (request.Topics === undefined) return missingParameter("topics");
  const needsAccess = kind === "selfManagedKafka" && request.SourceAccessConfigurations === undefined;
  return needsAccess ? missingParameter("sourceAccessConfigurations") : null;
}

/** Section 1.5: a group, and how it consumes, is named at creation only. */
export function refuseKafkaFixed(request: UpdateRequest): ApiAnswer | null {
  if (request.AmazonManagedKafkaEventSourceConfig?.ConsumerGroupId !== undefined) {
    return unsupportedParameter("amazonManagedKafkaEventSourceConfig.consumerGroupId");
  }
  if (request.SelfManagedKafkaEventSourceConfig?.ConsumerGroupId !== undefined) {
    return unsupportedParameter("selfManagedKafkaEventSourceConfig.consumerGroupId");
  }
  if (request.SelfManagedKafkaEventSourceConfig?.ConsumptionMode !== undefined) {
    return unsupportedParameter("ConsumptionMode");
  }
  return null;
}

export function refuseKafkaValues(settings: MappingSettings): ApiAnswer | null {
  return refuseServers(settings) ?? refuseLoop(settings) ?? refuseKafkaPollers(settings) ?? refuseRegistry(settings);
}

function refuseServers(settings: MappingSettings): ApiAnswer | null {
  const servers = settings.SelfManagedEventSource?.Endpoints?.KAFKA_BOOTSTRAP_SERVERS ?? [];
  const bad = servers.find((server) => server !== null && !serverForm.test(server));
  return bad === undefined ? null : refusal(`The bootstrap server '${bad}' is not of the form host:port.`);
}

/** V25. */
function refuseKafkaPollers(settings: MappingSettings): ApiAnswer | null {
  const pollers = settings.ProvisionedPollerConfig;
  if (pollers === undefined) return refuseOnDemand(settings);
  const { MinimumPollers: least = 0, MaximumPollers: most = 0 } = pollers;
  if (most >= least && most <= MOST_POLLERS) return null;
  return refusal(
    `MinimumPollers should be between [1, 200] and MaximumPollers should be between [MinimumPollers, ${MOST_POLLERS}]`,
  );
}

/** The text of the metrics is AWS's (M-622); it publishes none for the others, which need pollers, too (M-001, M-211). */
function refuseOnDemand({ MetricsConfig, LoggingConfig, DestinationConfig }: MappingSettings): ApiAnswer | null {
  const only = (name: string): ApiAnswer =>
    refusal(
      `${name} is only available for Provisioned Mode. To configure ${name}, please enable Provisioned Mode by ` +
        "specifying MinimumPollers in ProvisionedPollerConfig.",
    );
  if (MetricsConfig !== undefined) return only("MetricsConfig");
  if (LoggingConfig !== undefined) return only("LoggingConfig");
  const isTopic = DestinationConfig?.OnFailure?.Destination?.startsWith("kafka://") ?? false;
  return isTopic ? only("DestinationConfig to a Kafka topic") : null;
}

/** What is given up may go to a topic, but not to the one that it came from. */
function refuseLoop(settings: MappingSettings): ApiAnswer | null {
  const topic = /^kafka:\/\/(.+)$/.exec(settings.DestinationConfig?.OnFailure?.Destination ?? "")?.[1];
  if (topic === undefined || topic !== settings.Topics?.[0]) return null;
  return refusal(`The OnFailure destination must be another topic than the source's, '${topic}'.`);
}

/** Section 5: at most 100 mappings share a group of pollers, and 2,000 pollers. `others`: of the other mappings there are. */
export function refusePollerGroup(settings: MappingSettings, others: readonly MappingSettings[]): ApiAnswer | null {
  const group = settings.ProvisionedPollerConfig?.PollerGroupName ?? "";
  if (group === "") return null;
  const sharing = [settings, ...others.filter((each) => each.ProvisionedPollerConfig?.PollerGroupName === group)];
  if (sharing.length > MOST_MAPPINGS_A_GROUP) {
    return refusal(`The poller group '${group}' has ${MOST_MAPPINGS_A_GROUP} event source mappings already.`);
  }
  const sum = sharing.reduce((most, each) => most + (each.ProvisionedPollerConfig?.MaximumPollers ?? 0), 0);
  if (sum <= MOST_POLLERS) return null;
  return refusal(`The MaximumPollers of the poller group '${group}' add up to ${sum}, more than ${MOST_POLLERS}.`);
}
