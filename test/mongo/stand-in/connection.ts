// One client's connection: its requests in order, each held against login, role of the server and faults before it is carried out,
// and answered with the times that a member of a replica set answers with.

import type { Socket } from "node:net";
import { Binary, Int32, Long, Timestamp } from "mongodb";
import { type Doc, isTrueAt } from "./bson.ts";
import { changeStreamPipeline } from "./change-stream.ts";
import { CommandError, labelsOf } from "./command-error.ts";
import { type CommandContext, namespaceOfCommand, runOf, writeCommands } from "./commands.ts";
import type { Faults } from "./faults.ts";
import { createScram, type ScramConversation, type ScramUser } from "./scram.ts";
import { commandName, createRequestReader, replyFrame, type Request } from "./wire.ts";
import { retryKey } from "./write-commands.ts";

export interface ServedBy extends Omit<CommandContext, "signal"> {
  readonly faults: Faults;
  /** The only user; null: everyone may do everything. */
  readonly user: () => ScramUser | null;
  readonly isPrimary: () => boolean;
  readonly hello: () => Doc;
  /** The last retryable write of each session, with its answer. */
  readonly lastWrites: Map<string, { readonly number: string; readonly reply: Doc }>;
  readonly noteCommand: (name: string, command: Doc) => void;
}

const beforeLogin: readonly string[] = [
  "hello",
  "isMaster",
  "ismaster",
  "ping",
  "buildInfo",
  "saslStart",
  "saslContinue",
];
const wantsNoPrimary: readonly string[] = [...beforeLogin, "endSessions", "killCursors"];

export function serveConnection(socket: Socket, server: ServedBy): void {
  const gone = new AbortController();
  const read = createRequestReader();
  let isLoggedIn = false;
  let scram: ScramConversation | null = null;
  let last: Promise<void> = Promise.resolve();

  const login = (name: string, command: Doc): Doc => {
    const payload = payloadOf(command);
    const head = { conversationId: new Int32(1), done: name === "saslContinue" };
    if (name === "saslStart") {
      const user = server.user();
      if (user === null || command["mechanism"] !== "SCRAM-SHA-256")
        throw new CommandError(18, "Authentication failed.");
      scram = createScram(user);
      return { ...head, payload: new Binary(Buffer.from(scram.start(payload))) };
    }
    // The client's last, empty message, where it sends one.
    if (isLoggedIn && payload === "") return { ...head, payload: new Binary(Buffer.alloc(0)) };
    if (scram === null) throw new CommandError(18, "Authentication failed.");
    const signature = scram.finish(payload);
    isLoggedIn = true;
    return { ...head, payload: new Binary(Buffer.from(signature)) };
  };

  const carryOut = async (name: string, command: Doc): Promise<Doc> => {
    if (["hello", "isMaster", "ismaster"].includes(name)) return helloReply(server, command);
    if (name === "saslStart" || name === "saslContinue") return login(name, command);
    if (server.user() !== null && !isLoggedIn && !beforeLogin.includes(name)) {
      throw new CommandError(13, `Command ${name} requires authentication`);
    }
    if (!server.isPrimary() && !wantsNoPrimary.includes(name)) throw new CommandError(10_107, "not primary");
    if (command["autocommit"] !== undefined) throw new CommandError(20, "the MongoDB stand-in has no transactions");
    const run = runOf(name);
    if (run === null) throw new CommandError(59, `no such command: '${name}' (a stand-in of the tests)`);
    const retry = retryKey(command);
    const done = retry === null ? undefined : server.lastWrites.get(retry.session);
    if (done !== undefined && done.number === retry?.number) return done.reply;
    const reply = await run({ ...server, signal: gone.signal }, command, namespaceOfCommand(name, command));
    if (retry !== null) server.lastWrites.set(retry.session, { number: retry.number, reply });
    return reply;
  };

  const answer = async (request: Request): Promise<void> => {
    const { command } = request;
    const name = commandName(command);
    server.noteCommand(name, command);
    const fault = server.faults.strike(name, namespaceOfCommand(name, command));
    if (fault?.kind === "silence") return;
    if (fault?.kind === "disconnect") {
      if (fault.isCarriedOut) await carryOut(name, command).catch(() => undefined);
      socket.destroy();
      return;
    }
    const isChangeStream =
      name === "getMore" ? server.cursors.isStream(command["getMore"]) : changeStreamPipeline(command) !== null;
    const reply = await (fault === null || fault.kind === "garble"
      ? carryOut(name, command)
      : Promise.reject(new CommandError(fault.code, fault.message ?? "a fault of the test", fault.labels))
    ).catch((error: unknown) => {
      if (!(error instanceof CommandError)) throw error;
      return failure(error, labelsOf(error, { isChangeStream, isWrite: name in writeCommands }));
    });
    if (request.isUnanswered || socket.destroyed) return;
    const frame = replyFrame(request, { ok: 1, ...reply, ...timesOf(server) });
    if (fault?.kind === "garble") garble(frame, fault.text);
    socket.write(frame);
  };

  socket.on("data", (chunk: Buffer) => {
    for (const request of requestsIn(chunk)) {
      last = last.then(() => answer(request)).catch((error: unknown) => void socket.destroy(asError(error)));
    }
  });
  socket.on("close", () => gone.abort());
  // A client that resets its connection is told by the close that follows.
  socket.on("error", () => undefined);

  function requestsIn(chunk: Buffer): readonly Request[] {
    try {
      return read(chunk);
    } catch (error) {
      socket.destroy(asError(error));
      return [];
    }
  }
}

function helloReply(server: ServedBy, command: Doc): Doc {
  const mechanisms = command["saslSupportedMechs"] === undefined ? {} : { saslSupportedMechs: ["SCRAM-SHA-256"] };
  const isOldName = !isTrueAt(command, "hello");
  const { isWritablePrimary, ...others } = server.hello();
  return isOldName
    ? { ...others, ismaster: isWritablePrimary, isWritablePrimary, ...mechanisms }
    : { isWritablePrimary, ...others, ...mechanisms };
}

function failure(error: CommandError, labels: readonly string[]): Doc {
  const head = { ok: 0, errmsg: error.message, code: new Int32(error.code), codeName: error.codeName };
  return labels.length === 0 ? head : { ...head, errorLabels: labels };
}

function timesOf(server: ServedBy): Doc {
  const clusterTime = new Timestamp(server.store.oplog.last().at);
  const signature = { hash: new Binary(Buffer.alloc(20)), keyId: Long.ZERO };
  return { operationTime: clusterTime, $clusterTime: { clusterTime, signature } };
}

/** No byte of UTF-8 is 0xff. */
function garble(frame: Buffer, text: string): void {
  for (let at = frame.indexOf(text); at !== -1; at = frame.indexOf(text))
    frame.fill(0xff, at, at + Buffer.byteLength(text));
}

function payloadOf(command: Doc): string {
  const payload = command["payload"];
  return payload instanceof Binary ? Buffer.from(payload.value()).toString("utf8") : "";
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
