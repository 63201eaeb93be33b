// A queue of SQS in a simulated load run, standard or FIFO: the embedded queues by the world's clock, and the pollers of production.

import { createQueueLookup } from "../../control/queue-lookup.ts";
import { createSqsKind, type SqsKind, type SqsRecord } from "../../kinds/sqs/sqs-kind.ts";
import type { SentRecord } from "../../load/observation.ts";
import type { PlannedSource } from "../../load/plan/plan.ts";
import type { PlannedRecord } from "../../load/plan/planned-record.ts";
import { md5Hex } from "../../platform/md5.ts";
import type { Entry } from "../../ports/journal.ts";
import type { MappingSpec, QueueSpec } from "../../ports/mapping-spec.ts";
import type { NewMessage } from "../../ports/queues.ts";
import type { MappingRunner } from "../../runtime/mapping-runner.ts";
import { createQueueRunner } from "../../runtime/queue/queue-runner.ts";
import { createLocalQueues } from "../../stores/local-queues.ts";
import { modelEventText, type RunnerPorts, type SimulatedSource, type SourceWorld } from "./simulated-source.ts";

type QueueSource = PlannedSource & { readonly kind: "sqs" };

export async function createSimulatedQueue(world: SourceWorld, source: QueueSource): Promise<SimulatedSource> {
  const { clock, random } = world;
  const local = createLocalQueues({ clock, uuid: () => random.uuid("queues") });
  const { queues } = local;
  const { queue: name, isFifo, visibilityMs } = source;
  const redrive = await madeDeadLetters();
  await queues.createQueue(name, { settings: { isFifo, visibilityMs, redrive } });
  const sent: SentRecord[] = [];
  /** By body: a message may be at its function before its sender knows its id. What is poisoned says so, and is like no other. */
  const poisoned = new Set<string>();
  let matches: (messageId: string, record: PlannedRecord) => boolean = () => true;
  let refusedCount = 0;

  async function madeDeadLetters() {
    if (source.deadLetters === null) return null;
    const deadLetterQueue = isFifo ? name.replace(/\.fifo$/, "-dead-letters.fifo") : `${name}-dead-letters`;
    await queues.createQueue(deadLetterQueue, { settings: { isFifo } });
    return { deadLetterQueue, maxReceiveCount: source.deadLetters.maxReceiveCount };
  }

  function runnerOf(given: MappingSpec, ports: RunnerPorts): MappingRunner {
    if (!isQueueSpec(given)) throw new Error(`${given.eventSourceArn} is no queue`);
    const kind = createSqsKind({
      eventSourceArn: given.eventSourceArn,
      region: given.region,
      queueName: name,
      md5: md5Hex,
    });
    const filter = ports.compileFilter(given.filterPatterns);
    if (filter !== null)
      matches = (messageId, { data }) => filter.passes(kind.filterView(recordOf(kind, messageId, data, clock.nowMs())));
    return createQueueRunner({ ...ports, spec: given, kind: ports.isModelled ? modelled(kind) : kind, queues });
  }

  function modelled(kind: SqsKind): SqsKind {
    const isPoison = ({ message }: SqsRecord): boolean => poisoned.size > 0 && poisoned.has(message.body);
    return { ...kind, text: (records) => modelEventText(records, isPoison, (record) => kind.identifier(record)) };
  }

  async function put(records: readonly PlannedRecord[], startedAtMs: number): Promise<void> {
    for (const { isPoison, data } of records) if (isPoison) poisoned.add(data);
    const answers = await queues.sendMany(name, records.map(messageOf));
    for (const [index, answer] of answers.entries()) {
      const record = records[index];
      if (answer.kind !== "sent" || record === undefined) {
        refusedCount += 1;
        continue;
      }
      const { messageId } = answer;
      const { atMs, groupId, bytes, isPoison } = record;
      const plannedAtMs = startedAtMs + atMs;
      const isMatching = matches(messageId, record);
      sent.push({
        plannedAtMs,
        sentAtMs: plannedAtMs,
        unit: "",
        id: messageId,
        key: groupId,
        bytes,
        isPoison,
        isMatching,
      });
    }
  }

  return {
    sourceArn: null,
    unitCount: 1,
    lookups: { queues: createQueueLookup(queues, "embeddedQueue") },
    runnerOf,
    put,
    handOver: () => false,
    sent,
    refusedCount: () => refusedCount,
    endedBy: queueEnds,
    isAtRest: () => true,
    close: () => local.close(),
  };
}

const isQueueSpec = (spec: MappingSpec): spec is QueueSpec => spec.queue !== null;

function queueEnds(entry: Entry): number {
  if (entry.kind === "deleted") return entry.recordCount;
  return entry.kind === "dead-letter" ? 1 : 0;
}

/** No two are alike: nothing is taken for a repetition. */
const messageOf = ({ n, data, bytes, groupId }: PlannedRecord): NewMessage => ({
  body: data,
  attributes: null,
  sizeBytes: bytes,
  delayMs: null,
  groupId,
  deduplicationId: groupId === null ? null : String(n),
});

function recordOf(kind: SqsKind, messageId: string, body: string, atMs: number): SqsRecord {
  const message = {
    messageId,
    receiptHandle: "",
    body,
    attributes: null,
    sentAtMs: atMs,
    firstReceivedAtMs: atMs,
    receiveCount: 1,
    sequenceNumber: null,
    groupId: null,
    deduplicationId: null,
    traceHeader: null,
    deadLetterSource: null,
  };
  return kind.record(message, { ordinal: 0, hasWindow: false, atMs });
}
