// The dashboard of a server, joined to what it shows and acts on.

import type { FastifyInstance } from "fastify";
import type { Config } from "../config/config.ts";
import type { ControlPlane } from "../control/control-plane.ts";
import type { JournalFeed } from "../control/lookups.ts";
import { addDashboardRoutes } from "../dashboard/dashboard-routes.ts";
import { createLiveDashboard } from "../dashboard/live-dashboard.ts";
import type { Clock } from "../ports/clock.ts";
import type { FunctionThreadReport } from "../ports/function-threads.ts";
import type { Queues } from "../ports/queues.ts";

export function openDashboard(given: {
  readonly config: Config;
  readonly version: string;
  readonly isReadOnly: boolean;
  readonly control: ControlPlane;
  readonly journal: JournalFeed;
  readonly queues: Queues;
  readonly clock: Clock;
  readonly watchLanes: (isOn: boolean) => void;
  readonly functionThreads: () => readonly FunctionThreadReport[];
}): { readonly addPages: (app: FastifyInstance) => void } {
  const { config, version, isReadOnly, control, journal, queues, clock, watchLanes, functionThreads } = given;
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
  return { addPages: (app) => addDashboardRoutes(app, { dashboard, journal, isReadOnly }) };
}
