// Owns the mappings: their rows, states and generations. It carries out what the state machine decides: a row is durable before a
// command is answered or a placement is told (kill -9 at any point leaves a state from which a restart goes on).
//
// N1  Commands and events are handled one at a time, in order of arrival.
// N2  Stored, then shown, then acted on. An event that cannot be stored is tried again; a command is refused.
// N3  Each start has a generation higher than any before; events of another generation are dropped.
// N4  A deleted mapping's checkpoints go before its row, so that a crash between finds the row and goes on deleting.
// N5  What records made of LastProcessingResult outlives the run that met it. It is stored with each change of state, and within a
//     second of a summary that changes it: one write for all mappings, and none while the text stays as it is.

import {
  createdMapping,
  type MappingCommand,
  type MappingEffect,
  type MappingState,
  mappingStateName,
  stepMapping,
} from "../core/mapping-state.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import type { Journal } from "../ports/journal.ts";
import type { MappingSpec } from "../ports/mapping-spec.ts";
import type { SourceProblem } from "../ports/source.ts";
import type { TableChange, Tables } from "../ports/tables.ts";
import { type Clash, findClash, type Tie } from "./mapping/duplicates.ts";
import {
  byCreation,
  FIRST_RESULT,
  type MappingRecord,
  recordFromText,
  textOfRecord,
} from "./mapping/mapping-record.ts";
import type { MappingSettings } from "./mapping/mapping-settings.ts";
import { userReason } from "./mapping/mapping-rules.ts";
import { isQueueKind } from "./mapping/source-kinds.ts";
import { createCounterBook } from "./mapping-counters.ts";
import type { Placement, PlacementEvent, PlacementSummary } from "./placement.ts";
import { createSerialQueue } from "./serial-queue.ts";

const AGAIN_AFTER_MS = 1_000;
/** With the quarter of a second between summaries, a changed result is stored within a second (N5). */
const RESULTS_AFTER_MS = 500;

export interface ManagerOptions {
  readonly tables: Tables;
  readonly placement: Placement;
  readonly clock: Clock;
  readonly journal: Journal;
  /** Key of the tags table that goes with a mapping. */
  readonly tagsKey: (uuid: string) => string;
  readonly specOf: (record: MappingRecord) => MappingSpec;
  /** How long a change of state takes at least, so that a client can see it under way; 0: as long as it takes. */
  readonly transitionsMs: number;
}

export interface MappingDraft extends Tie {
  readonly isEnabled: boolean;
  readonly transitionReason: string;
  /** JSON text for the tags table; null: none. */
  readonly tags: string | null;
}

export interface MappingChange {
  readonly settings: MappingSettings;
  readonly functionName: string;
  readonly functionArn: string;
  readonly isEnabled: boolean | null;
}

export type Created =
  | { readonly kind: "created"; readonly record: MappingRecord }
  | ({ readonly kind: "duplicate" } & Clash);

export type Changed<Refusal> =
  | { readonly kind: "accepted"; readonly record: MappingRecord }
  | { readonly kind: "refused"; readonly refusal: Refusal }
  | { readonly kind: "inUse" }
  | { readonly kind: "missing" };

export interface MappingManager {
  start(): Promise<void>;
  /** In order of creation. */
  all(): readonly MappingRecord[];
  get(uuid: string): MappingRecord | null;
  /** Refused as a duplicate where another mapping stands in its way (section 4.4). */
  create(draft: MappingDraft): Promise<Created>;
  /** `judge` sees the mapping as it is at its turn, once the state has room for an update. */
  update<Refusal>(
    uuid: string,
    judge: (record: MappingRecord) => MappingChange | { readonly refusal: Refusal },
  ): Promise<Changed<Refusal>>;
  delete(uuid: string): Promise<Changed<never>>;
  /** The mapping that stands in the way of this one, if any. */
  findClash(wanted: Tie): Clash | null;
  resultOf(record: MappingRecord): string;
  problemOf(uuid: string): SourceProblem | null;
  summaryOf(uuid: string): PlacementSummary | null;
  settled(): Promise<void>;
  /** Nothing is decided any more. Summaries are still heard: what they say of results is for `storeResults`. */
  close(): Promise<void>;
  /** After `close`, once the placement has stopped and said its last. Rejects where the store refuses. */
  storeResults(): Promise<void>;
}

