// The view Failing.

import type { Dashboard } from "../dashboard-context.ts";

export function FailingView() {
  return <h1>Failing</h1>;
}

export const failingCommand = (_dashboard: Dashboard): string => "millrace explain BATCH";
