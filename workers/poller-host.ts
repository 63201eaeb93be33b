// One poller thread's side of the house: wires the ports of every mapping that main places here, and keeps their runners. It
// decides nothing about records; the runners do.

import { join } from "node:path";
import { assertNever } from "../src/core/assert-never.ts";
import { compileFilters, MOST_FILTER_LIMIT } from "../src/core/filter/compile-filters.ts";
import { createPassingFilter, type PassingFilter } from "../src/core/filter/passing-filter.ts";
import { createBucketDirectory } from "../src/destinations/bucket-directory.ts";
import { createEmbeddedReporter } from "../src/destinations/embedded-reporter.ts";
import { MillraceError } from "../src/errors.ts";
import { callOfDirect } from "../src/functions/direct-call.ts";
import { compileCacheDir } from "../src/functions/guest-environment.ts";
import { openPermits } from "../src/functions/permits.ts";
import { createThreadInvoker } from "../src/functions/thread-invoker.ts";
import { createFunctionLogs } from "../src/journal/function-logs.ts";
import { createJournalFiles } from "../src/journal/journal-files.ts";
import { createThreadJournal } from "../src/journal/thread-journal.ts";
import { createFanOutSource } from "../src/kinds/kinesis/fan-out-source.ts";
import type { KinesisRecord } from "../src/kinds/kinesis/kinesis-record.ts";
import { createStreamKind, filteredKindOf } from "../src/kinds/mapping-kind.ts";
import type { StreamKind } from "../src/kinds/stream-kind.ts";
import { createSystemClock } from "../src/platform/system-clock.ts";
import { createSystemRandom } from "../src/platform/system-random.ts";
import { isConsumerArn } from "../src/ports/consumers.ts";
import {
  type BrokerSpec,
  type ChangeSpec,
  type GroupSpec,
  isStreamSpec,
  type MappingSpec,
  type StreamSpec,
} from "../src/ports/mapping-spec.ts";
import type { DisablingReason, Source } from "../src/ports/source.ts";
import { createMappingRunner, type MappingRunner, type MappingRunnerOptions } from "../src/runtime/mapping-runner.ts";
import { createEmbeddedSource } from "../src/stores/embedded-source.ts";
import { hexHashKeyOf } from "../src/stores/partitioner.ts";
import { createStoreCheckpoints } from "../src/stores/store-checkpoints.ts";
import { createStoreClient } from "../src/stores/store-client.ts";
import { createQueues } from "../src/stores/store-queues.ts";
import { statePaths } from "../src/platform/state-directory.ts";
import { workerEntry } from "../src/threads/entries.ts";
import type { FromPoller, MappingSummary, PollerBoot, ToPoller } from "../src/threads/protocol.ts";
import { createBrokerRunner } from "./broker-runner.ts";
import { createChangeMapping } from "./change-mapping.ts";
import { createGroupMapping } from "./group-runner.ts";
import { createConsumerWatches } from "./consumer-watches.ts";
import { createHostedQueue } from "./hosted-queue.ts";
import { createToldSecrets } from "./told-secrets.ts";
import { logsOfFailures, noteNoThread } from "./told-calls.ts";
import { isSame } from "./same-summary.ts";
import { createToldThreads } from "./told-threads.ts";
import { createToldTopics } from "./told-topics.ts";
import { createEndpointReporter } from "./destinations/endpoint-reporter.ts";
import { createRecorderHost, type RecordedMapping } from "./recorder-host.ts";
import type { RedisQueues } from "./redis/queues/redis-queues.ts";
import type { RedisSources } from "./redis/redis-sources.ts";

/** How often main hears how mappings stand. Those of which nothing is new are left out. */
const SUMMARY_MS = 250;

/** A direct invocation ends by itself, by its time-out or with its pool. */
const NEVER = new AbortController().signal;

export interface PollerHost {
  receive(message: Exclude<ToPoller, PollerBoot>): void;
}

interface Hosted {
  readonly uuid: string;
  readonly generation: number;
  readonly runner: Omit<MappingRunner, "record">;
  /** Null: its source is none that recordings carry. */
  readonly recorded: RecordedMapping | null;
  said: MappingSummary | null;
  isDeleted: boolean;
}

