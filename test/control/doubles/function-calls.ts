// Calls of a function API over functions in memory, and what they are made with.

import type { ApiAnswer } from "../../../src/control/api-answer.ts";
import type { FunctionApi, FunctionOperation } from "../../../src/control/functions/function-api.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";
import { handClock, surroundings } from "./house.ts";
import { memoryFunctions } from "./memory-functions.ts";
import { type MemoryTables, memoryTables } from "./memory-tables.ts";

export const arn = "arn:aws:lambda:us-east-1:123456789012:function:made";
export const creation = {
  FunctionName: "made",
  Runtime: "nodejs22.x",
  Handler: "index.handler",
  Role: "arn:aws:iam::123456789012:role/any",
  Code: { ZipFile: "AAAA" },
};
export const made = { FunctionName: "made" };
type Ask = (operation: FunctionOperation, params: object) => Promise<ApiAnswer>;

export function anApi(tables: MemoryTables = memoryTables()): Ask {
  const house = { clock: handClock(), random: createSystemRandom(), settings: surroundings };
  const api: FunctionApi = memoryFunctions(house, tables);
  return (operation, params) => api.call(operation, params, "http://127.0.0.1:4566");
}

export async function withFunction(more: object = {}): Promise<Ask> {
  const ask = anApi();
  const { status, body } = await ask("CreateFunction", { ...creation, ...more });
  if (status !== 201) throw new Error(`the function was not made: ${JSON.stringify(body)}`);
  return ask;
}

export const memberOf = (answer: ApiAnswer, name: string): unknown => answer.body?.[name];
