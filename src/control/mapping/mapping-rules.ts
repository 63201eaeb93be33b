// The service layer: what the model lets through and the service refuses, in the order of checks and with the texts recorded
// (section 2.4). Model-layer faults have been told before; what has to be looked up, and duplicates, come after.

import type { ApiAnswer } from "../api-answer.ts";
import { refuseAccess } from "./access-rules.ts";
import { refuseDocumentDbCreate, refuseDocumentDbUpdate } from "./document-db-rules.ts";
import { refuseKafkaFixed, refuseKafkaMissing, refuseKafkaValues, refusePollerGroup } from "./kafka-rules.ts";
import type { CreateRequest, MemberName, UpdateRequest } from "./mapping-members.ts";
import type { MappingSettings } from "./mapping-settings.ts";
import { mappingTable, memberNames } from "./mapping-table.ts";
import { refusePosition } from "./position-rules.ts";
import { refuseQueueValues } from "./queue-rules.ts";
import { firstRefusal, invalidParameters, missingParameter, refusal } from "./refusal.ts";
import {
  type EngineOf,
  isBrokerKind,
  isKafkaKind,
  isQueueKind,
  isStreamKind,
  type SourceKind,
  sourceKindOfArn,
} from "./source-kinds.ts";
import { refuseDestination, refuseFilters, refuseLimits, refuseMetrics } from "./value-rules.ts";

export type FoundKind =
  | { readonly kind: "kind"; readonly source: SourceKind }
  | { readonly kind: "refused"; readonly answer: ApiAnswer };

/** V1: which kind of source the request means. */
export function sourceOfRequest(request: CreateRequest, engineOf: EngineOf): FoundKind {
  const source =
    request.EventSourceArn === undefined
      ? request.SelfManagedEventSource?.Endpoints === undefined
        ? null
        : "selfManagedKafka"
      : sourceKindOfArn(request.EventSourceArn, engineOf);
  return source === null
    ? { kind: "refused", answer: refusal("Unrecognized event source.") }
    : { kind: "kind", source };
}

/** What is judged before the function is looked for. */
export function refuseCreateMembers(kind: SourceKind, request: CreateRequest): ApiAnswer | null {
  return firstRefusal(
    () => (kind === "selfManagedKafka" ? refuseKafkaMissing(kind, request) : null),
    () => refuseForeignMembers(kind, request),
  );
}

/** What is judged of an update before the function is looked for. */
export function refuseUpdateMembers(kind: SourceKind, request: UpdateRequest): ApiAnswer | null {
  return firstRefusal(
    () => refuseForeignMembers(kind, request),
    () => refuseMissingDestination(request),
    () => (isKafkaKind(kind) ? refuseKafkaFixed(request) : null),
    () => (kind === "documentDb" ? refuseDocumentDbUpdate(request) : null),
    () => (kind === "rabbitMq" ? refuseVirtualHost(request) : null),
  );
}

/** V3, V4, V9: members that this kind of source does not take. */
function refuseForeignMembers(kind: SourceKind, request: UpdateRequest): ApiAnswer | null {
  // Its own rules name them together with what is missing, behind the function.
  if (kind === "documentDb") return null;
  const sent: { readonly [name: string]: unknown } = request;
  for (const member of memberNames) {
    const cell = mappingTable[member].cells[kind];
    if (cell.kind === "refused" && sent[member] !== undefined && !isIdleWindow(kind, member, sent[member])) {
      return refusal(cell.text);
    }
  }
  if (request.DestinationConfig?.OnSuccess !== undefined) {
    return refusal("OnSuccess configuration is not supported for event source mappings.");
  }
  return null;
}

const isIdleWindow = (kind: SourceKind, member: MemberName, value: unknown): boolean =>
  kind === "fifo" && member === "MaximumBatchingWindowInSeconds" && value === 0;

/** V23. An empty text takes the destination away (O-16). */
function refuseMissingDestination(request: UpdateRequest): ApiAnswer | null {
  const onFailure = request.DestinationConfig?.OnFailure;
  return onFailure !== undefined && (onFailure.Destination ?? null) === null
    ? refusal("The Destination field is required for an OnFailure configuration.")
    : null;
}

/** a virtual host is named at creation only, and the same one is refused, too. */
const refuseVirtualHost = ({ SourceAccessConfigurations: entries }: UpdateRequest): ApiAnswer | null =>
  entries?.some((entry) => entry?.Type === "VIRTUAL_HOST") ? invalidParameters(["VIRTUAL_HOST"]) : null;

/** What only a create is asked behind the function: members that must be there, and the starting position (V5, V7, V8, V21). */
export function refuseCreateValues(kind: SourceKind, request: CreateRequest, nowMs: number): ApiAnswer | null {
  return firstRefusal(
    () => (isKafkaKind(kind) ? refuseKafkaMissing(kind, request) : null),
    () => (isBrokerKind(kind) && request.Queues === undefined ? missingParameter("queues") : null),
    () => (kind === "documentDb" ? refuseDocumentDbCreate(request) : null),
    () => refusePosition(kind, request, nowMs),
  );
}

export interface JudgedBy {
  /** Most filters of a mapping (F-4). */
  readonly filterLimit: number;
  /** Null: of no function in particular. */
  readonly functionTimeoutMs: number | null;
  /** Settings of the other mappings there are. */
  readonly others: () => readonly MappingSettings[];
}

/** Rules on values, judged on the settings as they would be: on Create, and on Update after merging. */
export function refuseValues(kind: SourceKind, settings: MappingSettings, by: JudgedBy): ApiAnswer | null {
  return firstRefusal(
    () => (isQueueKind(kind) ? refuseQueueValues(kind, settings) : null),
    () => refuseAccess(kind, settings),
    () => refuseFilters(kind, settings, by.filterLimit),
    () => refuseLimits(settings),
    () => (isKafkaKind(kind) ? refuseKafkaValues(settings) : null),
    () => (isKafkaKind(kind) ? refusePollerGroup(settings, by.others()) : null),
    () => refuseMetrics(kind, settings),
    () => refuseDestination(kind, settings),
    () => refuseLongFunction(kind, by.functionTimeoutMs),
  );
}

/** M-004: 14 minutes. AWS publishes no text. */
function refuseLongFunction(kind: SourceKind, timeoutMs: number | null): ApiAnswer | null {
  const mostMs = 840_000;
  if (isQueueKind(kind) || isStreamKind(kind) || timeoutMs === null || timeoutMs <= mostMs) return null;
  return refusal(
    `Function timeout: ${timeoutMs / 1_000} seconds is more than the ${mostMs / 1_000} seconds of this event source mapping type`,
  );
}

/** Section 3.4. */
export function userReason(kind: SourceKind): "User action" | "USER_INITIATED" {
  return isStreamKind(kind) ? "User action" : "USER_INITIATED";
}
