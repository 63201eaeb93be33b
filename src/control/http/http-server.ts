// The one port: AWS's protocols and the local pages, over HTTP/1.1 and clear-text HTTP/2.

import type http from "node:http";
import type net from "node:net";
import fastify, { type FastifyInstance } from "fastify";
import type { Clock } from "../../ports/clock.ts";
import type { Queues } from "../../ports/queues.ts";
import type { Random } from "../../ports/random.ts";
import type { Topics } from "../../ports/topics.ts";
import type { ItemTables } from "../../ports/item-tables.ts";
import type { Streams } from "../../ports/streams.ts";
import type { ControlPlane } from "../control-plane.ts";
import type { FunctionApi } from "../functions/function-api.ts";
import type { ConsumerRegistry } from "../kinesis/consumer-registry.ts";
import { createShardSubscriptions } from "../kinesis/shard-subscriptions.ts";
import type { InvokeOperation } from "../invoke/invoke.ts";
import type { Recordings } from "../../ports/recordings.ts";
import type { JournalFeed, Surroundings } from "../lookups.ts";
import type { SelfFeedingWatch } from "../self-feeding.ts";
import type { SecretLookup } from "../secrets/secret-calls.ts";
import { createHostCheck } from "./host-check.ts";
import { addFunctionRoutes } from "./function-routes.ts";
import { addInvokeRoutes } from "./invoke-routes.ts";
import { createJournalStreams, type JournalStreams } from "./journal-stream.ts";
import { addLambdaRoutes } from "./lambda-routes.ts";
import { addBrokerRoutes } from "./broker-routes.ts";
import { addCollectionRoutes } from "./collection-routes.ts";
import { addTopicRoutes } from "./topic-routes.ts";
import type { EmbeddedBrokers } from "../embedded-brokers.ts";
import type { EmbeddedCollections } from "../embedded-collections.ts";
import type { EmbeddedTopics } from "../embedded-topics.ts";
import { addLocalRoutes } from "./local-routes.ts";
import { createMetricsPage } from "./metrics-page.ts";
import type { RecordingRoutes } from "./recording-routes.ts";
import { addHttpFrame, listenError } from "./http-frame.ts";
import { sendFault } from "./reply-forms.ts";
import { addTargetRoutes } from "./target-routes.ts";
import { createSqsDoor } from "../sqs/sqs-context.ts";
import type { Buckets, PartUploads } from "../../ports/buckets.ts";
import { addS3Routes, bucketUrl } from "./s3-route.ts";
import { type MetricFeed, startMetricFeed } from "../cloudwatch/metric-feed.ts";
import { createMetricStore } from "../cloudwatch/metric-store.ts";
import { createTwoProtocols, type TwoProtocols } from "./two-protocols.ts";

export interface HttpServerOptions {
  readonly control: ControlPlane;
  readonly invoke: InvokeOperation;
  readonly functions: FunctionApi;
  readonly streams: Streams;
  readonly consumers: ConsumerRegistry;
  readonly tables: ItemTables;
  readonly queues: Queues;
  readonly topics: Topics;
  /** Absent: there are none. */
  readonly brokers?: EmbeddedBrokers;
  readonly kafka?: EmbeddedTopics;
  readonly collections?: EmbeddedCollections;
  readonly buckets: Buckets;
  readonly uploads: PartUploads;
  readonly secrets: SecretLookup;
  readonly journal: JournalFeed;
  readonly selfFeeding: SelfFeedingWatch;
  readonly clock: Clock;
  readonly random: Random;
  readonly settings: Surroundings;
  /** Whether the server can be used: 200 or 503 of `/_millrace/ready`. */
  readonly isReady: () => boolean;
  readonly recordings: Recordings;
  /** Host names beside loopback, `*.localhost` and containers' names for their host; a leading `*.` stands for any subdomain. */
  readonly allowedHosts: readonly string[];
  /** Adds pages of its own to the port, behind the same checks of who may ask: the dashboard. */
  readonly addPages?: (app: FastifyInstance) => void;
}

export interface HttpServer {
  /** Opens the port (0: a free one) and answers its URL. Throws MillraceError port-taken, or bad-argument for an address of no use. */
  listen(address: { readonly host: string; readonly port: number }): Promise<string>;
  /** Lets answers under way end for up to `graceMs`, then cuts. A second call returns the same promise. */
  close(graceMs: number): Promise<void>;
}

