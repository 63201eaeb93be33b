// An app under test: streams, tables, functions and mappings in one simulated world, whose time moves only when the test says so. The
// rules, the runtime and the core are those of production.

import type { KinesisStreamEvent } from "aws-lambda";
import { explain } from "../cli/explain/explain.ts";
import { MillraceError } from "../errors.ts";
import { dynamodbStreamName } from "../kinds/stream-family.ts";
import type { ViewType } from "../ports/item-tables.ts";
import type { Entry } from "../ports/journal.ts";
import type { Position, UnitId } from "../ports/source.ts";
import { MOST_SHARDS } from "../ports/streams.ts";
import { HANDLER_STUCK_MS } from "../sim/outside-work.ts";
import { WORLD_STARTS_AT_MS } from "../sim/story.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";
import type { GuestFunction } from "../wiring/guest-function.ts";
import { shardsInOrder } from "../wiring/reshard-stream.ts";
import { SETTINGS } from "../wiring/scenario-names.ts";
import { createVirtualHouse, type VirtualHouse } from "../wiring/virtual-house.ts";
import { recordsOf } from "./house-records.ts";
import { batchesOf, invocationsOf, type TestBatch, type TestDocument, type TestInvocation } from "./seen.ts";
import { type NameRule, STREAM_NAME, TABLE_NAME } from "./source-names.ts";
import { createTestFunction, type FunctionOptions } from "./test-functions.ts";
import { createTestMapping, type MappingSettings, type TestMapping } from "./test-mapping.ts";
import { createTestTable, type TestTable } from "./test-table.ts";
import { createTestQueue, type QueueOptions, type TestQueue } from "./test-queue.ts";
import { type TimeSpan, toMs } from "./time-span.ts";

export interface MillraceOptions {
  /** All chance of the world: request ids, and what files draw. Default 1. */
  readonly seed?: number;
  /** The world's first instant: a date, its text, or epoch ms. Default: a whole minute of 2026. */
  readonly startsAt?: Date | string | number;
}

export interface TestRecord {
  readonly partitionKey: string;
  /** Text, bytes, or a value that becomes JSON. */
  readonly data: unknown;
}

export interface PutAnswer {
  readonly shardId: UnitId;
  readonly sequenceNumber: Position;
}

export interface App {
  /** Default: one shard. */
  stream(name: string, options?: { readonly shards?: number }): { readonly streamArn: string };
  /** `key`: the name of its partition key, or of that and its sort key. Default view: NEW_AND_OLD_IMAGES. */
  table(
    name: string,
    options: { readonly key: string | readonly [string, string]; readonly stream?: ViewType },
  ): TestTable;
  /** Made at its first naming; a name that ends in `.fifo` is a FIFO queue's. Named again, without options, it is the same one. */
  queue(name: string, options?: QueueOptions): TestQueue;
  /** A closure of the test, or a handler's file. One of the same name takes the old one's place. */
  function<E = KinesisStreamEvent>(
    name: string,
    options: FunctionOptions<E>,
  ): Promise<{ readonly functionArn: string }>;
  /** Resolves when the mapping is Enabled, or Disabled where it was made so. Rejects with AWS's text where AWS refuses. */
  mapping(settings: MappingSettings): Promise<TestMapping>;
  /** To the shards that the keys' MD5 name. */
  put(streamName: string, record: TestRecord): PutAnswer;
  put(streamName: string, records: readonly TestRecord[]): readonly PutAnswer[];

  /** The world's wall clock, epoch ms. */
  now(): number;
  /** Lets so much time pass, with all that is due in it. */
  advance(span: TimeSpan): Promise<void>;
  /** Lets time pass until it is true, looking after every event; rejects with `never-came` after `within` (default 15 minutes). */
  until(isTrue: (app: App) => boolean, within?: TimeSpan): Promise<void>;
  /**
   * Until every record of every enabled mapping has ended and is behind its checkpoint, every message of a queue is deleted or a dead
   * letter; `within` as above.
   */
  drained(within?: TimeSpan): Promise<void>;
  /** The wall clock is set forward, or back with `-` before the span. */
  setClock(by: TimeSpan): void;

  /** Those that have ended, in the order in which they began; of one function, where it is named. */
  invocations<E = KinesisStreamEvent>(functionName?: string): readonly TestInvocation<E>[];
  /** Closed batches, in order. */
  batches(): readonly TestBatch[];
  /** Documents that destinations received, in order; of one destination, where its ARN is given. */
  documents(destinationArn?: string): readonly TestDocument[];
  /** By shard: what is stored of the mapping; null: nothing has ended yet. */
  checkpoints(mapping: TestMapping): Readonly<Record<UnitId, Position | null>>;
  journal(): readonly Entry[];
  /** The story of a record, an invocation, a batch or a mapping, as `millrace explain` tells it. */
  explain(what: string): Promise<string>;
  /** Of the journal: the same test has the same one. */
  digest(): string;

