// A mapping on a change stream by the production runner and adapter, with a handler in place of function threads. Its checkpoints outlive it.

import { randomUUID } from "node:crypto";
import { onTestFinished, vi } from "vitest";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../../src/core/settings.ts";
import { createChangeKind } from "../../../src/kinds/documentdb/change-kind.ts";
import type { ChangeRecord } from "../../../src/kinds/documentdb/change-record.ts";
import { unpack } from "../../../src/kinds/unpackers.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import type { Checkpoint, Checkpoints } from "../../../src/ports/checkpoints.ts";
import type { Answer } from "../../../src/ports/invoker.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import type { ChangeSpec } from "../../../src/ports/mapping-spec.ts";
import type { DisablingReason, SourceProblem, Start } from "../../../src/ports/source.ts";
import { createChangeRunner } from "../../../src/runtime/change-runner.ts";
import { createKeptJournal } from "../../../src/sim/journal-digest.ts";
import { createMongoSource } from "../../../workers/mongo/mongo-source.ts";

export const clusterArn = "arn:aws:rds:us-east-1:000000000000:cluster:shop";

export type SeenChange = Readonly<Record<string, unknown>> & {
  readonly operationType: string;
  readonly ns: { readonly db: string; readonly coll?: string };
  readonly documentKey?: { readonly _id: unknown };
};

export type Handler = (changes: readonly SeenChange[], index: number) => unknown;

export interface LiveMappingOptions {
  /** With user and password: what a secret would hold. */
  readonly url: string;
  readonly database: string;
  readonly collection?: string | null;
  readonly start?: Start;
  /** Throws: the call fails. */
  readonly handler?: Handler;
  readonly batchSize?: number;
  readonly windowMs?: number;
  readonly fullDocument?: "Default" | "UpdateLookup";
  readonly isKeepingServerFields?: boolean;
  readonly caFile?: string | null;
  readonly disabledAfterMs?: number;
  readonly secretText?: () => string | null;
  /** Left out: of its own, empty. */
  readonly stored?: StoredPlaces;
  /** Of idle places: how far the clock that they go by is ahead. */
  readonly aheadMs?: () => number;
}

/** What a mapping has stored; `onSave` may lose it. */
export interface StoredPlaces extends Checkpoints {
  readonly values: Map<string, Checkpoint>;
  isLosing: boolean;
}

export function storedPlaces(): StoredPlaces {
  const values = new Map<string, Checkpoint>();
  const places: StoredPlaces = {
    values,
    isLosing: false,
    load: () => Promise.resolve(new Map(values)),
    save(unit, checkpoint) {
      if (places.isLosing) return Promise.resolve("failed");
      values.set(unit, checkpoint);
      return Promise.resolve("kept");
    },
  };
  return places;
}

export interface LiveMapping {
  /** Of calls that have begun, in order. */
  readonly calls: readonly (readonly SeenChange[])[];
  /** The events' texts, as they are sent. */
  readonly texts: readonly string[];
  readonly unrecoverable: readonly DisablingReason[];
  /** How many calls run now, at most so far. */
  mostAtOnce(): number;
  changes(): readonly SeenChange[];
  readonly positioned: Promise<void>;
  isPositioned(): boolean;
  problem(): SourceProblem | null;
  facts<Kind extends Entry["kind"]>(kind: Kind): readonly Extract<Entry, { kind: Kind }>[];
  update(change: Partial<Pick<LiveMappingOptions, "fullDocument" | "collection">>): void;
  stop(graceMs?: number): Promise<void>;
}

