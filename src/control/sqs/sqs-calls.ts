// One call of SQS: its body parsed by its shape, carried out on the queues, its answer as a value. No HTTP here.

import { assertNever } from "../../core/assert-never.ts";
import type { JsonObject } from "../api-answer.ts";
import { parseShape } from "../shape.ts";
import { addPermission, getQueueAttributes, removePermission, setQueueAttributes } from "./attribute-operations.ts";
import { cancelMessageMoveTask, listMessageMoveTasks, startMessageMoveTask } from "./move-operations.ts";
import {
  createQueue,
  deleteQueue,
  getQueueUrl,
  listDeadLetterSourceQueues,
  listQueues,
  purgeQueue,
} from "./queue-operations.ts";
import { receiveMessage } from "./receive-operations.ts";
import { sendMessage, sendMessageBatch } from "./send-operations.ts";
import {
  changeMessageVisibility,
  changeMessageVisibilityBatch,
  deleteMessage,
  deleteMessageBatch,
} from "./settle-operations.ts";
import { type SqsAnswer, sqsFailure, SqsRefusal, sqsSuccess } from "./sqs-answer.ts";
import type { CallOrigin, Members, SqsContext } from "./sqs-context.ts";
import { type SqsOperation, sqsOperations, sqsShapes } from "./sqs-shapes.ts";
import { listQueueTags, tagQueue, untagQueue } from "./tag-operations.ts";

export type { SqsContext } from "./sqs-context.ts";

export const isSqsOperation = (name: string): name is SqsOperation =>
  sqsOperations.some((operation) => operation === name);

/** Never rejects: a store that fails is InternalFailure, which clients try again. */
export async function callSqs(
  context: SqsContext,
  operation: SqsOperation,
  body: unknown,
  origin: CallOrigin,
): Promise<SqsAnswer> {
  try {
    return sqsSuccess(await carryOut(context, operation, body, origin));
  } catch (error) {
    if (error instanceof SqsRefusal) return sqsFailure(error.error, error.message);
    return sqsFailure("InternalFailure", error instanceof Error ? error.message : String(error));
  }
}

function carryOut(
  context: SqsContext,
  operation: SqsOperation,
  body: unknown,
  origin: CallOrigin,
): Promise<JsonObject> {
  switch (operation) {
    case "CreateQueue":
      return createQueue(context, read(operation, body), origin);
    case "GetQueueUrl":
      return getQueueUrl(context, read(operation, body), origin);
    case "ListQueues":
      return listQueues(context, read(operation, body), origin);
    case "GetQueueAttributes":
      return getQueueAttributes(context, read(operation, body));
    case "SetQueueAttributes":
      return setQueueAttributes(context, read(operation, body));
    case "DeleteQueue":
      return deleteQueue(context, read(operation, body));
    case "PurgeQueue":
      return purgeQueue(context, read(operation, body));
    case "ListDeadLetterSourceQueues":
      return listDeadLetterSourceQueues(context, read(operation, body), origin);
    case "AddPermission":
      return addPermission(context, read(operation, body));
    case "RemovePermission":
      return removePermission(context, read(operation, body));
    case "StartMessageMoveTask":
      return startMessageMoveTask(context, read(operation, body));
    case "ListMessageMoveTasks":
      return listMessageMoveTasks(context, read(operation, body));
    case "CancelMessageMoveTask":
      return cancelMessageMoveTask(context, read(operation, body));
    case "ListQueueTags":
      return listQueueTags(context, read(operation, body));
    case "TagQueue":
      return tagQueue(context, read(operation, body));
    case "UntagQueue":
      return untagQueue(context, read(operation, body));
    case "SendMessage":
      return sendMessage(context, read(operation, body), origin);
    case "SendMessageBatch":
      return sendMessageBatch(context, read(operation, body), origin);
    case "ReceiveMessage":
      return receiveMessage(context, read(operation, body), origin);
    case "DeleteMessage":
      return deleteMessage(context, read(operation, body));
    case "DeleteMessageBatch":
      return deleteMessageBatch(context, read(operation, body));
    case "ChangeMessageVisibility":
      return changeMessageVisibility(context, read(operation, body));
    case "ChangeMessageVisibilityBatch":
      return changeMessageVisibilityBatch(context, read(operation, body));
    default:
      return assertNever(operation);
  }
}

/** Throws SqsRefusal for a member of a wrong type. */
function read<O extends SqsOperation>(operation: O, body: unknown): Members<O> {
  const shape: (typeof sqsShapes)[O] = sqsShapes[operation];
  const parsed = parseShape(body, shape);
  if (parsed.kind === "wrongType") throw new SqsRefusal("SerializationException", parsed.text);
  return parsed.value;
}
