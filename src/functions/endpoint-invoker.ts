// Calls a function that runs behind an endpoint of its own, by Lambda's Invoke path: the runtime interface emulator, another local
// Lambda, or an app that speaks it. Permits and versions are the thread invoker's, which hands such functions on to here.
//
// What an answer means (E-1, E-3 to E-5): an error of the function counts as an attempt, and so does an answer that is no JSON, since
// something there has run; a throttle, a refusal, a fault and an endpoint that cannot be reached do not.

import { createHash } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { FunctionCode, InvokeEndpoint } from "../ports/functions.ts";
import type { Answer, Call, FunctionErrorReason } from "../ports/invoker.ts";
import { createEndpointClient, type Exchange, MOST_ANSWER_BYTES } from "./endpoint-exchange.ts";
import { ENDED_BY_FORCE } from "./pool-call.ts";

const SHOWN_CHARACTERS = 200;

export interface EndpointInvoker {
  /** Never rejects. `timeoutMs` null: no limit. */
  invoke(
    endpoint: InvokeEndpoint,
    call: Call,
    limits: { readonly timeoutMs: number | null; readonly signal: AbortSignal },
  ): Promise<Answer>;
  close(): void;
}

export function createEndpointInvoker(clock: Clock): EndpointInvoker {
  const client = createEndpointClient(clock);
  return {
    async invoke(endpoint, call, { timeoutMs, signal }) {
      const url = invokeUrl(endpoint);
      const body = Buffer.from(call.text(), "utf8");
      const exchange = await client.post({ url, headers: headersOf(call), body, timeoutMs, signal });
      return answerOf(exchange, { url, call, timeoutMs: timeoutMs ?? 0 });
    },
    close: () => client.close(),
  };
}

/** What is deployed of a function that runs behind an endpoint. */
export function endpointCode({ url, functionName }: InvokeEndpoint): FunctionCode {
  const codeSha256 = createHash("sha256").update(`${url} ${functionName}`).digest("base64");
  const endpoint = { url, functionName };
  return { codeSha256, modulePath: "", exportName: "", handlerText: "", taskRoot: "", buildError: null, endpoint };
}

function invokeUrl({ url, functionName }: InvokeEndpoint): URL {
  const whole = new URL(url);
  const name = encodeURIComponent(functionName);
  whole.pathname = `${whole.pathname.replace(/\/+$/, "")}/2015-03-31/functions/${name}/invocations`;
  return whole;
}

function headersOf({ clientContext, isLogWanted }: Call): Record<string, string> {
  return {
    "content-type": "application/json",
    "x-amz-invocation-type": "RequestResponse",
    ...(isLogWanted === true ? { "x-amz-log-type": "Tail" } : {}),
    ...(clientContext === undefined ? {} : { "x-amz-client-context": Buffer.from(clientContext).toString("base64") }),
  };
}

interface Asked {
  readonly url: URL;
  readonly call: Call;
  readonly timeoutMs: number;
}

function answerOf(exchange: Exchange, asked: Asked): Answer {
  switch (exchange.kind) {
    case "answered":
      return answeredOf(exchange, asked);
    case "timed-out": {
      const seconds = (asked.timeoutMs / 1_000).toFixed(2);
      const message = `RequestId: ${asked.call.requestId} Error: Task timed out after ${seconds} seconds`;
      return failed({ reason: "timedOut", errorType: "Sandbox.Timedout", message }, exchange.tookMs);
    }
    case "too-large": {
      const message = `Response payload size exceeded maximum allowed payload size (${MOST_ANSWER_BYTES} bytes).`;
      return failed({ reason: "threw", errorType: "Function.ResponseSizeTooLarge", message }, exchange.tookMs);
    }
    case "broken":
      return fault(`${asked.url.origin}: ${exchange.detail}`);
    case "stopped":
      return fault(ENDED_BY_FORCE);
  }
}

type Answered = Extract<Exchange, { kind: "answered" }>;

