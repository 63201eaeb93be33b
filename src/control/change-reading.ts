// How a mapping on DocumentDB reads: where its change stream is, and what the configuration says of its cluster. A cluster of which it
// says no address is embedded.

import type { ChangeSpec, ChangeStreamAddress } from "../ports/mapping-spec.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { accessOf } from "./source-access.ts";

/** What the configuration says of a cluster. Figures: docs/config.md. */
export interface DocumentDbSettings {
  readonly arn: string;
  /** Null: embedded. */
  readonly url: string | null;
  readonly caFile: string | null;
  /** Fields of MongoDB's that DocumentDB has not stay in the event. */
  readonly isKeepingServerFields: boolean;
  /** M-705. */
  readonly disabledAfterMs: number;
}

/** Of a cluster that the configuration does not name. */
export const usualDocumentDb = (arn: string): DocumentDbSettings => ({
  arn,
  url: null,
  caFile: null,
  isKeepingServerFields: false,
  disabledAfterMs: 600_000,
});

/** Under which name the store keeps an embedded cluster: its ARN's last part. */
export const embeddedClusterName = (arn: string): string => arn.split(":").at(-1) ?? arn;

export function changeReading(
  settings: MappingSettings,
  clusters: readonly DocumentDbSettings[],
): Pick<ChangeSpec, "source" | "changes"> {
  const arn = settings.EventSourceArn ?? "";
  const cluster = clusters.find((each) => each.arn === arn) ?? usualDocumentDb(arn);
  return {
    source: addressOf(settings, cluster),
    changes: {
      fullDocument: settings.DocumentDBEventSourceConfig?.FullDocument === "UpdateLookup" ? "UpdateLookup" : "Default",
      isKeepingServerFields: cluster.isKeepingServerFields,
      disabledAfterMs: cluster.disabledAfterMs,
    },
  };
}

function addressOf(settings: MappingSettings, { arn, url, caFile }: DocumentDbSettings): ChangeStreamAddress {
  const { DatabaseName: database = "", CollectionName } = settings.DocumentDBEventSourceConfig ?? {};
  const collection = CollectionName ?? null;
  return url === null
    ? { kind: "embeddedMongo", clusterName: embeddedClusterName(arn), database, collection }
    : { kind: "mongo", url, caFile, secretArn: accessOf(settings, "BASIC_AUTH") ?? "", database, collection };
}
