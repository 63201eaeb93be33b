// How a house's history judges answers: by what was asked of the function at its call.

import { describe, expect, test } from "vitest";
import type { Call } from "../../src/ports/invoker.ts";
import type { MappingSpec } from "../../src/ports/mapping-spec.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { createHouseHistory, type HouseHistory } from "../../src/wiring/house-history.ts";
import { spec, STARTS_AT_MS } from "../recording/recorded-world.ts";

const reporting: MappingSpec = { ...spec, generation: 2, lane: { ...spec.lane, isReporting: true } };
const windowed: MappingSpec = { ...spec, lane: { ...spec.lane, tumblingMs: 60_000 } };

const record = { eventID: "shardId-000000000000:491", kinesis: { sequenceNumber: "491" } };
const window = { start: "2026-11-29T12:00:00Z", end: "2026-11-29T12:01:00Z" };

const callOf = (event: object): Call => ({
  functionArn: spec.functionArn,
  mappingUuid: spec.uuid,
  requestId: "r",
  recordCount: 1,
  pack: () => ({ kind: "", buffer: new ArrayBuffer(0), constants: {} }),
  text: () => JSON.stringify(event),
  isAnswerWanted: true,
});

const returned = (answer: object) =>
  ({ kind: "returned", json: JSON.stringify(answer), executedVersion: "$LATEST", tookMs: 1 }) as const;

const empty = (): HouseHistory => createHouseHistory(createVirtualClock(STARTS_AT_MS), true, () => 0);

const failedFromIn = (history: HouseHistory): readonly number[] =>
  history
    .historyOf(spec.uuid, false)
    .history.happenings.flatMap((each) => (each.kind === "returned" ? [each.failedFrom] : []));

const failures = { batchItemFailures: [{ itemIdentifier: "491" }] };

describe("an answer is judged by what was in force at its call (S-1, H-10)", () => {
  test("an update in mid-call changes nothing of the call that is out, and counts for the next", () => {
    const history = empty();
    const notes = history.started(spec);
    const before = notes.called(callOf({ Records: [record] }));
    notes.updating(reporting);
    const after = notes.called(callOf({ Records: [record] }));
    before(returned(failures));
    after(returned(failures));
    expect(failedFromIn(history)).toEqual([1, 0]);
  });

  test("a process that was replaced keeps its own settings, whatever the newer one is given", () => {
    const history = empty();
    const replaced = history.started(spec);
    const newer = history.started(reporting);
    replaced.called(callOf({ Records: [record] }))(returned(failures));
    newer.called(callOf({ Records: [record] }))(returned(failures));
    expect(failedFromIn(history)).toEqual([1, 0]);
  });

  test("a state is wanted by calls that have a window, and by no others (T-88)", () => {
    const history = empty();
    const notes = history.started(windowed);
    const shardId = "shardId-000000000000";
    notes.called(callOf({ Records: [record] }))(returned({}));
    notes.called(callOf({ Records: [record], window, shardId, state: {} }))(returned({}));
    notes.called(callOf({ Records: [record], window, shardId, state: {} }))(returned({ state: {} }));
    expect(failedFromIn(history)).toEqual([1, 0, 1]);
  });
});
