// What holds for every request to a port of ours, whatever it serves: its id, who may ask, bodies as bytes, faults in AWS's form; and how a
// port that cannot be opened is told.

import type { FastifyInstance } from "fastify";
import { MillraceError } from "../../errors.ts";
import { ORIGINAL_TYPE } from "./client-protocol.ts";
import type { HostCheck } from "./host-check.ts";
import { portOwner } from "./port-owner.ts";
import { sendFault } from "./reply-forms.ts";
import { sendUnknown } from "./target-routes.ts";

const MOST_PORT = 65_535;

/** What holds for every request: its id, who may ask, bodies as bytes, and faults in AWS's form. */
export function addHttpFrame(app: FastifyInstance, check: HostCheck): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => done(null, body));
  app.addHook("onRequest", async (request, reply) => {
    void reply.header("x-amzn-RequestId", request.id);
    const type = request.headers["content-type"];
    request.headers[ORIGINAL_TYPE] = type ?? "";
    // Whatever type a client claims, even none that can be parsed, its body is bytes to us.
    if (type !== undefined) request.headers["content-type"] = "application/octet-stream";
    const { origin } = request.headers;
    const site = request.headers["sec-fetch-site"];
    const refused = check({
      host: request.host,
      origin: typeof origin === "string" ? origin : undefined,
      fetchSite: typeof site === "string" ? site : undefined,
    });
    if (refused !== null) return sendFault(reply, "AccessDenied", `Refused: ${refused}.`);
    return undefined;
  });
  app.setNotFoundHandler((request, reply) => sendUnknown(request, reply));
  app.setErrorHandler((error, request, reply) => {
    const status = error instanceof Error && "statusCode" in error ? error.statusCode : 500;
    if (status === 413)
      return sendFault(reply, "TooLarge", `A body may have at most ${request.routeOptions.bodyLimit} bytes.`);
    const text = error instanceof Error ? error.message : "";
    if (typeof status === "number" && status < 500) return sendFault(reply, "Malformed", text);
    return sendFault(reply, "Internal", "An error occurred and the request cannot be processed.");
  });
}

/** MillraceError port-taken, or bad-argument for an address of no use; another error goes on. `command`: how another port is asked for. */
export function listenError(error: unknown, host: string, port: number, command = "millrace start"): unknown {
  const code = error instanceof Error && "code" in error ? error.code : "";
  const told = (errorCode: "port-taken" | "bad-argument", what: string, help: string): MillraceError =>
    new MillraceError(errorCode, what, { help, cause: error });
  switch (code) {
    case "EADDRINUSE":
      return told(
        "port-taken",
        `${host}:${port} is held by ${portOwner(port) ?? "another process"}`,
        nextPort(command, port),
      );
    case "EACCES":
      return told("bad-argument", `this process may not listen on port ${port}`, `${command} --port 0`);
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return told("bad-argument", `${host} is no address of this machine`, `${command} --host 127.0.0.1`);
    default:
      return error;
  }
}

/** The next one is mostly free, and easy to remember. */
const nextPort = (command: string, port: number): string =>
  `${command} --port ${port < MOST_PORT ? port + 1 : 0}    # 0 takes any free port and prints it`;
