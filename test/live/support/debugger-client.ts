// A debugger as an editor's is: one WebSocket to Node's inspector, each thread reached through the NodeWorker domain, breakpoints in
// sources put where their source map says.

import { readFileSync } from "node:fs";
import { SourceMap } from "node:module";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";

type Params = Readonly<Record<string, unknown>>;

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

export interface Pause {
  readonly thread: string;
  readonly reason: string;
  readonly callFrameId: string;
  /** Source file and its line, counted from 1, by the source map. */
  readonly source: string;
  readonly line: number;
}

export interface DebuggerClient {
  /** Lets a process go on that waits for its debugger. */
  go(): Promise<void>;
  /** In each thread that loads the source, once it does; `line` counts from 1. */
  breakAt(source: string, line: number): void;
  /** The next pause that nobody has taken yet. */
  paused(): Promise<Pause>;
  evaluate(pause: Pause, expression: string): Promise<unknown>;
  resume(pause: Pause): Promise<void>;
  /** Names of the threads seen so far. */
  threads(): readonly string[];
}

interface Script {
  readonly scriptId: string;
  readonly map: SourceMap;
  readonly text: string;
  readonly folder: string;
}

export async function attachDebugger(url: string): Promise<DebuggerClient> {
  const socket = new WebSocket(url);
  const answers = new Map<number, PromiseWithResolvers<Params>>();
  const names = new Map<string, string>();
  const scripts = new Map<string, Script>();
  const wanted: { readonly source: string; readonly line: number }[] = [];
  const pauses: Pause[] = [];
  const takers: ((pause: Pause) => void)[] = [];
  let nextId = 1;
  await new Promise((resolve, reject) => {
    socket.addEventListener("open", resolve, { once: true });
    socket.addEventListener("error", reject, { once: true });
  });
  onTestFinished(() => socket.close());

  function ask(session: string | null, method: string, params: Params = {}): Promise<Params> {
    const id = nextId++;
    const answer = Promise.withResolvers<Params>();
    answers.set(id, answer);
    const message = JSON.stringify({ id, method, params });
    if (session === null) socket.send(message);
    else {
      const inner = { sessionId: session, message };
      socket.send(JSON.stringify({ id: nextId++, method: "NodeWorker.sendMessageToWorker", params: inner }));
    }
    return answer.promise;
  }

  function receive(session: string | null, text: string): void {
    const { id, method, params = {}, result, error } = JSON.parse(text) as Message;
    if (id !== undefined) {
      const answer = answers.get(id);
      answers.delete(id);
      if (error === undefined) answer?.resolve(result ?? {});
      else answer?.reject(new Error(error.message));
      return;
    }
    switch (method) {
      case "NodeWorker.receivedMessageFromWorker":
        return receive(String(params["sessionId"]), String(params["message"]));
      case "NodeWorker.attachedToWorker":
        return void attached(params);
      case "Debugger.scriptParsed":
        return void parsed(session, params);
      // A process that ends waits for its debugger to leave.
      case "Runtime.executionContextDestroyed":
        return session === null ? socket.close() : undefined;
      case "Debugger.paused":
        return onPaused(session, params);
      default:
    }
  }

  async function attached({ sessionId, workerInfo }: Params): Promise<void> {
    const session = String(sessionId);
    names.set(session, String(Reflect.get(Object(workerInfo), "title")));
    await ask(session, "Debugger.enable");
    // Scripts with a source map hold still until their breakpoints are in.
    await ask(session, "Debugger.setInstrumentationBreakpoint", {
      instrumentation: "beforeScriptWithSourceMapExecution",
    });
    await ask(session, "Runtime.runIfWaitingForDebugger");
  }

  async function parsed(session: string | null, { scriptId, url, sourceMapURL }: Params): Promise<void> {
    if (session === null || typeof url !== "string" || !url.startsWith("file:") || sourceMapURL === "") return;
    const mapFile = new URL(String(sourceMapURL), url);
    const script = {
      scriptId: String(scriptId),
      map: new SourceMap(JSON.parse(readFileSync(mapFile, "utf8"))),
      text: readFileSync(fileURLToPath(url), "utf8"),
      folder: mapFile.href,
    };
    scripts.set(`${session} ${script.scriptId}`, script);
    for (const each of wanted) await setBreakpoint(session, script, each);
  }

  async function setBreakpoint(
    session: string,
    script: Script,
    { source, line }: (typeof wanted)[number],
  ): Promise<void> {
    const lines = script.text.split("\n");
    for (const [lineNumber, text] of lines.entries()) {
      const columnNumber = text.search(/\S/);
      const origin = originOf(script, lineNumber, columnNumber);
      if (origin?.line !== line || !origin.source.endsWith(source)) continue;
      await ask(session, "Debugger.setBreakpoint", {
        location: { scriptId: script.scriptId, lineNumber, columnNumber },
      });
      return;
    }
  }

  function originOf({ map, folder }: Script, lineNumber: number, columnNumber: number) {
    const entry = map.findEntry(lineNumber, columnNumber);
    if (!("originalSource" in entry)) return null;
    return { source: new URL(entry.originalSource, folder).pathname, line: entry.originalLine + 1 };
  }

  function onPaused(session: string | null, params: Params): void {
    const frames: readonly unknown[] = Array.isArray(params["callFrames"]) ? params["callFrames"] : [];
    const top: Params = { ...Object(frames[0]) };
    const location: Params = { ...Object(top["location"]) };
    if (session === null) return;
    if (["instrumentation", "Break on start"].includes(String(params["reason"])))
      return void ask(session, "Debugger.resume");
    const script = scripts.get(`${session} ${String(location["scriptId"])}`);
    const origin =
      script === undefined ? null : originOf(script, Number(location["lineNumber"]), Number(location["columnNumber"]));
    const pause: Pause = {
      thread: session,
      reason: String(params["reason"]),
      callFrameId: String(top["callFrameId"]),
      source: origin?.source ?? "",
      line: origin?.line ?? 0,
    };
    const taker = takers.shift();
    if (taker === undefined) pauses.push(pause);
    else taker(pause);
  }

  socket.addEventListener("message", ({ data }) => receive(null, String(data)));
  await ask(null, "Runtime.enable");
  await ask(null, "NodeWorker.enable", { waitForDebuggerOnStart: true });
  return {
    async go() {
      await ask(null, "Runtime.runIfWaitingForDebugger");
    },
    breakAt: (source, line) => void wanted.push({ source, line }),
    paused() {
      const pause = pauses.shift();
      return pause === undefined ? new Promise((resolve) => takers.push(resolve)) : Promise.resolve(pause);
    },
    async evaluate({ thread, callFrameId }, expression) {
      const answer = await ask(thread, "Debugger.evaluateOnCallFrame", {
        callFrameId,
        expression,
        returnByValue: true,
      });
      return Reflect.get(Object(answer["result"]), "value");
    },
    async resume({ thread }) {
      await ask(thread, "Debugger.resume");
    },
    threads: () => [...names.values()],
  };
}