function answeredOf(answered: Answered, { url, call }: Asked): Answer {
  const { status, tookMs } = answered;
  const text = answered.body.toString("utf8");
  const said = `${url.origin} answered ${status}: ${shown(text)}`;
  if (status === 429) return throttled(parsed(text));
  // Nothing that is known to be gone for good: the endpoint may still be starting, or be another one.
  if (status === 404) return fault(`${said}; is \`name\` what ${url.pathname} should say?`);
  if (status === 413) return failed({ reason: "threw", errorType: "RequestTooLarge", message: said }, tookMs);
  if (status < 200 || status > 299) return fault(said);
  const value = parsed(text);
  if (value === undefined) return notJson(answered, said, call);
  const isError = answered.headers["x-amz-function-error"] !== undefined || isErrorBody(value);
  if (isError) return functionError(value, text, answered);
  return { kind: "returned", json: text, ...rest(answered) };
}

/** The version, the time, and the log where the endpoint gives one. */
function rest({ headers, tookMs }: Answered): { executedVersion: string; tookMs: number; log?: string } {
  const version = headers["x-amz-executed-version"];
  const log = headers["x-amz-log-result"];
  return {
    executedVersion: typeof version === "string" ? version : "$LATEST",
    tookMs,
    ...(typeof log === "string" ? { log: Buffer.from(log, "base64").toString("utf8") } : {}),
  };
}

/** The runtime interface emulator says in plain text that the function took too long. */
function notJson(answered: Answered, said: string, { requestId }: Call): Answer {
  const text = answered.body.toString("utf8").trim();
  if (/^Task timed out after [\d.]+ seconds$/.test(text)) {
    const message = `RequestId: ${requestId} Error: ${text}`;
    return failed({ reason: "timedOut", errorType: "Sandbox.Timedout", message }, answered.tookMs);
  }
  return failed({ reason: "threw", errorType: "Endpoint.NotJson", message: `${said} (no JSON)` }, answered.tookMs);
}

const ERROR_MEMBERS = new Set(["errorMessage", "errorType", "trace", "stackTrace", "cause", "requestId"]);

/** An error that came without its header, as from the runtime interface emulator: nothing but an error's members. */
function isErrorBody(value: unknown): boolean {
  if (!isObject(value) || typeof value["errorMessage"] !== "string") return false;
  return Object.keys(value).every((member) => ERROR_MEMBERS.has(member));
}

function functionError(value: unknown, json: string, answered: Answered): Answer {
  const found = isObject(value) ? value : {};
  const errorType = typeof found["errorType"] === "string" ? found["errorType"] : "Unhandled";
  const message = typeof found["errorMessage"] === "string" ? found["errorMessage"] : shown(json);
  const lines: unknown = found["trace"] ?? found["stackTrace"];
  const trace = Array.isArray(lines) ? lines.filter((line) => typeof line === "string").slice(0, 20) : [];
  const reason = reasonOf(errorType, message);
  return { kind: "functionError", reason, errorType, message, trace, json, ...rest(answered) };
}

function reasonOf(errorType: string, message: string): FunctionErrorReason {
  if (errorType === "Sandbox.Timedout" || /\bTask timed out after [\d.]+ seconds$/.test(message)) return "timedOut";
  if (errorType === "Runtime.OutOfMemory") return "outOfMemory";
  if (errorType === "Runtime.ExitError") return "exited";
  return /^Runtime\.(?:ImportModuleError|HandlerNotFound|UserCodeSyntaxError)$/.test(errorType)
    ? "initFailed"
    : "threw";
}

/** Undefined: it is no JSON. An empty body is one (E-36), and its text is kept. */
function parsed(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text);
  } catch {
    // The caller tells what was answered instead.
    return undefined;
  }
}

function failed(
  failure: { readonly reason: FunctionErrorReason; readonly errorType: string; readonly message: string },
  tookMs: number,
): Answer {
  return { kind: "functionError", ...failure, trace: [], executedVersion: "$LATEST", tookMs };
}

/** It is a limit of the other side's, which may say which. */
function throttled(body: unknown): Answer {
  const said = isObject(body) ? body["Reason"] : undefined;
  const limit = typeof said === "string" && said !== "" ? shown(said) : "ConcurrentInvocationLimitExceeded";
  return { kind: "refused", reason: "throttled", message: "Rate Exceeded.", limit };
}

function fault(message: string): Answer {
  return { kind: "refused", reason: "fault", message };
}

function shown(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
