// The records of a world's streams, as explain asks a source for them.

import { pageOf, type SourceRecords } from "../cli/explain/source-records.ts";
import type { VirtualHouse } from "../wiring/virtual-house.ts";

export function recordsOf(
  house: VirtualHouse,
  sources: () => readonly { readonly storedName: string; readonly arn: string }[],
): SourceRecords {
  return {
    silence: () => null,
    page(streamArn, unit, from) {
      const name = sources().find(({ arn }) => arn === streamArn)?.storedName ?? "";
      const all = [...(house.stream(name)?.records(unit) ?? [])];
      return Promise.resolve(
        pageOf(all, from).map(({ position, arrivedAtMs, partitionKey, data }) => ({
          position,
          arrivedAtMs,
          partitionKey: Buffer.from(partitionKey).toString("utf8"),
          data,
        })),
      );
    },
  };
}
