// What the configuration says of a function: its settings, and where its code is.

import type { EndpointSource, FileSource } from "../ports/function-record.ts";
import type { FunctionSettings } from "../ports/functions.ts";

export interface FunctionDefinition {
  readonly settings: FunctionSettings;
  readonly source: FileSource | EndpointSource;
}
