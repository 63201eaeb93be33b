// What SourceAccessConfigurations may hold, by kind of source (M-601, R-601, X-601). The texts of unsupported types and of a broker
// without BASIC_AUTH are AWS's; it publishes none for the others.

import type { ApiAnswer } from "../api-answer.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { invalidParameters, refusal } from "./refusal.ts";
import { isBrokerKind, parseArn, type SourceKind } from "./source-kinds.ts";

/** How a poller proves who it is: a mapping has one of these at most. */
const mechanisms: readonly string[] = [
  "BASIC_AUTH",
  "SASL_SCRAM_512_AUTH",
  "SASL_SCRAM_256_AUTH",
  "CLIENT_CERTIFICATE_TLS_AUTH",
  "OAUTHBEARER_AUTH",
  "IAM_AUTH",
  "IAM_OAUTHBEARER_AUTH",
];
const secrets: readonly string[] = [
  "BASIC_AUTH",
  "SASL_SCRAM_512_AUTH",
  "SASL_SCRAM_256_AUTH",
  "CLIENT_CERTIFICATE_TLS_AUTH",
  "SERVER_ROOT_CA_CERTIFICATE",
  "OAUTHBEARER_AUTH",
];
/** The execution role signs: nothing else is needed. */
const withoutUri: readonly string[] = ["IAM_AUTH", "IAM_OAUTHBEARER_AUTH"];
const oauthDetails: readonly string[] = [
  "OAUTHBEARER_SCOPE",
  "OAUTHBEARER_AUDIENCE",
  "OAUTHBEARER_LOGICAL_CLUSTER",
  "OAUTHBEARER_IDENTITY_POOL",
];
const network: readonly string[] = ["VPC_SUBNET", "VPC_SECURITY_GROUP"];

const taken: { readonly [K in SourceKind]: readonly string[] } = {
  sqs: [],
  fifo: [],
  kinesis: [],
  kinesisConsumer: [],
  dynamodb: [],
  msk: ["SASL_SCRAM_512_AUTH", "CLIENT_CERTIFICATE_TLS_AUTH"],
  selfManagedKafka: [...mechanisms, ...oauthDetails, ...network, "SERVER_ROOT_CA_CERTIFICATE"],
  activeMq: ["BASIC_AUTH"],
  rabbitMq: ["BASIC_AUTH", "VIRTUAL_HOST"],
  documentDb: ["BASIC_AUTH"],
};

interface Entry {
  readonly Type?: string | undefined;
  readonly URI?: string | undefined;
}

/** Judged on the settings as they would be: on Create, and on Update after merging. */
export function refuseAccess(kind: SourceKind, settings: MappingSettings): ApiAnswer | null {
  const entries = (settings.SourceAccessConfigurations ?? []).filter((entry) => entry !== null);
  for (const entry of entries) {
    const refused = refuseEntry(kind, entry);
    if (refused !== null) return refused;
  }
  const types = entries.flatMap(({ Type }) => (Type === undefined ? [] : [Type]));
  return refuseTogether(types) ?? refuseWithoutBasic(kind, types);
}

function refuseEntry(kind: SourceKind, { Type, URI }: Entry): ApiAnswer | null {
  if (Type === undefined) return refusal("A source access configuration needs a Type.");
  if (!taken[kind].includes(Type)) {
    return refusal("Unsupported source access configurations type for given event source mapping type.");
  }
  if (withoutUri.includes(Type)) {
    return URI === undefined ? null : refusal(`The source access configuration ${Type} takes no URI.`);
  }
  if (URI === undefined) return refusal(`The source access configuration ${Type} needs a URI.`);
  if (!secrets.includes(Type) || parseArn(URI)?.service === "secretsmanager") return null;
  return refusal(`The URI of the source access configuration ${Type} must be the ARN of a secret.`);
}

function refuseTogether(types: readonly string[]): ApiAnswer | null {
  const found = types.filter((type) => mechanisms.includes(type));
  if (found.length > 1) {
    return refusal(`A mapping has one authentication mechanism at most; this one has ${found.join(", ")}.`);
  }
  const twice = types.find((type, index) => !network.includes(type) && types.indexOf(type) !== index);
  if (twice !== undefined) return refusal(`The source access configuration ${twice} is given twice.`);
  const [mechanism] = found;
  const foreign = types.find((type) => oauthDetails.includes(type) && !goesWith(type, mechanism));
  if (foreign !== undefined) return refusal(`The source access configuration ${foreign} needs OAUTHBEARER_AUTH.`);
  if (mechanism === "IAM_OAUTHBEARER_AUTH" && !types.includes("OAUTHBEARER_AUDIENCE")) {
    return refusal("The source access configuration IAM_OAUTHBEARER_AUTH needs OAUTHBEARER_AUDIENCE.");
  }
  return null;
}

const goesWith = (detail: string, mechanism: string | undefined): boolean =>
  mechanism === "OAUTHBEARER_AUTH" || (detail === "OAUTHBEARER_AUDIENCE" && mechanism === "IAM_OAUTHBEARER_AUTH");

/** a broker is never read without a user. */
function refuseWithoutBasic(kind: SourceKind, types: readonly string[]): ApiAnswer | null {
  if (!isBrokerKind(kind) || types.includes("BASIC_AUTH")) return null;
  return kind === "activeMq"
    ? refusal("BASIC_AUTH source access configuration was not provided")
    : invalidParameters(["sourceAccessConfigurations"]);
}
