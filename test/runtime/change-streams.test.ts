// A mapping on a change stream under virtual time, over a source that a test tells what to say.

import { expect, onTestFinished, test } from "vitest";
import { EVENT_LIMIT_BYTES, IDLE_CLOSE_MS, STATE_LIMIT_BYTES } from "../../src/core/settings.ts";
import { createChangeKind } from "../../src/kinds/documentdb/change-kind.ts";
import { type ChangeRecord, changeRecord } from "../../src/kinds/documentdb/change-record.ts";
import { unpack } from "../../src/kinds/unpackers.ts";
import { nextTurn } from "../../src/platform/turn.ts";
import type { ChangeSpec } from "../../src/ports/mapping-spec.ts";
import type { Read, Source, SourceProblem } from "../../src/ports/source.ts";
import { createChangeRunner } from "../../src/runtime/change-runner.ts";
import { createKeptJournal } from "../../src/sim/journal-digest.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { calmStore, createVirtualCheckpoints } from "../../src/sim/virtual-checkpoints.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";

const SECOND_MS = 1_000;
const eventSourceArn = "arn:aws:rds:us-east-1:000000000000:cluster:shop";
const denied: SourceProblem = {
  code: "denied",
  text: "PROBLEM: no",
  detail: "no",
  disablingReason: "EVENT_SOURCE_AUTHN_ERROR",
};
const lost: SourceProblem = {
  code: "broken",
  text: "PROBLEM: lost",
  detail: "lost",
  disablingReason: "CHANGE_STREAM_POSITION_LOST",
  isFinal: true,
};

const spec: ChangeSpec = {
  uuid: "m",
  generation: 1,
  eventSourceArn,
  region: "us-east-1",
  functionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  functionName: "f",
  roleArn: "",
  start: { kind: "latest" },
  parallelizationFactor: 1,
  lane: {
    batchSize: 100,
    windowMs: 0,
    windowFrom: "firstRecord",
    retries: -1,
    maxAgeMs: -1,
    isBisecting: false,
    isReporting: false,
    tumblingMs: 0,
    idleCloseMs: IDLE_CLOSE_MS,
    eventLimitBytes: EVENT_LIMIT_BYTES,
    stateLimitBytes: STATE_LIMIT_BYTES,
    isOversizedGivenUp: true,
  },
  filterPatterns: [],
  onFailureArn: null,
  isCountingEvents: false,
  source: { kind: "embeddedMongo", clusterName: "shop", database: "shop", collection: "orders" },
  queue: null,
  changes: { fullDocument: "Default", isKeepingServerFields: false, disabledAfterMs: 600_000 },
};

/** Answers what it was told, one after the other; a read that finds nothing told waits. */
function aSource() {
  const told: Read<ChangeRecord>[] = [];
  const opened: (string | null)[] = [];
  let waiting: ((read: Read<ChangeRecord>) => void) | null = null;
  let problem: SourceProblem | null = null;
  let ordinal = 0;
  const tell = (read: Read<ChangeRecord>): void => {
    if (waiting === null) told.push(read);
    else waiting(read);
    waiting = null;
  };
  const source: Source<ChangeRecord> = {
    topology: () => Promise.resolve({ kind: "topology", units: [{ id: "changes", parents: [], isClosed: false }] }),
    resolve: () =>
      Promise.resolve(
        problem === null ? { kind: "resolved", after: "now", earlierCount: null } : { kind: "problem", problem },
      ),
    open(_unit, after, { firstOrdinal }) {
      opened.push(after);
      ordinal = firstOrdinal;
      return {
        read: () => {
          const next = told.shift();
          if (next !== undefined) return Promise.resolve(next);
          return new Promise((resolve) => {
            waiting = resolve;
          });
        },
        close: () => Promise.resolve(),
      };
    },
    close: () => Promise.resolve(),
  };
  return {
    source,
    opened,
    refuse: (met: SourceProblem | null) => {
      problem = met;
    },
    tell,
    changes(names: readonly string[], more: { readonly passed?: string; readonly bytes?: number } = {}): void {
      const records = names.map((name) =>
        changeRecord({
          ordinal: ordinal++,
          arrivedAtMs: 0,
          position: name,
          eventText: JSON.stringify({ name, text: "x".repeat(more.bytes ?? 0) }),
        }),
      );
      const { passed } = more;
      tell({ kind: "records", records, isCaughtUp: true, lost: null, ...(passed === undefined ? {} : { passed }) });
    },
  };
}

