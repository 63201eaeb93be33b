// A mapping of the simulated world over records that wait from the beginning, recorded from its start to its end.

import { type EventSizing, eventSizeBytes } from "../../src/kinds/event-sizing.ts";
import type { Item } from "../../src/kinds/dynamodb/attribute-value.ts";
import { type Change, changeText, laneKeyOfItem } from "../../src/kinds/dynamodb/change-text.ts";
import { createStreamKind } from "../../src/kinds/mapping-kind.ts";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { MappingSpec, StreamSpec } from "../../src/ports/mapping-spec.ts";
import { createRecorder } from "../../src/recording/recorder.ts";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import { rerun } from "../../src/wiring/what-if.ts";
import type { Handled } from "../../src/sim/virtual-functions.ts";
import { header } from "./recorded-story.ts";

export const STARTS_AT_MS = 1_790_000_040_000;
const SHARD = "shardId-000000000000";

export const spec: StreamSpec = {
  uuid: "5e1f09c2-0000-4000-8000-000000000000",
  generation: 1,
  eventSourceArn: "arn:aws:kinesis:eu-west-1:000000000000:stream/orders",
  region: "eu-west-1",
  functionArn: "arn:aws:lambda:eu-west-1:000000000000:function:f",
  functionName: "f",
  roleArn: "arn:aws:iam::000000000000:role/f",
  source: { kind: "embeddedKinesis", streamName: "orders" },
  start: { kind: "trimHorizon" },
  queue: null,
  parallelizationFactor: 1,
  lane: {
    batchSize: 10,
    windowMs: 0,
    windowFrom: "previousInvocation",
    retries: 2,
    maxAgeMs: -1,
    isBisecting: true,
    isReporting: false,
    tumblingMs: 0,
    idleCloseMs: IDLE_CLOSE_MS,
    eventLimitBytes: EVENT_LIMIT_BYTES,
    stateLimitBytes: STATE_LIMIT_BYTES,
  },
  filterPatterns: [],
  onFailureArn: null,
  isCountingEvents: false,
};

/** What a handler is asked: the texts of its records, and how many calls came before. */
export type Handler = (texts: readonly string[], index: number) => Handled;

/** Succeeds in 4 ms and half a millisecond a record; throws where it sees one of these, in 2 ms. */
export const poisonedBy =
  (...poison: readonly string[]): Handler =>
  (texts) =>
    texts.some((text) => poison.includes(text))
      ? { kind: "threw", errorType: "TypeError", message: "poison", tookMs: 2 }
      : { kind: "returned", json: "", tookMs: 4 + texts.length / 2 };

interface RunOptions {
  readonly lane?: Partial<MappingSpec["lane"]>;
  readonly isWithPayloads?: boolean;
  /** How long it has run when its recording begins; 0 unless said. */
  readonly afterMs?: number;
}

/** `texts`: data of the records, each at the start; partition keys are the same texts. Answers the recording's text. */
export function recordedRun(
  texts: readonly string[],
  handler: Handler,
  { lane = {}, ...how }: RunOptions = {},
): Promise<string> {
  const contents = texts.map((text) => ({ key: text.slice(0, 8), data: text }));
  const own = { ...spec, lane: { ...spec.lane, ...lane } };
  return recorded(contents, own, how, (eventText, index) => handler(textsIn(eventText), index));
}

export type TableChange = Omit<Change, "eventId">;

/** A table's changes, each at the start; throws where one of them `isBad`. */
export function recordedTableRun(
  changes: readonly TableChange[],
  isBad: (record: ChangeRecord) => boolean,
  { lane = {}, ...how }: RunOptions = {},
): Promise<string> {
  const contents = changes.map((change, index) => ({
    key: laneKeyOfItem(change.keys),
    data: changeText({ ...change, eventId: (4_096 + index).toString(16).padStart(32, "0") }),
  }));
  const label = "2026-09-21T12:00:00.000";
  const own: StreamSpec = {
    ...spec,
    eventSourceArn: `arn:aws:dynamodb:eu-west-1:000000000000:table/orders/stream/${label}`,
    source: { kind: "embeddedDynamodb", streamName: `dynamodb/orders/${label}` },
    queue: null,
    lane: { ...spec.lane, ...lane },
  };
  return recorded(contents, own, how, (eventText) => {
    const { Records }: { Records: readonly ChangeRecord[] } = JSON.parse(eventText);
    return Records.some(isBad)
      ? { kind: "threw", errorType: "TypeError", message: "poison", tookMs: 2 }
      : { kind: "returned", json: "", tookMs: 4 };
  });
}

/** A record of a table's event, as far as handlers here look at it. */
export interface ChangeRecord {
  readonly eventName: string;
  readonly dynamodb: { readonly Keys: Item; readonly NewImage?: Item; readonly OldImage?: Item };
}

async function recorded(
  contents: readonly Content[],
  own: MappingSpec,
  { isWithPayloads = true, afterMs = 0 }: Omit<RunOptions, "lane">,
  handle: (eventText: string, index: number) => Handled,
): Promise<string> {
  const kind = createStreamKind(own);
  const sizing = kind.sizing(SHARD);
  const lines = [`${JSON.stringify({ ...header, isWithPayloads })}\n`];
  let index = 0;
  const arrivals = contents.map((each, ordinal) => ({ record: aRecord(each, ordinal, sizing), atMs: STARTS_AT_MS }));
  await rerun(
    { kind, units: [{ id: SHARD, arrivals, endsAtMs: null }], beganAtMs: STARTS_AT_MS },
    own,
    {
      timeoutMs: 900_000,
      reservedConcurrency: null,
      handle: (eventText) => handle(eventText(), index++),
    },
    undefined,
    (runner, clock) => {
      const begin = (): void =>
        runner.record((course) =>
          createRecorder(course, {
            isWithPayloads,
            positionOf: (record) => kind.position(record),
            nowMs: () => clock.nowMs(),
            write: (line) => void lines.push(line),
          }),
        );
      if (afterMs === 0) begin();
      else clock.wakeAt(clock.nowMs() + afterMs, begin);
    },
  );
  return lines.join("");
}

interface Content {
  readonly key: string;
  readonly data: string;
}

function aRecord(content: Content, ordinal: number, sizing: EventSizing): KinesisRecord {
  const data = Buffer.from(content.data);
  const partitionKey = Buffer.from(content.key);
  const entryId = `${STARTS_AT_MS}-${ordinal}`;
  const sizeBytes = eventSizeBytes(sizing, { partitionKey, dataBytes: data.length, arrivedAtMs: STARTS_AT_MS });
  return { ordinal, arrivedAtMs: STARTS_AT_MS, sizeBytes, entryId, partitionKey, data };
}

function textsIn(eventText: string): readonly string[] {
  const { Records }: { Records: readonly { readonly kinesis: { readonly data: string } }[] } = JSON.parse(eventText);
  return Records.map(({ kinesis }) => Buffer.from(kinesis.data, "base64").toString());
}
