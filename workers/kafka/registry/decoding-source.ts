// A topic's source, Kafka's or the embedded one, seen through a schema registry (M-615).

import type { KafkaRecord } from "../../../src/kinds/kafka/kafka-record.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { GroupSource } from "../../../src/ports/group-source.ts";
import { createDecodingMember } from "./decoding-member.ts";
import type { RegistryDecoder } from "./registry-decoder.ts";

export function createDecodingSource(
  source: GroupSource<KafkaRecord>,
  decoder: RegistryDecoder,
  clock: Clock,
): GroupSource<KafkaRecord> {
  return {
    places: (start) => source.places(start),
    open: (index, options) => createDecodingMember(source.open(index, options), decoder, clock),
    unread: (startOf) => source.unread(startOf),
    close: () => source.close(),
  };
}
