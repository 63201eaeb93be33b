// The row "page": an open page of the dashboard, in a real browser, while 10,000 batches a second close, beside the same page while nothing
// happens. The journal is made here, as no server of one machine closes so many.

import { type Browser, chromium, type Page } from "playwright-core";
import { chromiumFile } from "../../scripts/browser/chromium.ts";
import type { MappingView } from "../../src/control/control-plane.ts";
import { createPagesServer } from "../../src/control/http/pages-server.ts";
import type { JournalFeed } from "../../src/control/lookups.ts";
import { createLiveDashboard } from "../../src/dashboard/live-dashboard.ts";
import { addPageRoutes } from "../../src/dashboard/page-routes.ts";
import { createSystemClock } from "../../src/platform/system-clock.ts";
import { createSystemRandom } from "../../src/platform/system-random.ts";
import type { Entry, Fact } from "../../src/ports/journal.ts";
import { views } from "../../test/cli/live/moment.ts";
import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";

const BATCHES_PER_SECOND = 10_000;
const EVERY_MS = 20;
const LANES = 16;

interface Looked {
  readonly longestMs: number;
  readonly blockedShare: number;
  readonly keyMs: number;
  readonly heapMb: number;
}

export async function measurePage({
  isQuick,
  rounds,
}: {
  readonly isQuick: boolean;
  readonly rounds: number;
}): Promise<RowResult> {
  const forMs = isQuick ? 5_000 : 30_000;
  const browser = await chromium.launch({
    executablePath: await chromiumFile((line) => console.log(line)),
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--enable-precise-memory-info"],
  });
  try {
    const quiet: Looked[] = [];
    const flooded: Looked[] = [];
    for (let round = 0; round < rounds; round += 1) {
      quiet.push(await looked(browser, 0, forMs));
      flooded.push(await looked(browser, BATCHES_PER_SECOND, forMs));
    }
    return {
      row: "page",
      measures: `an open page of the dashboard for ${forMs / 1_000} s, with nothing to show and with ${BATCHES_PER_SECOND} batches a second`,
      leavesOut: "a pipeline: the journal is made up, and nothing is called",
      figures: [...figuresOf("quiet", quiet), ...figuresOf("10,000 batches/s", flooded)],
    };
  } finally {
    await browser.close();
  }
}

async function looked(browser: Browser, perSecond: number, forMs: number): Promise<Looked> {
  const feed = createFlood(perSecond);
  const dashboard = createLiveDashboard({
    control: {
      views: () => views as readonly MappingView[],
      getMapping: () => Promise.resolve({ status: 200, body: { BatchSize: 10 }, errorType: null }),
    },
    journal: feed,
    queues: { countMessages: () => Promise.resolve(null), describeQueue: () => Promise.resolve(null) },
    clock: createSystemClock(),
    origin: { kind: "server", version: "bench", store: "made up", isReadOnly: true },
    watchLanes: () => undefined,
    threads: () => [],
  });
  const server = createPagesServer({
    addPages(app) {
      addPageRoutes(app, "server");
      app.get("/_millrace/frames", async (_request, reply) => {
        await dashboard.open(reply);
        return reply;
      });
    },
    random: createSystemRandom(),
    command: "bench",
  });
  const url = await server.listen({ host: "127.0.0.1", port: 0 });
  dashboard.start();
  const page = await browser.newPage();
  try {
    await page.goto(`${url}/_millrace/#/batches`);
    await page.locator("h1", { hasText: "Batches" }).waitFor();
    feed.begin();
    return await watched(page, forMs);
  } finally {
    feed.end();
    await page.close();
    dashboard.close();
    await server.close();
  }
}

async function watched(page: Page, forMs: number): Promise<Looked> {
  await page.evaluate(
    "window.tasks = []; new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((each) => each.duration))).observe({ type: 'longtask' })",
  );
  await page.waitForTimeout(forMs);
  const startedMs = performance.now();
  await page.keyboard.press("1");
  await page.locator("h1", { hasText: "Mappings" }).waitFor();
  const keyMs = performance.now() - startedMs;
  const tasks = await page.evaluate<readonly number[]>("window.tasks");
  const heapBytes = await page.evaluate<number>("performance.memory.usedJSHeapSize");
  return {
    longestMs: Math.max(0, ...tasks),
    blockedShare: tasks.reduce((sum, each) => sum + each, 0) / forMs,
    keyMs,
    heapMb: heapBytes / 1e6,
  };
}

/** Batches that close, are called and are done, in even shares a tick; what main is not handed is counted as left out, as in a server. */
function createFlood(perSecond: number): JournalFeed & { readonly begin: () => void; readonly end: () => void } {
  const listeners = new Set<Parameters<JournalFeed["subscribe"]>[0]>();
  let timer: NodeJS.Timeout | null = null;
  let batch = 0;
  let seq = 0;
  const uuids = views.map(({ uuid }) => uuid);
  function tick(): void {
    const atMs = Date.now();
    const entries: Entry[] = [];
    for (let count = 0; count < (perSecond * EVERY_MS) / 1_000; count += 1) {
      batch += 1;
      const mapping = uuids[batch % uuids.length] ?? "";
      const lane = `${mapping}/shardId-${String(batch % LANES).padStart(12, "0")}/0`;
      for (const fact of factsOf(String(batch))) {
        seq += 1;
        entries.push({ ...fact, atMs, mapping, lane, seq });
      }
    }
    for (const listener of listeners) listener(entries, 0);
  }
  return {
    recent: () => [],
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    begin() {
      if (perSecond > 0) timer = setInterval(tick, EVERY_MS);
    },
    end() {
      if (timer !== null) clearInterval(timer);
    },
  };
}

function factsOf(batch: string): readonly Fact[] {
  const requestId = `request-${batch}`;
  const common = { batch, requestId, attempt: 1, recordCount: 10 };
  return [
    {
      kind: "batch-closed",
      batch,
      closedBy: "size",
      recordCount: 10,
      payloadBytes: 9_333,
      windowMs: 3_900,
      first: "1",
      last: "10",
      oldestArrivedAtMs: null,
    },
    { kind: "invoked", ...common },
    {
      kind: "decided",
      ...common,
      outcome: "ok",
      verdict: "done",
      payloadBytes: 9_333,
      failedCount: 0,
      tookMs: 1,
      iteratorAgeMs: 5,
      executedVersion: "$LATEST",
      error: null,
      retryAfterMs: null,
      next: [],
    },
  ];
}

function figuresOf(name: string, all: readonly Looked[]): readonly Figure[] {
  const figure = (what: string, unit: string, valueOf: (one: Looked) => number): Figure => ({
    name: `${name}, ${what}`,
    unit,
    spread: spreadOf(all.map(valueOf)),
    digits: 1,
    goal: null,
    isMoreBetter: false,
  });
  return [
    figure("longest pause", "ms", ({ longestMs }) => longestMs),
    figure("in pauses over 50 ms", "% of the time", ({ blockedShare }) => 100 * blockedShare),
    figure("a key shows its view after", "ms", ({ keyMs }) => keyMs),
    figure("memory of the page", "MB", ({ heapMb }) => heapMb),
  ];
}
