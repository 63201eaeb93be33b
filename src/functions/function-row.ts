// A row of the functions table, read back.

import type { FunctionRecord } from "../ports/function-record.ts";

/** The tables are our own: what is in them was a record when it was written, by an older Millrace perhaps without its versions. */
export function parseRecord(json: string): FunctionRecord {
  const row = JSON.parse(json) as Pick<FunctionRecord, "settings" | "source"> & Partial<FunctionRecord>;
  return {
    settings: row.settings,
    source: row.source,
    description: row.description ?? "",
    revisionId: row.revisionId ?? "00000000-0000-4000-8000-000000000000",
    lastModifiedAtMs: row.lastModifiedAtMs ?? 0,
    lastVersion: row.lastVersion ?? 0,
    published: row.published ?? [],
    aliases: row.aliases ?? [],
  };
}