/** Data and keys of the largest PutRecords as base64, and then some. */
const MOST_BODY_BYTES = 16_777_216;
/** Lambda's ARNs and opaque labels fit by far. */
const MOST_LABEL_LENGTH = 2_048;

export function createHttpServer(options: HttpServerOptions): HttpServer {
  let listensOn: string | null = null;
  let connections: TwoProtocols | null = null;
  const requestId = (): string => options.random.uuid("request");
  const app = fastify({
    logger: false,
    bodyLimit: MOST_BODY_BYTES,
    exposeHeadRoutes: false,
    genReqId: requestId,
    return503OnClosing: false,
    rewriteUrl: (request) => bucketUrl(request),
    routerOptions: {
      ignoreTrailingSlash: true,
      maxParamLength: MOST_LABEL_LENGTH,
      caseSensitive: true,
    },
    frameworkErrors: (_error, _request, reply) => {
      void reply.header("x-amzn-RequestId", requestId());
      void sendFault(reply, "Malformed", "The request's path cannot be read.");
    },
    serverFactory: (handler) => {
      connections = createTwoProtocols(handler, (_error, socket) => answerBrokenHttp(socket, requestId()));
      // fastify asks of its server what net.Server has: listen, close, address and events.
      return connections.server as unknown as http.Server;
    },
  });
  const check = createHostCheck({ allowedHosts: options.allowedHosts, listensOn: () => listensOn });
  const journal = createJournalStreams(options.journal, (reply) => ({ "x-amzn-RequestId": reply.request.id }));
  addHttpFrame(app, check);
  addLambdaRoutes(app, options.control);
  addInvokeRoutes(app, options.invoke);
  if (options.brokers !== undefined) addBrokerRoutes(app, options.brokers);
  if (options.kafka !== undefined) addTopicRoutes(app, options.kafka);
  if (options.collections !== undefined) addCollectionRoutes(app, options.collections);
  addFunctionRoutes(app, options.functions);
  const goingDown = new AbortController();
  const subscriptions = createShardSubscriptions(options.clock);
  const sqs = createSqsDoor(options);
  app.addHook("preClose", async () => {
    goingDown.abort();
    subscriptions.close();
    sqs.close();
  });
  addS3Routes(app, options);
  const store = createMetricStore();
  const { control: plane, journal: entries, clock } = options;
  // Only a server that listens has anything to count, and is closed for sure.
  let feed: MetricFeed | null = null;
  app.addHook("onListen", async () => {
    feed = startMetricFeed({ store, views: () => plane.views(), journal: entries, clock });
  });
  app.addHook("preClose", async () => feed?.close());
  const watched = { metrics: store, sampleMetrics: () => feed?.sample() };
  addTargetRoutes(app, { ...options, ...watched, closing: goingDown.signal, subscriptions, sqs });
  const metrics = createMetricsPage(options.control);
  const { control, queues, isReady, recordings } = options;
  options.addPages?.(app);
  const recording = addLocalRoutes(app, { control, queues, journal, metrics, isReady, recordings });

  let closing: Promise<void> | null = null;
  return {
    async listen({ host, port }) {
      listensOn = host;
      try {
        return await app.listen({ host, port });
      } catch (error) {
        throw listenError(error, host, port);
      }
    },
    close(graceMs) {
      closing ??= closeServer(app, { journal, recording, connections, clock: options.clock, graceMs });
      return closing;
    },
  };
}

/** HTTP that cannot be read has no request: the answer is written by hand, and the connection ends. */
function answerBrokenHttp(socket: net.Socket, id: string): void {
  if (!socket.writable) return void socket.destroy();
  const body = JSON.stringify({ message: "The request is no HTTP that can be read." });
  socket.end(
    `HTTP/1.1 400 Bad Request\r\nx-amzn-RequestId: ${id}\r\nx-amzn-ErrorType: InvalidRequestContentException\r\n` +
      `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

async function closeServer(
  app: FastifyInstance,
  parts: {
    readonly journal: JournalStreams;
    readonly recording: RecordingRoutes;
    readonly connections: TwoProtocols | null;
    readonly clock: Clock;
    readonly graceMs: number;
  },
): Promise<void> {
  const { journal, connections, clock } = parts;
  journal.close();
  parts.recording.close();
  const closed = app.close();
  connections?.startClosing();
  if (parts.graceMs <= 0) connections?.closeConnections();
  const cancel = clock.wakeAt(clock.nowMs() + parts.graceMs, () => connections?.closeConnections());
  await closed;
  cancel();
  connections?.closeConnections();
}
