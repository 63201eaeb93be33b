// The view Mappings.

import type { Dashboard } from "../dashboard-context.ts";

export function MappingsView() {
  return <h1>Mappings</h1>;
}

export const mappingsCommand = (_dashboard: Dashboard): string => "millrace explain BATCH";
