// What went into the queues of a simulated house and what came out of them, a history a mapping, for the checkers: messages as they were
// sent, what the queues did, calls and answers as functions see them. Nothing is taken from the runtime. A history has all that happened on
// the mapping's queue, since a message that another mapping has had is none that this one is owed.

import { compileFilters, MOST_FILTER_LIMIT } from "../core/filter/compile-filters.ts";
import { createPassingFilter } from "../core/filter/passing-filter.ts";
import { parseHandle } from "../kinds/sqs/receipt-handle.ts";
import { storedAttributes } from "../kinds/sqs/stored-attributes.ts";
import type { Clock } from "../ports/clock.ts";
import type { QueueSpec } from "../ports/mapping-spec.ts";
import type { QueueSettings } from "../ports/queues.ts";
import type { Fault } from "../sim/fault.ts";
import type { QueueHappening, QueueLimits } from "../sim/queue-history.ts";
import { failedIn, messagesSeenIn } from "../sim/seen-queue-event.ts";
import type { ToldQueue } from "../sim/told-history.ts";
import type { QueueWatch } from "../sim/virtual-queues.ts";
import type { MappingNotes } from "./house-history.ts";

export interface QueueHouseHistory {
  readonly watch: QueueWatch;
  /** A process of a mapping begins. `life`: unlike that of any other process. */
  started(spec: QueueSpec, life: number): MappingNotes;
  faultBefell(fault: Fault, number: number): void;
  mappings(): readonly string[];
  /** Empty: it is no mapping of a queue. */
  functionOf(uuid: string): string;
  queueOf(uuid: string): string;
  /** `isOver`: the world has had its time, and the mapping still runs: it owes everything now. */
  historyOf(uuid: string, settings: QueueSettings | null, isOver: boolean): ToldQueue;
}

interface MessageContent {
  readonly body: string;
  readonly attributes: string | null;
  /** FIFO; null for a standard queue. */
  readonly groupId: string | null;
}

interface Noted {
  /** Null: for every queue. */
  readonly queue: string | null;
  readonly happening: QueueHappening;
  readonly entriesBefore: number;
}

/** `isKept` false: nothing is looked at, and there is no history; a large run keeps its memory. */
export function createQueueHouseHistory(clock: Clock, isKept: boolean, entryCount: () => number): QueueHouseHistory {
  const noted: Noted[] = [];
  const specs = new Map<string, QueueSpec[]>();
  /** By message id: what its filter sees, and its group. A dead letter keeps all of it. */
  const contents = new Map<string, MessageContent>();
  let sentCount = 0;
  let callCount = 0;

  function note(queue: string | null, happening: QueueHappening): void {
    if (isKept) noted.push({ queue, happening, entriesBefore: entryCount() });
  }

  const watch: QueueWatch = {
    sent(queue, id, { body, attributes, groupId = null }, visibleAtMs) {
      if (!isKept) return;
      contents.set(id, { body, attributes, groupId });
      const message = { id, number: sentCount++, groupId, earlierCount: 0, atMs: clock.nowMs(), visibleAtMs };
      note(queue, { kind: "sent", message: { ...message, isFiltered: false } });
    },
    purged: (queue) => note(queue, { kind: "purged", atMs: clock.nowMs() }),
    received(queue, life, { messages, hiddenUntilMs, isLost }) {
      const seen = messages.map(({ messageId, receiptHandle, receiveCount }) => ({
        id: messageId,
        receipt: receiptHandle,
        count: receiveCount,
      }));
      note(queue, { kind: "received", life, messages: seen, hiddenUntilMs, isLost, atMs: clock.nowMs() });
    },
    repeated: (queue, ids) => note(queue, { kind: "repeated", ids }),
    deadLettered(queue, deadLetters) {
      const atMs = clock.nowMs();
      for (const { messageId: id, receiveCount: count, deadLetterQueue } of deadLetters) {
        note(queue, { kind: "dead-lettered", id, count, atMs });
        const groupId = contents.get(id)?.groupId ?? null;
        const message = { id, number: sentCount++, groupId, earlierCount: count, atMs, visibleAtMs: atMs };
        note(deadLetterQueue, { kind: "sent", message: { ...message, isFiltered: false } });
      }
    },
    deleteAsked(queue, life, receipts) {
      for (const receipt of receipts) note(queue, { kind: "delete-asked", life, receipt, atMs: clock.nowMs() });
    },
    deleted(queue, receipts) {
      for (const receipt of receipts) note(queue, { kind: "deleted", receipt, atMs: clock.nowMs() });
    },
    visibilityChanged: (queue, life, change) =>
      note(queue, { kind: "visibility-changed", life, ...change, atMs: clock.nowMs() }),
  };

  function started(spec: QueueSpec, life: number): MappingNotes {
    const { queueName } = spec.source;
    const own = specs.get(spec.uuid) ?? [];
    specs.set(spec.uuid, own);
    own.push(spec);
    let inForce = spec;
    /** It has stopped, or was killed. */
    let isOver = false;
    note(queueName, { kind: "started", life, atMs: clock.nowMs() });
    return {
      called(call) {
        if (!isKept) return () => undefined;
        const eventText = call.text();
        const messages = messagesSeenIn(eventText, storeReceipt);
        const number = callCount++;
        const { requestId } = call;
        const eventBytes = Buffer.byteLength(eventText);
        note(queueName, { kind: "called", call: number, life, requestId, messages, eventBytes, atMs: clock.nowMs() });
        // As it was asked: an update changes nothing of a call that is out.
        const { isReporting } = inForce.lane;
        return (answer) =>
          note(queueName, {
            kind: "returned",
            call: number,
            failed: failedIn(
              answer,
              messages.map(({ id }) => id),
              isReporting,
            ),
            isRefused: answer.kind === "refused",
            atMs: clock.nowMs(),
          });
      },
      positioned: () => note(queueName, { kind: "positioned", life }),
      updating(next) {
        if (next.queue === null) return;
        own.push(next);
        inForce = next;
      },
      stopped(isForced) {
        isOver = true;
        note(queueName, { kind: "stopped", life, isForced, atMs: clock.nowMs() });
      },
      crashed() {
        if (!isOver) note(queueName, { kind: "crashed", life, atMs: clock.nowMs() });
        isOver = true;
      },
      updated: () => undefined,
      // A queue has no checkpoints, no documents, and no shards that repeat themselves.
      reported: () => undefined,
      repeated: () => undefined,
      saved: () => undefined,
    };
  }

  return {
    watch,
    started,
    faultBefell: (fault, number) => note(null, { kind: "fault", fault, number, atMs: clock.nowMs() }),
    mappings: () => [...specs.keys()],
    functionOf: (uuid) => specs.get(uuid)?.at(-1)?.functionName ?? "",
    queueOf: (uuid) => specs.get(uuid)?.[0]?.source.queueName ?? "",
    historyOf(uuid, settings, isOver) {
      const queueName = specs.get(uuid)?.[0]?.source.queueName ?? "";
      const ofQueue = [...specs.values()].flat().filter(({ source }) => source.queueName === queueName);
      const isFiltered = filterOf(ofQueue, (id) => contents.get(id) ?? null);
      const own = noted.filter(({ queue }) => (queue ?? queueName) === queueName);
      const happenings = own.map(({ happening }): QueueHappening => {
        if (happening.kind !== "sent") return happening;
        const { message } = happening;
        return { kind: "sent", message: { ...message, isFiltered: isFiltered(message.id) } };
      });
      const entriesBefore = own.map((each) => each.entriesBefore);
      if (isOver) {
        happenings.push({ kind: "over", atMs: clock.nowMs() });
        entriesBefore.push(entryCount());
      }
      return { kind: "queue", history: { limits: queueLimitsOf(ofQueue, settings), happenings }, entriesBefore };
    },
  };
}

