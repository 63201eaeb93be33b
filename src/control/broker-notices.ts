// What a person should know of a mapping on a message broker once it starts, as nothing of it is seen in its state: the configuration says
// nothing of its broker, or leaves no time for a call. Said once a start, and once more when it changes.

import type { Journal } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { BrokerSettings } from "./broker-reading.ts";
import type { Placement } from "./placement.ts";

export function withBrokerNotices(
  placement: Placement,
  { brokers, journal }: { readonly brokers: readonly BrokerSettings[]; readonly journal: Journal },
): Placement {
  /** By mapping that runs. */
  const told = new Map<string, string>();

  function tell(spec: MappingSpec): void {
    const texts = noticesOf(spec, brokers);
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

function noticesOf({ source, lane, eventSourceArn, functionName }: MappingSpec, brokers: readonly BrokerSettings[]) {
  const texts: string[] = [];
  if (source.kind === "embeddedMq" && !brokers.some(({ arn }) => arn === eventSourceArn)) {
    const engine = source.engine === "rabbitMq" ? "RabbitMQ" : "ActiveMQ";
    texts.push(
      `${eventSourceArn} is not named in \`sources\`: its broker is taken for an embedded ${engine}, where nothing can be sent`,
    );
  }
  const leftMs = lane.acknowledged?.holdLimitMs ?? null;
  if (leftMs !== null && leftMs < 0) {
    texts.push(
      `\`consumerTimeoutSeconds\` of ${eventSourceArn} is ${-leftMs / 1_000} s too short for the Timeout of ${functionName} and a minute: what is held is not given back in time (R-803)`,
    );
  }
  return texts;
}
