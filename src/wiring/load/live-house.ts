// Where a live load run happens: a server of its own, started for the run and gone after it.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Config, MappingBody } from "../../config/config.ts";
import type { MillraceError } from "../../errors.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { createSystemClock } from "../../platform/system-clock.ts";
import { statePaths } from "../../platform/state-directory.ts";
import { followJournal, type JournalTail } from "./journal-tail.ts";
import { createLiveCalls, type LiveCalls } from "./live-calls.ts";
import { knownArn, liveConfig } from "./live-config.ts";
import { startLiveServer } from "./live-server.ts";
import { type LiveSource, liveSource } from "./live-source.ts";
import { mappingBodyOf, sourceArnOf } from "./plan-mapping.ts";

export interface LiveHouse {
  readonly calls: LiveCalls;
  readonly source: LiveSource;
  /** Whether the ceiling can be measured beside the source, without leaving anything. */
  readonly hasScratch: boolean;
  /** Makes the mapping, or finds it, and waits until it is Enabled. Answers what GetEventSourceMapping says. */
  mapping(): Promise<Readonly<Record<string, unknown>>>;
  journal(uuid: string): JournalTail;
  /** Why the server is gone; null: it is there. */
  lost(): MillraceError | null;
  /** What was made for the run goes. The journal is whole then, until `remove`. Never rejects. */
  close(): Promise<void>;
  remove(): void;
}

const ENABLED_WITHIN_MS = 60_000;
const LOOK_MS = 50;

/** Rejects with MillraceError. `user`: the configuration of the current folder, or that `--config` names. */
export async function openOwnHouse(plan: LoadPlan, user: Config): Promise<LiveHouse> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-load-"));
  const ownPrefix = basename(folder);
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    const config = liveConfig(plan, user, { folder, ownPrefix });
    const server = await startLiveServer(config, folder);
    // A forced end leaves nothing behind either.
    const atExit = (): void => {
      server.kill();
      remove();
    };
    process.once("exit", atExit);
    try {
      const calls = createLiveCalls(server.url);
      const body = await mappingFor(plan, config, calls);
      const source = liveSource(plan, body, { config, url: server.url, idPrefix: ownPrefix });
      return {
        calls,
        source,
        hasScratch: true,
        mapping: () => createdMapping(calls, source.isForeign ? fromNow(plan, body) : body),
        journal: (uuid) => followJournal(statePaths(config.stateDir).journalDir, uuid, false),
        lost: () => server.lost(),
        async close() {
          if (server.lost() === null) await clearRedis(config, calls).catch(() => undefined);
          await server.stop();
        },
        remove() {
          process.off("exit", atExit);
          remove();
        },
      };
    } catch (error) {
      process.off("exit", atExit);
      await server.stop();
      throw error;
    }
  } catch (error) {
    remove();
    throw error;
  }
}

/** A table's stream has an ARN that only the table knows. */
export async function mappingFor(plan: LoadPlan, config: Config, calls: LiveCalls): Promise<MappingBody> {
  const { source } = plan;
  const known = source.kind === "dynamodb" ? await tableStreamArn(calls, source.table) : knownArn(config, source);
  return mappingBodyOf(plan, config, known ?? sourceArnOf(source, config));
}

export async function tableStreamArn(calls: LiveCalls, table: string): Promise<string> {
  const { Table } = await calls.target("DynamoDB_20120810.DescribeTable", { TableName: table });
  return String(Reflect.get(Object(Table), "LatestStreamArn"));
}

/** What a broker or cluster held before is no part of the run, unless the plan says where it begins. */
export function fromNow(plan: LoadPlan, body: MappingBody): MappingBody {
  if (body["StartingPosition"] === undefined || plan.mapping["StartingPosition"] !== undefined) return body;
  return { ...body, StartingPosition: "LATEST" };
}

export async function createdMapping(calls: LiveCalls, body: MappingBody): Promise<Readonly<Record<string, unknown>>> {
  const { UUID } = await calls.rest("POST", "/2015-03-31/event-source-mappings", body);
  return enabledMapping(calls, String(UUID));
}

/** Once it reads. One that stays in another state is answered as it is after a while: its journal says why. */
export async function enabledMapping(calls: LiveCalls, uuid: string): Promise<Readonly<Record<string, unknown>>> {
  const clock = createSystemClock();
  const untilMs = clock.monotonicMs() + ENABLED_WITHIN_MS;
  for (;;) {
    const mapping = await calls.rest("GET", `/2015-03-31/event-source-mappings/${uuid}`, null);
    if (mapping["State"] === "Enabled" || clock.monotonicMs() > untilMs) return mapping;
    await new Promise<void>((resolve) => {
      clock.wakeAt(clock.nowMs() + LOOK_MS, resolve);
    });
  }
}

/** What lies in the user's Redis, under the run's own prefixes. A server that has died leaves it there. */
async function clearRedis(config: Config, calls: LiveCalls): Promise<void> {
  if (config.redis === null) return;
  for (const { name } of config.streams) await calls.target("Kinesis_20131202.DeleteStream", { StreamName: name });
  for (const { name } of config.tables) await calls.target("DynamoDB_20120810.DeleteTable", { TableName: name });
  const { QueueUrls: urls } = await calls.target("AmazonSQS.ListQueues", {});
  for (const QueueUrl of Array.isArray(urls) ? urls : []) await calls.target("AmazonSQS.DeleteQueue", { QueueUrl });
}
