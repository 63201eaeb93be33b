// The path of Invoke, and that of its streaming sister, which is refused. Payloads go through as the bytes that they are.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { failure } from "../api-answer.ts";
import type { InvokeAnswer, InvokeOperation } from "../invoke/invoke.ts";
import { refuseSize } from "../invoke/invoke-request.ts";
import { label, queryOf, single } from "./lambda-request.ts";
import { sendApi } from "./reply-forms.ts";

/** After this long a throttled call may have better luck. */
const RETRY_AFTER_SECONDS = 1;

export function addInvokeRoutes(app: FastifyInstance, operation: InvokeOperation): void {
  app.post(
    "/2015-03-31/functions/:FunctionName/invocations",
    {
      // A body that is too large for every call is told as one that is too large for Invoke.
      errorHandler(error, request, reply) {
        if (error.statusCode !== 413) throw error;
        const length = Number(request.headers["content-length"] ?? 0);
        void sendApi(reply, refuseSize(length, "RequestResponse").answer);
      },
    },
    async (request, reply) => {
      const answer = await operation.invoke(
        {
          functionName: label(request, "FunctionName"),
          qualifier: single(queryOf(request)["Qualifier"]),
          invocationType: header(request, "x-amz-invocation-type"),
          logType: header(request, "x-amz-log-type"),
          clientContext: header(request, "x-amz-client-context"),
          tenantId: header(request, "x-amz-tenant-id"),
          durableExecutionName: header(request, "x-amz-durable-execution-name"),
          payload: request.body instanceof Uint8Array ? request.body : new Uint8Array(0),
        },
        request.id,
      );
      return sendInvoke(reply, answer);
    },
  );
  app.post("/2021-11-15/functions/:FunctionName/response-streaming-invocations", async (_request, reply) =>
    sendApi(reply, failure("InvalidParameterValueException", "InvokeWithResponseStream is not offered; Invoke is.")),
  );
}

function sendInvoke(reply: FastifyReply, answer: InvokeAnswer): FastifyReply {
  if (answer.kind === "api") {
    if (answer.answer.status === 429) void reply.header("retry-after", String(RETRY_AFTER_SECONDS));
    return sendApi(reply, answer.answer);
  }
  void reply
    .code(200)
    .header("content-type", "application/json")
    .header("x-amz-executed-version", answer.executedVersion);
  if (answer.isFunctionError) void reply.header("x-amz-function-error", "Unhandled");
  if (answer.log !== null) void reply.header("x-amz-log-result", Buffer.from(answer.log, "utf8").toString("base64"));
  return reply.send(Buffer.from(answer.payload, "utf8"));
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}
