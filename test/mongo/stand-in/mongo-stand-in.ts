// A stand-in for a MongoDB replica set of one member, for tests: it speaks MongoDB's wire protocol on a real port to the unmodified driver,
// keeps everything in memory, and goes wrong when it is told to. What it does is MongoDB's documented behaviour as we read it,
// held against no real server: results got with it are results with a stand-in. What it does not offer it refuses by name.
//
// I1. It keeps its port, documents and oplog over `goDown` and `comeUp`, as a server does over a restart; cursors and logins end.
// I2. An idle primary writes an entry of its own now and then, so resume tokens move on while nothing happens.

import { once } from "node:events";
import { createServer as createPlainServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Int32, ObjectId, Timestamp } from "mongodb";
import type { Doc } from "./bson.ts";
import { CommandError } from "./command-error.ts";
import { serveConnection } from "./connection.ts";
import { createCursors } from "./cursors.ts";
import { createFaults, type FaultRule } from "./faults.ts";
import type { ScramUser } from "./scram.ts";
import { createStore } from "./store.ts";

export interface MongoStandInOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** The only user, of the database `admin`, by SCRAM-SHA-256. Default: everyone, without a login. */
  readonly user?: ScramUser;
  /** PEM texts. Clients then reach it at `localhost`. Default: clear text. */
  readonly tls?: { readonly certificate: string | Buffer; readonly key: string | Buffer };
  /** How long it is idle before it writes an entry of its own. A real one takes 10 s. Default: 200. */
  readonly idleEntryMs?: number;
  /** What cluster times are made of. Default: the system's clock. */
  readonly nowMs?: () => number;
}

export interface MongoStandIn extends AsyncDisposable {
  /** With the user and his password as they were given. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Ends all connections and listens no more. */
  readonly goDown: () => Promise<void>;
  readonly comeUp: () => Promise<void>;
  /** It is no primary any more until `comeBack`: what waits is interrupted, connections end, commands fail by 10107. */
  readonly stepDown: () => void;
  readonly comeBack: () => void;
  /** Returns what takes the rule back. */
  readonly addFault: (rule: FaultRule) => () => void;
  /** Loses all but the newest `keepCount` entries of the oplog (default 1): who resumes from before has lost its position (286). */
  readonly trimOplog: (keepCount?: number) => void;
  /** What waits fails by 237, and the next `getMore` by 43. Returns how many there were. */
  readonly killCursors: () => number;
  /** Who is logged in stays so. */
  readonly setPassword: (password: string) => void;
  /** How often a command of this name has come, as the server saw it. */
  readonly commandCount: (name: string) => number;
  /** The last command of this name, as the client sent it; null for none. */
  readonly lastCommand: (name: string) => Doc | null;
  readonly openStreamCount: () => number;
  /** The newest entry's cluster time. */
  readonly clusterTime: () => Timestamp;
}

export async function createMongoStandIn(options: MongoStandInOptions = {}): Promise<MongoStandIn> {
  const nowMs = options.nowMs ?? Date.now;
  const idleEntryMs = options.idleEntryMs ?? 200;
  const store = createStore(nowMs);
  const cursors = createCursors(store, () => {
    if (nowMs() - store.oplog.last().wall.getTime() >= idleEntryMs) store.noop();
  });
  const faults = createFaults();
  const host = options.tls === undefined ? "127.0.0.1" : "localhost";
  const sockets = new Set<Socket>();
  const counts = new Map<string, { count: number; command: Doc }>();
  let user = options.user ?? null;
  let isPrimary = true;
  let electionId = new ObjectId();
  let port = options.port ?? 0;
  let server: Server | null = null;

  const hello = (): Doc => {
    const me = `${host}:${port}`;
    return {
      helloOk: true,
      isWritablePrimary: isPrimary,
      secondary: !isPrimary,
      setName: "rs0",
      setVersion: new Int32(1),
      ...(isPrimary ? { primary: me, electionId } : {}),
      hosts: [me],
      me,
      maxBsonObjectSize: new Int32(16 * 1024 * 1024),
      maxMessageSizeBytes: new Int32(48_000_000),
      maxWriteBatchSize: new Int32(100_000),
      localTime: new Date(nowMs()),
      logicalSessionTimeoutMinutes: new Int32(30),
      connectionId: new Int32(1),
      minWireVersion: new Int32(0),
      maxWireVersion: new Int32(21),
      readOnly: false,
    };
  };

  const served = {
    store,
    cursors,
    faults,
    user: () => user,
    isPrimary: () => isPrimary,
    hello,
    lastWrites: new Map(),
    noteCommand: (name: string, command: Doc) =>
      counts.set(name, { count: (counts.get(name)?.count ?? 0) + 1, command }),
  };

  const endConnections = () => {
    for (const socket of sockets) socket.destroy();
  };
  const comeUp = async () => {
    const { tls } = options;
    server = tls === undefined ? createPlainServer() : createTlsServer({ cert: tls.certificate, key: tls.key });
    // Sockets are kept from their connection on, so that a handshake in progress ends with the others.
    server.on("connection", (socket: Socket) => {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => sockets.delete(socket));
    });
    server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) =>
      serveConnection(socket, served),
    );
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : port;
  };
  const goDown = async () => {
    const ending = server;
    server = null;
    if (ending === null) return;
    const closed = once(ending, "close");
    ending.close();
    cursors.killAll(new CommandError(11_600, "interrupted at shutdown"));
    endConnections();
    await closed;
  };

  await comeUp();
  const login = user === null ? "" : `${encodeURIComponent(user.user)}:${encodeURIComponent(user.password)}@`;
  return {
    url: `mongodb://${login}${host}:${port}/?replicaSet=rs0${options.tls === undefined ? "" : "&tls=true"}`,
    host,
    port,
    goDown,
    comeUp,
    stepDown: () => {
      isPrimary = false;
      cursors.killAll(new CommandError(11_602, "operation was interrupted"));
      // Behind the answers that tell why.
      setImmediate(endConnections);
    },
    comeBack: () => {
      isPrimary = true;
      electionId = new ObjectId();
    },
    addFault: faults.add,
    trimOplog: (keepCount = 1) => {
      store.noop();
      store.oplog.trim(keepCount);
    },
    killCursors: () => cursors.killAll(new CommandError(237, "operation was interrupted")),
    setPassword: (password) => {
      user = user === null ? null : { ...user, password };
    },
    commandCount: (name) => counts.get(name)?.count ?? 0,
    lastCommand: (name) => counts.get(name)?.command ?? null,
    openStreamCount: cursors.streamCount,
    clusterTime: () => new Timestamp(store.oplog.last().at),
    [Symbol.asyncDispose]: goDown,
  };
}
