// What reaches the terminal of many entries a second, and the JSON form.

import { describe, expect, test } from "vitest";
import { createJsonOutput, createPlainOutput, noColour } from "../../src/cli/entry-output.ts";
import type { Entry } from "../../src/ports/journal.ts";

const at = (atMs: number, seq: number): Entry => ({
  kind: "log",
  functionName: "f",
  requestId: "r",
  stream: "stdout",
  text: `line ${seq}`,
  atMs,
  mapping: null,
  lane: "f",
  seq,
});

const failed = (atMs: number): Entry => ({
  kind: "thread",
  thread: "poller-0",
  event: "failed",
  detail: "exit 1",
  atMs,
  mapping: null,
  lane: "poller-0",
  seq: 0,
});

function collected(): { readonly write: (text: string) => void; readonly lines: () => readonly string[] } {
  let text = "";
  return {
    write: (more) => {
      text += more;
    },
    lines: () => text.split("\n").slice(0, -1),
  };
}

describe("lines within their budget", () => {
  const output = (): ReturnType<typeof collected> & ReturnType<typeof createPlainOutput> => {
    const { write, lines } = collected();
    return { ...createPlainOutput({ write, colour: noColour, timeText: (atMs) => String(atMs) }), write, lines };
  };

  test("50 in a second are all shown", () => {
    const { entries, end, lines } = output();

    entries(
      Array.from({ length: 50 }, (_, index) => at(1_000 + index, index)),
      0,
    );
    end(2_000);

    expect(lines()).toHaveLength(50);
  });

  test("of more a part is shown, and once the second is over a line says which part", () => {
    const { entries, lines } = output();

    entries(
      Array.from({ length: 200 }, (_, index) => at(1_000 + index, index)),
      0,
    );
    entries([at(2_000, 200)], 0);

    expect(lines()).toHaveLength(52);
    expect(lines()[50]).toBe("2000 sampled  1 of 4 shown (50 of 200 lines); counts are complete");
    expect(lines()[51]).toContain("line 200");
  });

  test("trouble is shown although a flood has used up the budget", () => {
    const { entries, lines } = output();

    entries([...Array.from({ length: 500 }, (_, index) => at(1_000, index)), failed(1_001)], 0);

    expect(lines().at(-1)).toBe("1001 thread   poller-0 failed: exit 1");
  });

  const threw = (mapping: string, message: string): Entry => ({
    kind: "decided",
    batch: "1",
    requestId: "r",
    attempt: 1,
    outcome: "threw",
    verdict: "retry",
    recordCount: 1,
    payloadBytes: 1,
    failedCount: 1,
    tookMs: 1,
    iteratorAgeMs: null,
    executedVersion: null,
    error: { type: "Error", message, trace: [] },
    retryAfterMs: null,
    next: [],
    atMs: 1_001,
    mapping,
    lane: `${mapping}/shardId-000000000000/0`,
    seq: 0,
  });

  test("failures are shown although a flood has used up the budget, of equal ones a few", () => {
    const { entries, end, lines } = output();
    const flood = Array.from({ length: 500 }, (_, index) => at(1_000, index));
    const equal = Array.from({ length: 200 }, () => threw("noisy", "again"));

    entries([...flood, ...equal, threw("quiet", "so rare")], 0);
    end(2_000);

    expect(lines().filter((each) => each.includes(" failed ")).length).toBe(11);
    expect(lines().at(-2)).toContain("Error: so rare");
    expect(lines().at(-1)).toContain("(61 of 701 lines)");
  });

  test("a full disk and its end are shown, too", () => {
    const { entries, lines } = output();
    const disk = (event: "unwritable" | "writable", detail: string): Entry => {
      return { ...failed(1_001), kind: "thread", thread: "the store", event, detail };
    };

    entries([...Array.from({ length: 500 }, (_, index) => at(1_000, index)), disk("unwritable", "disk is full")], 0);
    entries([disk("writable", "")], 0);

    expect(lines().slice(-2)).toEqual([
      "1001 problem  the store cannot be written: disk is full; it is tried again and again",
      "1001 mended   the store can be written again",
    ]);
  });

  test("entries that were left out before they came here count as not shown", () => {
    const { entries, end, lines } = output();

    entries([at(1_000, 0)], 99);
    end(2_000);

    expect(lines()[1]).toBe("2000 sampled  1 of 100 shown (1 of 100 lines); counts are complete");
  });
});

test("a mapping's first line names its ends, although its settings come just behind", () => {
  const { write, lines } = collected();
  const { entries } = createPlainOutput({ write, colour: noColour, timeText: () => "t" });
  const base = { atMs: 0, mapping: "5e1f09c2-1", lane: "5e1f09c2-1" };
  const ends = {
    EventSourceArn: "arn:aws:kinesis:us-east-1:000000000000:stream/orders",
    FunctionArn: "arn:aws:lambda:us-east-1:000000000000:function:f",
  };

  entries(
    [
      { ...base, seq: 0, kind: "mapping-state", from: "", to: "Creating", reason: "User action" },
      { ...base, seq: 1, kind: "settings", settings: ends },
    ],
    0,
  );

  expect(lines()[0]).toBe("t mapping  5e1f09c2 kinesis:orders -> f Creating");
});

test("with --json each entry is a line as it is, and what was left out is one too", () => {
  const { write, lines } = collected();
  const { entries } = createJsonOutput(write);

  entries([at(1_000, 0), failed(1_001)], 3);

  expect(lines().map((line) => JSON.parse(line) as unknown)).toEqual([
    at(1_000, 0),
    failed(1_001),
    { kind: "dropped", count: 3, atMs: 1_001, mapping: null, lane: "terminal", seq: 0 },
  ]);
});
