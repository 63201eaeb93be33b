// The Checkpoints port over the store thread, bound to one mapping and one generation. A checkpoint is one JSON text, position and
// window together (W-18).

import type { Checkpoint, Checkpoints } from "../ports/checkpoints.ts";
import type { StoreClient } from "./store-client.ts";

export function createStoreCheckpoints(
  client: StoreClient,
  mapping: string,
  options: { readonly generation: number },
): Checkpoints {
  const { generation } = options;
  return {
    async load() {
      try {
        const rows = await client.ask("checkpoints-load", { mapping, generation });
        return new Map(rows.map(({ unit, value }) => [unit, parseCheckpoint(value)]));
      } catch {
        // The port's own answer for a store that cannot be read; the runtime tries again and says so.
        return "failed";
      }
    },
    async save(unit, checkpoint) {
      try {
        return await client.ask("checkpoint-save", { mapping, generation, unit, value: JSON.stringify(checkpoint) });
      } catch {
        // As above.
        return "failed";
      }
    },
  };
}

/** The mapping starts anew at its starting position (`isDeleted` false), or is gone for good. */
export async function forgetCheckpoints(
  client: StoreClient,
  mapping: string,
  options: { readonly isDeleted: boolean },
): Promise<void> {
  await client.ask("checkpoints-forget", { mapping, isDeleted: options.isDeleted });
}

/** Written by `save` above, in a file whose version is checked. */
function parseCheckpoint(value: string): Checkpoint {
  const { after, window, isEnded } = JSON.parse(value) as Checkpoint;
  return { after, window, isEnded };
}
