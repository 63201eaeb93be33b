// The dashboard of a file, as `millrace dashboard FILE` serves it, in this process.

import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createPagesServer } from "../../../src/control/http/pages-server.ts";
import { addFileRoutes } from "../../../src/dashboard/file/file-routes.ts";
import { type FoldedJournal, foldJournal } from "../../../src/dashboard/file/folded-journal.ts";
import { openJournalSource } from "../../../src/dashboard/file/journal-source.ts";
import { createSystemClock } from "../../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../../src/platform/system-random.ts";

const root = join(import.meta.dirname, "..", "..", "..");

/** The example's own: an order without a payment in a batch of ten. */
export const poisonScenario = join(root, "examples", "orders", "poison.scenario.json");

export interface RecordedDashboard {
  readonly url: string;
  readonly journal: FoldedJournal;
}

/** `file`: a recording, a journal, a state directory or a scenario. */
export async function aRecordedDashboard(file: string): Promise<RecordedDashboard> {
  const source = await openJournalSource(file, root);
  onTestFinished(() => source.close());
  const journal = foldJournal(source.entries);
  if (journal === null) throw new Error(`${file} has no entries`);
  const server = createPagesServer({
    addPages: (app) =>
      addFileRoutes(app, {
        journal,
        name: source.name,
        version: "page-test",
        place: source.place,
        clock: createSystemClock(),
      }),
    random: createSystemRandom(),
    command: "millrace dashboard",
  });
  onTestFinished(() => server.close());
  return { url: await server.listen({ host: "127.0.0.1", port: 0 }), journal };
}
