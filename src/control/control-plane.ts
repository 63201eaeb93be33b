// The mapping API without HTTP: five operations on mappings and three on their tags. Routes (src/control/http) and the scenario
// runner call the same methods.

import { assertNever } from "../core/assert-never.ts";
import { type MappingState, mappingStateName } from "../core/mapping-state.ts";
import { type QueuePace, usualPace } from "../core/queue/polling.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Random } from "../ports/random.ts";
import type { SourceProblem } from "../ports/source.ts";
import type { Steer } from "../ports/steer.ts";
import type { Tables } from "../ports/tables.ts";
import { type ApiAnswer, failure } from "./api-answer.ts";
import type { FunctionLookup, QueueLookup, StreamLookup, Surroundings } from "./lookups.ts";
import { resolveFunction } from "./mapping/function-reference.ts";
import { mappingArn } from "./mapping/mapping-body.ts";
import { createShape } from "./mapping/mapping-members.ts";
import type { MappingRecord } from "./mapping/mapping-record.ts";
import { sourceOfRequest } from "./mapping/mapping-rules.ts";
import { createdSettings } from "./mapping/mapping-settings.ts";
import type { EngineOf } from "./mapping/source-kinds.ts";
import {
  filterPatterns,
  isCountingErrors,
  isCountingEvents,
  isProvisioned,
  isTellingLag,
  mappingSpec,
} from "./mapping-spec.ts";
import { createMappingManager, type MappingManager } from "./mapping-manager.ts";
import {
  createMapping,
  deleteMapping,
  getMapping,
  listMappings,
  type OperationOptions,
  updateMapping,
} from "./mapping-operations.ts";
import type { BrokerSettings } from "./broker-reading.ts";
import type { DocumentDbSettings } from "./change-reading.ts";
import { asUpdate, isAsWanted } from "./configured-update.ts";
import { clusterKeyOf, type KafkaSettings, type RegistrySettings } from "./group-reading.ts";
import type { Placement, PlacementSummary } from "./placement.ts";
import { readRequest } from "./read-request.ts";
import { withSourceNotices } from "./source-notices.ts";
import { createSteering, type Steered, type Steering } from "./steering.ts";
import { toldRefusal } from "./told-refusals.ts";
import { createTagOperations, type TagOperations } from "./tags.ts";

export interface ControlPlaneOptions {
  readonly tables: Tables;
  readonly placement: Placement;
  readonly functions: FunctionLookup;
  readonly streams: StreamLookup;
  readonly queues: QueueLookup;
  /** What runs behind an Amazon MQ broker's ARN. */
  readonly engineOf: EngineOf;
  /** What is known of brokers; of others the usual holds, and they are embedded. Default: of none. */
  readonly brokers?: readonly BrokerSettings[];
  /** The same of Kafka's and DocumentDB's clusters, and of schema registries. */
  readonly kafkaClusters?: readonly KafkaSettings[];
  readonly documentDbs?: readonly DocumentDbSettings[];
  readonly registries?: readonly RegistrySettings[];
  /** Whether Secrets Manager has a secret of this ARN. */
  readonly hasSecret: (secretArn: string) => boolean;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly settings: Surroundings;
  /** Most filters of a mapping: 5, up to 10 (F-4). */
  readonly filterLimit: number;
  /** Silence behind a tumbling window's end before its final call (W-9). */
  readonly idleCloseMs: number;
  /** Figures of queues' pollers; default: AWS's (P-20 to P-28). */
  readonly queuePace?: QueuePace;
  /** How long a change of a mapping's state takes at least; 0: as long as it takes. */
  readonly transitionsMs: number;
}

/** A mapping as pages, metrics and the terminal show it. */
export interface MappingView {
  readonly uuid: string;
  readonly state: string;
  /** A person has paused it: its calls wait. AWS's state stays as it is. */
  readonly isPaused: boolean;
  /** Of a Kafka cluster of one's own `kafka://` and its servers. */
  readonly eventSourceArn: string;
  readonly functionArn: string;
  readonly functionName: string;
  readonly generation: number;
  readonly lastProcessingResult: string;
  readonly problem: SourceProblem | null;
  readonly isCountingEvents: boolean;
  /** Kafka's groups of metrics (M-210). */
  readonly isCountingErrors: boolean;
  readonly isTellingLag: boolean;
  /** With ProvisionedPollerConfig. */
  readonly isProvisioned: boolean;
  readonly hasFilter: boolean;
  /** Added up over generations since this process began; null before the first summary. */
  readonly summary: PlacementSummary | null;
}

export const mappingOperations = [
  "CreateEventSourceMapping",
  "GetEventSourceMapping",
  "ListEventSourceMappings",
  "UpdateEventSourceMapping",
  "DeleteEventSourceMapping",
  "TagResource",
  "UntagResource",
  "ListTags",
] as const;

