// The calls of an app's own clients that have no path of their own: `POST /` with X-Amz-Target (Kinesis, SQS, DynamoDB and its streams,
// Secrets Manager), and the query protocol, by POST (SQS) or by POST or GET (SNS, STS). Every other call gets its protocol's unknown-operation
// error, with one line that says what is offered.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { callStream, isStreamOperation, type TableDoorContext } from "../dynamodb/stream-calls.ts";
import { isTableOperation } from "../dynamodb/table-calls.ts";
import { writtenTables } from "../dynamodb/written-tables.ts";
import { callingFunctionOf } from "../../ports/calling-function.ts";
import type { TableOperation } from "../../ports/item-tables.ts";
import { kinesisFailure } from "../kinesis/kinesis-answer.ts";
import { callKinesis, isKinesisOperation } from "../kinesis/kinesis-calls.ts";
import { type KinesisOperation, SUBSCRIBE_OPERATION } from "../kinesis/kinesis-shapes.ts";
import type { SubscribeContext } from "../kinesis/subscribe-operation.ts";
import { decodeWire, type Encoding } from "../kinesis/wire-value.ts";
import type { CloudWatchContext } from "../cloudwatch/cloudwatch-calls.ts";
import { isCloudWatchOperation } from "../cloudwatch/cloudwatch-shapes.ts";
import { callSecrets, isSecretsOperation, type SecretsContext } from "../secrets/secret-calls.ts";
import type { SelfFeedingWatch } from "../self-feeding.ts";
import type { SnsContext } from "../sns/sns-context.ts";
import { isSqsOperation } from "../sqs/sqs-calls.ts";
import { callerIdentity, STS_VERSION } from "../sts/sts-calls.ts";
import { addCloudWatchRoutes, answerCloudWatchJson, answerCloudWatchQuery } from "./cloudwatch-route.ts";
import { answerSns } from "./sns-route.ts";
import { answerSubscription } from "./event-reply.ts";
import { protocolOf, queryMembers, signedServiceOf, targetOf } from "./client-protocol.ts";
import {
  CLOUDWATCH_TARGET,
  KINESIS_TARGET,
  offeredText,
  SECRETS_TARGET,
  SQS_TARGET,
  TABLE_STREAMS_TARGET,
  TABLES_TARGET,
} from "./offered.ts";
import { isLocal, sendFault, sendKinesis, sendTables } from "./reply-forms.ts";
import { answerSqsJson, answerSqsQuery, sqsQueryOperation, type SqsRouteContext } from "./sqs-replies.ts";
import { xmlText } from "./xml.ts";

export type DoorContext = SubscribeContext &
  SqsRouteContext &
  SnsContext &
  CloudWatchContext &
  TableDoorContext &
  SecretsContext & { readonly selfFeeding: SelfFeedingWatch };

export function addTargetRoutes(app: FastifyInstance, context: DoorContext): void {
  const answer = (request: FastifyRequest, reply: FastifyReply): FastifyReply | Promise<FastifyReply> =>
    protocolOf(request) === "query" ? answerQuery(context, request, reply) : answerTarget(context, request, reply);
  app.post("/", async (request, reply) => answer(request, reply));
  // No GET acts: only the query protocol is read by it.
  app.get("/", async (request, reply) =>
    protocolOf(request) === "query" ? answerQuery(context, request, reply) : sendUnknown(request, reply),
  );
  addCloudWatchRoutes(app, context, sendUnknown);
  // Some clients of SQS call the queue's own address.
  app.post("/:account(^\\d{12}$)/:queue", async (request, reply) => answer(request, reply));
}

export function sendUnknown(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (isLocal(request))
    return sendFault(reply, "UnknownOperation", `There is nothing at ${request.method} ${request.url.split("?")[0]}.`);
  const text = offeredText({
    target: targetOf(request),
    signedService: signedServiceOf(request),
    path: request.url,
  });
  return sendFault(reply, "UnknownOperation", text);
}