type House = Awaited<ReturnType<typeof aHouse>>;

async function aHouse(given: {
  readonly lane?: Partial<ChangeSpec["lane"]>;
  readonly refused?: SourceProblem;
  readonly isFailing?: (call: number) => boolean;
  readonly tookMs?: number;
}) {
  const clock = createVirtualClock(0);
  const stream = aSource();
  const store = createVirtualCheckpoints(clock);
  const journal = createKeptJournal(clock);
  const calls: { readonly atMs: number; readonly names: readonly string[] }[] = [];
  const said: string[] = [];
  let now: ChangeSpec = { ...spec, lane: { ...spec.lane, ...given.lane } };
  stream.refuse(given.refused ?? null);
  const runner = createChangeRunner<ChangeRecord>({
    spec: now,
    kind: createChangeKind({ eventSourceArn }),
    sourceOf: () => stream.source,
    invoker: {
      async invoke(call) {
        const { events } = unpack(call.pack()) as {
          readonly events: readonly { readonly event: { readonly name: string } }[];
        };
        calls.push({ atMs: clock.nowMs(), names: events.map(({ event }) => event.name) });
        const isFailing = given.isFailing?.(calls.length - 1) === true;
        await new Promise<void>((resolve) => {
          clock.wakeAt(clock.nowMs() + (given.tookMs ?? 1), resolve);
        });
        const base = { executedVersion: "$LATEST", tookMs: 1 };
        if (!isFailing) return { kind: "returned", json: null, ...base };
        return { kind: "functionError", reason: "threw", errorType: "Error", message: "told to", trace: [], ...base };
      },
    },
    reporter: { send: () => Promise.resolve({ kind: "refused", detail: "" }) },
    checkpoints: store.of(1, calmStore),
    journal,
    clock,
    random: createSeededRandom(1),
    compileFilter: () => null,
    events: {
      positioned: () => said.push("positioned"),
      updated: () => said.push("updated"),
      problem: (problem) => said.push(problem?.text ?? "well"),
      unrecoverable: (reason) => said.push(`${clock.nowMs()} ${reason}`),
      stopped: () => said.push("stopped"),
      fenced: () => said.push("fenced"),
    },
  });
  const passTo = async (untilMs: number): Promise<void> => {
    do await nextTurn();
    while (clock.runNext(untilMs));
    clock.passTo(untilMs);
    await nextTurn();
  };
  onTestFinished(() => runner.stop({ isDelete: false, graceMs: 0 }));
  runner.start();
  await passTo(0);
  return {
    ...stream,
    calls,
    said,
    passTo,
    runner,
    names: () => calls.map(({ names }) => names),
    place: (unit = "changes@shop/orders") => store.stored().get(unit)?.after,
    counters: () => runner.summary().counters,
    facts: (kind: string) => journal.entries().filter((entry) => entry.kind === kind),
    update(change: Partial<ChangeSpec>) {
      now = { ...now, ...change };
      runner.update(now);
    },
  };
}

test("TX-04, M-302: the window runs from the first change taken; five changes by two make 2, 2 and 1", async () => {
  const house = await aHouse({ lane: { windowMs: 10 * SECOND_MS } });
  await house.passTo(4_000);
  house.changes(["a"]);
  await house.passTo(20_000);
  expect(house.calls).toEqual([{ atMs: 14_000, names: ["a"] }]);
  const byTwo = await aHouse({ lane: { batchSize: 2, windowMs: 10 * SECOND_MS } });
  byTwo.changes(["a", "b", "c", "d", "e"]);
  await byTwo.passTo(60_000);
  expect(byTwo.names()).toEqual([["a", "b"], ["c", "d"], ["e"]]);
});

