// Wires the house: state directory, store thread, streams, functions, poller threads, control plane, the one port. Builds nothing
// itself and decides nothing. The command line (src/cli) and tests call it.

import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { createSystemClock } from "./platform/system-clock.ts";
import { createSystemRandom } from "./platform/system-random.ts";
import { openStateDirectory } from "./platform/state-directory.ts";
import { secretFileText } from "./config/secret-text.ts";
import { createControlPlane } from "./control/control-plane.ts";
import { createSelfFeedingWatch } from "./control/self-feeding.ts";
import { createConsumerRegistry } from "./control/kinesis/consumer-registry.ts";
import { createFunctionApi } from "./control/functions/function-api.ts";
import { createHttpServer } from "./control/http/http-server.ts";
import { createQueueLookup } from "./control/queue-lookup.ts";
import { createStreamLookup } from "./control/stream-lookup.ts";
import { createSecretTable } from "./control/secrets/secret-table.ts";
import { MillraceError } from "./errors.ts";
import { createFunctionRegistry } from "./functions/function-registry.ts";
import { reservedVariables } from "./functions/guest-environment.ts";
import { createLayerStore } from "./functions/layer-store.ts";
import { createPermitsBuffer, releaseRow } from "./functions/permits.ts";
import { createJournalFeed } from "./journal/journal-feed.ts";
import { createJournalFiles } from "./journal/journal-files.ts";
import { createThreadJournal } from "./journal/thread-journal.ts";
import { createEmbeddedStreams } from "./stores/embedded-streams.ts";
import { startStoreThread } from "./stores/start-store-thread.ts";
import { forgetCheckpoints } from "./stores/store-checkpoints.ts";
import { createStoreClient } from "./stores/store-client.ts";
import { createQueues } from "./stores/store-queues.ts";
import { createTables } from "./stores/store-tables.ts";
import { createTablesThread } from "./tables/tables-thread.ts";
import { workerEntry } from "./threads/entries.ts";
import { createPollerSupervisor, type PollerSupervisor } from "./threads/poller-supervisor.ts";
import { openQueues, openStreams, streamAddresses } from "./wiring/configured-streams.ts";
import { applyConfiguredMappings } from "./wiring/configured-mappings.ts";
import { embeddedDoors } from "./wiring/embedded-doors.ts";
import { knownSources } from "./wiring/known-sources.ts";
import { makeConfiguredResources } from "./wiring/configured-resources.ts";
import { createInvocations } from "./wiring/invocations.ts";
import { functionLookup } from "./wiring/function-lookup.ts";
import { createLiveRecordings } from "./wiring/live-recordings.ts";
import { openHouseBuckets } from "./wiring/house-buckets.ts";
import { openHouseTopics } from "./wiring/house-topics.ts";
import { createLaneWatch } from "./wiring/lane-watch.ts";
import { openDashboard } from "./wiring/open-dashboard.ts";
import type { RunningMillrace, StartOptions } from "./wiring/running-millrace.ts";
import { createThreadPlacement } from "./wiring/thread-placement.ts";

/** Functions that can be deployed at once. */
const MOST_FUNCTIONS = 1_000;
/** A mapping that stops lets its invocations end for as long as AWS's longest time-out would allow, then cuts them. */
const STOP_GRACE_MS = 900_000;
/** Retention is by time as on AWS; this only keeps a forgotten producer from filling the disk. */
const MOST_SHARD_BYTES = 20_000_000_000;

export type { RunningMillrace, StartOptions };

/**
 * Rejects with MillraceError: config-invalid (a mapping that is refused), handler-not-found, bad-argument (an address that cannot be
 * listened on), port-taken, state-locked, state-version, state-broken, source-unreachable, thread-failed.
 */
