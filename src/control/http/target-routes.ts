// `POST /`: services that name their operation in X-Amz-Target. Kinesis is answered; every other call gets the protocol's own
// unknown-operation error, with one line that says what is offered.

import type { FastifyInstance, FastifyRequest } from "fastify";
import { kinesisFailure } from "../kinesis/kinesis-answer.ts";
import { callKinesis, isKinesisOperation, type KinesisContext } from "../kinesis/kinesis-calls.ts";
import { kinesisOperations } from "../kinesis/kinesis-shapes.ts";
import { decodeWire, type Encoding } from "../kinesis/wire-value.ts";
import { protocolOf, sendFault, sendKinesis } from "./reply-forms.ts";

const KINESIS = "Kinesis_20131202.";

export const OFFERED =
  "Millrace offers Lambda's event source mappings and their tags, and of Kinesis " + `${kinesisOperations.join(", ")}.`;

export function addTargetRoutes(app: FastifyInstance, context: KinesisContext): void {
  app.post("/", async (request, reply) => {
    const target = targetOf(request);
    const operation = target.startsWith(KINESIS) ? target.slice(KINESIS.length) : "";
    if (!isKinesisOperation(operation)) return sendFault(reply, "UnknownOperation", OFFERED);
    const encoding: Encoding = protocolOf(request) === "cbor" ? "cbor" : "json";
    const body = request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
    const decoded = decodeWire(body, encoding);
    if (decoded.kind === "malformed") {
      const text = `The body is no ${encoding === "cbor" ? "CBOR" : "JSON"} that can be read.`;
      return sendKinesis(reply, kinesisFailure("SerializationException", text), encoding);
    }
    return sendKinesis(reply, await callKinesis(context, operation, decoded.value), encoding);
  });
}

function targetOf(request: FastifyRequest): string {
  const target = request.headers["x-amz-target"];
  return typeof target === "string" ? target : "";
}