export function aLiveMapping(given: LiveMappingOptions): LiveMapping {
  const uuid = randomUUID();
  const clock = createSystemClock();
  const journal = createKeptJournal(clock);
  const calls: (readonly SeenChange[])[] = [];
  const texts: string[] = [];
  const unrecoverable: DisablingReason[] = [];
  const stopped = Promise.withResolvers<void>();
  let options = given;
  const positioned = Promise.withResolvers<void>();
  let isPositioned = false;
  let problem: SourceProblem | null = null;
  let runningCount = 0;
  let mostAtOnce = 0;
  const runner = createChangeRunner<ChangeRecord>({
    spec: specOf(uuid, options),
    kind: createChangeKind({ eventSourceArn: clusterArn }),
    sourceOf: ({ source, changes }) => {
      if (source.kind !== "mongo") throw new Error("another source");
      return createMongoSource({
        address: source,
        ...changes,
        secretText: () =>
          Promise.resolve(options.secretText === undefined ? secretOf(options.url) : options.secretText()),
        nowMs: () => clock.nowMs() + (options.aheadMs?.() ?? 0),
      });
    },
    invoker: {
      async invoke(call): Promise<Answer> {
        const packed = call.pack();
        texts.push(Buffer.from(packed.buffer).toString());
        const changes = changesOf(unpack(packed));
        calls.push(changes);
        runningCount += 1;
        mostAtOnce = Math.max(mostAtOnce, runningCount);
        try {
          await given.handler?.(changes, calls.length - 1);
          return { kind: "returned", json: null, executedVersion: "$LATEST", tookMs: 1 };
        } catch (error) {
          return {
            kind: "functionError",
            reason: "threw",
            errorType: "Error",
            message: String(error),
            trace: [],
            executedVersion: "$LATEST",
            tookMs: 1,
          };
        } finally {
          runningCount -= 1;
        }
      },
    },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "there is no destination" }) },
    checkpoints: options.stored ?? storedPlaces(),
    journal,
    clock,
    random: createSystemRandom(),
    compileFilter: () => null,
    events: {
      positioned: () => {
        isPositioned = true;
        positioned.resolve();
      },
      updated: () => {},
      problem: (met) => {
        problem = met;
      },
      unrecoverable: (reason) => unrecoverable.push(reason),
      stopped: () => stopped.resolve(),
      fenced: () => stopped.resolve(),
    },
  });
  runner.start();
  const stop = async (graceMs = 60_000): Promise<void> => {
    runner.stop({ isDelete: false, graceMs });
    await stopped.promise;
  };
  onTestFinished(() => stop(0));
  return {
    calls,
    texts,
    unrecoverable,
    mostAtOnce: () => mostAtOnce,
    changes: () => calls.flat(),
    positioned: positioned.promise,
    isPositioned: () => isPositioned,
    problem: () => problem,
    facts: (kind) =>
      journal.entries().filter((entry): entry is Extract<Entry, { kind: typeof kind }> => entry.kind === kind),
    update(change) {
      options = { ...options, ...change };
      runner.update(specOf(uuid, options));
    },
    stop,
  };
}

/** What a mapping's secret holds for the user that a connection text names; without one it names nobody. */
export function secretOf(url: string): string {
  const { username, password } = new URL(url.replace(/^mongodb:\/\/([^/]*@)?[^/]*/, "http://$1host"));
  return JSON.stringify({ username: decodeURIComponent(username), password: decodeURIComponent(password) });
}

const withoutUser = (url: string): string => url.replace(/^mongodb:\/\/[^/]*@/, "mongodb://");

function specOf(uuid: string, options: LiveMappingOptions): ChangeSpec {
  return {
    uuid,
    generation: 1,
    eventSourceArn: clusterArn,
    region: "us-east-1",
    functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
    functionName: "f",
    roleArn: "",
    start: options.start ?? { kind: "latest" },
    parallelizationFactor: 1,
    lane: {
      batchSize: options.batchSize ?? 100,
      windowMs: options.windowMs ?? 0,
      windowFrom: "firstRecord",
      retries: -1,
      maxAgeMs: -1,
      isBisecting: false,
      isReporting: false,
      tumblingMs: 0,
      idleCloseMs: IDLE_CLOSE_MS,
      eventLimitBytes: EVENT_LIMIT_BYTES,
      stateLimitBytes: STATE_LIMIT_BYTES,
      isOversizedGivenUp: true,
    },
    filterPatterns: [],
    onFailureArn: null,
    isCountingEvents: false,
    source: {
      kind: "mongo",
      url: withoutUser(options.url),
      caFile: options.caFile ?? null,
      secretArn: "arn:aws:secretsmanager:us-east-1:000000000000:secret:login-aaaaaa",
      database: options.database,
      collection: options.collection === undefined ? "orders" : options.collection,
    },
    queue: null,
    changes: {
      fullDocument: options.fullDocument ?? "Default",
      isKeepingServerFields: options.isKeepingServerFields ?? false,
      disabledAfterMs: options.disabledAfterMs ?? 600_000,
    },
  };
}

function changesOf(event: unknown): readonly SeenChange[] {
  const { events } = event as { readonly events: readonly { readonly event: SeenChange }[] };
  return events.map((each) => each.event);
}

export const until = (isSo: () => boolean, timeoutMs = 20_000): Promise<void> =>
  vi.waitUntil(isSo, { timeout: timeoutMs, interval: 20 }).then(() => undefined);
