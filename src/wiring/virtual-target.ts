// A scenario's target under virtual time: a house of the simulated world, with scripted handlers as its functions.

import { resolve } from "node:path";
import type { Operation } from "../control/control-plane.ts";
import { changeText, laneKeyOfItem, viewTypes } from "../kinds/dynamodb/change-text.ts";
import type { Report, ReportAnswer } from "../ports/reporter.ts";
import type { Fault } from "../sim/fault.ts";
import { type HandlerFile, isHandlerFile } from "../sim/scenario-handler-schema.ts";
import { type FaultPlan, faultPlanFrom } from "../sim/fault-plan.ts";
import type { Plant, QueuePlant } from "../sim/incarnation.ts";
import {
  isObject,
  type JsonObject,
  type Scenario,
  type ScenarioFunction,
  type ScenarioHandler,
  type ScenarioRecord,
} from "../sim/scenario.ts";
import type { ScenarioTarget, SourceName } from "../sim/scenario-target.ts";
import { createScriptFunction } from "../sim/script-function.ts";
import { createSeededRandom } from "../sim/seeded-random.ts";
import { WORLD_STARTS_AT_MS } from "../sim/story.ts";
import type { SeenInvocation } from "../sim/transcript.ts";
import { Stuck } from "../sim/stuck.ts";
import type { VirtualEntry } from "../sim/virtual-entry.ts";
import type { VirtualCall, VirtualFunction } from "../sim/virtual-functions.ts";
import { createGuestFunction, type GuestFunction, guestNoteText } from "./guest-function.ts";
import { deadLetterQueueOf, placeholdersOf, SETTINGS, storedNameOf } from "./scenario-names.ts";
import { makeQueues, sendMessages, urlOf } from "./scenario-queues.ts";
import { createScenarioTable } from "./scenario-table.ts";
import { createVirtualHouse, type VirtualHouse } from "./virtual-house.ts";
import { createWorldControls } from "./world-controls.ts";

/** Arrivals of real records are not on whole seconds, where their text has no fraction (O-4). */
const OFF_THE_SECOND_MS = 137;
const DEFAULT_TIMEOUT_S = 3;
const MOST_PEEKED = 10_000;

/** A target whose world can be looked into: its journal, its digest, its time. */
export interface VirtualTarget extends ScenarioTarget {
  readonly house: VirtualHouse;
  /** What is to be known of handlers of a file, a sentence each. */
  notes(): readonly string[];
  /** Reasons why the same seed may give another digest. */
  doubts(): readonly string[];
}

export type FunctionMaker = (limits: {
  readonly timeoutMs: number;
  readonly reservedConcurrency: number | null;
  readonly qualifiers: readonly string[];
}) => VirtualFunction;

export interface VirtualTargetOptions {
  readonly seed?: number;
  readonly faults?: FaultPlan;
  /** Whether the house keeps what the checkers read; default false. */
  readonly isHistoryKept?: boolean;
  /** A test changes the ports of what runs mappings. */
  readonly plant?: Plant;
  /** The same, of what runs mappings of queues. */
  readonly plantQueues?: QueuePlant;
  /** Whether handlers of a file may do real work; default false. */
  readonly isIoAllowed?: boolean;
  /** A handler in place of every function's. */
  readonly functionOf?: FunctionMaker | null;
  readonly onFault?: (fault: Fault, number: number) => void;
}

