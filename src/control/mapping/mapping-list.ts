// Pages of ListEventSourceMappings (section 1.4): at most 100 a page whatever is asked, an opaque marker, filters that are exact.

import type { MappingRecord } from "./mapping-record.ts";

const MOST_ON_A_PAGE = 100;
/** Markers have the length that AWS's have: 66 bytes as base64. */
const MARKER_BYTES = 66;
const MARKER_HEAD = "m1:";

export interface ListFilter {
  readonly eventSourceArn: string | null;
  readonly functionArn: string | null;
}

export interface Page {
  readonly records: readonly MappingRecord[];
  readonly nextMarker: string | null;
}

/** In the order of their UUIDs, so that a page does not shift when mappings come and go. An unknown marker gives an empty page. */
export function pageOf(
  records: readonly MappingRecord[],
  filter: ListFilter,
  page: { readonly marker: string | null; readonly maxItems: number | null },
): Page {
  const after = page.marker === null ? "" : uuidOfMarker(page.marker);
  if (after === null) return { records: [], nextMarker: null };
  const matching = records
    .filter((record) => record.uuid > after && isWanted(record, filter))
    .sort((one, other) => (one.uuid < other.uuid ? -1 : 1));
  const shown = matching.slice(0, Math.min(page.maxItems ?? MOST_ON_A_PAGE, MOST_ON_A_PAGE));
  const last = shown.at(-1);
  return {
    records: shown,
    nextMarker: last !== undefined && matching.length > shown.length ? markerOf(last.uuid) : null,
  };
}

const isWanted = (record: MappingRecord, filter: ListFilter): boolean =>
  (filter.eventSourceArn === null || record.settings.EventSourceArn === filter.eventSourceArn) &&
  (filter.functionArn === null || record.functionArn === filter.functionArn);

function markerOf(uuid: string): string {
  const bytes = Buffer.alloc(MARKER_BYTES);
  bytes.write(`${MARKER_HEAD}${uuid}`);
  return bytes.toString("base64");
}

function uuidOfMarker(marker: string): string | null {
  const text = Buffer.from(marker, "base64").toString("latin1").replaceAll("\u0000", "");
  const uuid = text.slice(MARKER_HEAD.length);
  return text.startsWith(MARKER_HEAD) && markerOf(uuid) === marker ? uuid : null;
}
