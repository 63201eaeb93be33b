// `POST /_millrace/recordings`: begins a recording and answers with it, line by line, until it is stopped, the client goes, or the limit
// is reached. `POST /_millrace/recordings/stop` ends it in good order: the last lines come, then the answer ends.

import type { FastifyInstance, FastifyReply } from "fastify";
import type { Recordings } from "../../ports/recordings.ts";
import type { ControlPlane } from "../control-plane.ts";
import { parseArn } from "../mapping/source-kinds.ts";
import { queryCount, queryText } from "./query.ts";

/** Bytes that may wait for a client that writes slower than things happen. */
const MOST_WAITING_BYTES = 64_000_000;
const DEFAULT_RECORDING_BYTES = 256_000_000;
const LEAST_RECORDING_BYTES = 1_000;
const MOST_RECORDING_BYTES = 100_000_000_000;

export interface RecordingRoutes {
  /** Ends what is under way, with its last line. */
  close(): void;
}

export function addRecordingRoutes(
  app: FastifyInstance,
  control: Pick<ControlPlane, "views">,
  recordings: Recordings,
): RecordingRoutes {
  let stopCurrent: (() => void) | null = null;
  app.post("/_millrace/recordings", (request, reply) => {
    const mapping = queryText(request, "mapping");
    if (mapping !== null && !control.views().some(({ uuid }) => uuid === mapping))
      return void reply.code(404).send({ message: `There is no mapping ${mapping}.` });
    const polled = polledBy(control.views().find(({ uuid }) => uuid === mapping));
    if (polled !== null)
      return void reply
        .code(400)
        .send({ message: `Mapping ${mapping} polls a ${polled}: recordings carry streams only.` });
    const limitBytes = Math.max(
      queryCount(request, "limit", { otherwise: DEFAULT_RECORDING_BYTES, most: MOST_RECORDING_BYTES }),
      LEAST_RECORDING_BYTES,
    );
    const wish = { mapping, isWithPayloads: queryText(request, "payloads") !== "false", limitBytes };
    stream(reply, wish);
  });
  app.post("/_millrace/recordings/stop", async (_request, reply) => {
    if (stopCurrent === null) return reply.code(409).send({ message: "Nothing is being recorded." });
    stopCurrent();
    return reply.send({ status: "stopping" });
  });

  function stream(reply: FastifyReply, wish: Parameters<Recordings["begin"]>[0]): void {
    const { raw } = reply;
    const waiting: string[] = [];
    let isOpen = false;
    const begun = recordings.begin(wish, {
      take(text) {
        if (!isOpen) {
          waiting.push(text);
          return true;
        }
        raw.write(text);
        return raw.writableLength <= MOST_WAITING_BYTES;
      },
      end() {
        stopCurrent = null;
        raw.end();
      },
    });
    if (begun === null) return void reply.code(409).send({ message: "Another recording is under way." });
    void reply.hijack();
    raw.writeHead(200, { "content-type": "application/x-ndjson", "cache-control": "no-store" });
    isOpen = true;
    raw.write(waiting.join(""));
    stopCurrent = () => begun.stop();
    raw.on("close", () => begun.letGo());
    // A client that resets its connection has gone; `close` follows.
    raw.on("error", () => undefined);
  }

  return { close: () => stopCurrent?.() };
}

/** What is fed to the pollers of a queue, a broker or a cluster is not recorded (docs/recordings.md). Null: its source is a stream. */
function polledBy(view: { readonly eventSourceArn: string } | undefined): string | null {
  if (view?.eventSourceArn.startsWith("kafka://")) return "topic";
  const service = view === undefined ? undefined : parseArn(view.eventSourceArn)?.service;
  return POLLED[service ?? ""] ?? null;
}

const POLLED: Readonly<Record<string, string>> = {
  sqs: "queue",
  mq: "broker",
  kafka: "topic",
  rds: "change stream of DocumentDB",
};
