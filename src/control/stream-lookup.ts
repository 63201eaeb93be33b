// The lookup of streams over the streams themselves: what the wiring hands to the control plane.

import type { SourceAddress } from "../ports/mapping-spec.ts";
import type { Streams } from "../ports/streams.ts";
import type { StreamLookup } from "./lookups.ts";

/** `addressOf` knows from the configuration where a stream of this name lives. */
export function createStreamLookup(streams: Streams, addressOf: (streamName: string) => SourceAddress): StreamLookup {
  return {
    async find(streamName) {
      const found = await streams.describe(streamName);
      return found.kind === "stream" ? { kind: "found", address: addressOf(streamName) } : found;
    },
    addressOf,
  };
}
