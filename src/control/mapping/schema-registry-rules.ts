// Kafka's schema registry (M-611 to M-613). AWS's texts are known as far as they are quoted there; those of access are ours.

import type { ApiAnswer } from "../api-answer.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { refusal } from "./refusal.ts";
import { parseArn } from "./source-kinds.ts";

export function refuseRegistry(settings: MappingSettings): ApiAnswer | null {
  const registry =
    settings.AmazonManagedKafkaEventSourceConfig?.SchemaRegistryConfig ??
    settings.SelfManagedKafkaEventSourceConfig?.SchemaRegistryConfig;
  if (registry === undefined) return null;
  if (settings.ProvisionedPollerConfig === undefined) {
    return refusal(
      "SchemaRegistryConfig is only available for Provisioned Mode. To configure Schema Registry, please enable Provisioned Mode " +
        "by specifying MinimumPollers in ProvisionedPollerConfig.",
    );
  }
  const { SchemaRegistryURI: uri = "", EventRecordFormat, SchemaValidationConfigs, AccessConfigs = [] } = registry;
  const glue = parseArn(uri);
  const isGlue = glue?.service === "glue" && glue.resource.startsWith("registry/");
  if (!isGlue && !(/^https:\/\/[^/]/.test(uri) && URL.canParse(uri)))
    return refusal("Malformed SchemaRegistryURI provided.");
  if (EventRecordFormat === undefined) {
    return refusal("EventRecordFormat is a required field for SchemaRegistryConfig.");
  }
  const attributes = (SchemaValidationConfigs ?? []).map((each) => each?.Attribute);
  if (attributes.length === 0 || attributes.includes(undefined)) {
    return refusal("SchemaValidationConfigs is a required field for SchemaRegistryConfig.");
  }
  if (new Set(attributes).size < attributes.length) {
    return refusal("Duplicate KEY/VALUE Attribute in SchemaValidationConfigs.");
  }
  if (isGlue && AccessConfigs.length > 0) return refusal("A Glue schema registry takes no AccessConfigs.");
  const isHalf = AccessConfigs.some((each) => each?.Type === undefined || each.URI === undefined);
  return isHalf ? refusal("Each of AccessConfigs needs a Type and a URI.") : null;
}