export function createMappingManager(options: ManagerOptions): MappingManager {
  const { tables, placement, clock, journal } = options;
  const records = new Map<string, MappingRecord>();
  const problems = new Map<string, SourceProblem>();
  const counters = createCounterBook();
  const queue = createSerialQueue();
  const timers = new Set<Cancel>();
  let isClosed = false;
  let areResultsDue = false;
  let unsubscribe: Cancel = () => undefined;

  /** Carries a state machine's effects out, after the row has been stored. */
  function act(record: MappingRecord, effects: readonly MappingEffect[]): void {
    for (const effect of effects) {
      switch (effect) {
        case "start":
          // What was wrong for the last start need not be wrong for this one; it says so itself if it is.
          problems.delete(record.uuid);
          placement.start(options.specOf(record));
          break;
        case "update":
          placement.update(options.specOf(record));
          break;
        case "stop":
          placement.stop(record.uuid, { isDelete: false });
          break;
        case "stopForDelete":
          placement.stop(record.uuid, { isDelete: true });
          break;
        case "settle":
          arrive(record.uuid, record.generation, { kind: "settled" });
          break;
        case "remove":
          retrying(() => remove(record));
          break;
      }
    }
  }

  function next(record: MappingRecord, state: MappingState, effects: readonly MappingEffect[]): MappingRecord {
    const isStarting = effects.includes("start");
    return {
      ...record,
      state,
      generation: isStarting ? record.generation + 1 : record.generation,
      lastResult: recordResult(record),
      lastModifiedAtMs: state.kind === record.state.kind ? record.lastModifiedAtMs : clock.nowMs(),
    };
  }

  async function store(record: MappingRecord, tags: string | null): Promise<void> {
    const row = rowOf(record);
    const tagsRow = { kind: "put", table: "tags", key: options.tagsKey(record.uuid) } as const;
    await tables.change(tags === null ? [row] : [row, { ...tagsRow, value: tags }]);
  }

  function show(before: MappingRecord | null, after: MappingRecord): void {
    records.set(after.uuid, after);
    const from = before === null ? "" : mappingStateName(before.state);
    const to = mappingStateName(after.state);
    if (from !== to) {
      journal.append(after.uuid, after.uuid, { kind: "mapping-state", from, to, reason: after.transitionReason });
    }
    if (before === null || before.settings !== after.settings || before.functionArn !== after.functionArn) {
      journal.append(after.uuid, after.uuid, {
        kind: "settings",
        settings: { ...after.settings, FunctionArn: after.functionArn },
      });
    }
  }

  async function remove({ uuid, state, transitionReason }: MappingRecord): Promise<void> {
    await placement.forget(uuid);
    await tables.change([
      { kind: "delete", table: "mappings", key: uuid },
      { kind: "delete", table: "tags", key: options.tagsKey(uuid) },
    ]);
    records.delete(uuid);
    problems.delete(uuid);
    counters.forget(uuid);
    const [from, to] = [mappingStateName(state), mappingStateName({ kind: "gone" })];
    journal.append(uuid, uuid, { kind: "mapping-state", from, to, reason: transitionReason });
  }

  /** Runs a task in its turn, and again after a while for as long as the store or the placement cannot do it (N2). */
  function retrying(task: () => Promise<void>): void {
    if (isClosed) return;
    void queue.run(task).catch(() => {
      if (isClosed) return;
      later(AGAIN_AFTER_MS, () => retrying(task));
    });
  }

  function enqueue(uuid: string, generation: number, command: MappingCommand): void {
    retrying(async () => {
      const record = records.get(uuid);
      if (record === undefined || record.generation !== generation) return;
      const step = stepMapping(record.state, command);
      if (step.answer === "ignored") return;
      if (step.state.kind === "gone") return act(record, step.effects);
      const moved = next(record, step.state, step.effects);
      const { kind, reason } = { reason: "", ...command };
      const after =
        kind === "unrecoverable" ? { ...moved, transitionReason: reason, lastResult: resultOf(record) } : moved;
      await store(after, null);
      show(record, after);
      act(after, step.effects);
    });
  }

  /** The end of a change of state, not before it has lasted `transitionsMs`. */
  function arrive(uuid: string, generation: number, command: MappingCommand): void {
    if (options.transitionsMs === 0) return enqueue(uuid, generation, command);
    later(options.transitionsMs, () => enqueue(uuid, generation, command));
  }

  function later(ms: number, task: () => void): void {
    const cancel = clock.wakeAt(clock.nowMs() + ms, () => {
      timers.delete(cancel);
      task();
    });
    timers.add(cancel);
  }

  function receive(event: PlacementEvent): void {
    switch (event.kind) {
      case "summary":
        for (const summary of event.mappings) {
          if (records.get(summary.uuid)?.generation === summary.generation) counters.add(summary);
        }
        return noteResults();
      case "problem": {
        if (records.get(event.uuid)?.generation !== event.generation) return;
        if (event.problem === null) problems.delete(event.uuid);
        else problems.set(event.uuid, event.problem);
        return enqueue(event.uuid, event.generation, { kind: "held", isHeld: event.problem !== null });
      }
      case "stopped":
        problems.delete(event.uuid);
        return arrive(event.uuid, event.generation, { kind: "stopped" });
      case "positioned":
      case "updated":
        return arrive(event.uuid, event.generation, { kind: event.kind });
      case "unrecoverable":
        return enqueue(event.uuid, event.generation, { kind: event.kind, reason: event.reason });
      case "lost":
        return enqueue(event.uuid, event.generation, { kind: "lost" });
    }
  }

  function resultOf(record: MappingRecord): string {
    const problem = problems.get(record.uuid);
    return problem?.text ?? summaryNow(record)?.problemText ?? recordResult(record);
  }

  /** Where no record of this run has made a result yet, the one before it stays. */
  function recordResult(record: MappingRecord): string {
    return summaryNow(record)?.recordResult ?? record.lastResult;
  }

  /** A summary of an older start says less than what was stored with the newer one. */
  function summaryNow(record: MappingRecord): PlacementSummary | null {
    const summary = counters.of(record.uuid);
    return summary?.generation === record.generation ? summary : null;
  }

  const withNewResults = (): readonly MappingRecord[] =>
    [...records.values()].filter((record) => recordResult(record) !== record.lastResult);

  function noteResults(): void {
    if (areResultsDue || isClosed || withNewResults().length === 0) return;
    areResultsDue = true;
    later(RESULTS_AFTER_MS, () => {
      areResultsDue = false;
      retrying(storeResults);
    });
  }

  /** In its turn. Nothing is decided here: a row takes its result, and stays as it is otherwise (N5). */
  async function storeResults(): Promise<void> {
    const changed = withNewResults().map((record) => ({ ...record, lastResult: recordResult(record) }));
    if (changed.length === 0) return;
    await tables.change(changed.map(rowOf));
    for (const record of changed) records.set(record.uuid, record);
  }

  async function createNow(draft: MappingDraft): Promise<Created> {
    const clash = findClash(records.values(), draft);
    if (clash !== null) return { kind: "duplicate", ...clash };
    const step = createdMapping({ isEnabled: draft.isEnabled, isQuiet: isQueueKind(draft.kind) });
    const nowMs = clock.nowMs();
    const record: MappingRecord = {
      uuid: draft.uuid,
      kind: draft.kind,
      state: step.state,
      settings: draft.settings,
      functionName: draft.functionName,
      functionArn: draft.functionArn,
      generation: step.effects.includes("start") ? 1 : 0,
      createdAtMs: nowMs,
      lastModifiedAtMs: nowMs,
      transitionReason: draft.transitionReason,
      lastResult: FIRST_RESULT,
    };
    await store(record, draft.tags);
    show(null, record);
    act(record, step.effects);
    return { kind: "created", record };
  }

  async function updateNow<Refusal>(
    uuid: string,
    judge: (record: MappingRecord) => MappingChange | { readonly refusal: Refusal },
  ): Promise<Changed<Refusal>> {
    const record = records.get(uuid);
    if (record === undefined) return { kind: "missing" };
    const isQuiet = isQueueKind(record.kind);
    // Whether there is room for an update does not depend on what it asks for.
    const probe = stepMapping(record.state, { kind: "update", isEnabled: null, isQuiet });
    if (probe.answer === "inUse" || probe.answer === "missing") return { kind: probe.answer };
    const change = judge(record);
    if ("refusal" in change) return { kind: "refused", refusal: change.refusal };
    const step = stepMapping(record.state, { kind: "update", isEnabled: change.isEnabled, isQuiet });
    const { isEnabled: _isEnabled, ...fields } = change;
    const after = {
      ...next(record, step.state, step.effects),
      ...fields,
      // What a fault had said of it is over (M-705).
      transitionReason: userReason(record.kind),
      lastModifiedAtMs: clock.nowMs(),
    };
    await store(after, null);
    show(record, after);
    act(after, step.effects);
    return { kind: "accepted", record: after };
  }

  async function deleteNow(uuid: string): Promise<Changed<never>> {
    const record = records.get(uuid);
    if (record === undefined) return { kind: "missing" };
    const step = stepMapping(record.state, { kind: "delete" });
    if (step.answer === "inUse" || step.answer === "missing") return { kind: step.answer };
    const after = next(record, step.state, step.effects);
    await store(after, null);
    show(record, after);
    act(after, step.effects);
    return { kind: "accepted", record: after };
  }

  async function startNow(): Promise<void> {
    const stored = (await tables.list("mappings")).map((row) => recordFromText(row.key, row.value)).sort(byCreation);
    unsubscribe = placement.subscribe((event) => {
      if (!isClosed || event.kind === "summary") receive(event);
    });
    const begun = stored.map((record) => {
      const step = stepMapping(record.state, { kind: "restarted" });
      return { record: next(record, step.state, step.effects), effects: step.effects };
    });
    if (begun.length > 0) {
      // One change for all: restarting with a thousand mappings is one write.
      await tables.change(begun.map(({ record }) => rowOf(record)));
    }
    for (const { record } of begun) show(null, record);
    for (const { record, effects } of begun) act(record, effects);
  }

  return {
    start: () => queue.run(startNow),
    all: () => [...records.values()].sort(byCreation),
    get: (uuid) => records.get(uuid) ?? null,
    create: (draft) => queue.run(() => createNow(draft)),
    update: (uuid, judge) => queue.run(() => updateNow(uuid, judge)),
    delete: (uuid) => queue.run(() => deleteNow(uuid)),
    findClash: (wanted) => findClash(records.values(), wanted),
    resultOf,
    problemOf: (uuid) => problems.get(uuid) ?? null,
    summaryOf: (uuid) => counters.of(uuid),
    settled: () => queue.idle(),
    async close() {
      isClosed = true;
      for (const cancel of timers) cancel();
      timers.clear();
      await queue.idle();
    },
    async storeResults() {
      unsubscribe();
      await queue.run(storeResults);
    },
  };
}

const rowOf = (record: MappingRecord): TableChange => ({
  kind: "put",
  table: "mappings",
  key: record.uuid,
  value: textOfRecord(record),
});
