// A function API over functions that are kept in memory and never run.

import { createFunctionApi, type FunctionApi } from "../../../src/control/functions/function-api.ts";
import type { FunctionContext } from "../../../src/control/functions/function-context.ts";
import type { KeptFunction } from "../../../src/ports/function-store.ts";
import { type MemoryTables, memoryTables } from "./memory-tables.ts";

export function memoryFunctions(
  context: Pick<FunctionContext, "clock" | "random" | "settings">,
  tables: MemoryTables = memoryTables(),
): FunctionApi {
  const functions = new Map<string, KeptFunction>();
  const zip = { sha256: "AAAA", sizeBytes: 4 };
  return createFunctionApi({
    ...context,
    journal: { append: () => undefined },
    functions: {
      get: (name) => functions.get(name) ?? null,
      list: () => [...functions.values()],
      async turn(name, work) {
        const { answer, change } = await work({
          kept: functions.get(name) ?? null,
          keepZip: async () => zip,
          keepLayer: async ({ arn }) => ({ arn, ...zip }),
        });
        if (change.kind !== "none") await tables.change(change.also);
        if (change.kind === "put")
          functions.set(name, { record: change.record, isConfigured: false, codeSha256: zip.sha256 });
        if (change.kind === "remove") functions.delete(name);
        return answer;
      },
      checkZip: async () => undefined,
      readZip: async () => new Uint8Array(0),
    },
    layers: {
      publish: async (draft) => ({ ...draft, ...zip, version: 1, arn: `${draft.layerArn}:1` }),
      get: () => null,
      list: () => [],
      delete: async () => undefined,
      readZip: async () => new Uint8Array(0),
    },
    tables,
    reservedVariables: new Set(["AWS_REGION"]),
    configFile: null,
    readObject: async () => ({ kind: "missing", what: "bucket" }),
  });
}
