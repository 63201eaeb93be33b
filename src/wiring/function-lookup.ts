// Functions by name, as mappings ask for them, out of the registry.

import type { FunctionLookup } from "../control/lookups.ts";
import type { FunctionRegistry } from "../functions/function-registry.ts";
import { versionOf } from "../ports/functions.ts";

export function functionLookup(functions: Pick<FunctionRegistry, "get">): FunctionLookup {
  return {
    find: (name) => functions.get(name)?.settings ?? null,
    hasQualifier(name, qualifier) {
      const deployed = functions.get(name);
      return deployed !== null && versionOf(deployed, qualifier, () => 0) !== null;
    },
  };
}
