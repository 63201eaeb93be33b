// The dashboard's routes on a running server, beside the page itself: frames, the journal's entries, and the actions that are not there
// already. No GET acts.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { askedLimit, askedMs, sendAnswer } from "./asked.ts";
import type { LiveDashboard } from "./live-dashboard.ts";
import { addPageRoutes, refuse } from "./page-routes.ts";
import { serverEntries, type ServerJournal } from "./server-entries.ts";
import { addSendRoute, type SendRoute } from "./send-route.ts";

export interface DashboardRoutes {
  readonly dashboard: LiveDashboard;
  readonly journal: ServerJournal;
  readonly isReadOnly: boolean;
  readonly send: SendRoute;
}

/** Call before routes that act are added: a read-only server refuses them all. */
export function addDashboardRoutes(app: FastifyInstance, routes: DashboardRoutes): void {
  if (routes.isReadOnly) app.addHook("onRequest", refuseActions);
  addPageRoutes(app, "server");
  app.get("/_millrace/frames", async (_request, reply) => {
    if (await routes.dashboard.open(reply)) return reply;
    return refuse(reply, {
      status: 503,
      code: "too-many-pages",
      message: "50 pages of the dashboard are open: close one of them.",
    });
  });
  app.get("/_millrace/entries", async (request, reply) =>
    sendAnswer(reply, () => ({
      entries: serverEntries(routes.journal, askedMs(request, "before"), askedLimit(request)),
    })),
  );
  addSendRoute(app, routes.send);
  app.addHook("onListen", async () => routes.dashboard.start());
  app.addHook("preClose", async () => routes.dashboard.close());
}

/** AWS's own API stays as it is, but for the page itself: a browser says of its calls that they come from the server's own page. */
async function refuseActions(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined> {
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  const isOfPage = request.headers["sec-fetch-site"] === "same-origin";
  if (!isOfPage && !request.url.startsWith("/_millrace/")) return undefined;
  return refuse(reply, {
    status: 403,
    code: "read-only",
    message: "This dashboard only shows: the server was started with --read-only.",
    help: "millrace start",
  });
}