function queueLimitsOf(specs: readonly QueueSpec[], settings: QueueSettings | null): QueueLimits {
  const most = (of: (spec: QueueSpec) => number): number => Math.max(0, ...specs.map(of));
  const concurrency = most(({ queue }) => queue.maximumConcurrency ?? Number.POSITIVE_INFINITY);
  return {
    batchSize: most(({ lane }) => lane.batchSize),
    eventLimitBytes: most(({ lane }) => lane.eventLimitBytes),
    maximumConcurrency: Number.isFinite(concurrency) ? concurrency : null,
    isFifo: specs[0]?.source.isFifo === true,
    isMixingGroups: specs.some(({ queue }) => queue.pace.isMixingGroups),
    retentionMs: settings?.retentionMs ?? Number.POSITIVE_INFINITY,
    maxReceiveCount: settings?.redrive?.maxReceiveCount ?? null,
  };
}

/** What the queue calls the receipt; whether one that is none was ever given is for the checkers to say. */
const storeReceipt = (handle: string): string => parseHandle(handle)?.receipt ?? handle;

/** Whether one of the filters that were ever in force passes a message over. */
function filterOf(
  specs: readonly QueueSpec[],
  contentOf: (id: string) => MessageContent | null,
): (id: string) => boolean {
  const patterns = new Map(specs.map(({ filterPatterns }) => [JSON.stringify(filterPatterns), filterPatterns]));
  const filters = [...patterns.values()].flatMap((texts) => {
    const compiled = compileFilters(texts, "sqs", { limit: MOST_FILTER_LIMIT });
    return texts.length === 0 || compiled.kind !== "filters" ? [] : [createPassingFilter(compiled)];
  });
  return (messageId) => {
    const content = contentOf(messageId);
    if (content === null) return false;
    const messageAttributes = Object.fromEntries(
      storedAttributes(content.attributes).map(({ name, type, value }) => [
        name,
        { stringValue: value, dataType: type },
      ]),
    );
    const metadata = { messageId, messageAttributes };
    return filters.some((filter) => !filter.passes({ metadata, dataMember: "body", dataText: content.body }));
  };
}
