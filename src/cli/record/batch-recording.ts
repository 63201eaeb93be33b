// A recording made afterwards, of one batch and everything that came of it: its calls and what they came to from the journal, its records
// from the source. What neither has any more is named, and never made up.
//
// B1  What is told is fed to a lane as it was before the batch was closed: empty, its window open for as long as the journal says.
// B2  Entries of one turn have one instant, that of the first.

import { recordBytesOf } from "../../core/batch.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, type LaneSettings, STATE_LIMIT_BYTES } from "../../core/settings.ts";
import { version } from "../../index.ts";
import { entryIdFromChangeNumber } from "../../kinds/dynamodb/change-number.ts";
import { eventSizeBytes } from "../../kinds/event-sizing.ts";
import type { KinesisRecord } from "../../kinds/kinesis/kinesis-record.ts";
import { entryIdFromSequenceNumber } from "../../kinds/kinesis/sequence-number.ts";
import { createStreamKind } from "../../kinds/mapping-kind.ts";
import type { Entry } from "../../ports/journal.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import { laneForm, eventForm, rangeForm } from "../../recording/record-form.ts";
import { type CourseLine, type HeaderLine, RECORDING_VERSION } from "../../recording/recording-line.ts";
import { pathOf } from "../../recording/replay-mapping.ts";
import type { Called } from "../../runtime/call-outcome.ts";
import type { BatchStory, Of } from "../explain/batch-story.ts";
import { createJudge } from "../explain/record-facts.ts";
import { streamOf } from "../explain/record-question.ts";
import { firstBehind, recordsBetween, type SourceRecord, type SourceRecords } from "../explain/source-records.ts";
import { shortPosition } from "../shown-forms.ts";
import { sourceFamily } from "../source-family.ts";
import { closedByNext, incomplete, laneBefore } from "./lane-before.ts";

/** Entries of one turn are written within this of one another. */
const ONE_TURN_MS = 50;

export interface MadeRecording {
  readonly lines: readonly (HeaderLine | CourseLine)[];
  readonly missing: readonly string[];
}

export interface MadeFrom {
  readonly story: BatchStory;
  /** The journal, oldest first. */
  readonly entries: Iterable<Entry>;
  readonly records: SourceRecords;
  readonly isWithPayloads: boolean;
  readonly limitBytes: number;
  /** Absent: AWS's. */
  readonly limits?: Pick<LaneSettings, "eventLimitBytes" | "stateLimitBytes">;
}

/** Throws `recording-incomplete` with what is missing where the batch cannot be replayed without it. */
export async function batchRecording(given: MadeFrom): Promise<MadeRecording> {
  const { story, isWithPayloads } = given;
  const { closed, settings } = story;
  const family = sourceFamily(settings);
  const polled = family === "changes" ? "change stream of DocumentDB" : family;
  if (family !== "stream") throw incomplete(`its mapping polls a ${polled}, and recordings carry streams only`);
  const missing = story.root.recordCount === 0 ? [] : ["when each of its records was read: they arrive together here"];
  const spec = specOf(story, given.limits);
  const isWithoutStates = closed?.tumbling !== undefined;
  if (isWithoutStates)
    missing.push("what state its window carried: the journal has its size, so no handler can be run");
  const kind = createStreamKind(spec);
  const { unit, index } = pathOf(story.lane);
  const found = await sourceRecordsOf(given);
  const sizing = kind.sizing(unit);
  const assumed = found.map((record, ordinal) => recordFrom(record, ordinal, spec, sizing));
  const aroundBytes =
    kind.envelopeBytes + (spec.lane.tumblingMs > 0 ? kind.windowBytes(unit) : 0) + (closed?.tumbling?.stateBytes ?? 0);
  const records = closed === null ? assumed : sized(assumed, closed.payloadBytes - aroundBytes, missing);
  const closedBy = closedByNext(story, spec.lane.eventLimitBytes);
  const behind = closedBy === null ? null : await recordBehind(given, closedBy === "later window");
  const next = behind === null ? null : recordFrom(behind, records.length, spec, sizing);
  const m = story.mapping;
  const l = story.lane;
  const own = entriesOf(given.entries, story);
  const end = own.findLast(({ kind: what }) => what !== "reported");
  if (next !== null && end?.kind === "gave-up" && end.condition === "RecordAgeExceeded")
    throw incomplete("what was left of it was too old in the end, and of the record behind it more would follow");
  const { lane, atMs, fed } = laneBefore(story, records, next);
  const start = { lane, requestIds: [], numbers: [], called: null };
  const header: HeaderLine = {
    k: "recording",
    version: RECORDING_VERSION,
    millrace: version,
    atMs,
    isWithPayloads,
    limitBytes: given.limitBytes,
    madeFrom: `the journal and the source: batch ${story.root.name}, lane ${index} of ${unit}`,
    missing,
    ...(isWithoutStates ? { isWithoutStates } : {}),
  };
  const course = feedLines(own, records, { m, l, positionOf: (record) => kind.position(record) });
  const lines: (HeaderLine | CourseLine)[] = [
    header,
    { k: "mapping", m, atMs, batchCount: Number(story.root.name) - 1, spec },
    { k: "unit", m, u: unit, atMs, through: -1, place: story.checkpointBefore, ahead: [] },
    { k: "lane", m, l, atMs, lane: laneForm(start, isWithPayloads), requestIds: [], numbers: [], called: null },
    ...fed.map((each): CourseLine => ({ k: "fed", l, atMs: each.atMs, e: eventForm(each.event, isWithPayloads) })),
    // What else waits belongs to batches that this recording is not about.
    ...(next === null && !isWithoutStates ? course : stoppedAtEnd(course, l)),
    { k: "end", atMs: own.at(-1)?.atMs ?? story.startedAtMs, why: "stopped" },
  ];
  return { lines, missing };
}

