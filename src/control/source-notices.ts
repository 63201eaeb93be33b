// What a person should know of a mapping on a broker or a cluster once it starts, as nothing of it is seen in its state: the configuration
// says nothing of its source, leaves no time for a call, or settings are not in force. Said once a start, and once more when it changes.

import type { Journal } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import { TLS_TYPES } from "./group-reading.ts";
import type { SpecLookups } from "./mapping-spec.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import type { Placement } from "./placement.ts";
import { accessOf } from "./source-access.ts";

type Known = Pick<SpecLookups, "brokers" | "kafkaClusters" | "documentDbs">;

export function withSourceNotices(
  placement: Placement,
  {
    known,
    journal,
    settingsOf,
  }: {
    readonly known: Known;
    readonly journal: Journal;
    /** Of a mapping that there is. */
    readonly settingsOf: (uuid: string) => MappingSettings | null;
  },
): Placement {
  /** By mapping that runs. */
  const told = new Map<string, string>();

  function tell(spec: MappingSpec): void {
    const settings = settingsOf(spec.uuid) ?? {};
    const texts = [...noticesOf(spec, known), ...controlNotices(spec, settings), ...tlsNotices(spec, settings)];
    const all = texts.join("\n");
    if (all === (told.get(spec.uuid) ?? "")) return;
    told.set(spec.uuid, all);
    for (const text of texts) journal.append(spec.uuid, spec.uuid, { kind: "configured-otherwise", text });
  }

  return {
    ...placement,
    start(spec) {
      tell(spec);
      placement.start(spec);
    },
    update(spec) {
      tell(spec);
      placement.update(spec);
    },
    stop(uuid, how) {
      told.delete(uuid);
      placement.stop(uuid, how);
    },
  };
}

function noticesOf(
  { source, lane, eventSourceArn, functionName }: MappingSpec,
  { brokers, kafkaClusters, documentDbs }: Known,
): readonly string[] {
  const texts: string[] = [];
  const notNamed = `${eventSourceArn} is not named in \`sources\``;
  if (source.kind === "embeddedMq" && !brokers.some(({ arn }) => arn === eventSourceArn)) {
    const engine = source.engine === "rabbitMq" ? "RabbitMQ" : "ActiveMQ";
    texts.push(`${notNamed}: its broker is taken for an embedded ${engine}, where nothing can be sent`);
  }
  if (source.kind === "embeddedKafka" && !kafkaClusters.some(({ key }) => key === eventSourceArn)) {
    if (eventSourceArn !== "") texts.push(`${notNamed}: its topics are in the embedded store`);
  }
  if (source.kind === "embeddedMongo" && !documentDbs.some(({ arn }) => arn === eventSourceArn)) {
    texts.push(`${notNamed}: its documents are in the embedded store`);
  }
  const leftMs = lane.acknowledged?.holdLimitMs ?? null;
  if (leftMs !== null && leftMs < 0) {
    texts.push(
      `\`consumerTimeoutSeconds\` of ${eventSourceArn} is ${-leftMs / 1_000} s too short for the Timeout of ${functionName} and a minute: what is held is not given back in time (R-803)`,
    );
  }
  return texts;
}

/** M-001: what was asked for and waits for pollers. */
function controlNotices({ group, lane }: MappingSpec, settings: MappingSettings): readonly string[] {
  if (group === undefined || group.isProvisioned) return [];
  const idle = [
    ...((settings.MaximumRetryAttempts ?? -1) !== -1 && lane.retries !== settings.MaximumRetryAttempts
      ? ["MaximumRetryAttempts"]
      : []),
    ...((settings.MaximumRecordAgeInSeconds ?? -1) !== -1 && lane.maxAgeMs === -1 ? ["MaximumRecordAgeInSeconds"] : []),
    ...(settings.BisectBatchOnFunctionError === true && !lane.isBisecting ? ["BisectBatchOnFunctionError"] : []),
    ...((settings.FunctionResponseTypes ?? []).length > 0 && !lane.isReporting ? ["FunctionResponseTypes"] : []),
  ];
  return notInForce(idle, "without ProvisionedPollerConfig (M-001)");
}

/** M-602: certificates that the mapping names, and a configuration that says that there is no TLS. */
function tlsNotices({ source }: MappingSpec, settings: MappingSettings): readonly string[] {
  if (source.kind !== "kafka" || source.security.tls !== null) return [];
  const idle = TLS_TYPES.filter((type) => accessOf(settings, type) !== null);
  return notInForce(idle, "as `tls` of its cluster in `sources` is false");
}

function notInForce(names: readonly string[], why: string): readonly string[] {
  if (names.length === 0) return [];
  return [`${new Intl.ListFormat("en-GB").format(names)} ${names.length === 1 ? "is" : "are"} not in force ${why}`];
}
