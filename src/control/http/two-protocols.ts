// One port for HTTP/1.1 and clear-text HTTP/2: the first bytes of a connection tell which it is. It owns connections and sessions and
// how they end; what is asked on them is fastify's.
//
// T1  A connection that does not say within a while what it speaks is dropped.
// T2  Every socket and session that was opened here is ended by `closeConnections`.
// T3  Once closing, a connection ends as soon as nothing is being answered on it.

import http from "node:http";
import http2 from "node:http2";
import net from "node:net";

/** An HTTP/2 client begins with `PRI * HTTP/2.0`; no HTTP/1.1 method shares its first three bytes. */
const HTTP2_BEGINS = Buffer.from("PRI");
const FIRST_BYTES_WITHIN_MS = 10_000;
/** Ours; AWS's own limits on headers are of this order. */
const MOST_HEADER_BYTES = 65_536;

export type NodeHandler = (request: http.IncomingMessage, response: http.ServerResponse) => void;

export interface TwoProtocols {
  readonly server: net.Server;
  /** Ends idle connections and asks the others to end. */
  startClosing(): void;
  /** Cuts whatever is left. */
  closeConnections(): void;
}

export function createTwoProtocols(
  handler: NodeHandler,
  onClientError: (error: Error, socket: net.Socket) => void,
): TwoProtocols {
  const sockets = new Set<net.Socket>();
  const answeringCounts = new Map<net.Socket, number>();
  let isClosing = false;
  const http1 = http.createServer({ maxHeaderSize: MOST_HEADER_BYTES }, (request, response) => {
    const { socket } = request;
    answeringCounts.set(socket, (answeringCounts.get(socket) ?? 0) + 1);
    response.on("close", () => {
      const left = (answeringCounts.get(socket) ?? 1) - 1;
      if (left > 0) answeringCounts.set(socket, left);
      else answeringCounts.delete(socket);
      if (isClosing && left <= 0) socket.end();
    });
    handler(request, response);
  });
  // It is handed its connections and never listens; told that it does, it watches its limits on slow headers and bodies.
  http1.emit("listening");
  http1.on("clientError", (error: Error, socket: net.Socket) => onClientError(error, socket));
  const http2Sockets = new Set<net.Socket>();
  const sessions = new Set<http2.ServerHttp2Session>();
  const h2 = http2.createServer({
    maxHeaderListPairs: 256,
    settings: { maxHeaderListSize: MOST_HEADER_BYTES, maxConcurrentStreams: 256 },
  });
  // The compatibility API's request and response do what fastify asks of node:http's; the types do not know each other.
  h2.on(
    "request",
    handler as unknown as (request: http2.Http2ServerRequest, response: http2.Http2ServerResponse) => void,
  );
  h2.on("session", (session) => {
    sessions.add(session);
    session.on("close", () => sessions.delete(session));
    // A broken session ends by itself; its error is the client's.
    session.on("error", () => session.destroy());
  });
  h2.on("sessionError", () => undefined);

  const server = net.createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => {
      sockets.delete(socket);
      answeringCounts.delete(socket);
      http2Sockets.delete(socket);
    });
    // Resets by the client: the connection is over, and nobody else is concerned.
    socket.on("error", () => socket.destroy());
    socket.setTimeout(FIRST_BYTES_WITHIN_MS, () => socket.destroy());
    readFirstBytes(socket, (first) => {
      socket.setTimeout(0);
      socket.removeAllListeners("timeout");
      socket.unshift(first);
      const isHttp2 = first.subarray(0, HTTP2_BEGINS.length).equals(HTTP2_BEGINS);
      if (isHttp2) http2Sockets.add(socket);
      (isHttp2 ? h2 : http1).emit("connection", socket);
    });
  });

  return {
    server,
    startClosing() {
      isClosing = true;
      // A graceful close of a session lets its open streams end first.
      for (const session of sessions) session.close();
      for (const socket of sockets) {
        if (!http2Sockets.has(socket) && !answeringCounts.has(socket)) socket.destroy();
      }
    },
    closeConnections() {
      http1.close();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Gives what came first once it is long enough to tell the protocols apart. */
function readFirstBytes(socket: net.Socket, then: (first: Buffer) => void): void {
  let gathered: Buffer = Buffer.alloc(0);
  const onReadable = (): void => {
    for (let chunk: unknown = socket.read(); chunk instanceof Buffer; chunk = socket.read()) {
      gathered = gathered.length === 0 ? chunk : Buffer.concat([gathered, chunk]);
    }
    const isTold =
      gathered.length >= HTTP2_BEGINS.length || !HTTP2_BEGINS.subarray(0, gathered.length).equals(gathered);
    if (gathered.length === 0 || !isTold) return;
    socket.removeListener("readable", onReadable);
    then(gathered);
  };
  socket.on("readable", onReadable);
}
