// What `/` finds: a mapping, a batch or a request, by a part of its name. Pure; the same words again find the next one.

import { functionOf, type LiveMapping, sourceOf } from "./live-model.ts";
import type { Scene } from "./scene.ts";
import { isSameBatch, type ViewState } from "./view-state.ts";

interface Found {
  readonly mapping: string;
  readonly batch: string | null;
  readonly words: readonly string[];
}

/** Null: nothing that is shown has it. */
export function findNext(scene: Pick<Scene, "model" | "view">, text: string): ViewState | null {
  const { view } = scene;
  const wanted = text.trim().toLowerCase();
  const all = placesOf(scene);
  const at = all.findIndex(({ mapping, batch }) =>
    view.batch === null
      ? batch === null && mapping === view.mapping
      : batch !== null && isSameBatch({ mapping, name: batch }, view.batch),
  );
  const order = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  const found = order.find(({ words }) => words.some((word) => word.toLowerCase().includes(wanted)));
  if (found === undefined) return null;
  const batch = found.batch === null ? null : { mapping: found.mapping, name: found.batch };
  return { ...view, finding: null, mapping: found.mapping, batch };
}

function placesOf(scene: Pick<Scene, "model" | "view">): readonly Found[] {
  const mappings = [...scene.model.mappings.values()].filter(({ view }) => view !== null);
  return [
    ...mappings.map(
      (mapping): Found => ({
        mapping: mapping.uuid,
        batch: null,
        words: [mapping.uuid, sourceOf(mapping), functionOf(mapping)],
      }),
    ),
    ...mappings.flatMap((mapping) =>
      mapping.batches.map(
        (batch): Found => ({
          mapping: mapping.uuid,
          batch: batch.name,
          words: [`batch ${batch.name}`, ...requestsOf(mapping, batch.lane, batch.name, batch.requestId)],
        }),
      ),
    ),
  ];
}

/** Also those of its halves and rests, as far as they are still drawn. */
function requestsOf(mapping: LiveMapping, lane: string, name: string, requestId: string | null): readonly string[] {
  const families = [...mapping.inHand.values(), ...mapping.ended];
  const family = families.find((each) => each.lane === lane && each.number === name);
  const nodes = family === undefined ? [] : [...family.nodes.values()];
  return [requestId, ...nodes.map((node) => node.requestId)].filter((each) => each !== null);
}