export type Operation = (typeof mappingOperations)[number];

export interface ControlPlane {
  /** Reads the stored mappings and starts those that were polling. Call once, before any operation. */
  start(): Promise<void>;
  /** One operation with its members in one object, named as the SDKs name them (UUID, Resource, TagKeys among them). */
  call(operation: Operation, params: unknown): Promise<ApiAnswer>;
  createMapping(body: unknown): Promise<ApiAnswer>;
  getMapping(uuid: string): Promise<ApiAnswer>;
  /** Values as a query carries them: texts, or absent. */
  listMappings(query: {
    readonly EventSourceArn?: unknown;
    readonly FunctionName?: unknown;
    readonly Marker?: unknown;
    readonly MaxItems?: unknown;
  }): Promise<ApiAnswer>;
  updateMapping(uuid: string, body: unknown): Promise<ApiAnswer>;
  deleteMapping(uuid: string): Promise<ApiAnswer>;
  tagResource(arn: string, body: unknown): Promise<ApiAnswer>;
  untagResource(arn: string, tagKeys: unknown): Promise<ApiAnswer>;
  listTags(arn: string): Promise<ApiAnswer>;
  /** A mapping of the configuration: created, or, where source and function have one already, updated to these members. */
  applyConfigured(body: unknown): Promise<ApiAnswer>;
  /** Pauses a mapping before its next call, lets one call through, or lets it go on. */
  steer(uuid: string, command: Steer): Steered;
  /** In order of creation. */
  views(): readonly MappingView[];
  /** Resolves once every command and event received so far has been carried out and stored. */
  settled(): Promise<void>;
  /** Starts, stops and decides nothing more; what the placement says of results until it has stopped is for `storeResults`. */
  close(): Promise<void>;
  /** After `close`, once the placement has stopped: stores what it last said of results. Rejects where the store refuses. */
  storeResults(): Promise<void>;
}

const callShape = {
  kind: "structure",
  members: { UUID: { kind: "string" }, Resource: { kind: "string" } },
} as const;

/** A failing store is the one fault of the server's own: told as AWS tells its own faults, and never a crash. */
async function guarded(work: () => ApiAnswer | Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await work();
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return failure("ServiceException", `An error occurred and the request cannot be processed: ${detail}`);
  }
}

export function createControlPlane(options: ControlPlaneOptions): ControlPlane {
  const { tables, placement, functions, streams, queues, engineOf, clock, random, journal, settings } = options;
  const { filterLimit, idleCloseMs, transitionsMs } = options;
  const queuePace = options.queuePace ?? usualPace;
  const brokers = options.brokers ?? [];
  const { kafkaClusters = [], documentDbs = [], registries = [] } = options;
  const known = { brokers, kafkaClusters, documentDbs, registries };
  const specLookups = { functions, streams, queues, ...known, idleCloseMs, queuePace };
  const steering = createSteering(
    withSourceNotices(placement, { known, journal, settingsOf: (uuid) => manager.get(uuid)?.settings ?? null }),
  );
  const manager: MappingManager = createMappingManager({
    tables,
    placement: steering.placement,
    clock,
    journal,
    tagsKey: (uuid) => mappingArn(uuid, settings),
    specOf: (record) => mappingSpec(record, specLookups),
    transitionsMs,
  });
  const operations: OperationOptions = {
    manager,
    functions,
    streams,
    queues,
    engineOf,
    hasSecret: options.hasSecret,
    isNamedCluster: (arn) =>
      kafkaClusters.some(({ key }) => key === arn) || documentDbs.some((each) => each.arn === arn),
    clock,
    random,
    settings,
    filterLimit,
  };
  const tags = createTagOperations({ tables, manager, functions, settings });

  const told = async (operation: Operation, work: () => Promise<ApiAnswer>): Promise<ApiAnswer> =>
    toldRefusal(journal, operation, await guarded(work));

  const control: ControlPlane = {
    start: () => manager.start(),
    call: (operation, params) => guarded(() => callOperation(control, operation, params)),
    createMapping: (body) => told("CreateEventSourceMapping", () => createMapping(operations, body)),
    getMapping: (uuid) => guarded(() => getMapping(operations, uuid)),
    listMappings: (query) => guarded(() => listMappings(operations, query)),
    updateMapping: (uuid, body) => told("UpdateEventSourceMapping", () => updateMapping(operations, uuid, body)),
    deleteMapping: (uuid) => guarded(() => deleteMapping(operations, uuid)),
    tagResource: (arn, body) => guarded(() => tags.tag(arn, body)),
    untagResource: (arn, tagKeys) => guarded(() => tags.untag(arn, tagKeys)),
    listTags: (arn) => guarded(() => tags.list(arn)),
    applyConfigured: (body) => guarded(() => applyConfigured(operations, tags, body)),
    views: () => manager.all().map((record) => viewOf(manager, steering, record)),
    steer: (uuid, command) => (manager.get(uuid) === null ? "missing" : steering.steer(uuid, command)),
    settled: () => manager.settled(),
    close: () => manager.close(),
    storeResults: () => manager.storeResults(),
  };
  return control;
}