test("TX-05, X-201, X-401, X-403: twenty failures are twenty calls with the same change and nothing beside; its place is stored once it succeeds", async () => {
  const house: House = await aHouse({ lane: { batchSize: 1 }, isFailing: (call) => call < 20, tookMs: 100 });
  house.changes(["a"]);
  house.changes(["b"]);
  await house.passTo(3_600_000);
  expect(house.names()).toEqual([...Array.from({ length: 21 }, () => ["a"]), ["b"]]);
  for (const [index, { atMs }] of house.calls.slice(1).entries())
    expect(atMs).toBeGreaterThanOrEqual((house.calls[index]?.atMs ?? 0) + 100);
  expect(house.facts("checkpoint").map((fact) => ("after" in fact ? fact.after : null))).toEqual(["a", "b"]);
});

test("TX-15, X-301: a change that is too large is dropped without a call and counted, and the place moves on behind it", async () => {
  const house = await aHouse({});
  house.changes(["a"]);
  await house.passTo(1_000);
  house.changes(["large"], { bytes: EVENT_LIMIT_BYTES });
  await house.passTo(2_000);
  expect(house.place()).toBe("large");
  house.changes(["b"]);
  await house.passTo(3_000);
  expect(house.names()).toEqual([["a"], ["b"]]);
  expect(house.counters().oversized).toBe(1);
});

test("X-404: an idle stream's place is stored once nothing is in hand, and not before", async () => {
  const house = await aHouse({ isFailing: (call) => call === 0, tookMs: 1_000 });
  expect(house.place()).toBe("now");
  house.changes([], { passed: "idle 1" });
  await house.passTo(500);
  expect(house.place()).toBe("idle 1");
  house.changes(["a"]);
  await house.passTo(600);
  house.changes([], { passed: "idle 2" });
  await house.passTo(1_700);
  expect(house.place()).toBe("idle 1");
  await house.passTo(10_000);
  expect([house.names(), house.place()]).toEqual([[["a"], ["a"]], "idle 2"]);
  // One that was told before the next change came says nothing of that.
  house.changes(["b"]);
  await house.passTo(20_000);
  expect(house.place()).toBe("b");
});

test("X-501, M-705, M-706: a mapping whose source cannot be reached is said to be positioned with its problem, and disabled once that has lasted", async () => {
  const house = await aHouse({ refused: denied });
  expect(house.said).toEqual(["PROBLEM: no", "positioned"]);
  await house.passTo(599_000);
  expect(house.said).toHaveLength(2);
  await house.passTo(605_000);
  expect(house.said.at(-1)).toBe("600000 EVENT_SOURCE_AUTHN_ERROR");
  house.refuse(null);
  await house.passTo(700_000);
  expect(house.opened).toEqual(["now"]);
  expect(house.said.slice(-2)).toEqual(["well", "positioned"]);
});

test("X-701: a lost place is said at once, and again while it lasts", async () => {
  const house = await aHouse({});
  house.tell({ kind: "problem", problem: lost });
  await house.passTo(15_000);
  expect(house.said).toEqual([
    "positioned",
    "PROBLEM: lost",
    "0 CHANGE_STREAM_POSITION_LOST",
    "10000 CHANGE_STREAM_POSITION_LOST",
  ]);
  expect(house.place()).toBe("now");
});

test("X-806: trouble that becomes final is said so, though its words are the same", async () => {
  const house = await aHouse({});
  const { disablingReason: _reason, isFinal: _final, ...passing } = lost;
  house.tell({ kind: "problem", problem: passing });
  house.tell({ kind: "problem", problem: lost });
  await house.passTo(5_000);
  expect(house.said.filter((each) => each.endsWith("POSITION_LOST"))).toHaveLength(1);
});

test("TX-19, X-805: another collection has a place of its own; the first one's is found again", async () => {
  const house = await aHouse({ tookMs: 1_000 });
  house.changes(["a"]);
  await house.passTo(100);
  const { source } = spec;
  house.update({ source: { ...source, collection: "carts" } });
  await house.passTo(500);
  // The call that is out ends first.
  expect(house.opened).toEqual(["now"]);
  await house.passTo(3_000);
  expect([house.place(), house.place("changes@shop/carts")]).toEqual(["a", "now"]);
  expect(house.opened).toEqual(["now", "now"]);
  house.update({ source, changes: { ...spec.changes, fullDocument: "UpdateLookup" } });
  await house.passTo(6_000);
  expect(house.opened).toEqual(["now", "now", "a"]);
  expect(house.said.filter((each) => each === "updated")).toHaveLength(2);
});
