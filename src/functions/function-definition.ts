// What it takes to deploy a function: its settings, and where its code is. Owned by the registry; made by the configuration.

import type { FunctionSettings } from "../ports/functions.ts";

export interface CodeSource {
  readonly kind: "file";
  /** Absolute folder that the handler's text is relative to. */
  readonly root: string;
  /** Absolute path of the module, with its extension. */
  readonly file: string;
  /** Name of the export, dots allowed. */
  readonly exportName: string;
  /** False: the file is loaded as it is, by Node alone. */
  readonly isBundled: boolean;
}

export interface FunctionDefinition {
  readonly settings: FunctionSettings;
  readonly source: CodeSource;
}
