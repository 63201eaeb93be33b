// A mapping on DocumentDB in a poller thread: its change stream is a MongoDB server's, or the embedded store's where there is none.

import { createChangeKind } from "../src/kinds/documentdb/change-kind.ts";
import type { ChangeRecord } from "../src/kinds/documentdb/change-record.ts";
import type { ChangeSpec } from "../src/ports/mapping-spec.ts";
import type { Source } from "../src/ports/source.ts";
import { type ChangeRunnerOptions, createChangeRunner } from "../src/runtime/change-runner.ts";
import type { MappingRunner } from "../src/runtime/mapping-runner.ts";
import { createEmbeddedChangeSource } from "../src/stores/embedded-change-source.ts";
import type { StoreClient } from "../src/stores/store-client.ts";
import { createMongoSource } from "./mongo/mongo-source.ts";

export interface ChangeMappingOptions
  extends Omit<ChangeRunnerOptions<ChangeRecord>, "spec" | "kind" | "sourceOf" | "compileFilter"> {
  /** The text of a secret as it is now; null: there is none of this name (M-605). */
  readonly secretText: (secretArn: string) => Promise<string | null>;
  readonly store: StoreClient;
}

export function createChangeMapping(spec: ChangeSpec, options: ChangeMappingOptions): MappingRunner<ChangeRecord> {
  const { secretText: _secret, store: _store, ...ports } = options;
  return createChangeRunner<ChangeRecord>({
    ...ports,
    spec,
    kind: createChangeKind({ eventSourceArn: spec.eventSourceArn }),
    sourceOf: (each) => sourceOf(each, options),
    // It has none.
    compileFilter: () => null,
  });
}

function sourceOf(
  { source, changes }: ChangeSpec,
  { clock, store, secretText }: ChangeMappingOptions,
): Source<ChangeRecord> {
  const { fullDocument, isKeepingServerFields } = changes;
  if (source.kind === "embeddedMongo") return createEmbeddedChangeSource({ client: store, ...source, fullDocument });
  return createMongoSource({
    address: source,
    fullDocument,
    isKeepingServerFields,
    secretText,
    nowMs: () => clock.nowMs(),
  });
}
