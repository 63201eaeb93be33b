// The picture of one moment, as ux has it: at 80 and 120 columns, in ASCII, coloured, and on screens that are too small.

import { describe, expect, test } from "vitest";
import type { Fact } from "../../../src/ports/journal.ts";
import { widthOf } from "../../../src/cli/live/cells.ts";
import { legendLines } from "../../../src/cli/live/draw-edges.ts";
import { createLook } from "../../../src/cli/live/look.ts";
import { lastTopOf } from "../../../src/cli/live/page.ts";
import { startView } from "../../../src/cli/live/view-state.ts";
import {
  audit,
  entry,
  laneOf,
  momentOf,
  nowMs,
  paintedOf,
  plainLook,
  process,
  sceneOf,
  story,
  textOf,
  viewOf,
  views,
} from "./moment.ts";
import { noCounts } from "../../../src/runtime/counters.ts";

const lines = (text: string): readonly string[] => text.split("\n");

describe("the moment", () => {
  test("at 80 columns and 24 rows, leaving one for a line above", () => {
    expect(textOf(sceneOf())).toBe(`\
millrace 0.1.0  http://127.0.0.1:4566  embedded store, .millrace        up 01:12
MAPPINGS    source          function        state    lag  oldest  last result
▸ 5e1f09c2  kinesis:orders  orders.process  Enabled   11   3.1 s  PROBLEM: Func…
  b0c47d3e  kinesis:orders  orders.audit    Enabled    0       –  OK
ASSEMBLING  orders.process, shard 1               the window closes it, in 1.8 s
  records         6 of 10         ██████░░░░  full in 2.1 s at 1.9 records/s
  window        3.2 of 5 s        ██████░░░░  over in 1.8 s             ◀ first
  payload     5,605 of 6,291,456  ░░░░░░░░░░  6,744 more of this size would fit
  shard 0     held by batch 29 below; 1 record waits and joins no retry
BATCHES  closed        by      records  bytes  window      took  outcome
  29     12:04:31.207  size      10/10  9,333  3.9 of 5 s  9 ms  ✗ threw, split
  28     12:04:28.336  window     7/10  6,537  5.0 of 5 s  8 ms  ✓ ok
  27     12:04:27.299  window     4/10  3,741  5.0 of 5 s  6 ms  ✓ ok
FAILING  batch 29, shard 0, lane held 0.34 s: TypeError … (reading 'total')
  29              1–10  ✗  9 ms  split 5 + 5
  ├ 29.1           1–5  ✓ 12 ms  checkpoint → …018405
  └ 29.2          6–10  ✗  5 ms  split 2 + 3
    ├ 29.2.1       6–7  ✗  3 ms  split 1 + 1
    │ ├ 29.2.1.1     6  ✓  4 ms  checkpoint → …018406
    │ └ 29.2.1.2     7  ✗✗ 2 ms  attempt 3 of 3 in 0.30 s, waiting 400 ms
    └ 29.2.2      8–10  ·        waits for record 7
DESTINATION  sqs:orders-failed  2 documents  last: RetryAttemptsExhausted
q quit  p pause  x poison  e explain  f freeze  d dashboard  / find  ? …`);
  });

  test("at 120 columns: lanes and batches of all mappings, settings, requests and errors", () => {
    expect(textOf(sceneOf({ columns: 120 }))).toMatchSnapshot();
  });

  test("in ASCII nothing else is written, and columns stay where they are", () => {
    const text = textOf(sceneOf({ look: createLook({ isUnicode: false, isColoured: false }) }));
    expect(text).toMatch(/^[\n\x20-\x7e]*$/);
    expect(text).toMatchSnapshot();
  });

  test("colour adds nothing but colour", () => {
    const painted = paintedOf(sceneOf({ look: createLook({ isUnicode: true, isColoured: true }) }));
    expect(painted).toContain("\u001b[");
    // oxlint-disable-next-line no-control-regex -- these are the colours
    const plain = painted.replace(/\u001b\[\d+m/g, "");
    expect(lines(plain).map((line) => line.trimEnd())).toEqual(lines(textOf(sceneOf())));
  });
});

describe("too small a screen", () => {
  test("blocks give way in order: destination, batches but the newest, lanes but the chosen, mappings but the chosen", () => {
    const starts = (rows: number): readonly string[] =>
      lines(textOf(sceneOf({ rows }))).map(
        (line) => /^(?:[A-Z]{4,}|  \d\d  |  shard|[▸ ] \w{8} )/.exec(line)?.[0]?.trim() ?? "",
      );
    const at = (rows: number) => {
      const seen = starts(rows);
      return {
        hasDestination: seen.includes("DESTINATION"),
        batches: seen.slice(seen.indexOf("BATCHES") + 1, seen.indexOf("FAILING")).length,
        hasOtherLanes: seen.includes("shard"),
        mappings: seen.slice(seen.indexOf("MAPPINGS") + 1, seen.indexOf("ASSEMBLING")).length,
      };
    };
    expect(at(24)).toEqual({ hasDestination: true, batches: 3, hasOtherLanes: true, mappings: 2 });
    expect(at(23)).toEqual({ hasDestination: false, batches: 3, hasOtherLanes: true, mappings: 2 });
    expect(at(22)).toEqual({ hasDestination: false, batches: 1, hasOtherLanes: true, mappings: 2 });
    expect(at(20)).toEqual({ hasDestination: false, batches: 1, hasOtherLanes: false, mappings: 2 });
    expect(at(19)).toEqual({ hasDestination: false, batches: 1, hasOtherLanes: false, mappings: 1 });
  });

  test("no row is wider than the screen, and one row is left, whatever the size", () => {
    for (let columns = 10; columns <= 160; columns += 7) {
      for (let rows = 2; rows <= 50; rows += 3) {
        const drawn = lines(textOf(sceneOf({ columns, rows })));
        expect(drawn.length).toBeLessThanOrEqual(rows - 1);
        expect(Math.max(...drawn.map(widthOf))).toBeLessThanOrEqual(columns);
      }
    }
  });

  test("on a wide screen too the last lane that stays is one of the chosen mapping", () => {
    const text = textOf(sceneOf({ columns: 120, rows: 19, view: { ...startView, mapping: audit } }));
    expect(text).toMatch(/^ASSEMBLING .*\n {2}orders\.audit shard 0 .*\n {2}and 2 more lanes\nBATCHES/m);
  });

  test("of a tree that is too long the part around the batch at hand is drawn, and the others are counted", () => {
    const drawn = textOf(sceneOf({ rows: 18 }));
    expect(drawn).toContain("29.2.1.2     7  ✗✗ 2 ms  attempt 3 of 3");
    expect(drawn).toContain("and 2 more parts of it");
  });
});

describe("a long function name gives way", () => {
  const name = `orders-${"x".repeat(57)}`;
  const model = momentOf(
    story,
    views.map((each) => (each.uuid === process ? { ...each, functionName: name } : each)),
  );

  test("at 80 columns to what closes the batch", () => {
    expect(textOf(sceneOf({ model }))).toMatch(
      /^ASSEMBLING {2}orders-x+…, shard 1 {2}the window closes it, in 1\.8 s$/m,
    );
  });

  test("at 120 columns to the payload and what closes the batch", () => {
    const text = textOf(sceneOf({ model, columns: 120 }));
    expect(text).toMatch(/^ {2}orders-x*… +shard 1 .* 6,744 more fit {2}window, in 1\.8 s ◀$/m);
    expect(text).toMatch(/^ASSEMBLING .*payload of 6,291,456 B {2,}closes first by$/m);
  });
});

test("a page's lines are wrapped behind their first column, and nothing is cut", () => {
  const page = { title: "What is here", lines: legendLines(sceneOf().allowed, plainLook), top: 0 };
  const text = textOf(sceneOf({ view: { ...startView, page }, rows: 100 }));
  expect(text).not.toContain("…\n");
  expect(text).toContain(`\
  p               pause the chosen mapping before its next batch, or let it go
                  on; its State stays
`);
  const end = textOf(sceneOf({ view: { ...startView, page: { ...page, top: lastTopOf(page, 80, 23) } } }));
  expect(lines(end).at(-2)).toMatch(/^ {2}1–10 +places in the batch$/);
});

describe("other moments", () => {
  test("before anything has happened", () => {
    const model = momentOf([], []);
    expect(textOf(sceneOf({ model, view: startView }))).toMatchSnapshot();
  });

  test("H-2, F-81: why nothing arrives, as millrace explain says it", () => {
    const told = (...facts: readonly Fact[]): string => {
      const laneOfFact = (fact: Fact): string =>
        fact.kind.startsWith("unit") ? `${process}/shardId-000000000000` : process;
      const entries = facts.map((fact) => entry(nowMs, process, laneOfFact(fact), fact));
      const idle = viewOf(process, "orders.process", { counters: noCounts });
      const text = textOf(sceneOf({ model: momentOf(entries, [idle]) }));
      return /ASSEMBLING {2}orders\.process: ([^]*?)\nBATCHES/.exec(text)?.[1] ?? text;
    };
    const opened: Fact = { kind: "unit-opened", after: null, startedFrom: "latest" };
    expect(told()).toBe("no poller has begun to read for it: it is not\n  there");
    expect(told({ kind: "unit-placed", after: null, earlierCount: 41 }, opened)).toBe(
      "it starts at LATEST: 41 records were there before,\n  and none has come since",
    );
    expect(told({ ...opened, after: "49" })).toBe("it goes on from its checkpoint, and no record has\n  come since");
    expect(
      told(opened, { kind: "mapping-state", from: "Enabled", to: "Disabled", reason: "USER_INITIATED" }),
    ).toContain("it is Disabled since");
    const lane = `${process}/shardId-000000000000`;
    const filtered = entry(nowMs, process, lane, {
      kind: "filtered",
      filteredCount: 1,
      position: "1",
      why: "data.total, numeric >= 100: there is no such value",
    });
    const counters = { ...noCounts, polled: 3, filtered: 3 };
    const over = [entry(nowMs, process, lane, opened), filtered];
    const model = momentOf(over, [viewOf(process, "orders.process", { counters })]);
    expect(textOf(sceneOf({ model, columns: 200 }))).toContain(
      "3 of 3 records passed over by the filter, the last (1) because data.total, numeric >= 100: there is no such value",
    );
  });

  test("paused: its state says so, and s is a key", () => {
    const [first, second] = views;
    if (first === undefined || second === undefined) throw new Error("two views");
    const text = textOf(sceneOf({ model: momentOf(story, [{ ...first, isPaused: true }, second]) }));
    expect(text).toContain("Enabled, paused");
    expect(text).toContain("paused before its next batch");
    expect(text).toContain("p go on  s step");
  });

  test("once the tree has ended it stays for 30 s, and no longer", () => {
    const lane = laneOf(process, 0);
    const over = entry(nowMs + 300, process, lane, {
      kind: "gave-up",
      batch: "29.2.1.2",
      requestId: "52ad7710",
      condition: "RetryAttemptsExhausted",
      recordCount: 1,
      attempts: 3,
      first: null,
      last: null,
      destination: "arn:aws:sqs:us-east-1:000000000000:orders-failed",
    });
    const closed = entry(nowMs + 400, process, lane, {
      kind: "batch-closed",
      batch: "30",
      closedBy: "size",
      recordCount: 10,
      payloadBytes: 9_000,
      windowMs: 10,
      first: null,
      last: null,
      oldestArrivedAtMs: null,
    });
    const model = momentOf([...story, over, closed]);
    const text = textOf(sceneOf({ model, nowMs: nowMs + 1_400 }));
    expect(text).toContain("ENDED    batch 29, shard 0, held 0.74 s, 1.0 s ago: TypeError");
    expect(text).toContain("■  2 ms  given up after 2 of 3 → sqs:orders-failed");
  });

  test("a sample says so", () => {
    const model = momentOf();
    model.sample = { second: Math.floor(nowMs / 1_000), heard: 100, leftOut: 1_100, before: 1 };
    expect(textOf(sceneOf({ model }))).toContain("took  1 of 12 shown");
  });

  test("a thousand mappings are a window around the chosen one", () => {
    const many = Array.from({ length: 1_000 }, (_, index) =>
      viewOf(`${String(index).padStart(8, "0")}-0000`, `f${index}`, {}),
    );
    const chosen = many[500]?.uuid ?? "";
    const text = textOf(sceneOf({ model: momentOf([], many), view: { ...startView, mapping: chosen } }));
    expect(text).toContain("497–501 of 1,000");
    expect(text).toContain("▸ 00000500");
  });

  test("what a user's code wrote moves no cursor", () => {
    const nasty = story.map((each) =>
      each.kind === "decided" && each.error !== null
        ? { ...each, error: { ...each.error, message: "价格\u001b[2J\nis 総額 \u0007" } }
        : each,
    );
    const text = textOf(sceneOf({ model: momentOf(nasty) }));
    expect(text).toContain("TypeError: 价格?[2J is 総額 ?");
    // oxlint-disable-next-line no-control-regex -- none of these
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
  });

  test("the other mapping, chosen at 80 columns", () => {
    const text = textOf(sceneOf({ view: { ...startView, mapping: audit } }));
    expect(text).toContain("▸ b0c47d3e");
    expect(text).toContain("  214    12:04:31.402  caught up    1/100    945  none        2 ms  ✓ ok");
    // Failures of others are shown, by name.
    expect(text).toContain("FAILING  orders.process batch 29, shard 0");
  });
});
