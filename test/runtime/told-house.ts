// A house of the simulated world as a story tells it: records by label, functions that fail on labels, calls as lists of labels.

import { onTestFinished } from "vitest";
import { laneOf } from "../../src/core/lane-key.ts";
import type { Report, ReportAnswer } from "../../src/ports/reporter.ts";
import type { Handled } from "../../src/sim/virtual-functions.ts";
import type { VirtualStream } from "../../src/sim/virtual-stream.ts";
import { createVirtualHouse, type VirtualHouse } from "../../src/wiring/virtual-house.ts";

const SETTINGS = { partition: "aws", region: "us-east-1", accountId: "123456789012" };
export const streamArn = "arn:aws:kinesis:us-east-1:123456789012:stream/orders";
export const queueArn = "arn:aws:sqs:us-east-1:123456789012:given-up";
export const shard = (index: number): string => `shardId-${String(index).padStart(12, "0")}`;

export interface ToldCall {
  readonly labels: readonly string[];
  /** How many calls came before it. */
  readonly index: number;
  readonly event: Readonly<Record<string, unknown>>;
}

/** What a function does: by default it returns null at once. */
export interface Told {
  readonly throws?: boolean;
  /** Labels to report as failed, beside the members of `answer`. */
  readonly reports?: readonly string[];
  readonly answer?: unknown;
  readonly json?: string;
  readonly tookMs?: number;
}

export interface ToldDocument {
  readonly condition: string;
  readonly count: number;
  readonly first: string;
  readonly last: string;
  readonly size: number;
  readonly functionError: string | null | undefined;
}

export interface ToldHouse {
  readonly house: VirtualHouse;
  readonly stream: VirtualStream;
  put(label: string, options?: { readonly key?: string; readonly shard?: string; readonly data?: object }): void;
  putAll(labels: readonly string[], options?: { readonly key?: string; readonly shard?: string }): void;
  /** Calls a record by this label that was put some other way. */
  name(position: string, label: string): void;
  /** Adds a function of this behaviour. */
  addFunction(
    name: string,
    behave: (call: ToldCall) => Told,
    settings?: { readonly reservedConcurrency?: number; readonly timeoutMs?: number },
  ): void;
  /** Creates a mapping; answers its UUID once it is Enabled. */
  map(settings?: object): Promise<string>;
  /** The same, once it is in another state. */
  mapTo(settings: object, state: string): Promise<string>;
  update(uuid: string, settings: object): Promise<void>;
  untilState(uuid: string, state: string): Promise<void>;
  get(uuid: string): Promise<Readonly<Record<string, unknown>>>;
  /** Lets time pass until so many calls have ended. */
  untilCalls(count: number): Promise<void>;
  /** Labels of each call that has ended, of one function if it is named. */
  calls(functionName?: string): readonly (readonly string[])[];
  documents(): readonly ToldDocument[];
  /** What the destination has got, as it was sent. */
  reports(): readonly Report[];
  refuseDocuments(): void;
  /** From now on no document arrives, until what this answers is called. */
  holdDocuments(): () => void;
  /** Label of the committed record; null: none. */
  committed(uuid: string, shardId?: string): string | null;
}

const WITHIN_MS = 600_000;

