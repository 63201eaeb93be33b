// A journal in one file, as `millrace simulate --journal` writes it: a line that says what it is, the entries, and lines of the records
// that the source took, so that explain needs neither a server nor a state directory. JSON, one value a line.

import { closeSync, openSync, writeSync } from "node:fs";
import { MillraceError } from "../../errors.ts";
import { linesOf, readJournalLines } from "../../journal/read-journal.ts";
import { withoutConsumer } from "../../ports/consumers.ts";
import type { Entry } from "../../ports/journal.ts";
import { pageOf, type SourceRecord, type SourceRecords } from "./source-records.ts";

const FORMAT = "millrace-journal";
const VERSION = 1;
/** Lines are written in pieces of about this length. */
const PIECE_CHARACTERS = 1_000_000;

export interface JournalRecord extends SourceRecord {
  /** What a scenario calls it; null: nothing. */
  readonly label: string | null;
  readonly streamArn: string;
  readonly unit: string;
}

export interface JournalFile {
  entries(): Iterable<Entry>;
  readonly records: SourceRecords;
  /** The position of the record that is called so; null: none is. */
  positionOf(label: string): string | null;
}

/** Replaces a file that is there. `about`: what made it, kept in its first line. */
export function writeJournalFile(
  path: string,
  content: {
    readonly about: object;
    readonly entries: Iterable<Entry>;
    readonly records: Iterable<JournalRecord>;
  },
): void {
  const file = opened(path, "w");
  try {
    let piece = "";
    const put = (value: object): void => {
      piece += `${JSON.stringify(value)}\n`;
      if (piece.length < PIECE_CHARACTERS) return;
      writeSync(file, piece);
      piece = "";
    };
    put({ format: FORMAT, version: VERSION, ...content.about });
    for (const entry of content.entries) put(entry);
    for (const { label, streamArn, unit, position, arrivedAtMs, partitionKey, data } of content.records) {
      const record = { label, streamArn, unit, position, arrivedAtMs, partitionKey };
      put({ record: { ...record, data: Buffer.from(data).toString("base64") } });
    }
    writeSync(file, piece);
  } finally {
    closeSync(file);
  }
}

/** Throws bad-argument where it is no such file. Its records are read when they are first asked for. */
export function openJournalFile(path: string): JournalFile {
  closeSync(opened(path, "r"));
  const [first = ""] = linesOf(path);
  const head = parsed(first);
  if (head["format"] !== FORMAT || head["version"] !== VERSION)
    throw new MillraceError("bad-argument", `${path} is no journal of this version`, {
      help: "millrace simulate FILE --journal OUT",
    });
  let kept: ReadonlyMap<string, readonly JournalRecord[]> | null = null;
  const shards = (): ReadonlyMap<string, readonly JournalRecord[]> => (kept ??= recordsIn(path));
  return {
    entries: () => readJournalLines(path),
    records: {
      silence: () => null,
      page: (streamArn, unit, from) =>
        Promise.resolve(pageOf(shards().get(`${withoutConsumer(streamArn)} ${unit}`) ?? [], from)),
    },
    positionOf(label) {
      for (const records of shards().values()) {
        const found = records.find((each) => each.label === label);
        if (found !== undefined) return found.position;
      }
      return null;
    },
  };
}

function opened(path: string, mode: "r" | "w"): number {
  try {
    return openSync(path, mode);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const what = mode === "r" ? "read" : "write";
    throw new MillraceError("bad-argument", `cannot ${what} the journal ${path}: ${code}`, {
      cause: error,
      help: "millrace simulate FILE --journal OUT",
    });
  }
}

/** By stream and shard, in order of position. */
function recordsIn(path: string): ReadonlyMap<string, readonly JournalRecord[]> {
  const shards = new Map<string, JournalRecord[]>();
  for (const line of linesOf(path)) {
    if (!line.startsWith('{"record":')) continue;
    const record = recordFrom(parsed(line)["record"]);
    if (record === null) continue;
    const key = `${record.streamArn} ${record.unit}`;
    const known = shards.get(key);
    if (known === undefined) shards.set(key, [record]);
    else known.push(record);
  }
  for (const records of shards.values()) records.sort((a, b) => (a.position < b.position ? -1 : 1));
  return shards;
}

function recordFrom(value: unknown): JournalRecord | null {
  if (typeof value !== "object" || value === null) return null;
  const text = (name: string): string => String(Reflect.get(value, name) ?? "");
  return {
    label: text("label") === "" ? null : text("label"),
    streamArn: text("streamArn"),
    unit: text("unit"),
    position: text("position"),
    arrivedAtMs: Number(Reflect.get(value, "arrivedAtMs")),
    partitionKey: text("partitionKey"),
    data: Buffer.from(text("data"), "base64"),
  };
}

/** A torn line has no members. */
function parsed(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {}; // The caller passes it over, or says that it is no journal.
  }
}
