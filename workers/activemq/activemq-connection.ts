// The one connection of a mapping to ActiveMQ, by AMQP 1.0: opened when a session is asked for and none is there, with the secret read
// anew (M-605). It never comes back by itself: the next session opens the next one.

import { readFile } from "node:fs/promises";
import { isIP, Socket } from "node:net";
import type { Connection, ConnectionOptions, Session } from "rhea";
import type { SourceProblem } from "../../src/ports/source.ts";
import { type ActiveMqPlace, connectionProblem, secretProblem } from "./activemq-problems.ts";

/** Generous, as our event loop may be busy with a large batch; a broker that says nothing for so long is taken for gone. */
const SILENCE_MS = 60_000;
const CONNECT_MS = 10_000;
/** Deliveries that the client can hold unsettled in one session, 2,048 unless told: more than any consumer is handed. */
const SESSION_DELIVERIES = { incoming: 65_536, outgoing: 16 };

export interface ActiveMqLogin {
  readonly username: string;
  readonly password: string;
}

export interface ActiveMqConnectionOptions {
  /** `amqp://HOST:PORT` or `amqps://HOST:PORT`. */
  readonly url: string;
  readonly place: ActiveMqPlace;
  /** PEM file of a private certificate authority; null: the system's. */
  readonly caFile: string | null;
  /** Text: what is wrong with the secret. */
  readonly login: () => Promise<ActiveMqLogin | string>;
  /** How long it waits for the broker's greeting. Default: 10 s. */
  readonly connectMs?: number;
}

export interface OpenSession {
  readonly session: Session;
  /** With all that is on it. Does nothing where the connection has gone. */
  end(): void;
}

export interface ActiveMqConnection {
  /** A session of its own, begun. `onLost` is called once, when the connection is gone under it, unless it was ended before. */
  session(onLost: (problem: SourceProblem) => void): Promise<OpenSession | { readonly problem: SourceProblem }>;
  close(): Promise<void>;
}

/** A connection that stands, and who is told when it is gone. */
interface Standing {
  readonly connection: Connection;
  readonly listeners: Set<(problem: SourceProblem) => void>;
  readonly gone: Promise<void>;
}

export function createActiveMqConnection(options: ActiveMqConnectionOptions): ActiveMqConnection {
  const { place, connectMs = CONNECT_MS } = options;
  let opening: Promise<Standing | SourceProblem> | null = null;

  async function open(): Promise<Standing | SourceProblem> {
    const login = await options.login();
    if (typeof login === "string") return secretProblem(login);
    try {
      // Loaded with the first connection: nobody else needs it.
      const { default: rhea } = await import("rhea");
      const connection = rhea.create_container().connect(await connectionOptions(options, login));
      return await standing(connection);
    } catch (error) {
      return connectionProblem(error, place, false);
    }
  }

  function standing(connection: Connection): Promise<Standing | SourceProblem> {
    const listeners = new Set<(problem: SourceProblem) => void>();
    let isOpen = false;
    return new Promise((resolve) => {
      let end: () => void = () => {};
      const gone = new Promise<void>((ended) => {
        end = ended;
      });
      // The client has no patience of its own to be told of; its end follows the socket's.
      const tooLate = setTimeout(() => {
        const socket: unknown = Reflect.get(connection, "socket");
        if (socket instanceof Socket) socket.destroy(new Error(`no answer within ${connectMs / 1_000} s`));
      }, connectMs);
      let isLost = false;
      const lost = (error: unknown): void => {
        if (isLost) return;
        isLost = true;
        clearTimeout(tooLate);
        endHeartbeats(connection);
        const problem = connectionProblem(error, place, isOpen);
        opening = null;
        end();
        resolve(problem);
        const told = [...listeners];
        listeners.clear();
        for (const tell of told) tell(problem);
      };
      let met: unknown = null;
      connection.on("connection_open", () => {
        isOpen = true;
        clearTimeout(tooLate);
        resolve({ connection, listeners, gone });
      });
      // The reason comes first and the end after it; without a listener either would end the thread.
      connection.on("connection_error", ({ error }) => {
        met = error ?? connection.error ?? met;
      });
      connection.on("protocol_error", (error: unknown) => {
        met = error;
      });
      connection.on("error", (error: unknown) => {
        met = error;
      });
      connection.on("connection_close", ({ error }) => lost(met ?? error ?? connection.error));
      connection.on("disconnected", ({ error }) => lost(met ?? error));
    });
  }

  return {
    async session(onLost) {
      opening ??= open();
      const trying = opening;
      const found = await trying;
      if (!("connection" in found)) {
        if (opening === trying) opening = null;
        return { problem: found };
      }
      found.listeners.add(onLost);
      const session = found.connection.create_session(SESSION_DELIVERIES);
      session.begin();
      const end = (): void => {
        if (found.listeners.delete(onLost)) session.close();
      };
      return { session, end };
    },
    async close() {
      const found = await opening;
      if (found === null || !("connection" in found)) return;
      found.listeners.clear();
      found.connection.close();
      await found.gone;
    },
  };
}

/** Whatever is still written to a connection that has ended makes the client set its heartbeat anew, and none would end it. */
export function endHeartbeats(connection: Connection): void {
  for (const side of ["local", "remote"]) {
    const state: unknown = Reflect.get(connection, side);
    const opened: unknown = typeof state === "object" && state !== null ? Reflect.get(state, "open") : null;
    if (typeof opened === "object" && opened !== null) Reflect.set(opened, "idle_time_out", 0);
  }
}

async function connectionOptions(
  { url, caFile }: ActiveMqConnectionOptions,
  login: ActiveMqLogin,
): Promise<ConnectionOptions> {
  const { protocol, hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const isTls = protocol === "amqps:";
  const plain = {
    host,
    port: port === "" ? (isTls ? 5671 : 5672) : Number(port),
    ...login,
    reconnect: false,
    idle_time_out: SILENCE_MS,
  };
  if (!isTls) return plain;
  return {
    ...plain,
    transport: "tls",
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(caFile === null ? {} : { ca: [await readFile(caFile)] }),
  };
}