export async function startMillrace(options: StartOptions): Promise<RunningMillrace> {
  const { config } = options;
  const closers: (() => Promise<unknown> | void)[] = [];
  try {
    return await wire(options, closers);
  } catch (error) {
    // What was opened before the failure is given back, the last first; the failure itself is what the caller hears.
    for (const close of closers.reverse()) await Promise.resolve(close()).catch(() => undefined);
    if (error instanceof MillraceError) throw error;
    throw new MillraceError("thread-failed", `Millrace could not start on ${config.host}:${config.port}`, {
      cause: error,
    });
  }
}

async function wire(options: StartOptions, closers: (() => Promise<unknown> | void)[]): Promise<RunningMillrace> {
  const { config } = options;
  const clock = createSystemClock();
  const random = createSystemRandom();
  const state = openStateDirectory(config.stateDir);
  closers.push(() => state.close());
  const feed = createJournalFeed();
  feed.subscribe(options.onEntries);
  const journal = createThreadJournal({
    clock,
    files: createJournalFiles({
      dir: state.journalDir,
      threadName: "main",
      limitBytes: config.journalBytes,
      clock,
      onProblem: (error) => noteDisk("the journal of main", String(error)),
      onWell: () => noteDisk("the journal of main", null),
    }),
    onEntries: (entries, droppedCount) => feed.publish(entries, droppedCount),
    isWatched: true,
  });
  closers.push(() => journal.close());
  feed.subscribe((entries) => {
    for (const entry of entries) {
      // Nothing follows it: the numbers of its lanes are not kept for ever.
      if (entry.kind === "mapping-state" && entry.to === "Gone") journal.forget(entry.mapping ?? "none");
    }
  });
  const noteThread = (thread: string, detail: string): void =>
    journal.append(null, "threads", { kind: "thread", thread, event: "failed", detail });
  /** Null: it can be written again. */
  const noteDisk = (thread: string, trouble: string | null): void => {
    const event = trouble === null ? "writable" : "unwritable";
    journal.append(null, "threads", { kind: "thread", thread, event, detail: trouble ?? "" });
  };

  let hasStoreFailed = false;
  const store = await startStoreThread({
    entry: workerEntry("store"),
    storeFile: state.storeFile,
    region: config.region,
    accountId: config.account,
    maxShardBytes: MOST_SHARD_BYTES,
    onFailed(error) {
      hasStoreFailed = true;
      options.onFatal(error);
    },
    onProblem: (message) => noteDisk("the store", message),
    onWell: () => noteDisk("the store", null),
  });
  closers.push(() => store.close());
  const client = createStoreClient(store.connect());
  closers.push(() => client.close());
  const tables = createTables(client);
  const ofRedis = { clock, onProblem: (detail: string) => noteThread("redis", detail) };
  const streams = await openStreams(config, createEmbeddedStreams(client), ofRedis);
  closers.push(() => streams.close());
  const openedQueues = await openQueues(config, createQueues(client), ofRedis);
  closers.push(() => openedQueues.close());
  const { queues } = openedQueues;
  const addressOf = streamAddresses(config);
  const consumers = createConsumerRegistry({
    tables,
    clock,
    transitionsMs: config.transitionsMs,
    onGone: (consumerArn) => supervisor?.broadcast({ kind: "consumer-gone", consumerArn }),
  });
  const itemTables = createTablesThread({
    entry: workerEntry("tables"),
    boot: {
      folder: state.tablesDir,
      partition: "aws",
      region: config.region,
      accountId: config.account,
      redis: config.redis,
    },
    connectStore: () => store.connect(),
    onFailed: (text) => noteThread("tables", text),
  });
  closers.push(() => itemTables.close());
  // What an earlier run has written and not told a stream is told now. Without tables their thread starts with the first call.
  if (existsSync(state.tablesDir)) await itemTables.open();

  let supervisor: PollerSupervisor | null = null;
  const permits = createPermitsBuffer({
    pollerCount: config.pollers,
    slotCount: MOST_FUNCTIONS,
    maxRunning: config.maxFunctionThreads,
  });
  const layers = createLayerStore({ root: join(state.root, "layers"), tables });
  const functions = createFunctionRegistry({
    stateDir: state.root,
    clock,
    random,
    tables,
    readLayer: (layer) => layers.readZip(layer.name, layer.version),
    slotCount: MOST_FUNCTIONS,
    isWatching: true,
    onDeployed(deployed, reason) {
      journal.append(null, "functions", { kind: "function-version", functionName: deployed.settings.name, reason });
      supervisor?.broadcast({ kind: "function", deployed });
    },
    onRemoved(name) {
      journal.append(null, "functions", { kind: "function-version", functionName: name, reason: "removed" });
      supervisor?.broadcast({ kind: "function-removed", name });
    },
    onNote: (name, text) => noteThread(`function ${name}`, text),
  });
  closers.push(() => functions.close());

  const recordings = createLiveRecordings(clock, () => supervisor);
  const placement = createThreadPlacement({
    forget: (uuid) => forgetCheckpoints(client, uuid, { isDeleted: true }),
    graceMs: options.isDebugged === true ? Number.POSITIVE_INFINITY : STOP_GRACE_MS,
    onEntries: (entries, droppedCount) => feed.publish(entries, droppedCount),
    onRecorded: (message) => recordings.receive(message),
  });
  const settings = { partition: "aws", region: config.region, accountId: config.account };
  const versionId = (): string => random.uuid("secrets");
  const secrets = createSecretTable(config.secrets, { settings, clock, versionId, textOf: secretFileText });
  const control = createControlPlane({
    tables,
    placement: placement.placement,
    functions: functionLookup(functions),
    streams: createStreamLookup(streams, consumers, addressOf),
    queues: createQueueLookup(queues, openedQueues.kind),
    ...knownSources(config),
    hasSecret: (secretArn) => secrets.find(secretArn) !== null,
    clock,
    random,
    journal,
    settings,
    filterLimit: config.filtersPerMapping,
    idleCloseMs: config.windowIdleMs,
    queuePace: config.queuePace,
    transitionsMs: config.transitionsMs,
  });
  const { directory: buckets, objects, uploads } = openHouseBuckets(state.bucketRoot, random);
  let isReady = false;
  const invocations = createInvocations({ tables, functions, settings, clock, journal });
  let reachedAt = "";
  const topics = await openHouseTopics({
    tables,
    queues,
    invocations,
    clock,
    random,
    journal,
    settings,
    endpointUrl: () => reachedAt,
  });
  closers.push(() => topics.close());
  const watchers = createLaneWatch((isOn) =>
    supervisor?.broadcast({ kind: "watch", isWatched: true, areLanesWatched: isOn }),
  );
  const doors = embeddedDoors(config, { client, control, clock });
  const dashboard = openDashboard({
    config,
    version: options.version,
    isReadOnly: options.isReadOnly === true,
    control,
    journal: feed,
    queues,
    clock,
    random,
    watchLanes: watchers.watcher(),
    functionThreads: () => supervisor?.functionThreads() ?? [],
    house: { kafka: doors.kafka, streams, buckets: objects, settings },
    journalDir: state.journalDir,
    url: () => reachedAt,
  });
  const server = createHttpServer({
    addPages: dashboard.addPages,
    ...doors,
    control,
    invoke: invocations,
    functions: createFunctionApi({
      functions: functions.store,
      layers,
      tables,
      clock,
      journal,
      random,
      settings,
      reservedVariables,
      configFile: config.file === null ? null : relative(process.cwd(), config.file),
      readObject: (bucket, key, mostBytes) => buckets.get(bucket, key, mostBytes),
    }),
    streams,
    consumers,
    tables: itemTables,
    queues,
    topics,
    buckets: objects,
    uploads,
    secrets,
    journal: feed,
    selfFeeding: createSelfFeedingWatch({ views: () => control.views(), journal, clock }),
    clock,
    random,
    settings,
    isReady: () => isReady,
    recordings,
    allowedHosts: config.allowedHosts,
  });

  await makeConfiguredResources(config, {
    streams,
    tables: itemTables,
    queues,
    topics,
    buckets,
    functions,
    onOtherwise: (text) => journal.append(null, "configuration", { kind: "configured-otherwise", text }),
  });
  // Mappings made through the API go on with their functions, whatever the configuration names today.
  await layers.restore();
  await functions.restore();
  await control.start();
  closers.push(() => control.close());
  // Only now, so that nobody who asks while we start hears that a mapping or a stream is not there. Threads need the address.
  const url = await server.listen({ host: config.host, port: config.port });
  reachedAt = url;
  state.announce(url);
  closers.push(() => server.close(0));
  closers.push(() => invocations.close());
  const placed = placement.launch((hooks) =>
    createPollerSupervisor({
      ...hooks,
      pollerCount: config.pollers,
      clock,
      boot: {
        stateDir: state.root,
        permits,
        redis: config.redis,
        destinations: config.destinations,
        endpointUrl: url,
        region: config.region,
        accountId: config.account,
        maxFunctionThreads: config.maxFunctionThreads,
        journalBytes: config.journalBytes,
        isDebugged: options.isDebugged === true,
        logBytes: config.logBytes,
      },
      connectStore: () => store.connect(),
      functions: () => functions.list(),
      releasePermits: (pollerIndex) => releaseRow(permits, pollerIndex),
      onFact: (fact) => journal.append(null, "threads", fact),
      topics,
      secretText: (secretArn) => secrets.find(secretArn)?.text ?? null,
    }),
  );
  supervisor = placed.supervisor;
  closers.push(() => placed.supervisor.close(0));
  watchers.tell();
  await invocations.launch(placed.supervisor);
  const configured = await applyConfiguredMappings(config, {
    control,
    feed,
    tables: itemTables,
    onNote: (text) => noteThread("configuration", text),
  });
  closers.push(() => configured.close());
  isReady = true;

  async function stop(graceMs: number): Promise<{ readonly errors: readonly string[] }> {
    configured.close();
    const errors: string[] = [];
    const give = async (what: string, close: () => Promise<unknown> | void): Promise<void> => {
      try {
        await close();
      } catch (error) {
        errors.push(`${what}: ${String(error)}`);
      }
    };
    const invoked = invocations.close();
    await give("mappings", () => control.close());
    await give("pollers", async () => void errors.push(...(await placed.supervisor.close(graceMs))));
    // A store that has died was told when it did.
    if (!hasStoreFailed) await give("results", () => control.storeResults());
    await give("invocations", () => invoked);
    await give("port", () => server.close(1_000));
    await give("topics", () => topics.close());
    await give("functions", () => functions.close());
    await give("tables", () => itemTables.close());
    await give("streams", () => streams.close());
    await give("queues", () => openedQueues.close());
    await give("journal", () => journal.close());
    await give("store", () => {
      client.close();
      return store.close();
    });
    await give("state directory", () => state.close());
    return { errors };
  }

  let stopping: ReturnType<typeof stop> | null = null;
  return {
    url,
    views: () => control.views(),
    countMessages: (queueName) => queues.countMessages(queueName),
    watchLanes: watchers.watcher(),
    functionThreads: () => placed.supervisor.functionThreads(),
    pause: (uuid) => control.steer(uuid, "pause"),
    step: (uuid) => control.steer(uuid, "step"),
    resume: (uuid) => control.steer(uuid, "resume"),
    runningCount: () =>
      control.views().reduce((sum, view) => sum + (view.summary?.runningCount ?? 0), placed.supervisor.callCount()),
    stop(graceMs) {
      stopping ??= stop(graceMs);
      return stopping;
    },
  };
}
