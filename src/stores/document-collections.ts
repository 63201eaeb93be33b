// The Collections port over the store thread.

import type { Collections } from "../ports/collections.ts";
import type { StoreClient } from "./store-client.ts";

export function createCollections(client: StoreClient): Collections {
  return {
    apply: (place, operations) => client.ask("changes-apply", { place, operations }),
    look: (place, max) => client.ask("changes-look", { place, max }),
    list: () => client.ask("changes-list", {}),
    trim: (cluster) => client.ask("changes-trim", { cluster }),
  };
}