export async function createVirtualTarget(
  scenario: Scenario,
  {
    seed = 1,
    faults = faultPlanFrom(scenario.faults),
    isHistoryKept = false,
    plant = (ports) => ports,
    plantQueues = (ports) => ports,
    isIoAllowed = false,
    functionOf: makeFunction = null,
    onFault = () => undefined,
  }: VirtualTargetOptions = {},
): Promise<VirtualTarget> {
  const vars = placeholdersOf(scenario, SETTINGS);
  const received: JsonObject[] = [];
  const nameOf = (source: SourceName): string => storedNameOf(scenario.setup[source], source);
  const contentOf = contentMaker(scenario);
  let sentCount = 0;
  const random = createSeededRandom(seed);
  const sourceName = nameOf("source");

  const house = await createVirtualHouse({
    seed,
    startsAtMs: scenario.startsAtMs ?? WORLD_STARTS_AT_MS + OFF_THE_SECOND_MS,
    settings: SETTINGS,
    functions: new Map(),
    reporter: { send: (report) => Promise.resolve(receive(report)) },
    roleArnOf: (name) => vars[`${name}.role`] ?? "",
    faults,
    isHistoryKept,
    plant,
    plantQueues,
    onFault,
  });
  const queueName = scenario.setup.source?.type === "sqs-queue" ? sourceName : null;
  const deadLetterQueue = deadLetterQueueOf(scenario);
  for (const source of ["source", "other_source"] as const) {
    const setup = scenario.setup[source];
    if (setup === undefined || setup.exists === false || setup.type === "sqs-queue") continue;
    house.addStream(nameOf(source), setup.shards ?? 1);
  }

  const guests: GuestFunction[] = [];

  function limitsOf({ timeout_s, reserved_concurrency, versions = [], aliases = [] }: ScenarioFunction) {
    return {
      timeoutMs: (timeout_s ?? DEFAULT_TIMEOUT_S) * 1000,
      reservedConcurrency: reserved_concurrency ?? null,
      qualifiers: [...versions.map(({ version }) => version), ...aliases.map(({ name }) => name)],
    };
  }

  async function functionOf(setup: ScenarioFunction, handler: ScenarioHandler | null): Promise<VirtualFunction> {
    const limits = limitsOf(setup);
    if (makeFunction !== null) return makeFunction(limits);
    if (handler !== null && isHandlerFile(handler)) return guestOf(setup, handler, limits);
    const script = createScriptFunction(handler ?? { do: "return" }, {
      functionName: setup.name,
      timeoutMs: limits.timeoutMs,
      random,
      elapsedMs: () => house.elapsedMs(),
    });
    return { ...limits, ...script };
  }

  async function guestOf(
    { name }: ScenarioFunction,
    { file, export: exportName = "handler", environment = {}, bundle = true }: HandlerFile,
    limits: ReturnType<typeof limitsOf>,
  ): Promise<VirtualFunction> {
    const root = scenario.folder ?? process.cwd();
    const guest = await createGuestFunction({
      name,
      file: resolve(root, file),
      exportName,
      seed,
      root,
      environment,
      isBundled: bundle,
      isIoAllowed,
      ...limits,
      onLog: ({ functionName, requestId, stream, text }) => house.log({ functionName, requestId, stream, text }),
    });
    guests.push(guest);
    return guest;
  }

  function receive(report: Report): ReportAnswer {
    const body: unknown = JSON.parse(report.body);
    const type = scenario.setup.destination?.type ?? "";
    if (type === "s3") received.push({ type, key: report.objectKey, body });
    else if (type === "sns") received.push({ type, message: report.body });
    else received.push({ type, body });
    return { kind: "delivered" };
  }

  async function sqs(operation: string, body: JsonObject): Promise<JsonObject> {
    const answer = await house.queues.sqs(operation, body);
    if (answer.status !== 200) throw new Stuck(`${operation} answered ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  async function putInQueue(record: ScenarioRecord): Promise<JsonObject> {
    const [given = {}] = await sendMessages(scenario, [record], { call: sqs, isOneCall: false });
    return given;
  }

  function putInStream(record: ScenarioRecord): JsonObject {
    const content = contentOf(record, (sentCount += 1));
    if (content === null) return {};
    return new Given(house.put(sourceName, content));
  }

  const close = async (): Promise<void> => {
    await house.close();
    await Promise.all(guests.map((guest) => guest.close()));
  };
  try {
    await makeQueues(scenario, sqs);
    for (const each of scenario.setup.functions ?? [])
      house.functions.set(each.name, await functionOf(each, scenario.handlers[each.name] ?? scenario.handler));
  } catch (error) {
    await close();
    throw error;
  }

  return {
    house,
    notes: () => guests.flatMap((guest) => guest.notes().map(guestNoteText)),
    doubts: () => guests.flatMap((guest) => guest.digestDoubts()),
    vars,
    world: createWorldControls({
      house,
      put: queueName === null ? putInStream : putInQueue,
      queueName,
      nameOf,
      sourceArn: vars["source.arn"] ?? "",
      async deploy(name, handler) {
        const setup = (scenario.setup.functions ?? []).find((each) => each.name === name);
        if (setup === undefined) throw new Stuck(`deploy: there is no function ${name}`);
        const { reservedConcurrency = null } = house.functions.get(name) ?? {};
        house.functions.set(name, { ...(await functionOf(setup, handler)), reservedConcurrency });
      },
    }),
    elapsedMs: () => house.elapsedMs(),
    async call(operation: Operation, params) {
      const { status, errorType, body } = await house.settled(house.control.call(operation, params));
      return { status, error: errorType, body };
    },
    // In one instant, however many calls it takes: as between two reads of a poller that looks once a second.
    send: (records, isOneCall) =>
      queueName === null
        ? Promise.resolve(records.map(putInStream))
        : sendMessages(scenario, records, { call: sqs, isOneCall }),
    deleteFunction(name) {
      house.functions.delete(name);
      return Promise.resolve();
    },
    async deleteSource() {
      if (queueName === null) house.deleteStream(sourceName);
      else await sqs("DeleteQueue", { QueueUrl: urlOf(queueName) });
    },
    async purgeSource() {
      if (queueName === null) throw new Stuck("purge-queue: the source is no queue");
      await sqs("PurgeQueue", { QueueUrl: urlOf(queueName) });
    },
    async deadLetters() {
      if (deadLetterQueue === null) return [];
      const peeked = (await house.settled(house.queues.queues.peek(deadLetterQueue, MOST_PEEKED))) ?? [];
      return peeked.map(({ messageId, body }) => ({ messageId, body }));
    },
    async sourceLeft() {
      const left = queueName === null ? null : await house.settled(house.queues.queues.countMessages(queueName));
      return left === null ? null : left.visibleCount + left.hiddenCount + left.delayedCount;
    },
    waitUntil: (isTrue, withinMs) => house.waitUntil(isTrue, withinMs),
    pass: (ms) => house.pass(ms),
    invocationCount: () => house.callCount(),
    invocations: () => invocationsOf(house, scenario),
    destination: () => Promise.resolve(received),
    close,
  };
}

/** What a record was given, from what stands in the stream. */
class Given {
  readonly [member: string]: unknown;
  readonly #entry: VirtualEntry;

  constructor(entry: VirtualEntry) {
    this.#entry = entry;
  }

  get sequenceNumber(): string {
    return this.#entry.position;
  }

  get shardId(): string {
    return this.#entry.shard;
  }

  toJSON(): JsonObject {
    return { sequenceNumber: this.sequenceNumber, shardId: this.shardId };
  }
}

/** What a record is in its stream; null: a write that changes nothing (D-7). `number` is unlike that of any other record. */
function contentMaker({ setup }: Scenario): (record: ScenarioRecord, number: number) => Content | null {
  const { source } = setup;
  if (source?.type !== "dynamodb-stream") return ({ partitionKey = "", data = "" }) => ({ key: partitionKey, data });
  const changeOf = createScenarioTable(source.key);
  const viewType = viewTypes.find((each) => each === source.view) ?? "NEW_AND_OLD_IMAGES";
  return (record, number) => {
    const change = changeOf(record);
    if (change === null) return null;
    const eventId = number.toString(16).padStart(32, "0");
    return { key: laneKeyOfItem(change.keys), data: changeText({ ...change, eventId, viewType }) };
  };
}

interface Content {
  readonly key: string;
  readonly data: string;
}

/** `function:1` where a version was called, by its number or by an alias that means it. */
function calledName({ functionName, qualifier }: VirtualCall, { setup }: Scenario): string {
  const { aliases = [] } = setup.functions?.find(({ name }) => name === functionName) ?? {};
  const version = aliases.find(({ name }) => name === qualifier)?.version ?? qualifier;
  return version === null || version === "$LATEST" ? functionName : `${functionName}:${version}`;
}

const invocationsOf = (house: VirtualHouse, scenario: Scenario): readonly SeenInvocation[] =>
  house.calls().map((call) => {
    let event: JsonObject | null = null;
    return {
      function: calledName(call, scenario),
      start_ms: call.startedAtMs,
      end_ms: call.endedAtMs,
      // Parsed when it is looked at: a run may have more events than anybody reads.
      get event() {
        event ??= eventFrom(call.eventText);
        return event;
      },
    };
  });

function eventFrom(text: string): JsonObject {
  const event: unknown = JSON.parse(text);
  return isObject(event) ? event : {};
}