/** The record of its lane that had no room in it, or belongs to a later window. */
async function recordBehind({ story, records }: MadeFrom, isLater: boolean): Promise<SourceRecord> {
  const { unit, index } = pathOf(story.lane);
  const judge = createJudge(story.settings);
  const endMs = isLater ? (story.closed?.tumbling?.endMs ?? 0) : 0;
  const after = story.root.last ?? story.checkpointBefore;
  const found = await firstBehind(
    records,
    { stream: streamOf(story.settings), unit, after },
    (record) => record.arrivedAtMs >= endMs && judge.isDelivered(record, index),
  );
  if (found !== null) return found;
  throw incomplete("the source no longer has the record behind it, which closed it");
}

/** A stop before the last call comes back, where nothing follows it: it takes nothing of that away. */
function stoppedAtEnd(lines: readonly CourseLine[], l: string): readonly CourseLine[] {
  const at = lines.findLastIndex((line) => line.k === "fed");
  const last = lines[at];
  const isGoingOn = lines.slice(at).some((line) => line.k === "entry" && line.fact.kind === "invoked");
  if (last?.k !== "fed" || last.e.kind !== "returned" || isGoingOn) return lines;
  return [...lines.slice(0, at), { k: "fed", l, atMs: last.atMs, e: { kind: "stop" } }, ...lines.slice(at)];
}

// --- Settings and records -----------------------------------------------------------------------------------------------

function numberIn({ settings }: BatchStory, name: string, otherwise = 0): number {
  const value = settings[name];
  return typeof value === "number" ? value : otherwise;
}

function textIn({ settings }: BatchStory, name: string): string {
  const value = settings[name];
  return typeof value === "string" ? value : "";
}

const memberOf = (value: unknown, name: string): unknown =>
  typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;

