// The journal over HTTP: as server-sent events, or as lines of JSON. A client that reads too slowly loses entries and is told how
// many; the server keeps a bounded amount for it.

import type { FastifyReply, FastifyRequest } from "fastify";
import type { Cancel } from "../../ports/clock.ts";
import type { Entry } from "../../ports/journal.ts";
import type { JournalFeed } from "../lookups.ts";

/** Bytes that may wait for one client. */
const MOST_WAITING_BYTES = 1_048_576;

export interface JournalStreams {
  /** Takes the reply over; the stream ends when the client goes or `close` is called. */
  open(
    request: FastifyRequest,
    reply: FastifyReply,
    options: { readonly isFollowing: boolean; readonly recentCount: number },
  ): void;
  close(): void;
}

export function createJournalStreams(
  journal: JournalFeed,
  headers: (reply: FastifyReply) => Record<string, string>,
): JournalStreams {
  const open = new Set<() => void>();
  return {
    open(request, reply, options) {
      const isEvents = (request.headers.accept ?? "").includes("text/event-stream");
      void reply.hijack();
      const { raw } = reply;
      raw.writeHead(200, {
        ...headers(reply),
        "content-type": isEvents ? "text/event-stream" : "application/x-ndjson",
        "cache-control": "no-store",
      });
      // With nothing to tell yet, the client still learns that it is connected.
      raw.flushHeaders();
      const line = (value: unknown): string =>
        isEvents ? `data: ${JSON.stringify(value)}\n\n` : `${JSON.stringify(value)}\n`;
      const recent = options.recentCount === 0 ? [] : journal.recent().slice(-options.recentCount);
      if (recent.length > 0) raw.write(recent.map(line).join(""));
      if (!options.isFollowing) return void raw.end();
      let lostCount = 0;
      const send = (entries: readonly Entry[], droppedCount: number): void => {
        lostCount += droppedCount;
        if (raw.writableLength > MOST_WAITING_BYTES) {
          lostCount += entries.length;
          return;
        }
        if (lostCount === 0 && entries.length === 0) return;
        const told = lostCount === 0 ? "" : line({ kind: "dropped", count: lostCount });
        lostCount = 0;
        raw.write(told + entries.map(line).join(""));
      };
      const cancel: Cancel = journal.subscribe(send);
      const end = (): void => {
        cancel();
        open.delete(end);
        raw.end();
      };
      open.add(end);
      // Once a slow client has read on, it learns at once what it has missed.
      raw.on("drain", () => send([], 0));
      raw.on("close", end);
      // A client that resets its connection has gone; `close` follows.
      raw.on("error", () => undefined);
    },
    close() {
      for (const end of open) end();
    },
  };
}