  /** What runs mappings is killed in mid-step and starts anew from what is stored, at once or after so long. */
  crash(downFor?: TimeSpan): void;
  /** It stops in good order and starts anew. */
  restart(downFor?: TimeSpan): void;
  /** The stream, the table's stream or the queue cannot be reached for so long. */
  outage(name: string, span: TimeSpan): void;
  /** Calls over so many at once are throttled for so long; 0: all. */
  throttle(functionName: string, span: TimeSpan, concurrency?: number): void;
  /** An open shard by its number among the open ones, in two halves. */
  splitShard(name: string, shard?: number): void;
  /** An open shard and the next. */
  mergeShards(name: string, shard?: number): void;

  queueArn(name: string): string;
  topicArn(name: string): string;
  bucketArn(name: string): string;
  /** Ends what was started. What was seen can be read afterwards; all else throws, or rejects. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Mapped {
  readonly mapping: TestMapping;
  readonly streamName: string;
  /** Null: its source is no queue. */
  readonly queueName: string | null;
}

const DEFAULT_WITHIN = "15 minutes";
/** How long calls may go on at a restart: longer than any time-out. */
const GRACE = "15 minutes";
const { partition, region, accountId } = SETTINGS;
const arnOf = (service: string, rest: string): string => `arn:${partition}:${service}:${region}:${accountId}:${rest}`;

/** A world of its own. Several may live side by side, in one test file or in many. */
export const millrace = (options: MillraceOptions = {}): Promise<App> => appWith(options, HANDLER_STUCK_MS);

