// The view Batches.

import type { Dashboard } from "../dashboard-context.ts";

export function BatchesView() {
  return <h1>Batches</h1>;
}

export const batchesCommand = (_dashboard: Dashboard): string => "millrace explain BATCH";