function specOf(
  story: BatchStory,
  limits: NonNullable<MadeFrom["limits"]> = { eventLimitBytes: EVENT_LIMIT_BYTES, stateLimitBytes: STATE_LIMIT_BYTES },
): MappingSpec {
  const eventSourceArn = textIn(story, "EventSourceArn");
  const functionArn = textIn(story, "FunctionArn");
  const [, , , region = "", account = "", , functionName = ""] = functionArn.split(":");
  const service = eventSourceArn.split(":")[2];
  const isTable = service === "dynamodb";
  if (eventSourceArn === "" || functionName === "")
    throw incomplete("the journal no longer has the mapping's settings");
  const ageSeconds = numberIn(story, "MaximumRecordAgeInSeconds", -1);
  const destination = memberOf(memberOf(story.settings["DestinationConfig"], "OnFailure"), "Destination");
  const types = story.settings["FunctionResponseTypes"];
  return {
    uuid: story.mapping,
    generation: 1,
    eventSourceArn,
    region: eventSourceArn.split(":")[3] ?? region,
    functionArn,
    functionName,
    roleArn: `arn:aws:iam::${account}:role/${functionName}`,
    source: { kind: isTable ? "embeddedDynamodb" : "embeddedKinesis", streamName: eventSourceArn.split("/")[1] ?? "" },
    queue: null,
    start: { kind: "trimHorizon" },
    parallelizationFactor: numberIn(story, "ParallelizationFactor", 1),
    lane: {
      batchSize: numberIn(story, "BatchSize", 100),
      windowMs: numberIn(story, "MaximumBatchingWindowInSeconds") * 1_000,
      windowFrom: "previousInvocation",
      retries: numberIn(story, "MaximumRetryAttempts", -1),
      maxAgeMs: ageSeconds < 0 ? -1 : ageSeconds * 1_000,
      isBisecting: story.settings["BisectBatchOnFunctionError"] === true,
      isReporting: Array.isArray(types) && types.includes("ReportBatchItemFailures"),
      tumblingMs: numberIn(story, "TumblingWindowInSeconds") * 1_000,
      idleCloseMs: IDLE_CLOSE_MS,
      ...limits,
    },
    filterPatterns: [],
    onFailureArn: typeof destination === "string" ? destination : null,
    isCountingEvents: false,
  };
}

async function sourceRecordsOf({ story, records }: MadeFrom): Promise<readonly SourceRecord[]> {
  const { first, last, recordCount } = story.root;
  if (recordCount === 0) return [];
  if (first === null || last === null) throw incomplete("the journal does not name its records");
  const { unit, index } = pathOf(story.lane);
  const judge = createJudge(story.settings);
  const around = await recordsBetween(records, { stream: streamOf(story.settings), unit, first, last });
  const own = around.filter((record) => judge.isDelivered(record, index));
  if (own.length === recordCount) return own;
  const span = `${shortPosition(first)} to ${shortPosition(last)}`;
  if (around.length === 0) throw incomplete(`the source has none of its ${recordCount} records (${span}) any more`);
  throw incomplete(
    `the source has ${own.length} of its ${recordCount} records (${span}), from ${shortPosition(own[0]?.position ?? "")} on`,
  );
}

function recordFrom(
  { position, arrivedAtMs, partitionKey, data }: SourceRecord,
  ordinal: number,
  spec: MappingSpec,
  sizing: Parameters<typeof eventSizeBytes>[0],
): KinesisRecord {
  const isTable = spec.source.kind === "embeddedDynamodb";
  const entryId = (isTable ? entryIdFromChangeNumber(position) : entryIdFromSequenceNumber(position)) ?? "0-0";
  const key = Buffer.from(partitionKey, "utf8");
  const sizeBytes = eventSizeBytes(sizing, { partitionKey: key, dataBytes: data.length, arrivedAtMs });
  return { ordinal, arrivedAtMs, sizeBytes, entryId, partitionKey: key, data };
}

/** With the default role, unless the sizes that the journal names tell of another: then of its length, the same in each record. */
function sized(records: readonly KinesisRecord[], recordBytes: number, missing: string[]): readonly KinesisRecord[] {
  const lackingBytes = recordBytes - recordBytesOf(records);
  if (lackingBytes === 0 || records.length === 0) return records;
  if (lackingBytes % records.length !== 0) {
    missing.push(`the exact size of its records: together they are ${lackingBytes} B off what the journal names`);
    return records;
  }
  missing.push("the function's role: events name its default one, and sizes are those of the real one");
  return records.map((record) => ({ ...record, sizeBytes: record.sizeBytes + lackingBytes / records.length }));
}

// --- What is fed --------------------------------------------------------------------------------------------------------

type Own = Of<"batch-closed"> | Of<"invoked"> | Of<"decided"> | Of<"gave-up"> | Of<"reported">;

/** Of the story's lane and number, from its closing to its end; a later batch of the same number is another story. */
function entriesOf(entries: Iterable<Entry>, story: BatchStory): readonly Own[] {
  const number = story.root.name;
  const own: Own[] = [];
  let isWithin = false;
  for (const entry of entries) {
    if (entry.lane !== story.lane || !isOwnKind(entry) || /^\d*/.exec(entry.batch)?.[0] !== number) continue;
    const begins = story.closed ?? story.root.gaveUp;
    if (entry.kind === begins?.kind && !isWithin) isWithin = entry.atMs === begins.atMs && entry.seq === begins.seq;
    else if (entry.kind === "batch-closed") isWithin = false;
    if (isWithin) own.push(entry);
  }
  return own;
}

