// `/_millrace/`: what people and tools on this machine read, by GET; no GET acts. What acts is in steer-routes.ts, by POST.

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { ControlPlane } from "../control-plane.ts";
import type { Recordings } from "../../ports/recordings.ts";
import type { QueueReader } from "../lookups.ts";
import type { JournalStreams } from "./journal-stream.ts";
import type { MetricsPage } from "./metrics-page.ts";
import { queryCount, queryText } from "./query.ts";
import { addRecordingRoutes, type RecordingRoutes } from "./recording-routes.ts";
import { addSteerRoutes } from "./steer-routes.ts";

const DEFAULT_RECENT = 200;
const MOST_RECENT = 5_000;
const DEFAULT_MESSAGES = 10;
const MOST_MESSAGES = 100;

export interface LocalPages {
  readonly control: ControlPlane;
  readonly queues: QueueReader;
  readonly journal: JournalStreams;
  readonly metrics: MetricsPage;
  readonly isReady: () => boolean;
  readonly recordings: Recordings;
}

export function addLocalRoutes(app: FastifyInstance, pages: LocalPages): RecordingRoutes {
  const { control, queues } = pages;
  app.get("/_millrace/health", async (_request, reply) => reply.send({ status: "running" }));
  app.get("/_millrace/ready", async (_request, reply) => {
    const isReady = pages.isReady();
    return reply.code(isReady ? 200 : 503).send({ status: isReady ? "ready" : "starting" });
  });
  app.get("/_millrace/mappings", async (_request, reply) => reply.send({ mappings: control.views() }));
  addSteerRoutes(app, control);
  const recordings = addRecordingRoutes(app, control, pages.recordings);
  app.get("/_millrace/metrics", async (_request, reply) =>
    reply.header("content-type", pages.metrics.contentType).send(await pages.metrics.text()),
  );
  app.get("/_millrace/journal", (request, reply) => {
    pages.journal.open(request, reply, {
      isFollowing: queryText(request, "follow") !== "false",
      recentCount: queryCount(request, "recent", { otherwise: DEFAULT_RECENT, most: MOST_RECENT }),
    });
  });
  app.get("/_millrace/queues", async (_request, reply) => reply.send({ queues: await queues.listQueues() }));
  app.get("/_millrace/queues/:name/messages", async (request, reply) => sendMessages(queues, request, reply));
  return recordings;
}

async function sendMessages(queues: QueueReader, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const { params } = request;
  const name: unknown = typeof params === "object" && params !== null ? Reflect.get(params, "name") : "";
  const max = queryCount(request, "max", { otherwise: DEFAULT_MESSAGES, most: MOST_MESSAGES });
  const messages = await queues.peek(typeof name === "string" ? name : "", max);
  if (messages === null) return reply.code(404).send({ message: `There is no queue ${String(name)}.` });
  return reply.send({ messages });
}
