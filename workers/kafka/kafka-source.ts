// A topic of Kafka as a source that the members of a consumer group share out (M-201): a member a poller, each with connections of its own,
// and one connection for what is asked beside them.

import type { KafkaRecord } from "../../src/kinds/kafka/kafka-record.ts";
import type { Clock } from "../../src/ports/clock.ts";
import type { GroupSource } from "../../src/ports/group-source.ts";
import type { KafkaAddress } from "../../src/ports/mapping-spec.ts";
import { kafkaClientOptions } from "./kafka-connection.ts";
import type { SecretText } from "./kafka-login.ts";
import { createKafkaMember, type MemberTimes, usualTimes } from "./kafka-member.ts";
import { createKafkaOffsets } from "./kafka-offsets.ts";

export interface KafkaSourceOptions {
  readonly address: Extract<KafkaAddress, { readonly kind: "kafka" }>;
  /** How brokers know this client in their logs; a member's has its number behind it. */
  readonly clientId: string;
  readonly secretText: SecretText;
  readonly clock: Clock;
  /** A number that is given out once in the process. */
  readonly nextEpoch: () => number;
  /** Default: those of M-819 and M-821. */
  readonly times?: Partial<MemberTimes>;
}

export function createKafkaSource(options: KafkaSourceOptions): GroupSource<KafkaRecord> {
  const { address, clientId, secretText, clock, nextEpoch } = options;
  const { servers, topic, groupId } = address;
  const place = { servers, topic, groupId };
  const configFor = (id: string) => async () => {
    const config = await kafkaClientOptions(address, { secretText });
    return "problem" in config ? config : { ...config, clientId: id };
  };
  const offsets = createKafkaOffsets({ place, config: configFor(clientId), clock });
  return {
    places: (start) => offsets.places(start),
    open: (index, { startOf }) =>
      createKafkaMember({
        place,
        clock,
        startOf,
        nextEpoch,
        config: configFor(`${clientId}-${index}`),
        times: { ...usualTimes, ...options.times },
      }),
    unread: (startOf) => offsets.unread(startOf),
    close: () => offsets.close(),
  };
}
