// One POST to an endpoint that speaks Lambda's Invoke path, and what became of it. Node's own client and not fetch, as fetch gives up
// on an answer after five minutes, where a function may take fifteen, and does not tell whether it ever got through.
//
// H1 The time limit counts from the moment when there is a connection: before that the function cannot have begun.
// H2 A kept connection that the other side has closed meanwhile is no answer: the call is sent once more, on a new one.
// H3 Whatever ends it, the connection is not left with half an answer on it.

import http from "node:http";
import https from "node:https";
import type { Clock } from "../ports/clock.ts";

const CONNECT_WITHIN_MS = 10_000;
/** A connection that the other side had closed says so at once; what breaks off later may have run. */
const STALE_WITHIN_MS = 1_000;
/** Largest answer of an invocation, as on AWS. */
export const MOST_ANSWER_BYTES = 6_291_556;

export interface ExchangeRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
  /** Null: no limit. */
  readonly timeoutMs: number | null;
  readonly signal: AbortSignal;
}

export type Exchange =
  | {
      readonly kind: "answered";
      readonly status: number;
      readonly headers: http.IncomingHttpHeaders;
      readonly body: Buffer;
      readonly tookMs: number;
    }
  | { readonly kind: "timed-out" | "too-large"; readonly tookMs: number }
  /** No connection, or one that broke off, or an answer that is no HTTP. */
  | { readonly kind: "broken"; readonly detail: string }
  | { readonly kind: "stopped" };

export interface EndpointClient {
  /** Never rejects. */
  post(request: ExchangeRequest): Promise<Exchange>;
  /** Ends what is under way, and closes what is kept open. */
  close(): void;
}

export function createEndpointClient(clock: Clock): EndpointClient {
  const agents = {
    "http:": new http.Agent({ keepAlive: true }),
    "https:": new https.Agent({ keepAlive: true }),
  };

  let isClosed = false;

  async function post(given: ExchangeRequest): Promise<Exchange> {
    const first = await exchange(given);
    if (isClosed || first.kind !== "broken" || first.wasKept !== true) return first;
    return await exchange(given);
  }

  function exchange(given: ExchangeRequest): Promise<Exchange & { readonly wasKept?: boolean }> {
    const { url, body, timeoutMs, signal } = given;
    const isSecure = url.protocol === "https:";
    return new Promise((resolve) => {
      let startedAtMs = clock.monotonicMs();
      let hasAnswer = false;
      const request = (isSecure ? https : http).request(url, {
        method: "POST",
        agent: isSecure ? agents["https:"] : agents["http:"],
        headers: { ...given.headers, "content-length": String(body.length) },
      });
      const tookMs = (): number => clock.monotonicMs() - startedAtMs;
      const end = (exchanged: Exchange & { readonly wasKept?: boolean }): void => {
        cancel();
        signal.removeEventListener("abort", onStop);
        // After a whole answer this does nothing, and the connection is kept.
        if (exchanged.kind !== "answered") request.destroy();
        resolve(exchanged);
      };
      const onStop = (): void => end({ kind: "stopped" });
      const broken = (detail: string): void =>
        end({ kind: "broken", detail, wasKept: request.reusedSocket && !hasAnswer && tookMs() < STALE_WITHIN_MS });
      let cancel = clock.wakeAt(clock.nowMs() + CONNECT_WITHIN_MS, () =>
        broken(`no connection within ${CONNECT_WITHIN_MS / 1_000} s`),
      );
      const onConnected = (): void => {
        cancel();
        startedAtMs = clock.monotonicMs();
        if (timeoutMs !== null) {
          cancel = clock.wakeAt(clock.nowMs() + timeoutMs, () => end({ kind: "timed-out", tookMs: tookMs() }));
        }
      };
      signal.addEventListener("abort", onStop, { once: true });
      request.on("socket", (socket) => {
        if (socket.connecting) socket.once(isSecure ? "secureConnect" : "connect", onConnected);
        else onConnected();
      });
      request.on("error", (error: Error) => broken(textOf(error)));
      request.on("response", (response) => {
        hasAnswer = true;
        const parts: Buffer[] = [];
        let length = 0;
        response.on("data", (part: Buffer) => {
          parts.push(part);
          length += part.length;
          if (length > MOST_ANSWER_BYTES) end({ kind: "too-large", tookMs: tookMs() });
        });
        response.on("error", (error: Error) => broken(textOf(error)));
        response.on("end", () => {
          const { statusCode: status = 0, headers } = response;
          end({ kind: "answered", status, headers, body: Buffer.concat(parts), tookMs: tookMs() });
        });
      });
      if (signal.aborted) end({ kind: "stopped" });
      else request.end(body);
    });
  }

  return {
    post,
    close() {
      isClosed = true;
      agents["http:"].destroy();
      agents["https:"].destroy();
    },
  };
}

function textOf(error: Error): string {
  const code = "code" in error && typeof error.code === "string" ? error.code : "";
  return error.message === "" ? code : error.message;
}