function answerTarget(
  context: DoorContext,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | Promise<FastifyReply> {
  const target = targetOf(request);
  const after = (prefix: string): string => (target.startsWith(prefix) ? target.slice(prefix.length) : "");
  const kinesisOperation = after(KINESIS_TARGET);
  if (isKinesisOperation(kinesisOperation) || kinesisOperation === SUBSCRIBE_OPERATION)
    return answerKinesis(context, kinesisOperation, request, reply);
  const sqsOperation = after(SQS_TARGET);
  if (isSqsOperation(sqsOperation)) return answerSqsJson(context, sqsOperation, request, reply);
  const tableOperation = after(TABLES_TARGET);
  if (isTableOperation(tableOperation)) {
    return answerTables(context, tableOperation, request, reply);
  }
  const streamOperation = after(TABLE_STREAMS_TARGET);
  if (isStreamOperation(streamOperation)) {
    const decoded = decodeWire(bodyOf(request), "json");
    if (decoded.kind === "malformed") return sendFault(reply, "Malformed", NO_JSON);
    return callStream(context, streamOperation, decoded.value).then(({ status, body }) =>
      sendTables(reply, status, JSON.stringify(body)),
    );
  }
  const metricOperation = after(CLOUDWATCH_TARGET);
  if (isCloudWatchOperation(metricOperation)) return answerCloudWatchJson(context, metricOperation, { request, reply });
  const secretsOperation = after(SECRETS_TARGET);
  if (isSecretsOperation(secretsOperation)) {
    const decoded = decodeWire(bodyOf(request), "json");
    if (decoded.kind === "malformed") return sendFault(reply, "Malformed", NO_JSON);
    return sendKinesis(reply, callSecrets(context, decoded.value), "json");
  }
  return sendUnknown(request, reply);
}

const NO_JSON = "The body is no JSON that can be read.";

async function answerTables(
  context: DoorContext,
  operation: TableOperation,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const caller = callingFunctionOf(request.headers);
  const sent = bodyOf(request);
  const { status, body } = await context.tables.call(operation, sent);
  if (caller !== null && status === 200)
    for (const [name, count] of writtenTables(operation, sent))
      context.selfFeeding.fed(caller, { service: "dynamodb", name }, count);
  return sendTables(reply, status, body);
}

async function answerKinesis(
  context: DoorContext,
  operation: KinesisOperation | typeof SUBSCRIBE_OPERATION,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const encoding: Encoding = protocolOf(request) === "cbor" ? "cbor" : "json";
  const decoded = decodeWire(bodyOf(request), encoding);
  if (decoded.kind === "malformed") {
    const text = encoding === "cbor" ? "The body is no CBOR that can be read." : NO_JSON;
    return sendKinesis(reply, kinesisFailure("SerializationException", text), encoding);
  }
  if (operation === SUBSCRIBE_OPERATION) {
    return answerSubscription(context, reply, { body: decoded.value, encoding });
  }
  const caller = callingFunctionOf(request.headers);
  const known = {
    ...context,
    onPut(name: string, count: number) {
      context.subscriptions.nudge(name);
      if (caller !== null) context.selfFeeding.fed(caller, { service: "kinesis", name }, count);
    },
  };
  return sendKinesis(reply, await callKinesis(known, operation, decoded.value), encoding);
}

function answerQuery(
  context: DoorContext,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply | Promise<FastifyReply> {
  const members = queryMembers(request);
  const sqsOperation = sqsQueryOperation(request, members);
  if (sqsOperation !== null) return answerSqsQuery(context, sqsOperation, members, reply);
  const answered =
    answerSns(context, members, { request, reply }) ?? answerCloudWatchQuery(context, members, { request, reply });
  if (answered !== null) return answered;
  if (members.get("Action") !== "GetCallerIdentity" || members.get("Version") !== STS_VERSION) {
    return sendUnknown(request, reply);
  }
  const { Arn, UserId, Account } = callerIdentity(context.settings);
  const xml = xmlText(
    [
      "GetCallerIdentityResponse",
      [
        [
          "GetCallerIdentityResult",
          [
            ["Arn", Arn],
            ["UserId", UserId],
            ["Account", Account],
          ],
        ],
        ["ResponseMetadata", [["RequestId", request.id]]],
      ],
    ],
    { namespace: `https://sts.amazonaws.com/doc/${STS_VERSION}/` },
  );
  return reply.code(200).header("content-type", "text/xml").send(xml);
}

function bodyOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : new Uint8Array(0);
}