function callOperation(control: ControlPlane, operation: Operation, params: unknown): Promise<ApiAnswer> {
  const read = readRequest(params, callShape);
  if (read.kind === "refused") return Promise.resolve(read.answer);
  const { UUID = "", Resource = "" } = read.request;
  const member = (name: string): unknown =>
    typeof params === "object" && params !== null && Object.hasOwn(params, name)
      ? Reflect.get(params, name)
      : undefined;
  switch (operation) {
    case "CreateEventSourceMapping":
      return control.createMapping(params);
    case "GetEventSourceMapping":
      return control.getMapping(UUID);
    case "ListEventSourceMappings":
      return control.listMappings({
        EventSourceArn: member("EventSourceArn"),
        FunctionName: member("FunctionName"),
        Marker: member("Marker"),
        MaxItems: member("MaxItems"),
      });
    case "UpdateEventSourceMapping":
      return control.updateMapping(UUID, params);
    case "DeleteEventSourceMapping":
      return control.deleteMapping(UUID);
    case "TagResource":
      return control.tagResource(Resource, params);
    case "UntagResource":
      return control.untagResource(Resource, member("TagKeys"));
    case "ListTags":
      return control.listTags(Resource);
    default:
      return assertNever(operation);
  }
}

/** The configuration says what a mapping should be: made if source and function have none, else changed to it. */
async function applyConfigured(options: OperationOptions, tags: TagOperations, body: unknown): Promise<ApiAnswer> {
  const created = await createMapping(options, body);
  if (created.errorType !== "ResourceConflictException") return created;
  const read = readRequest(body, createShape);
  if (read.kind === "refused") return read.answer;
  const { request } = read;
  const found = resolveFunction(request.FunctionName ?? "", options);
  if (found.kind === "refused") return found.answer;
  const source = sourceOfRequest(request, options.engineOf);
  if (source.kind === "refused") return source.answer;
  const clash = options.manager.findClash({
    uuid: "",
    kind: source.source,
    settings: createdSettings(source.source, request, ""),
    functionName: found.name,
    functionArn: found.arn,
  });
  // A mapping that only has the same consumer group is another one, and stands in the way.
  if (clash === null || !clash.isTwin) return created;
  const twin = clash.record;
  const wanted = createdSettings(source.source, request, twin.uuid);
  const { Enabled } = request;
  const isAsMeant = Enabled === undefined || Enabled === isMeantToRun(twin.state);
  // Nothing to change: the mapping stays as it is, whatever state it is in, unless it is on its way out.
  const isSame = isAsMeant && twin.state.kind !== "deleting" && isAsWanted(twin.settings, wanted);
  const answer = isSame
    ? getMapping(options, twin.uuid)
    : await updateMapping(options, twin.uuid, asUpdate(source.source, request, wanted));
  if (answer.errorType === null) {
    await tags.replace(mappingArn(twin.uuid, options.settings), request.Tags ?? new Map());
  }
  return answer;
}

function isMeantToRun(state: MappingState): boolean {
  switch (state.kind) {
    case "enabled":
    case "enabling":
      return true;
    case "creating":
      return state.wantsEnabled;
    case "updating":
      return state.returnsTo === "enabled";
    case "disabling":
    case "disabled":
    case "deleting":
    case "gone":
      return false;
    default:
      return assertNever(state);
  }
}

function viewOf(manager: MappingManager, steering: Steering, record: MappingRecord): MappingView {
  return {
    uuid: record.uuid,
    state: mappingStateName(record.state),
    isPaused: steering.isPaused(record.uuid),
    eventSourceArn: record.settings.EventSourceArn ?? clusterKeyOf(record.settings),
    functionArn: record.functionArn,
    functionName: record.functionName,
    generation: record.generation,
    lastProcessingResult: manager.resultOf(record),
    problem: manager.problemOf(record.uuid),
    isCountingEvents: isCountingEvents(record.settings),
    isCountingErrors: isCountingErrors(record.settings),
    isTellingLag: isTellingLag(record.settings),
    isProvisioned: isProvisioned(record.settings),
    hasFilter: filterPatterns(record.settings).length > 0,
    summary: manager.summaryOf(record.uuid),
  };
}