/** `stuckAfterMs`: real time for which a handler may be at work within one instant of the world. */
export async function appWith(
  { seed = 1, startsAt = WORLD_STARTS_AT_MS }: MillraceOptions,
  stuckAfterMs: number,
): Promise<App> {
  const startsAtMs = instantOf(startsAt);
  const documents: TestDocument[] = [];
  const guests: GuestFunction[] = [];
  const mappings = new Set<Mapped>();
  /** What each stream or table is called where it is kept, and its ARN. */
  const sources = new Map<string, { readonly storedName: string; readonly arn: string }>();
  const queues = new Map<string, ReturnType<typeof createTestQueue>>();
  let closing: Promise<void> | null = null;
  const house = await createVirtualHouse({
    seed,
    startsAtMs,
    stuckAfterMs,
    settings: SETTINGS,
    functions: new Map(),
    roleArnOf: (name) => `arn:${partition}:iam::${accountId}:role/${name}`,
    reporter: {
      send({ destinationArn, body, objectKey }) {
        documents.push({ destinationArn, body: JSON.parse(body), objectKey });
        return Promise.resolve({ kind: "delivered" });
      },
    },
  });

  /** For all but what reads what was seen. */
  function running(): VirtualHouse {
    if (closing === null) return house;
    throw new MillraceError("bad-argument", "the app is closed: nothing can happen in it any more", {
      help: "const app = await millrace();    # another one",
    });
  }

  function sourceNamed(name: string): { readonly storedName: string; readonly arn: string } {
    const found = sources.get(name);
    if (found !== undefined) return found;
    const known = [...sources.keys()].map((each) => `\`${each}\``).join(", ");
    throw new MillraceError("bad-argument", `there is no stream, table or queue \`${name}\``, {
      help: known === "" ? `app.stream("${name}")` : `there are ${known}`,
    });
  }

  function refuseName(name: string, { what, pattern, rule }: NameRule): void {
    if (!pattern.test(name))
      throw new MillraceError("bad-argument", `${JSON.stringify(name)} is no name of a ${what}: it has ${rule}`);
    if (sources.has(name)) throw new MillraceError("bad-argument", `there is a stream or table \`${name}\` already`);
  }

  function streamNamed(name: string): VirtualStream {
    const stream = house.stream(sourceNamed(name).storedName);
    if (stream === null) throw new MillraceError("bad-argument", `there is no stream \`${name}\``);
    return stream;
  }

  function putOne(name: string, { partitionKey, data }: TestRecord): PutAnswer {
    const text = typeof data === "string" || data instanceof Uint8Array ? data : jsonOf(data);
    if (text === undefined || typeof partitionKey !== "string" || partitionKey === "")
      throw new MillraceError("bad-argument", "a record has a partitionKey, a text, and data that can be JSON", {
        help: `app.put(${JSON.stringify(name)}, { partitionKey: "a", data: { total: 1 } })`,
      });
    const { shard, position } = running().put(sourceNamed(name).storedName, { key: partitionKey, data: text });
    return { shardId: shard, sequenceNumber: position };
  }

  function put(name: string, record: TestRecord): PutAnswer;
  function put(name: string, records: readonly TestRecord[]): readonly PutAnswer[];
  function put(name: string, given: TestRecord | readonly TestRecord[]): PutAnswer | readonly PutAnswer[] {
    return isList(given) ? given.map((each) => putOne(name, each)) : putOne(name, given);
  }

  function checkpoints({ uuid }: TestMapping): Record<UnitId, Position | null> {
    const found = [...mappings].find(({ mapping }) => mapping.uuid === uuid);
    const shards = house.stream(found?.streamName ?? "")?.shardIds() ?? [];
    return Object.fromEntries(shards.map((shard) => [shard, house.checkpoint(uuid, shard)?.after ?? null]));
  }

  async function until(isTrue: () => boolean | Promise<boolean>, within: TimeSpan, what: string): Promise<void> {
    if (await running().waitUntil(isTrue, toMs(within))) return;
    const seen = `${house.callCount()} invocations have ended, ${documents.length} documents have come`;
    throw new MillraceError("never-came", `${what} within ${String(within)} of the world's time: ${seen}`);
  }

  /** One that does not run owes nothing. */
  async function isDrained({ mapping, streamName, queueName }: Mapped): Promise<boolean> {
    const state = (await mapping.get().catch(() => null))?.["State"];
    if (state !== "Enabled") return true;
    return queueName === null ? house.isDrained(mapping.uuid, streamName) : house.queues.isEmpty(queueName);
  }

  function queue(name: string, settings?: QueueOptions): TestQueue {
    running();
    const known = queues.get(name);
    if (known !== undefined && settings === undefined) return known;
    if (known !== undefined) throw new MillraceError("bad-argument", `there is a queue \`${name}\` already`);
    const made = createTestQueue({
      name,
      queueArn: arnOf("sqs", name),
      settings: settings ?? {},
      before: [...queues.values()].at(-1)?.ready.catch(() => undefined) ?? Promise.resolve(),
      arnOf: (other) => arnOf("sqs", other),
      queues: () => running().queues,
      entries: () => house.entries(),
    });
    queues.set(name, made);
    return made;
  }

  async function close(): Promise<void> {
    try {
      // A world that stands for good has told so already, and would only tell it again.
      if (!house.isStuck()) await house.settled(house.close());
    } finally {
      await Promise.all(guests.splice(0).map((guest) => guest.close()));
    }
  }

  const closeOnce = (): Promise<void> => (closing ??= close());

  const app: App = {
    stream(name, { shards = 1 } = {}) {
      const world = running();
      refuseName(name, STREAM_NAME);
      if (!Number.isInteger(shards) || shards < 1 || shards > MOST_SHARDS)
        throw new MillraceError("bad-argument", `a stream has 1 to ${MOST_SHARDS} shards, and \`${name}\` ${shards}`);
      world.addStream(name, shards);
      const arn = arnOf("kinesis", `stream/${name}`);
      sources.set(name, { storedName: name, arn });
      return { streamArn: arn };
    },
    table(name, { key, stream: viewType = "NEW_AND_OLD_IMAGES" }) {
      const world = running();
      refuseName(name, TABLE_NAME);
      const label = new Date(world.nowMs()).toISOString().slice(0, -1);
      const storedName = dynamodbStreamName(name, label);
      const tableArn = arnOf("dynamodb", `table/${name}`);
      const streamArn = `${tableArn}/stream/${label}`;
      world.addStream(storedName, 1);
      sources.set(name, { storedName, arn: streamArn });
      return createTestTable({
        name,
        keyNames: typeof key === "string" ? [key] : key,
        viewType,
        tableArn,
        streamArn,
        put: (record) => void running().put(storedName, record),
      });
    },
    async function(name, options) {
      running();
      const { virtual, guest } = await createTestFunction(name, options, {
        seed,
        onLog: ({ functionName, requestId, stream, text }) => house.log({ functionName, requestId, stream, text }),
      });
      if (guest !== null) guests.push(guest);
      house.functions.set(name, virtual);
      return { functionArn: arnOf("lambda", `function:${name}`) };
    },
    queue,
    async mapping({ source, StartingPosition, ...settings }) {
      running();
      // A stream of the same name goes before: a queue has to be asked for by its ARN then.
      const named = source === undefined || sources.has(source) ? undefined : queues.get(source);
      await named?.ready;
      const arn = source === undefined ? settings.EventSourceArn : (named?.queueArn ?? sourceNamed(source).arn);
      const queueName = arn?.startsWith("arn:aws:sqs:") === true ? (arn.split(":").at(-1) ?? "") : null;
      // A queue has no positions.
      const position = StartingPosition ?? (queueName === null ? "TRIM_HORIZON" : undefined);
      const start = position === undefined ? {} : { StartingPosition: position };
      const mapping = await createTestMapping(running, { ...start, ...settings, EventSourceArn: arn });
      const streamName = [...sources.values()].find((each) => each.arn === arn)?.storedName ?? "";
      mappings.add({ mapping, streamName, queueName });
      return mapping;
    },
    put,
    now: () => house.nowMs(),
    async advance(span) {
      await running().pass(toMs(span));
    },
    until: (isTrue, within = DEFAULT_WITHIN) => until(() => isTrue(app), within, "it has not come true"),
    async drained(within = DEFAULT_WITHIN) {
      const areAll = async (): Promise<boolean> => {
        for (const each of mappings) if (!(await isDrained(each))) return false;
        return true;
      };
      await until(areAll, within, "not every record has ended");
    },
    setClock(by) {
      const isBack = typeof by === "number" ? by < 0 : by.trim().startsWith("-");
      const span = typeof by === "number" ? Math.abs(by) : by.trim().replace(/^-/, "");
      running().jump(isBack ? -toMs(span) : toMs(span));
    },
    invocations: <E>(functionName?: string) =>
      invocationsOf<E>(house.calls(), house.entries()).filter(
        (each) => functionName === undefined || each.functionName === functionName,
      ),
    batches: () => batchesOf(house.entries()),
    documents: (destinationArn) =>
      documents.filter((each) => destinationArn === undefined || each.destinationArn === destinationArn),
    checkpoints,
    journal: () => [...house.entries()],
    async explain(what) {
      const explained = await explain(what, {
        entries: () => house.entries(),
        isServerRunning: true,
        records: recordsOf(house, () => [...sources.values()]),
        queueFacts: (queue) => house.queues.queues.countMessages(queue),
        screen: { columns: 80, isUnicode: true },
        isFull: false,
        command: "millrace",
        isNextLeftOut: true,
      });
      return explained.text;
    },
    digest: () => house.digest(),
    crash: (downFor = 0) => running().crash(toMs(downFor)),
    restart: (downFor = 0) => running().restart(toMs(downFor), toMs(GRACE)),
    outage(name, span) {
      if (!sources.has(name) && queues.has(name)) return running().queues.queueOutage(name, toMs(span));
      running();
      streamNamed(name).outage(toMs(span));
    },
    throttle(functionName, span, concurrency = 0) {
      if (running().throttle(functionName, concurrency, toMs(span))) return;
      throw new MillraceError("bad-argument", `there is no function \`${functionName}\``);
    },
    splitShard(name, shard = 0) {
      running().split(sourceNamed(name).storedName, openShard(streamNamed(name), name, shard));
    },
    mergeShards(name, shard = 0) {
      const stream = streamNamed(name);
      const pair = [openShard(stream, name, shard), openShard(stream, name, shard + 1)] as const;
      running().merge(sourceNamed(name).storedName, pair);
    },
    queueArn: (name) => arnOf("sqs", name),
    topicArn: (name) => arnOf("sns", name),
    bucketArn: (name) => `arn:${partition}:s3:::${name}`,
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
  return app;
}

function openShard(stream: VirtualStream, name: string, index: number): UnitId {
  const shards = shardsInOrder(stream);
  const found = shards[index];
  if (found !== undefined) return found;
  throw new MillraceError("bad-argument", `\`${name}\` has no open shard ${index}: it has ${shards.length}, from 0 on`);
}

function instantOf(given: Date | string | number): number {
  const ms = new Date(given).getTime();
  if (Number.isFinite(ms)) return ms;
  throw new MillraceError("bad-argument", `startsAt: ${String(given)} is no instant`, {
    help: 'startsAt: "2026-01-01T00:00:00Z"',
  });
}

/** Undefined: it has no JSON, as a function has none. */
const jsonOf = (value: unknown): string | undefined => JSON.stringify(value);

const isList = (given: TestRecord | readonly TestRecord[]): given is readonly TestRecord[] => Array.isArray(given);
