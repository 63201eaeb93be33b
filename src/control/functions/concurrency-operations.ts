// Reserved concurrency: the function's, all its versions together.

import type { FunctionTurn } from "../../ports/function-store.ts";
import { type ApiAnswer, failure, success } from "../api-answer.ts";
import { type FunctionContext, refuseConfigured } from "./function-context.ts";
import { nothing, type Turned } from "./function-operations.ts";
import { unreservedBeside } from "./function-reads.ts";
import { concurrencyShape, targetShape } from "./function-shapes.ts";
import { arnOf, keptOf, notFound, readTarget, type Refused, refused, type Target } from "./function-target.ts";

/** What AWS keeps for functions without a reservation. */
const LEAST_UNRESERVED = 100;

/** Only a function as a whole has a reservation. */
function unqualified<T extends Target>(read: T | Refused): T | Refused {
  if (read.kind === "refused" || read.qualifier === null) return read;
  return refused(
    failure(
      "InvalidParameterValueException",
      "This operation is permitted on Lambda functions only. Aliases and versions do not support this operation. " +
        "Please specify either a function name or an unqualified function ARN.",
    ),
  );
}

export async function putFunctionConcurrency(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = unqualified(readTarget(params, concurrencyShape, context.settings));
  if (read.kind === "refused") return read.answer;
  const { ReservedConcurrentExecutions: wanted = 0 } = read.request;
  return await change(context, read.name, wanted, success(200, { ReservedConcurrentExecutions: wanted }));
}

export async function deleteFunctionConcurrency(context: FunctionContext, params: unknown): Promise<ApiAnswer> {
  const read = unqualified(readTarget(params, targetShape, context.settings));
  return read.kind === "refused" ? read.answer : await change(context, read.name, null, success(204, null));
}

export function getFunctionConcurrency(context: FunctionContext, params: unknown): ApiAnswer {
  const read = unqualified(readTarget(params, targetShape, context.settings));
  if (read.kind === "refused") return read.answer;
  const kept = keptOf(context.functions, read, context.settings);
  if (kept.kind === "refused") return kept.answer;
  const { reservedConcurrency } = kept.record.settings;
  return success(200, reservedConcurrency === null ? {} : { ReservedConcurrentExecutions: reservedConcurrency });
}

async function change(
  context: FunctionContext,
  name: string,
  reservedConcurrency: number | null,
  answer: ApiAnswer,
): Promise<ApiAnswer> {
  const missing = notFound(arnOf({ name, qualifier: null }, context.settings));
  if (context.functions.get(name) === null) return missing;
  return await context.functions.turn(name, async ({ kept }: FunctionTurn): Promise<Turned> => {
    if (kept === null) return nothing(missing);
    if (kept.isConfigured) return nothing(refuseConfigured(context, name, "ReservedConcurrentExecutions"));
    const isTooMuch = unreservedBeside(context, name) - (reservedConcurrency ?? 0) < LEAST_UNRESERVED;
    if (isTooMuch && (reservedConcurrency ?? 0) > 0) {
      return nothing(
        failure(
          "InvalidParameterValueException",
          `Specified ReservedConcurrentExecutions for function decreases account's UnreservedConcurrentExecution below its minimum value of [${LEAST_UNRESERVED}].`,
        ),
      );
    }
    const settings = { ...kept.record.settings, reservedConcurrency };
    return { answer, change: { kind: "put", record: { ...kept.record, settings }, also: [] } };
  });
}