export interface RedisParts {
  readonly sources: RedisSources;
  readonly queues: RedisQueues;
}

/** `redis` is null where no Redis is configured. */
export function createPollerHost(
  boot: PollerBoot,
  redis: RedisParts | null,
  tell: (message: FromPoller) => void,
): PollerHost {
  const clock = createSystemClock();
  const random = createSystemRandom();
  const paths = statePaths(boot.stateDir);
  const store = createStoreClient(boot.storePort);
  const journal = createThreadJournal({
    clock,
    files: createJournalFiles({
      dir: paths.journalDir,
      threadName: boot.threadName,
      limitBytes: boot.journalBytes,
      clock,
      onProblem: (error) => noteJournal("unwritable", String(error)),
      onWell: () => noteJournal("writable", ""),
    }),
    onEntries: (entries, droppedCount) => tell({ kind: "entries", entries, droppedCount }),
  });
  const noteJournal = (event: "unwritable" | "writable", detail: string): void => {
    const thread = `the journal of ${boot.threadName}`;
    journal.append(null, boot.threadName, { kind: "thread", thread, event, detail });
  };
  const noteThread = (detail: string): void =>
    journal.append(null, boot.threadName, { kind: "thread", thread: boot.threadName, event: "failed", detail });
  const logs = createFunctionLogs({
    dir: paths.logDir,
    limitBytes: boot.logBytes,
    clock,
    onProblem: (error) => noteThread(`the logs of functions cannot be written: ${String(error)}`),
  });
  const permits = openPermits(boot.permits, boot.pollerIndex, boot.maxFunctionThreads);
  const threads = createThreadInvoker({
    functions: boot.functions,
    permits,
    workerUrl: workerEntry("function"),
    endpointUrl: boot.endpointUrl,
    region: boot.region,
    clock,
    random,
    hostEnvironment: process.env,
    onLog(line) {
      logs.write(line);
      journal.append(null, `function/${line.functionName}`, { kind: "log", ...line });
    },
    onNoThread: (call, runningCount) => noteNoThread(journal, call, runningCount),
    maxThreads: boot.maxFunctionThreads,
    compileCacheDir: compileCacheDir(boot.stateDir),
    isDebugged: boot.isDebugged,
  });
  const sayThreads = createToldThreads(() => threads.threadReports(), tell);
  const invoker = logsOfFailures(threads, logs, clock);
  const topics = createToldTopics(tell);
  const queues = redis?.queues ?? createQueues(store);
  const queuePorts = { queues, invoker, journal, clock, random, permits, compileFilter };
  const embedded = { queues, topics, buckets: createBucketDirectory(join(paths.bucketRoot)), random, home: boot };
  const reporter = createEndpointReporter(boot.destinations, { embedded: createEmbeddedReporter(embedded), clock });
  const consumers = createConsumerWatches(store);
  const secrets = createToldSecrets(tell);
  const mappings = new Map<string, Hosted>();
  let onEmpty: (() => void) | null = null;
  const recorders = createRecorderHost(clock, tell);
  let isShuttingDown = false;
  let areLanesWatched = false;
  /** Of partitions of Kafka's in this thread. */
  let epochCount = 0;

  function start(spec: MappingSpec): void {
    const { uuid, generation } = spec;
    const gone = (): void => {
      const hosted = mappings.get(uuid);
      if (hosted?.generation !== generation) return; // A newer one has taken its place.
      sayNow(uuid, hosted);
      mappings.delete(uuid);
      if (hosted.isDeleted) journal.forget(uuid);
      if (mappings.size === 0) onEmpty?.();
    };
    const events: MappingRunnerOptions<KinesisRecord>["events"] = {
      positioned: () => tell({ kind: "positioned", uuid, generation }),
      updated: () => tell({ kind: "updated", uuid, generation }),
      problem: (problem) => tell({ kind: "problem", uuid, generation, problem }),
      stopped: (errors) => {
        gone();
        tell({ kind: "stopped", uuid, generation, errors });
      },
      fenced: () => {
        gone();
        tell({ kind: "fenced", uuid, generation });
      },
    };
    const hosted: Hosted = { uuid, generation, ...madeOf(spec, events), said: null, isDeleted: false };
    mappings.set(uuid, hosted);
    if (hosted.recorded !== null) recorders.starting(hosted.recorded);
    hosted.runner.start();
  }

  function madeOf(
    spec: MappingSpec,
    events: MappingRunnerOptions<KinesisRecord>["events"],
  ): Pick<Hosted, "runner" | "recorded"> {
    if (spec.queue !== null) return { runner: createHostedQueue(spec, { ...queuePorts, events }), recorded: null };
    if (isStreamSpec(spec)) return recordedMapping(streamMapping(spec, events));
    if (spec.broker !== undefined) return { runner: brokerMapping(spec, events), recorded: null };
    return { runner: clusterMapping(spec, events), recorded: null };
  }

  function clusterMapping(
    spec: GroupSpec | ChangeSpec,
    events: MappingRunnerOptions<KinesisRecord>["events"],
  ): MappingRunner {
    const { uuid, generation } = spec;
    const ports = {
      invoker,
      reporter,
      journal,
      clock,
      random,
      checkpoints: createStoreCheckpoints(store, uuid, { generation }),
      events: { ...events, unrecoverable: tellUnrecoverable(spec) },
      secretText: (arn: string) => secrets.textOf(arn),
      store,
    };
    if (spec.changes !== undefined) return createChangeMapping(spec, ports);
    return createGroupMapping(spec, {
      ...ports,
      compileFilter: (patterns) => compileFilter(spec, patterns),
      nextEpoch: () => ++epochCount,
      writeLog: (functionName, text) => logs.write({ functionName, requestId: "", stream: "stdout", text }),
    });
  }

  const tellUnrecoverable =
    ({ uuid, generation }: MappingSpec) =>
    (reason: DisablingReason): void =>
      tell({ kind: "unrecoverable", uuid, generation, reason });

  function brokerMapping(spec: BrokerSpec, events: MappingRunnerOptions<KinesisRecord>["events"]): MappingRunner {
    return createBrokerRunner(spec, {
      invoker,
      reporter,
      journal,
      clock,
      random,
      compileFilter: (patterns) => compileFilter(spec, patterns),
      events: { ...events, unrecoverable: tellUnrecoverable(spec) },
      secretText: (arn) => secrets.textOf(arn),
      embeddedQueues: createQueues(store),
    });
  }

  function streamMapping(spec: StreamSpec, events: MappingRunnerOptions<KinesisRecord>["events"]): RecordedMapping {
    const { uuid, generation } = spec;
    const kind = createStreamKind(spec);
    const runner = createMappingRunner<KinesisRecord>({
      spec,
      kind,
      source: sourceOf(spec, kind),
      invoker,
      reporter,
      checkpoints: createStoreCheckpoints(store, uuid, { generation }),
      journal,
      clock,
      random,
      compileFilter: (patterns) => compileFilter(spec, patterns),
      events,
    });
    return { uuid, kind, runner };
  }

  /** Records do not grow too old while a debugger holds their function. */
  function clocked(spec: MappingSpec): MappingSpec {
    return boot.isDebugged ? { ...spec, lane: { ...spec.lane, maxAgeMs: -1 } } : spec;
  }

  function stop(message: Extract<ToPoller, { kind: "stop" }>): void {
    const hosted = mappings.get(message.uuid);
    if (hosted === undefined) return;
    if (message.isDelete) hosted.isDeleted = true;
    hosted.runner.stop(message);
  }

  function sourceOf(spec: StreamSpec, kind: StreamKind): Source<KinesisRecord> {
    if (isConsumerArn(spec.eventSourceArn)) {
      const watch = consumers.of(spec.eventSourceArn);
      return createFanOutSource({ source: streamOf(spec, kind), kind, watch, md5: hexHashKeyOf });
    }
    return streamOf(spec, kind);
  }

  function streamOf(spec: StreamSpec, kind: StreamKind): Source<KinesisRecord> {
    const { source } = spec;
    if (source.kind === "embeddedKinesis" || source.kind === "embeddedDynamodb")
      return createEmbeddedSource({ client: store, streamName: source.streamName, kind });
    if (redis === null) throw new MillraceError("protocol-broken", "a mapping on Redis without an address of Redis");
    return redis.sources.open(source, { arn: spec.eventSourceArn, kind });
  }

  function sayNow(uuid: string, hosted: Hosted): void {
    const fresh = freshSummary(uuid, hosted);
    if (fresh !== null) tell({ kind: "summary", mappings: [fresh] });
  }

  /** Null: nothing is new since the last one. */
  function freshSummary(uuid: string, hosted: Hosted): MappingSummary | null {
    const { runner, generation } = hosted;
    const lanes = areLanesWatched ? runner.laneReports() : [];
    const units = areLanesWatched ? runner.unitReports?.() : undefined;
    const summary = { uuid, generation, lanes, ...(units === undefined ? {} : { units }), ...runner.summary() };
    if (isSame(hosted.said, summary)) return null;
    hosted.said = summary;
    return summary;
  }

  function sayAll(): void {
    const fresh: MappingSummary[] = [];
    for (const [uuid, hosted] of mappings) {
      const summary = freshSummary(uuid, hosted);
      if (summary !== null) fresh.push(summary);
    }
    if (fresh.length > 0) tell({ kind: "summary", mappings: fresh });
    if (areLanesWatched) sayThreads();
    cancelSummary = clock.wakeAt(clock.nowMs() + SUMMARY_MS, sayAll);
  }
  let cancelSummary = clock.wakeAt(clock.nowMs() + SUMMARY_MS, sayAll);

  async function shutDown(graceMs: number): Promise<void> {
    isShuttingDown = true;
    if (mappings.size > 0) {
      await new Promise<void>((resolve) => {
        onEmpty = resolve;
        for (const { runner } of mappings.values()) runner.stop({ isDelete: false, graceMs });
      });
    }
    cancelSummary();
    recorders.close();
    await threads.close(graceMs);
    permits.close();
    reporter.close();
    redis?.sources.close();
    await redis?.queues.close();
    invoker.flush();
    await logs.close();
    await journal.close();
    store.close();
    tell({ kind: "shut-down", errors: [] });
  }

  return {
    receive(message) {
      switch (message.kind) {
        case "start":
          // The row is stored: the next start of Millrace begins it.
          return isShuttingDown ? undefined : start(clocked(message.spec));
        case "update":
          return mappings.get(message.spec.uuid)?.runner.update(clocked(message.spec));
        case "stop":
          return stop(message);
        case "steer":
          return mappings.get(message.uuid)?.runner.steer(message.command);
        case "function":
          return threads.deploy(message.deployed);
        case "consumer-gone":
          return consumers.gone(message.consumerArn);
        case "function-removed":
          return threads.remove(message.name);
        case "watch":
          areLanesWatched = message.areLanesWatched;
          return journal.watch(message.isWatched);
        case "record":
          return recorders.begin(
            message,
            [...mappings.values()].flatMap(({ recorded }) => recorded ?? []),
          );
        case "record-end":
          return recorders.end(message.id);
        case "secret-text":
          return secrets.answered(message.id, message.text);
        case "published":
          return topics.answered(message.id, message.answer);
        case "invoke":
          void invoker.invoke(callOfDirect(message.call), NEVER).then((answer) => {
            tell({ kind: "invoked", id: message.id, answer });
          });
          return;
        case "shutdown":
          void shutDown(message.graceMs);
          return;
        default:
          return assertNever(message);
      }
    },
  };
}

const recordedMapping = (recorded: RecordedMapping) => ({ runner: recorded.runner, recorded });

/** Patterns were compiled when the mapping was made; one that no longer compiles would lose records, so nothing runs. */
function compileFilter(spec: MappingSpec, patterns: readonly string[]): PassingFilter | null {
  const compiled = compileFilters(patterns, filteredKindOf(spec), { limit: MOST_FILTER_LIMIT });
  if (compiled.kind === "none") return null;
  if (compiled.kind === "filters") return createPassingFilter(compiled);
  throw new MillraceError("filter-invalid", `a stored filter pattern cannot be used: ${compiled.kind}`);
}
