// Where functions and layers are kept, as the function API sees it (src/control/functions). Adapters: src/functions.
//
// Methods that carry something out reject with `bad-argument` where what was sent cannot be used: the message is the answer's text.

import type { FunctionRecord, LayerUse, LayerVersion } from "./function-record.ts";
import type { TableChange } from "./tables.ts";

export interface KeptFunction {
  readonly record: FunctionRecord;
  /** True: this start's configuration defines it, and would again at the next. */
  readonly isConfigured: boolean;
  /** Hash of the code that `$LATEST` runs now, base64: of a file it changes with the file. */
  readonly codeSha256: string;
}

export interface KeptZip {
  /** SHA-256, base64. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** What a turn leaves behind. `also` is stored with it, all or nothing. */
export type FunctionChange =
  | { readonly kind: "none" }
  | { readonly kind: "put"; readonly record: FunctionRecord; readonly also: readonly TableChange[] }
  | { readonly kind: "remove"; readonly also: readonly TableChange[] };

/** What may be done in a function's turn, before its record is changed. */
export interface FunctionTurn {
  /** Null: there is no function of this name. */
  readonly kept: KeptFunction | null;
  keepZip(bytes: Uint8Array): Promise<KeptZip>;
  /** Makes the function independent of the layer's version. */
  keepLayer(layer: LayerVersion): Promise<LayerUse>;
}

export interface FunctionStore {
  get(name: string): KeptFunction | null;
  /** By name. */
  list(): readonly KeptFunction[];
  /**
   * Turns of one function follow one another. What `work` decides is unpacked, stored and then deployed before the answer is given;
   * a rejection leaves the function as it was.
   */
  turn<A>(
    name: string,
    work: (turn: FunctionTurn) => Promise<{ readonly answer: A; readonly change: FunctionChange }>,
  ): Promise<A>;
  /** Rejects where the zip could not be kept. */
  checkZip(bytes: Uint8Array): Promise<void>;
  /** A zip that a version of the function names. */
  readZip(name: string, sha256: string): Promise<Uint8Array>;
}

export type LayerDraft = Omit<LayerVersion, "version" | "arn" | "sha256" | "sizeBytes">;

export interface LayerStore {
  /** Refuses a zip that holds more than Node modules. */
  publish(draft: LayerDraft, bytes: Uint8Array): Promise<LayerVersion>;
  get(name: string, version: number): LayerVersion | null;
  /** All versions, by name and number. */
  list(): readonly LayerVersion[];
  /** Functions that use it keep it. */
  delete(name: string, version: number): Promise<void>;
  readZip(name: string, version: number): Promise<Uint8Array>;
}
