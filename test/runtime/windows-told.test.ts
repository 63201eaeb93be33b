// The stories of J.6 through the mapping API and the whole runtime, under virtual time: calls, states, instants, documents.

import { describe, expect, test } from "vitest";
import { shard } from "./told-house.ts";
import { aWindowedHouse, but, collecting, eventOf, isFinal, WINDOW_S } from "./windowed-house.ts";

const windowed = { TumblingWindowInSeconds: WINDOW_S };
const bucket = { DestinationConfig: { OnFailure: { Destination: "arn:aws:s3:::given-up" } } };
const MIB = 1_048_576;

describe("what a window's calls are", () => {
  test("T-80, W-7, W-8: the state goes from call to call, a later record closes the window, and the next starts from {}", async () => {
    const told = await aWindowedHouse();
    for (const [index, seconds] of [1, 2, 3, 4, 25].entries()) told.arrive(String(index + 1), seconds);
    await told.map({ ...windowed, BatchSize: 1 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[2] {1}", "[3] {1,2}", "[4] {1,2,3}", "[] {1,2,3,4} final", "[5] {}"]);
  });

  test("T-81, W-2, W-5: a window's edges are whole multiples of its length, in UTC seconds", async () => {
    const told = await aWindowedHouse();
    told.arrive("1", 9.999);
    told.arrive("2", 10);
    await told.map(windowed);
    await told.house.pass(1_000);
    const edges = told.house.calls().map(({ eventText }) => JSON.parse(eventText).window);
    const first = { start: "2026-09-21T14:14:00Z", end: "2026-09-21T14:14:10Z" };
    expect(edges).toEqual([first, first, { start: "2026-09-21T14:14:10Z", end: "2026-09-21T14:14:20Z" }]);
  });

  test("W-1, X-27: the members of a windowed event, in the recorded order", async () => {
    const told = await aWindowedHouse();
    told.arrive("1", 1);
    await told.map(windowed);
    await told.house.pass(1_000);
    expect(Object.keys(JSON.parse(told.house.calls()[0]?.eventText ?? ""))).toEqual([
      "Records",
      "shardId",
      "eventSourceARN",
      "window",
      "state",
      "isFinalInvokeForWindow",
      "isWindowTerminatedEarly",
    ]);
  });

  test("T-82, W-9, X-14: silence closes a window 120 s behind its end, and not before", async () => {
    const told = await aWindowedHouse();
    await told.map(windowed);
    told.put("1");
    await told.house.pass((WINDOW_S + 119) * 1_000);
    expect(told.lines()).toEqual(["[1] {}"]);
    await told.house.pass(2_000);
    expect(told.lines()).toEqual(["[1] {}", "[] {1} final"]);
    expect(told.instants()[1]).toBe(WINDOW_S + 120);
    await told.house.pass(3_600_000);
    expect(told.lines()).toHaveLength(2);
  });

  test("W-9, P-13: a source that is away is not silent: its window waits for what is there once it can be read", async () => {
    const told = await aWindowedHouse();
    await told.map(windowed);
    told.put("1");
    await told.house.pass(1_000);
    told.stream.setProblem({ code: "unreachable", text: "PROBLEM: away", detail: "told to" });
    told.put("2");
    await told.house.pass(300_000);
    expect(told.lines()).toEqual(["[1] {}"]);
    told.stream.setProblem(null);
    await told.house.pass(10_000);
    expect(told.lines()).toEqual(["[1] {}", "[2] {1}", "[] {1,2} final"]);
  });

  test("W-9, P-13: after an outage in which nothing came silence closes a window as ever", async () => {
    const told = await aWindowedHouse();
    await told.map(windowed);
    told.put("1");
    await told.house.pass(1_000);
    told.stream.setProblem({ code: "unreachable", text: "PROBLEM: away", detail: "told to" });
    await told.house.pass(20_000);
    told.stream.setProblem(null);
    await told.house.pass(200_000);
    expect(told.lines()).toEqual(["[1] {}", "[] {1} final"]);
    expect(told.instants()[1]).toBe(WINDOW_S + 120);
  });

  test("T-83, W-11: windows without records have no call", async () => {
    const told = await aWindowedHouse();
    told.arrive("1", 1);
    told.arrive("2", 61);
    await told.map(windowed);
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[] {1} final", "[2] {}"]);
  });

  test("T-91, W-6, W-10: records that are read together go out window by window, the final call alone", async () => {
    const told = await aWindowedHouse();
    told.arrive("1", 1);
    told.arrive("2", 2);
    told.arrive("3", 15);
    await told.map({ ...windowed, BatchSize: 10 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1,2] {}", "[] {1,2} final", "[3] {}"]);
  });

  test("T-90, W-7: two shards have states and final calls of their own, told apart by shardId", async () => {
    const told = await aWindowedHouse(collecting, { shards: 2 });
    for (const index of [0, 1]) {
      told.arrive(`a${index}`, 1, shard(index));
      told.arrive(`b${index}`, 2, shard(index));
      told.arrive(`c${index}`, 11, shard(index));
    }
    await told.map({ ...windowed, BatchSize: 1 });
    await told.house.pass(5_000);
    for (const index of [0, 1]) {
      const own = told.house.calls().filter(({ eventText }) => JSON.parse(eventText).shardId === shard(index));
      const states = own.map(({ eventText }) => JSON.parse(eventText).state.seen ?? []);
      expect(states).toEqual([[], [`a${index}`], [`a${index}`, `b${index}`], []]);
    }
  });

  test("T-92, W-17, P-8: a split in mid-window gives the parent its final call, and the children start from {}", async () => {
    const told = await aWindowedHouse();
    told.arrive("1", 1);
    told.stream.closeShard(shard(0));
    for (const index of [1, 2]) {
      told.stream.addShard(shard(index), [shard(0)]);
      told.arrive(`child${index}`, 2, shard(index));
    }
    await told.map(windowed);
    await told.house.pass(5_000);
    expect(told.lines().slice(0, 2)).toEqual(["[1] {}", "[] {1} final"]);
    expect(told.lines().slice(2).toSorted()).toEqual(["[child1] {}", "[child2] {}"]);
  });

  test("W-19: a record that is earlier than the open window joins it", async () => {
    const told = await aWindowedHouse();
    told.arrive("1", 11);
    told.arrive("late", 2);
    told.arrive("3", 25);
    await told.map({ ...windowed, BatchSize: 1 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[late] {1}", "[] {1,late} final", "[3] {}"]);
  });
});

describe("a state that is large", () => {
  const large = "x".repeat(MIB);

  test("T-84, T-85, W-12, W-13: over 1 MiB the window ends at once with the whole state, and what follows starts from {}", async () => {
    const told = await aWindowedHouse(but(({ labels }) => (labels[0] === "1" ? { answer: { state: large } } : null)));
    told.arrive("1", 1);
    told.arrive("2", 2);
    told.arrive("3", 12);
    await told.map({ ...windowed, BatchSize: 1 });
    await told.house.pass(5_000);
    expect(told.lines(6)).toEqual(["[1] {}", '[] "xxxxx early', "[2] {}", "[] {2} final", "[3] {}"]);
    const early = JSON.parse(told.house.calls()[1]?.eventText ?? "");
    expect([early.state, early.isFinalInvokeForWindow, early.isWindowTerminatedEarly]).toEqual([large, true, true]);
  });

  test("W-12: a window that ended early and got nothing more has no second final call", async () => {
    const told = await aWindowedHouse(but(({ labels }) => (labels[0] === "1" ? { answer: { state: large } } : null)));
    told.arrive("1", 1);
    told.arrive("2", 12);
    await told.map({ ...windowed, BatchSize: 1 });
    await told.house.pass(5_000);
    expect(told.lines(6)).toEqual(["[1] {}", '[] "xxxxx early', "[2] {}"]);
  });

  test("B-11: the state counts towards the 6 MB of the event", async () => {
    const told = await aWindowedHouse(({ index }) => ({ answer: { state: index === 0 ? "x".repeat(1_000_000) : "" } }));
    const data = Buffer.alloc(1_000_000);
    for (let each = 0; each < 8; each++) told.stream.put(shard(0), { key: "k", data });
    await told.map(windowed);
    await told.house.pass(5_000);
    const calls = told.house.calls().map(({ eventText }) => ({
      records: JSON.parse(eventText).Records.length,
      isWithin: eventText.length <= 6_291_456,
    }));
    expect(calls).toEqual([4, 3, 1].map((records) => ({ records, isWithin: true })));
  });
});

describe("failures within a window", () => {
  test("T-87, W-14: a call that fails is made again with the state it had", async () => {
    const told = await aWindowedHouse(but(({ index }) => (index === 1 ? { throws: true } : null)));
    for (const number of [1, 2, 3]) told.arrive(String(number), number);
    await told.map({ ...windowed, BatchSize: 1 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[2] {1}", "[2] {1}", "[3] {1,2}"]);
  });

  test("T-88, W-7: an answer without a state has failed, is retried, and is given up as such", async () => {
    const told = await aWindowedHouse(but(({ labels }) => (labels.includes("2") ? { answer: { sum: 2 } } : null)));
    for (const number of [1, 2, 3]) told.arrive(String(number), number);
    await told.map({ ...windowed, ...bucket, BatchSize: 1, MaximumRetryAttempts: 1 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[2] {1}", "[2] {1}", "[3] {1}"]);
    expect(told.documents()).toMatchObject([{ condition: "RetryAttemptsExhausted", count: 2, first: "2", last: "2" }]);
    const failed = told.house.entries().filter((entry) => entry.kind === "decided" && entry.error !== null);
    expect(failed).toMatchObject([
      { outcome: "reported", verdict: "retry", error: { message: "`state` is missing" } },
      { outcome: "reported", verdict: "give up" },
    ]);
  });

  test("X-22, E-17, E-18: halves of a batch hand the state on in order, and what is given up is not in it", async () => {
    const told = await aWindowedHouse(but(({ labels }) => (labels.includes("3") ? { throws: true } : null)));
    for (const number of [1, 2, 3, 4]) told.arrive(String(number), number);
    told.arrive("5", 12);
    await told.map({ ...windowed, ...bucket, BisectBatchOnFunctionError: true, MaximumRetryAttempts: 0 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual([
      "[1,2,3,4] {}",
      "[1,2] {}",
      "[3,4] {1,2}",
      "[3] {1,2}",
      "[4] {1,2}",
      "[] {1,2,4} final",
      "[5] {}",
    ]);
  });

  test("W-16: a partial answer hands its state on to the rest; one without progress keeps the old", async () => {
    const told = await aWindowedHouse(
      but((call) => {
        if (!call.labels.includes("3")) return null;
        const good = call.labels.slice(0, call.labels.indexOf("3"));
        const seen = [...(eventOf(call).state.seen ?? []), ...good, `call${call.index}`];
        return { answer: { state: { seen } }, reports: ["3"] };
      }),
    );
    for (const number of [1, 2, 3, 4]) told.arrive(String(number), number);
    await told.map({
      ...windowed,
      ...bucket,
      MaximumRetryAttempts: 1,
      FunctionResponseTypes: ["ReportBatchItemFailures"],
    });
    await told.house.pass(300_000);
    expect(told.lines()).toEqual(["[1,2,3,4] {}", "[3,4] {1,2,call0}", "[3,4] {1,2,call0}", "[] {1,2,call0} final"]);
  });

  test("E-13, W-8: records that grow too old leave a document with their window, which has its final call since the function ran in it", async () => {
    const told = await aWindowedHouse(but(({ labels }) => (labels.includes("1") ? { throws: true } : null)));
    told.arrive("1", 0);
    told.arrive("2", 12);
    await told.map({ ...windowed, ...bucket, BatchSize: 1, MaximumRecordAgeInSeconds: 60 });
    await told.house.pass(300_000);
    expect(told.lines().filter((line) => line !== "[1] {}")).toEqual(["[] {} final", "[2] {}", "[] {2} final"]);
    expect(told.documents()).toMatchObject([{ condition: "RecordAgeExceeded", first: "1", last: "1" }]);
    expect(JSON.parse(told.reports()[0]?.body ?? "").timeWindowInfo.window.start).toBe("2026-09-21T14:14:00Z");
  });

  test("E-13: of a batch in a window only what is too old is cut off, and the state goes on", async () => {
    let isBroken = true;
    const told = await aWindowedHouse(but(() => (isBroken ? { throws: true } : null)));
    told.arrive("1", 1);
    await told.map({ TumblingWindowInSeconds: 120, ...bucket, MaximumRecordAgeInSeconds: 60 });
    told.put("2");
    await told.house.pass(58_000);
    told.put("3");
    await told.house.pass(30_000);
    isBroken = false;
    await told.house.pass(400_000);
    expect(told.documents().map(({ condition, first, last }) => [condition, first, last])).toEqual([
      ["RecordAgeExceeded", "1", "1"],
      ["RecordAgeExceeded", "2", "2"],
    ]);
    expect(told.lines().slice(-2)).toEqual(["[3] {}", "[] {3} final"]);
  });

  test("E-68: records that retention takes away in mid-window are lost to it, and the window goes on with its state", async () => {
    let isHeld = false;
    const told = await aWindowedHouse(but(() => (isHeld ? { throws: true } : null)));
    await told.map({ ...windowed, BatchSize: 1 });
    told.arrive("1", 1);
    await told.house.pass(1_000);
    isHeld = true;
    told.arrive("2", 2);
    await told.house.pass(1_000);
    for (const number of [3, 4, 5]) told.arrive(String(number), number);
    told.house.crash();
    told.stream.trim(shard(0), 4);
    isHeld = false;
    await told.house.pass(5_000);
    told.arrive("6", 12);
    await told.house.pass(5_000);
    expect(told.lines().slice(-3)).toEqual(["[5] {1}", "[] {1,5} final", "[6] {}"]);
    expect(told.house.entries().some(({ kind }) => kind === "lost")).toBe(true);
  });
});

describe("a final call that fails", () => {
  test.each([0, 1])(
    "T-86, W-15, O-17, X-24: with %i retries it is given up, and the next window starts from {}",
    async (retries) => {
      const told = await aWindowedHouse(but((call) => (isFinal(call) ? { throws: true } : null)));
      told.arrive("1", 1);
      told.arrive("2", 12);
      await told.map({ ...windowed, ...bucket, MaximumRetryAttempts: retries });
      await told.house.pass(5_000);
      const finals = Array.from({ length: retries + 1 }, () => "[] {1} final");
      expect(told.lines()).toEqual(["[1] {}", ...finals, "[2] {}"]);
      const [report] = told.reports();
      const object = JSON.parse(report?.body ?? "");
      expect(Object.keys(object)).toEqual([
        "requestContext",
        "responseContext",
        "version",
        "payload",
        "timestamp",
        "KinesisBatchInfo",
        "timeWindowInfo",
      ]);
      expect(object).toMatchObject({
        requestContext: { condition: "RetryAttemptsExhausted", approximateInvokeCount: retries + 1 },
        responseContext: { statusCode: 200, functionError: "Unhandled" },
      });
      expect(object.payload).toBe(told.house.calls()[1]?.eventText);
      expect(JSON.stringify(object.KinesisBatchInfo)).toBe(
        `{"shardId":"${shard(0)}","streamArn":"arn:aws:kinesis:us-east-1:123456789012:stream/orders"}`,
      );
      expect(JSON.stringify(object.timeWindowInfo)).toBe(
        '{"window":{"start":"2026-09-21T14:14:00Z","end":"2026-09-21T14:14:10Z"},' +
          '"isFinalInvokeForWindow":true,"isWindowTerminatedEarly":false}',
      );
      expect(report?.objectKey).toMatch(/^aws\/lambda\/.+\/shardId-000000000000\/2026\/09\/21\//);
    },
  );

  test("W-15, O-9: a queue gets the document without the event", async () => {
    const told = await aWindowedHouse(but((call) => (isFinal(call) ? { throws: true } : null)));
    told.arrive("1", 1);
    told.arrive("2", 12);
    await told.map({ ...windowed, MaximumRetryAttempts: 0 });
    await told.house.pass(5_000);
    expect(Object.keys(JSON.parse(told.reports()[0]?.body ?? ""))).toEqual([
      "requestContext",
      "responseContext",
      "version",
      "timestamp",
      "KinesisBatchInfo",
      "timeWindowInfo",
    ]);
  });

  test("W-15, E-61: while it fails no record of the shard is handled", async () => {
    let isBroken = true;
    const told = await aWindowedHouse(but((call) => (isFinal(call) && isBroken ? { throws: true } : null)));
    told.arrive("1", 1);
    told.arrive("2", 12);
    const uuid = await told.map(windowed);
    await told.house.pass(60_000);
    expect(new Set(told.lines())).toEqual(new Set(["[1] {}", "[] {1} final"]));
    expect(told.committed(uuid)).toBe("1");
    isBroken = false;
    await told.house.pass(120_000);
    expect(told.lines().slice(-3)).toEqual(["[] {1} final", "[2] {}", "[] {2} final"]);
  });

  test("X-13: it need not return a state", async () => {
    const told = await aWindowedHouse(but((call) => (isFinal(call) ? { answer: null } : null)));
    told.arrive("1", 1);
    told.arrive("2", 12);
    await told.map({ ...windowed, ...bucket, MaximumRetryAttempts: 0 });
    await told.house.pass(5_000);
    expect(told.lines()).toEqual(["[1] {}", "[] {1} final", "[2] {}"]);
    expect(told.documents()).toEqual([]);
  });
});
