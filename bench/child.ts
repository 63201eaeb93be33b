// A process of its own for each contestant, so that its processor time can be told apart: questions and answers over fork's
// channel. What a child must be able to do is in its own file.

import { type ChildProcess, fork, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

interface Question {
  readonly id: number;
  readonly kind: string;
  readonly request: unknown;
}

interface Answer {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

export interface Child {
  ask<T>(kind: string, request?: unknown): Promise<T>;
  readonly processId: number;
  kill(): Promise<void>;
  /** Lets it end by itself. */
  end(): Promise<void>;
}

export function startChild(module: URL, nodeWords: readonly string[] = []): Child {
  return childOf(
    fork(fileURLToPath(module), [], { execArgv: [...nodeWords], stdio: ["ignore", "inherit", "inherit", "ipc"] }),
  );
}

/** `MILLRACE_BENCH_NODE`: words for the Node of the contestants, for example `--cpu-prof`, which writes a profile a thread. */
export function nodeWords(): readonly string[] {
  return (process.env["MILLRACE_BENCH_NODE"] ?? "").split(" ").filter((word) => word !== "");
}

/** With a terminal of its own, made by `script` of util-linux; what is shown there is read and thrown away. */
export function startChildOnTerminal(module: URL): Child {
  const command = `${process.execPath} ${fileURLToPath(module)}`;
  const child = spawn("script", ["-qfc", command, "/dev/null"], {
    stdio: ["ignore", "pipe", "inherit", "ipc"],
    env: { ...process.env, TERM: "xterm-256color", CI: "" },
  });
  child.stdout?.resume();
  return childOf(child);
}

function childOf(child: ChildProcess): Child {
  const pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  child.on("message", (value) => {
    const { id, answer, error } = value as Answer;
    const asked = pending.get(id);
    pending.delete(id);
    if (error === undefined) asked?.resolve(answer);
    else asked?.reject(new Error(error));
  });
  const exited = new Promise<void>((resolve) => {
    child.once("exit", (code, signal) => {
      for (const { reject } of pending.values()) reject(new Error(`${child.spawnfile} ended: ${code ?? signal}`));
      resolve();
    });
  });
  return {
    processId: child.pid ?? 0,
    ask<T>(kind: string, request: unknown = null) {
      const id = ++lastId;
      return new Promise<T>((resolve, reject) => {
        pending.set(id, { resolve: (value) => resolve(value as T), reject });
        child.send({ id, kind, request } satisfies Question);
      });
    },
    async kill() {
      child.kill("SIGKILL");
      await exited;
    },
    async end() {
      disconnect(child);
      await exited;
    },
  };
}

function disconnect(child: ChildProcess): void {
  if (child.connected) child.disconnect();
}

export type Services = Readonly<Record<string, (request: never) => Promise<unknown>>>;

/** The child's side. When the parent goes, `close` runs and the process ends. */
export function serve(services: Services, close: () => Promise<void>): void {
  process.on("message", (value) => {
    const { id, kind, request } = value as Question;
    const service = services[kind];
    if (service === undefined) throw new Error(`no such service: ${kind}`);
    service(request as never).then(
      (answer) => process.send?.({ id, answer: answer ?? null }),
      (error: unknown) => process.send?.({ id, error: error instanceof Error ? (error.stack ?? "") : String(error) }),
    );
  });
  process.once("disconnect", () => {
    void close().finally(() => process.exit(0));
  });
}
