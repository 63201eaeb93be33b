// All that one picture is drawn from. Nothing is remembered from one picture to the next.

import type { LiveBatch, LiveMapping, LiveModel } from "./live-model.ts";
import type { Look } from "./look.ts";
import type { AllowedKeys, ViewState } from "./view-state.ts";

/** From here on lanes and batches of all mappings share the blocks. */
const WIDE_COLUMNS = 120;

export interface Scene {
  readonly model: LiveModel;
  readonly view: ViewState;
  readonly allowed: AllowedKeys;
  readonly look: Look;
  readonly columns: number;
  readonly rows: number;
  readonly nowMs: number;
  readonly startedAtMs: number;
  /** `millrace 0.1.0  http://127.0.0.1:4566  embedded store, .millrace`, part by part. */
  readonly title: readonly string[];
  /** `stopping: ...` once it stops. */
  readonly stopping: string | null;
  readonly timeText: (atMs: number) => string;
}

export const isWide = ({ columns }: Pick<Scene, "columns">): boolean => columns >= WIDE_COLUMNS;

export const chosenMapping = ({ model, view }: Pick<Scene, "model" | "view">): LiveMapping | null =>
  model.mappings.get(view.mapping ?? "") ?? null;

/** Newest first: of the chosen mapping, or of all where there is room to name them. */
export function listedBatches(scene: Pick<Scene, "model" | "view" | "columns">): readonly LiveBatch[] {
  return isWide(scene) ? scene.model.batches : (chosenMapping(scene)?.batches ?? []);
}

/** `count` of them around the chosen one. */
export function windowAround<T>(
  list: readonly T[],
  count: number,
  isChosen: (item: T) => boolean,
): { readonly shown: readonly T[]; readonly from: number } {
  const at = Math.max(0, list.findIndex(isChosen));
  const from = Math.max(0, Math.min(at - count + 1, list.length - count));
  return { shown: list.slice(from, from + count), from };
}
