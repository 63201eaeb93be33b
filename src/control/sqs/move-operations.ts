// StartMessageMoveTask, ListMessageMoveTasks and CancelMessageMoveTask: queues are named by their ARNs, tasks by a handle that has both
// the task and its source in it, as AWS's has.

import type { JsonObject } from "../api-answer.ts";
import type { MoveTask } from "./move-tasks.ts";
import { isFifoName, nameOfArn, queueArn } from "./queue-address.ts";
import { invalidParameter, missingParameter, SqsRefusal } from "./sqs-answer.ts";
import type { Members, SqsContext } from "./sqs-context.ts";

const MOST_A_SECOND = 500;
const MOST_LISTED = 10;

export async function startMessageMoveTask(
  context: SqsContext,
  request: Members<"StartMessageMoveTask">,
): Promise<JsonObject> {
  const { queues, settings, sqs } = context;
  const { DestinationArn: destinationArn, MaxNumberOfMessagesPerSecond: perSecond = null } = request;
  const source = await queueOfArn(context, "SourceArn", request.SourceArn);
  if (perSecond !== null && (perSecond < 1 || perSecond > MOST_A_SECOND)) {
    throw invalidParameter("MaxNumberOfMessagesPerSecond", perSecond, `Must be between 1 and ${MOST_A_SECOND}.`);
  }
  if (!(await isDeadLetterQueue(context, source))) {
    throw new SqsRefusal("InvalidParameterValue", "Source queue must be configured as a Dead Letter Queue.");
  }
  const destination = destinationArn === undefined ? null : await queueOfArn(context, "DestinationArn", destinationArn);
  if (destination === source) {
    throw new SqsRefusal("InvalidParameterValue", "Source queue arn and destination queue arn cannot be the same.");
  }
  if (destination !== null && isFifoName(destination) !== isFifoName(source)) {
    throw new SqsRefusal("InvalidParameterValue", "Source queue and destination queue must be of the same type.");
  }
  const toMoveCount = (await queues.countMessages(source))?.visibleCount ?? 0;
  const task = sqs.moves.start({ source, destination, perSecond, toMoveCount });
  if (task === null) {
    throw new SqsRefusal(
      "InvalidParameterValue",
      "There is already a task running. Only one active task is allowed for a source queue arn at a given time.",
    );
  }
  return { TaskHandle: handleOf(task, queueArn(source, settings)) };
}

export async function listMessageMoveTasks(
  context: SqsContext,
  request: Members<"ListMessageMoveTasks">,
): Promise<JsonObject> {
  const source = await queueOfArn(context, "SourceArn", request.SourceArn);
  const { MaxResults: max = 1 } = request;
  if (max < 1 || max > MOST_LISTED) throw invalidParameter("MaxResults", max, `Must be between 1 and ${MOST_LISTED}.`);
  const arnOf = (name: string): string => queueArn(name, context.settings);
  return {
    Results: context.sqs.moves
      .list(source)
      .slice(0, max)
      .map((task) => shownTask(task, arnOf)),
  };
}

export async function cancelMessageMoveTask(
  context: SqsContext,
  request: Members<"CancelMessageMoveTask">,
): Promise<JsonObject> {
  const { TaskHandle: handle } = request;
  if (handle === undefined || handle === "") throw missingParameter("TaskHandle");
  const { taskId, sourceArn } = readHandle(handle);
  const source = await queueOfArn(context, "SourceArn", sourceArn);
  const { moves } = context.sqs;
  const task = await moves.cancel(source, taskId);
  if (task !== null) return { ApproximateNumberOfMessagesMoved: task.movedCount };
  if (!moves.list(source).some((each) => each.taskId === taskId)) {
    throw new SqsRefusal("ResourceNotFoundException", "Task does not exist.");
  }
  throw new SqsRefusal("UnsupportedOperation", "Only active tasks can be cancelled.");
}

function shownTask(task: MoveTask, arnOf: (name: string) => string): JsonObject {
  const { source, destination, perSecond, status, failureReason } = task;
  return {
    ...(status === "RUNNING" ? { TaskHandle: handleOf(task, arnOf(source)) } : {}),
    Status: status,
    SourceArn: arnOf(source),
    ...(destination === null ? {} : { DestinationArn: arnOf(destination) }),
    ...(perSecond === null ? {} : { MaxNumberOfMessagesPerSecond: perSecond }),
    ApproximateNumberOfMessagesMoved: task.movedCount,
    ApproximateNumberOfMessagesToMove: task.toMoveCount,
    ...(failureReason === null ? {} : { FailureReason: failureReason }),
    StartedTimestamp: task.startedAtMs,
  };
}

async function isDeadLetterQueue({ queues }: SqsContext, name: string): Promise<boolean> {
  const all = await queues.listQueues();
  const views = await Promise.all(all.map((each) => queues.describeQueue(each.name)));
  return views.some((view) => view?.settings.redrive?.deadLetterQueue === name);
}

/** The name of a queue that is there. Throws SqsRefusal. */
async function queueOfArn(
  { queues, settings }: SqsContext,
  member: "SourceArn" | "DestinationArn",
  arn: string | undefined,
): Promise<string> {
  if (arn === undefined || arn === "") throw missingParameter(member);
  if (!/^arn:[^:]+:sqs:[^:]+:[^:]+:[^:]+$/.test(arn)) {
    const form = "arn:<partition>:<service>:<region>:<account-id>:<resource-id>";
    throw new SqsRefusal("InvalidParameterValue", `You must use this format to specify the ${member}: ${form}`);
  }
  const name = nameOfArn(arn, settings);
  if (name !== null && (await queues.describeQueue(name)) !== null) return name;
  const text = `The resource that you specified for the ${member} parameter doesn't exist.`;
  throw new SqsRefusal("ResourceNotFoundException", text);
}

const handleOf = ({ taskId }: MoveTask, sourceArn: string): string =>
  Buffer.from(JSON.stringify({ taskId, sourceArn })).toString("base64");

/** Throws SqsRefusal. */
function readHandle(handle: string): { readonly taskId: string; readonly sourceArn: string } {
  try {
    const { taskId, sourceArn } = Object(JSON.parse(Buffer.from(handle, "base64").toString())) as Record<
      string,
      unknown
    >;
    if (typeof taskId === "string" && typeof sourceArn === "string") return { taskId, sourceArn };
  } catch {
    // Told below: it is no handle.
  }
  throw new SqsRefusal("InvalidParameterValue", "Value for parameter TaskHandle is invalid.");
}
