// Functions by name, as mappings ask for them, out of the registry.

import type { FunctionLookup } from "../control/lookups.ts";
import type { FunctionRegistry } from "../functions/function-registry.ts";
import { versionOf } from "../ports/functions.ts";

export function functionLookup(functions: Pick<FunctionRegistry, "get">): FunctionLookup {
  return {
    find(name, qualifier = null) {
      const deployed = functions.get(name);
      // Of an alias that shares its calls out, its own version speaks.
      return deployed === null ? null : (versionOf(deployed, qualifier, () => 1)?.settings ?? null);
    },
  };
}
