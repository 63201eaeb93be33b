// The lookup of streams over the streams themselves: what the wiring hands to the control plane.

import type { StreamAddress } from "../ports/mapping-spec.ts";
import type { Streams } from "../ports/streams.ts";
import type { ConsumerRegistry } from "./kinesis/consumer-registry.ts";
import type { StreamLookup } from "./lookups.ts";

/** `addressOf` knows from the configuration where a stream of this name lives. */
export function createStreamLookup(
  streams: Streams,
  consumers: ConsumerRegistry,
  addressOf: (streamName: string) => StreamAddress,
): StreamLookup {
  return {
    async find(streamName) {
      const found = await streams.describe(streamName);
      return found.kind === "stream" ? { kind: "found", address: addressOf(streamName) } : found;
    },
    async hasConsumer(consumerArn) {
      const consumer = await consumers.find(consumerArn);
      if (consumer === null || consumer.deletedAtMs !== null) return false;
      const described = await streams.describe(consumer.streamName);
      return described.kind === "stream" && described.stream.createdAtMs === consumer.streamCreatedAtMs;
    },
    addressOf,
  };
}
