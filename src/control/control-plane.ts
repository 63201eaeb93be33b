// The mapping API without HTTP: five operations on mappings and three on their tags. Routes (src/control/http) and the scenario
// runner call the same methods.

import type { ApiAnswer } from "./api-answer.ts";
import type { FunctionLookup, StreamLookup, Surroundings } from "./lookups.ts";
import type { Placement, PlacementSummary } from "./placement.ts";
import type { Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { Random } from "../ports/random.ts";
import type { SourceProblem } from "../ports/source.ts";
import type { Tables } from "../ports/tables.ts";

export interface ControlPlaneOptions {
  readonly tables: Tables;
  readonly placement: Placement;
  readonly functions: FunctionLookup;
  readonly streams: StreamLookup;
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  readonly settings: Surroundings;
}

/** A mapping as pages, metrics and the terminal show it. */
export interface MappingView {
  readonly uuid: string;
  readonly state: string;
  readonly eventSourceArn: string;
  readonly functionArn: string;
  readonly functionName: string;
  readonly generation: number;
  readonly lastProcessingResult: string;
  readonly problem: SourceProblem | null;
  readonly isCountingEvents: boolean;
  readonly hasFilter: boolean;
  /** Added up over generations since this process began; null before the first summary. */
  readonly summary: PlacementSummary | null;
}

export type Operation =
  | "CreateEventSourceMapping"
  | "GetEventSourceMapping"
  | "ListEventSourceMappings"
  | "UpdateEventSourceMapping"
  | "DeleteEventSourceMapping"
  | "TagResource"
  | "UntagResource"
  | "ListTags";

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
  /** In order of creation. */
  views(): readonly MappingView[];
  /** Resolves once every command and event received so far has been carried out and stored. */
  settled(): Promise<void>;
  /** Stops listening to the placement. Starts, stops and stores nothing more. */
  close(): Promise<void>;
}
