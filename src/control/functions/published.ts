// Versions: what PublishVersion and `Publish` make of `$LATEST`.

import { createHash } from "node:crypto";
import { type FunctionRecord, type PublishedVersion, snapshotKey } from "../../ports/function-record.ts";
import type { FunctionContext } from "./function-context.ts";

export interface Made {
  readonly record: FunctionRecord;
  readonly version: PublishedVersion;
  /** False: `$LATEST` is what it was when the newest version was made of it, so that one stands for it. */
  readonly isNew: boolean;
}

/** `description`: of the version; null: the function's own. */
export function published(context: FunctionContext, record: FunctionRecord, description: string | null): Made {
  const newest = record.published.at(-1);
  const publishedOf = createHash("sha256").update(snapshotKey(record)).digest("hex");
  if (newest !== undefined && newest.publishedOf === publishedOf) return { record, version: newest, isNew: false };
  const number = record.lastVersion + 1;
  const { settings, source } = record;
  const version: PublishedVersion = {
    version: String(number),
    settings,
    source,
    description: description ?? record.description,
    revisionId: context.random.uuid("revision"),
    lastModifiedAtMs: context.clock.nowMs(),
    publishedOf,
  };
  return {
    record: { ...record, lastVersion: number, published: [...record.published, version] },
    version,
    isNew: true,
  };
}
