// The dashboard of a server, joined to what it shows and acts on.

import type { FastifyInstance } from "fastify";
import type { Config } from "../config/config.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import { enginesOf } from "../control/mapping/source-kinds.ts";
import type { JournalFeed } from "../control/lookups.ts";
import { addDashboardRoutes } from "../dashboard/dashboard-routes.ts";
import { addDestinationRoutes, type DestinationRoutes } from "../dashboard/destinations/destination-routes.ts";
import { addFindRoutes } from "../dashboard/find/find-routes.ts";
import { createLiveDashboard } from "../dashboard/live-dashboard.ts";
import type { Clock } from "../ports/clock.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { Random } from "../ports/random.ts";
import type { Queues } from "../ports/queues.ts";

export function openDashboard(given: {
  readonly config: Config;
  readonly version: string;
  readonly isReadOnly: boolean;
  readonly control: ControlPlane;
  readonly journal: JournalFeed;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly random: Random;
  readonly watchLanes: (isOn: boolean) => void;
  readonly functionThreads: () => readonly FunctionThreadReport[];
  /** Where records and documents are. */
  readonly house: Omit<DestinationRoutes, "control" | "queues" | "endpoints">;
  /** Where a search looks, and what memory has let go is read. */
  readonly journalDir: string;
  readonly url: () => string;
}): { readonly addPages: (app: FastifyInstance) => void } {
  const { config, version, isReadOnly, control, journal, queues, clock, random, watchLanes, functionThreads } = given;
  const store = config.redis === null ? "embedded store" : "streams in Redis";
  const dashboard = createLiveDashboard({
    control,
    journal,
    queues,
    clock,
    watchLanes,
    origin: { kind: "server", version, store, isReadOnly },
    threads: functionThreads,
  });
  const send = { control, clock, random, engineOf: enginesOf(config.sources) };
  return {
    addPages(app) {
      addDashboardRoutes(app, {
        dashboard,
        journal: { feed: journal, journalDir: given.journalDir },
        isReadOnly,
        send,
      });
      addDestinationRoutes(app, { ...given.house, control, queues, endpoints: config.destinations });
      addFindRoutes(app, {
        place: () => ({ kind: "server", journalDir: given.journalDir, url: given.url() }),
        clock,
      });
    },
  };
}