const isOwnKind = (entry: Entry): entry is Own =>
  entry.kind === "batch-closed" ||
  entry.kind === "invoked" ||
  entry.kind === "decided" ||
  entry.kind === "gave-up" ||
  entry.kind === "reported";

/** Turn by turn: what a call came to, a wake-up where a retry was due, and what followed. */
function feedLines(
  own: readonly Own[],
  records: readonly KinesisRecord[],
  {
    m,
    l,
    positionOf,
  }: { readonly m: string; readonly l: string; readonly positionOf: (record: KinesisRecord) => string },
): readonly CourseLine[] {
  const lines: CourseLine[] = [];
  const known = new Set<string>();
  let turnAtMs = own[0]?.atMs ?? 0;
  let isWaiting = false;
  let dueAtMs = 0;
  for (const entry of own) {
    const { atMs, seq: _seq, mapping: _mapping, lane: _lane, ...fact } = entry;
    if (entry.kind === "decided") {
      turnAtMs = atMs;
      lines.push({ k: "fed", l, atMs, e: { kind: "returned", called: calledFrom(entry) } });
      isWaiting = entry.verdict === "retry";
      dueAtMs = atMs + (entry.retryAfterMs ?? 0);
    } else if (entry.kind === "reported") {
      const { batch, requestId, destination, answer, detail, recordCount } = entry;
      const ordinals = rangeOf(own, batch, records, positionOf);
      lines.push({
        k: "reported",
        l,
        atMs,
        batch,
        requestId,
        destination,
        answer,
        detail,
        recordCount,
        ranges: ordinals,
      });
      lines.push({ k: "entry", m, l, atMs, fact });
      continue;
    } else if (isWaiting) {
      // Not before it is due, whatever the journal's clock read while the turn went on; records may be too old before that.
      turnAtMs = entry.kind === "gave-up" ? atMs : Math.max(atMs, dueAtMs);
      lines.push({ k: "fed", l, atMs: turnAtMs, e: { kind: "woke" } });
      isWaiting = false;
    }
    if ((entry.kind === "invoked" || entry.kind === "gave-up") && !known.has(entry.requestId)) {
      known.add(entry.requestId);
      lines.push({ k: "drew", l, id: entry.requestId });
    }
    lines.push({ k: "entry", m, l, atMs: Math.abs(atMs - turnAtMs) <= ONE_TURN_MS ? turnAtMs : atMs, fact });
  }
  return lines;
}

function rangeOf(
  own: readonly Own[],
  batch: string,
  records: readonly KinesisRecord[],
  positionOf: (record: KinesisRecord) => string,
): ReturnType<typeof rangeForm>[] {
  const gaveUp = own.find((entry) => entry.kind === "gave-up" && entry.batch === batch);
  if (gaveUp?.kind !== "gave-up") return [];
  const first = records.find((record) => positionOf(record) === gaveUp.first);
  const last = records.find((record) => positionOf(record) === gaveUp.last);
  if (first === undefined || last === undefined) return [];
  const deliveredCount = last.ordinal - first.ordinal + 1;
  return [rangeForm({ first: first.ordinal, last: last.ordinal, place: positionOf(last), deliveredCount })];
}

function calledFrom(entry: Of<"decided">): Called {
  const { outcome: name, tookMs, executedVersion, error } = entry;
  return { outcome: outcomeFrom(entry), name, tookMs, executedVersion, error };
}

function outcomeFrom({ outcome, recordCount, failedCount }: Of<"decided">): Called["outcome"] {
  switch (outcome) {
    case "ok":
      return { kind: "answered", failed: "none", state: null };
    case "partial":
      return { kind: "answered", failed: recordCount - failedCount, state: null };
    case "reported":
      return { kind: "answered", failed: "all", state: null };
    case "too large":
      return { kind: "tooLarge" };
    case "throttled":
    case "fault":
    case "function missing":
    case "not started":
      return { kind: "refused" };
    case "threw":
    case "timed out":
    case "out of memory":
    case "exited":
    case "init failed":
      return { kind: "functionError" };
  }
}