export async function aHouse(
  behave: (call: ToldCall) => Told = () => ({}),
  options: { readonly shards?: number; readonly timeoutMs?: number; readonly reservedConcurrency?: number } = {},
): Promise<ToldHouse> {
  const labels = new Map<string, string>();
  const documents: ToldDocument[] = [];
  const reports: Report[] = [];
  let isRefusing = false;
  let released: Promise<void> | null = null;
  const house = await createVirtualHouse({
    seed: 1,
    startsAtMs: 1_790_000_040_137,
    settings: SETTINGS,
    functions: new Map(),
    reporter: {
      async send(report): Promise<ReportAnswer> {
        await released;
        if (isRefusing) return { kind: "refused", detail: "full" };
        reports.push(report);
        documents.push(documentFrom(JSON.parse(report.body), labels));
        return { kind: "delivered" };
      },
    },
    roleArnOf: () => "arn:aws:iam::123456789012:role/role",
  });
  onTestFinished(() => house.close());
  const stream = house.addStream("orders", options.shards ?? 1);

  const labelsOf = (eventText: string): readonly string[] => {
    const event: { Records: { kinesis: { sequenceNumber: string } }[] } = JSON.parse(eventText);
    return event.Records.map(({ kinesis }) => labels.get(kinesis.sequenceNumber) ?? "?");
  };

  function handle(eventText: string, index: number, by: (call: ToldCall) => Told): Handled {
    const event = JSON.parse(eventText);
    const told = by({ labels: labelsOf(eventText), index, event });
    const tookMs = told.tookMs ?? 2;
    if (told.throws === true) return { kind: "threw", errorType: "Error", message: "told to", tookMs };
    if (told.json !== undefined) return { kind: "returned", json: told.json, tookMs };
    const numbers = new Map([...labels].map(([position, label]) => [label, position]));
    const failures = told.reports?.map((label) => ({ itemIdentifier: numbers.get(label) }));
    const answer =
      failures === undefined ? (told.answer ?? null) : { ...Object(told.answer), batchItemFailures: failures };
    return { kind: "returned", json: JSON.stringify(answer), tookMs };
  }

  const stateOf = async (uuid: string): Promise<unknown> => (await told.get(uuid))["State"];

  const told: ToldHouse = {
    house,
    stream,
    put(label, { key = label, shard: id, data = {} } = {}) {
      const text = JSON.stringify({ label, ...data });
      const position =
        id === undefined
          ? house.put("orders", { key, data: text }).position
          : stream.put(id, { key, data: Buffer.from(text) }).position;
      labels.set(position, label);
    },
    putAll(list, where) {
      for (const label of list) told.put(label, where);
    },
    name: (position, label) => void labels.set(position, label),
    addFunction(name, by, settings = {}) {
      let count = 0;
      house.functions.set(name, {
        timeoutMs: settings.timeoutMs ?? 60_000,
        reservedConcurrency: settings.reservedConcurrency ?? null,
        handle: (eventText) => handle(eventText(), count++, by),
      });
    },
    map: (settings = {}) => told.mapTo(settings, "Enabled"),
    async mapTo(settings, state) {
      const answer = await house.settled(
        house.control.createMapping({
          EventSourceArn: streamArn,
          FunctionName: "handle",
          StartingPosition: "TRIM_HORIZON",
          DestinationConfig: { OnFailure: { Destination: queueArn } },
          ...settings,
        }),
      );
      const uuid = answer.body?.["UUID"];
      if (typeof uuid !== "string") throw new Error(JSON.stringify(answer));
      await told.untilState(uuid, state);
      return uuid;
    },
    async update(uuid, settings) {
      const answer = await house.settled(house.control.updateMapping(uuid, settings));
      if (answer.status !== 202) throw new Error(JSON.stringify(answer));
    },
    async untilState(uuid, state) {
      if (!(await house.waitUntil(async () => (await stateOf(uuid)) === state, WITHIN_MS)))
        throw new Error(`${uuid} never is ${state}`);
    },
    async get(uuid) {
      return (await house.settled(house.control.getMapping(uuid))).body ?? {};
    },
    async untilCalls(count) {
      if (!(await house.waitUntil(() => house.calls().length >= count, WITHIN_MS)))
        throw new Error(`${house.calls().length} calls, not ${count}`);
    },
    calls: (functionName) =>
      house
        .calls()
        .filter((call) => functionName === undefined || call.functionName === functionName)
        .map((call) => labelsOf(call.eventText)),
    documents: () => documents,
    reports: () => reports,
    refuseDocuments() {
      isRefusing = true;
    },
    holdDocuments() {
      const { promise, resolve } = Promise.withResolvers<void>();
      released = promise;
      return resolve;
    },
    committed(uuid, shardId = shard(0)) {
      const after = house.checkpoint(uuid, shardId)?.after ?? null;
      return after === null ? null : (labels.get(after) ?? "?");
    },
  };
  told.addFunction("handle", behave, options);
  return told;
}

interface Document {
  readonly requestContext: { readonly condition: string; readonly approximateInvokeCount: number };
  readonly responseContext?: { readonly functionError: string | null };
  readonly KinesisBatchInfo: {
    readonly startSequenceNumber?: string;
    readonly endSequenceNumber?: string;
    readonly batchSize?: number;
  };
}

function documentFrom(document: Document, labels: ReadonlyMap<string, string>): ToldDocument {
  const { startSequenceNumber = "", endSequenceNumber = "", batchSize = 0 } = document.KinesisBatchInfo;
  return {
    condition: document.requestContext.condition,
    count: document.requestContext.approximateInvokeCount,
    first: labels.get(startSequenceNumber) ?? "?",
    last: labels.get(endSequenceNumber) ?? "?",
    size: batchSize,
    functionError: document.responseContext?.functionError,
  };
}

/** Two keys that the lanes of a shard tell apart. */
export function keysApart(factor: number): readonly [string, string] {
  const laneOfKey = (key: string): number => laneOf(new TextEncoder().encode(key), factor);
  for (let index = 0; ; index++) if (laneOfKey(`k${index}`) !== laneOfKey("k")) return ["k", `k${index}`];
}

export const range = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, index) => String(from + index));
