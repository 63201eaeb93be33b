// Builders for tests of functions: a folder with handlers, a registry over it, and an invoker with real threads.

import { mkdtemp, rm, writeFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { createFunctionRegistry, type FunctionRegistry } from "../../src/functions/function-registry.ts";
import { compileCacheDir } from "../../src/functions/guest-environment.ts";
import { resolveHandler } from "../../src/functions/handler-spec.ts";
import { createPermitsBuffer, openPermits, type Permits } from "../../src/functions/permits.ts";
import { createThreadInvoker, type LogLine, type ThreadInvoker } from "../../src/functions/thread-invoker.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { DeployedFunction, FunctionSettings } from "../../src/ports/functions.ts";
import type { Answer, Call } from "../../src/ports/invoker.ts";

export interface HouseOptions {
  readonly maxRunning?: number;
  readonly maxThreads?: number;
  readonly isWatching?: boolean;
  /** Entry of the function threads. */
  readonly workerUrl?: URL;
}

export interface House extends AsyncDisposable {
  readonly root: string;
  readonly stateDir: string;
  readonly registry: FunctionRegistry;
  readonly invoker: ThreadInvoker;
  readonly permits: Permits;
  readonly permitsBuffer: SharedArrayBuffer;
  readonly logs: LogLine[];
  readonly notes: string[];
  write(files: Readonly<Record<string, string>>): Promise<void>;
  define(handler: string, settings?: Partial<FunctionSettings>, isBundled?: boolean): Promise<DeployedFunction>;
  /** Resolves with the next version that is deployed. */
  nextDeployed(): Promise<DeployedFunction>;
  /** The first line, written already or not, with this text and, where given, of this request. */
  nextLog(text: string, requestId?: string): Promise<LogLine>;
}

export const functionArn = (name: string): string => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;

export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const base = await mkdtemp(join(tmpdir(), "millrace-functions-"));
  const root = join(base, "app");
  const stateDir = join(base, "state");
  await mkdir(root);
  const clock = createSystemClock();
  const logs: LogLine[] = [];
  const notes: string[] = [];
  const deployedWaiters: ((deployed: DeployedFunction) => void)[] = [];
  const logWaiters: ((line: LogLine) => void)[] = [];
  const permitsBuffer = createPermitsBuffer({ pollerCount: 2, slotCount: 8, maxRunning: options.maxRunning ?? 8 });
  const maxThreads = options.maxThreads ?? 8;
  const permits = openPermits(permitsBuffer, 0, maxThreads);
  const invoker = createThreadInvoker({
    functions: [],
    permits,
    workerUrl: options.workerUrl ?? new URL("./json-function.ts", import.meta.url),
    endpointUrl: "http://127.0.0.1:4566",
    region: "us-east-1",
    clock,
    random: createSystemRandom(),
    hostEnvironment: { PATH: "/bin", AWS_SECRET_ACCESS_KEY: "host-secret", AWS_PROFILE: "host", DATABASE_URL: "host" },
    onLog: (line) => {
      logs.push(line);
      for (const waiter of logWaiters) waiter(line);
    },
    onNoThread: ({ requestId }, runningCount) => notes.push(`${requestId} waits behind ${runningCount}`),
    maxThreads,
    compileCacheDir: compileCacheDir(stateDir),
  });
  const registry = createFunctionRegistry({
    stateDir,
    clock,
    random: createSystemRandom(),
    tables: null,
    readLayer: () => Promise.reject(new Error("there are no layers here")),
    slotCount: 8,
    isWatching: options.isWatching ?? false,
    onDeployed: (deployed) => {
      invoker.deploy(deployed);
      for (const waiter of deployedWaiters.splice(0)) waiter(deployed);
    },
    onRemoved: (name) => invoker.remove(name),
    onNote: (name, text) => notes.push(`${name}: ${text}`),
  });
  return {
    root,
    stateDir,
    registry,
    invoker,
    permits,
    permitsBuffer,
    logs,
    notes,
    async write(files) {
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(root, path)), { recursive: true });
        await writeFile(join(root, path), text);
      }
    },
    async define(handler, settings = {}, isBundled = true) {
      const full = aSettings(settings);
      return await registry.define({ settings: full, source: resolveHandler(root, handler, full.name, isBundled) });
    },
    nextDeployed: () => new Promise((resolve) => void deployedWaiters.push(resolve)),
    nextLog: (text, requestId) =>
      new Promise((resolve) => {
        const look = (line: LogLine): void => {
          if (line.text.includes(text) && (requestId ?? line.requestId) === line.requestId) resolve(line);
        };
        for (const line of logs) look(line);
        logWaiters.push(look);
      }),
    async [Symbol.asyncDispose]() {
      await registry.close();
      await invoker.close(0);
      await rm(base, { recursive: true, force: true });
    },
  };
}

export function aSettings(settings: Partial<FunctionSettings> = {}): FunctionSettings {
  const name = settings.name ?? "orders";
  return {
    name,
    arn: functionArn(name),
    timeoutMs: 10_000,
    memoryMb: 128,
    environment: {},
    reservedConcurrency: null,
    runtime: "nodejs24.x",
    roleArn: "arn:aws:iam::000000000000:role/any",
    ...settings,
  };
}

export function aCall(event: unknown, call: Partial<Call> = {}): Call {
  const text = JSON.stringify(event);
  return {
    functionArn: functionArn("orders"),
    mappingUuid: "11111111-1111-4111-8111-111111111111",
    requestId: "22222222-2222-4222-8222-222222222222",
    recordCount: 1,
    pack: () => ({ kind: "json", buffer: new Uint8Array(Buffer.from(text)).buffer, constants: {} }),
    text: () => text,
    isAnswerWanted: true,
    ...call,
  };
}

export const never = new AbortController().signal;

/** The answer's value; an answer of another kind is shown whole. */
export function valueOf(answer: Answer): unknown {
  return answer.kind === "returned" ? JSON.parse(answer.json ?? "null") : answer;
}
