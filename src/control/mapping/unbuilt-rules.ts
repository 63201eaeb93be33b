// What AWS takes and this version does not carry out: refused in one sentence, nothing stored (docs/honoured.md).

import type { ApiAnswer } from "../api-answer.ts";
import type { MemberName } from "./mapping-members.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { firstRefusal, refusal } from "./refusal.ts";
import { parseArn } from "./source-kinds.ts";

/** Judged last on Create, and on an update's merged settings. */
export function refuseUnbuilt(settings: MappingSettings): ApiAnswer | null {
  return firstRefusal(
    () => refuseShareGroup(settings),
    () => refuseSignedAccess(settings),
    () => refuseGlue(settings),
    () => refuseRegistryToken(settings),
  );
}

/** M-209: no client of Node's speaks the protocol of share groups. */
function refuseShareGroup({ SelfManagedKafkaEventSourceConfig: config }: MappingSettings): ApiAnswer | null {
  if (config?.ConsumptionMode !== "Queue") return null;
  return notBuilt(
    "SelfManagedKafkaEventSourceConfig",
    "ConsumptionMode Queue",
    "no client reads Kafka's share groups yet; Stream is carried out",
  );
}

const SIGNED = ["IAM_AUTH", "IAM_OAUTHBEARER_AUTH", "OAUTHBEARER_AUTH"] as const;

function refuseSignedAccess({ SourceAccessConfigurations: entries = [] }: MappingSettings): ApiAnswer | null {
  const type = SIGNED.find((each) => entries.some((entry) => entry?.Type === each));
  if (type === undefined) return null;
  return notBuilt(
    "SourceAccessConfigurations",
    `the source access configuration ${type}`,
    "nothing here issues its tokens; name the cluster in `sources` and use BASIC_AUTH, SASL_SCRAM_512_AUTH, SASL_SCRAM_256_AUTH, " +
      "CLIENT_CERTIFICATE_TLS_AUTH or none",
  );
}

const registryOf = (settings: MappingSettings) =>
  (settings.AmazonManagedKafkaEventSourceConfig ?? settings.SelfManagedKafkaEventSourceConfig)?.SchemaRegistryConfig;

const memberOf = (settings: MappingSettings): MemberName =>
  settings.AmazonManagedKafkaEventSourceConfig === undefined
    ? "SelfManagedKafkaEventSourceConfig"
    : "AmazonManagedKafkaEventSourceConfig";

function refuseGlue(settings: MappingSettings): ApiAnswer | null {
  if (parseArn(registryOf(settings)?.SchemaRegistryURI ?? "")?.service !== "glue") return null;
  return notBuilt(
    memberOf(settings),
    "a Glue schema registry",
    "there is none here; one that speaks Confluent's HTTP protocol is read",
  );
}

function refuseRegistryToken(settings: MappingSettings): ApiAnswer | null {
  const entries = registryOf(settings)?.AccessConfigs ?? [];
  if (!entries.some((entry) => entry?.Type === "OAUTHBEARER_AUTH")) return null;
  return notBuilt(
    memberOf(settings),
    "OAUTHBEARER_AUTH of a schema registry",
    "BASIC_AUTH and certificates are carried out",
  );
}

function notBuilt(member: MemberName, what: string, rest: string): ApiAnswer {
  const text = `${what[0]?.toUpperCase()}${what.slice(1)} is not built yet in this version of Millrace: ${rest}.`;
  return { ...refusal(text), notHonoured: { what, page: `docs/honoured.md#${member.toLowerCase()}` } };
}
