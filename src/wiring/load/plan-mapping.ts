// The body of CreateEventSourceMapping that a load plan asks for: its own members, and those that its source and function make.

import type { MappingBody } from "../../config/config.ts";
import type { Home } from "../../config/expand-names.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";

/** Of a table's stream the ARN ends in `latest`, as in the configuration: `streamArn` says what it really is; null: another source. */
export function mappingBodyOf(_plan: LoadPlan, _home: Home, _streamArn: string | null): MappingBody {
  throw new Error("mappingBodyOf: not built yet");
}
