// The dashboard of a running server: while a page is open, it hears the journal, watches what lanes assemble, and sends frames. With no page
// open it takes one look a second at the mappings' counters and passes over the entries that main is handed in any case, for the points of
// the charts and the count of what was given up: no counter tells how long calls took, and an incident is looked at after it.
//
// V1  At most four frames a second, and none with nobody to read them.
// V2  What is known is dropped a while after the last page has gone; a page that comes then is told from the journal's newest entries.

import type { ControlPlane } from "../control/control-plane.ts";
import type { JournalFeed } from "../control/lookups.ts";
import type { Cancel, Clock } from "../ports/clock.ts";
import { GONE } from "../cli/line-state.ts";
import type { Entry } from "../ports/journal.ts";
import type { Queues } from "../ports/queues.ts";
import type { FastifyReply } from "fastify";
import { createDashboardModel, type DashboardModel } from "./dashboard-model.ts";
import type { FrameOrigin, FunctionThread } from "./frame.ts";
import { createFrameStreams } from "./frame-streams.ts";
import { createQueueLook } from "./queue-look.ts";
import { createSecondPoints } from "./second-points.ts";

const TICK_MS = 250;
const SECOND_MS = 1_000;
/** A page that is loaded anew finds what it knew. */
const KEPT_MS = 10_000;

export interface LiveDashboardOptions {
  readonly control: Pick<ControlPlane, "views" | "getMapping">;
  readonly journal: JournalFeed;
  readonly queues: Pick<Queues, "countMessages" | "describeQueue">;
  readonly clock: Clock;
  readonly origin: Extract<FrameOrigin, { readonly kind: "server" }>;
  /** While it is on, summaries tell what lanes assemble. */
  readonly watchLanes: (isOn: boolean) => void;
  readonly threads: () => readonly FunctionThread[];
}

export interface LiveDashboard {
  /** Answers with frames until the page goes. False: too many pages are open. */
  open(reply: FastifyReply): Promise<boolean>;
  /** Begins the points of the charts. */
  start(): void;
  close(): void;
}

export function createLiveDashboard(options: LiveDashboardOptions): LiveDashboard {
  const { control, journal, clock, origin } = options;
  const seconds = createSecondPoints();
  const look = createQueueLook(options.queues, clock);
  let model: DashboardModel | null = null;
  let unsubscribe: Cancel | null = null;
  let cancelTick: Cancel | null = null;
  let cancelSecond: Cancel | null = null;
  let cancelDrop: Cancel | null = null;
  let number = 0;
  let isClosed = false;
  let cancelHear: Cancel | null = null;
  /** Records by mapping, since the server's start: entries that tell of an end are never left out. */
  const gaveUp = new Map<string, number>();
  /** BatchSize by mapping, as the journal tells it when a mapping starts or changes. */
  const batchSizes = new Map<string, number>();
  /** Points that no frame has had yet. */
  let fresh: ReturnType<typeof seconds.tick> = [];
  const streams = createFrameStreams({ onFirst: begin, onNone: end });

  function known(): DashboardModel {
    cancelDrop?.();
    cancelDrop = null;
    if (model !== null) return model;
    const made = createDashboardModel({ areBytesKnown: true });
    model = made;
    made.learnViews(control.views(), clock.nowMs());
    const recent = journal.recent();
    made.learn(recent, 0);
    made.takeRows();
    made.learnViews(control.views(), clock.nowMs());
    unsubscribe = journal.subscribe((entries, droppedCount) => made.learn(entries, droppedCount));
    return made;
  }

  function begin(): void {
    options.watchLanes(true);
    cancelTick ??= clock.wakeAt(clock.nowMs() + TICK_MS, tick);
  }

  function end(): void {
    options.watchLanes(false);
    cancelTick?.();
    cancelTick = null;
    if (isClosed) return drop();
    cancelDrop ??= clock.wakeAt(clock.nowMs() + KEPT_MS, drop);
  }

  function drop(): void {
    cancelDrop = null;
    unsubscribe?.();
    unsubscribe = null;
    model = null;
  }

  function tick(): void {
    const nowMs = clock.nowMs();
    cancelTick = clock.wakeAt(nowMs + TICK_MS, tick);
    if (model === null) return;
    const told = model;
    told.learnViews(control.views(), nowMs);
    void settle(told);
    look.look(told);
    number += 1;
    const points = fresh;
    fresh = [];
    const parts = { number, atMs: nowMs, origin, threads: options.threads(), gaveUp };
    streams.send(told.delta({ ...parts, seconds: points }), () => told.whole({ ...parts, seconds: seconds.all() }));
  }

  /** Settings are asked for when the journal says that they have changed. */
  async function settle(told: DashboardModel): Promise<void> {
    for (const uuid of told.takeUnsettled()) {
      const { status, body } = await control.getMapping(uuid);
      if (status < 300 && body !== null) told.learnSettings(uuid, { ...Object(body) });
    }
  }

  function second(): void {
    const nowMs = clock.nowMs();
    cancelSecond = clock.wakeAt((Math.floor(nowMs / SECOND_MS) + 1) * SECOND_MS, second);
    const points = seconds.tick(control.views(), nowMs);
    if (streams.count() > 0) fresh = [...fresh, ...points];
  }

  /** Of what only entries tell, the little that is worth hearing with nobody there. */
  function hear(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.mapping === null) continue;
      if (entry.kind === "settings") {
        const { BatchSize: size } = entry.settings;
        if (typeof size === "number") batchSizes.set(entry.mapping, size);
      } else if (entry.kind === "gave-up") {
        gaveUp.set(entry.mapping, (gaveUp.get(entry.mapping) ?? 0) + entry.recordCount);
      } else if (entry.kind === "mapping-state" && entry.to === GONE) {
        gaveUp.delete(entry.mapping);
        batchSizes.delete(entry.mapping);
      }
    }
    seconds.learn(entries, (uuid) => model?.mapping(uuid)?.settings.batchSize ?? batchSizes.get(uuid) ?? null);
  }

  return {
    start() {
      cancelHear = journal.subscribe(hear);
      second();
    },
    async open(reply) {
      const told = known();
      await settle(told);
      // The server stops meanwhile: its end cuts the connection.
      if (isClosed) {
        drop();
        reply.hijack().raw.destroy();
        return true;
      }
      told.learnViews(control.views(), clock.nowMs());
      const parts = { number, atMs: clock.nowMs(), origin, threads: options.threads(), gaveUp };
      const isIn = streams.open(reply, told.whole({ ...parts, seconds: seconds.all() }));
      if (streams.count() === 0) cancelDrop ??= clock.wakeAt(clock.nowMs() + KEPT_MS, drop);
      return isIn;
    },
    close() {
      isClosed = true;
      cancelHear?.();
      cancelSecond?.();
      cancelDrop?.();
      streams.close();
      drop();
    },
  };
}
