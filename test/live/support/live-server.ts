// A whole Millrace in this process, by its configuration file, in a temporary folder of the test: stopped, and its folder removed,
// when the test ends. Its functions run copies of the handlers beside this file.

import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { loadConfig } from "../../../src/config/load-config.ts";
import type { MillraceError } from "../../../src/errors.ts";
import { type RunningMillrace, startMillrace } from "../../../src/main.ts";
import { createEntryLog, type EntryLog } from "./entry-log.ts";

const handlers = join(import.meta.dirname, "handlers");
const REGION = "us-east-1";
const ACCOUNT = "000000000000";

export const streamArn = (name: string): string => `arn:aws:kinesis:${REGION}:${ACCOUNT}:stream/${name}`;
export const functionArn = (name: string): string => `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${name}`;
export const queueArn = (name: string): string => `arn:aws:sqs:${REGION}:${ACCOUNT}:${name}`;
export const topicArn = (name: string): string => `arn:aws:sns:${REGION}:${ACCOUNT}:${name}`;

/** For what only asking again can tell. */
export const inTime = { timeout: 30_000, interval: 20 } as const;

/** The members of a configuration file. */
export type FileMembers = Readonly<Record<string, unknown>>;

/** A function of `told.ts`, with more members of the configuration if given. */
export function toldBy(witnessUrl: string, more: FileMembers = {}, variables: Readonly<Record<string, string>> = {}) {
  return {
    Handler: "told.handle",
    Timeout: 30,
    ...more,
    Environment: { Variables: { WITNESS_URL: witnessUrl, ...variables } },
  };
}

/** A folder for one test, removed with it. */
export function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "millrace-live-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes a configuration file, and the handlers beside it. A second call for the same folder changes the configuration. */
export function configIn(folder: string, members: FileMembers): string {
  cpSync(handlers, folder, { recursive: true });
  const file = join(folder, "millrace.config.json");
  writeFileSync(file, JSON.stringify(members));
  return file;
}

export interface LiveServer {
  readonly url: string;
  readonly log: EntryLog;
  readonly stateDir: string;
  readonly fatal: readonly MillraceError[];
  /** Resolves with the first failure that the server cannot live with. */
  readonly failed: Promise<MillraceError>;
  readonly running: RunningMillrace;
  /** Bodies of the messages that lie in a queue, oldest first. */
  messages(queue: string): Promise<readonly string[]>;
  /** Keys and bodies of a bucket's objects, by key. */
  objects(bucket: string): readonly { readonly key: string; readonly body: string }[];
  stop(): Promise<readonly string[]>;
}

export async function aServer(
  members: FileMembers,
  given: { readonly folder?: string; readonly port?: number; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<LiveServer> {
  const folder = given.folder ?? aFolder();
  const stateDir = join(folder, "state");
  const file = configIn(folder, members);
  const config = await loadConfig({
    file,
    cwd: folder,
    env: given.env ?? {},
    cliOptions: { host: null, port: given.port ?? 0, stateDir },
  });
  const log = createEntryLog();
  const fatal: MillraceError[] = [];
  const failed = Promise.withResolvers<MillraceError>();
  const running = await startMillrace({
    config,
    version: "live-test",
    onEntries: (entries) => log.add(entries),
    onFatal: (error) => {
      fatal.push(error);
      failed.resolve(error);
    },
  });
  onTestFinished(async () => {
    await running.stop(0);
  });
  return {
    url: running.url,
    log,
    stateDir,
    fatal,
    failed: failed.promise,
    running,
    messages: (queue) => messagesOf(running.url, queue),
    objects: (bucket) => objectsIn(join(stateDir, "buckets", bucket)),
    async stop() {
      return (await running.stop(10_000)).errors;
    },
  };
}

export async function messagesOf(url: string, queue: string): Promise<readonly string[]> {
  const answer = await fetch(`${url}/_millrace/queues/${queue}/messages?max=100`);
  const { messages } = JSON.parse(await answer.text()) as { readonly messages: readonly { readonly body: string }[] };
  return messages.map(({ body }) => body);
}

function objectsIn(root: string): readonly { readonly key: string; readonly body: string }[] {
  if (!existsSync(root)) return [];
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => join(root, name));
  return files
    .filter((file) => statSync(file).isFile())
    .sort()
    .map((file) => ({ key: relative(root, file), body: readFileSync(file, "utf8") }));
}
