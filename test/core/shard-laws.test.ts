// The laws of J.9 over generated stories, with a crash after any effect, and the proof that each checker sees the fault it is for.

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Effect } from "../../src/core/lane-state.ts";
import { baseSettings } from "./lane-story.ts";
import { EVENT_LIMIT_BYTES, plans } from "./shard-plans.ts";
import {
  allCheckers,
  type Checker,
  commitsBehindEndings,
  countsAreKept,
  documentsCoverTheGivenUp,
  eventsAreBounded,
  everythingEndsOnce,
  lanesKeepOrder,
  violations,
} from "./shard-checkers.ts";
import { type Machine, type Plan, type PlannedRec, runShard, soundMachine } from "./shard-story.ts";

const RUNS = 1_500;

describe("laws over whole shards", () => {
  test("T-160 to T-165: no story, crashed anywhere or not, breaks a law", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(violations(plan, runShard(plan))).toEqual([]);
      }),
      { numRuns: RUNS },
    );
  });

  test("T-48, E-18, E-19: bisect with 0 retries finds exactly the poison, in at most 2n - 1 calls", () => {
    const poison = fc.array(fc.boolean(), { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(poison, (flags) => {
        const plan = planOf(flags, { isBisecting: true, retries: 0, batchSize: 200 });
        const notes = runShard(plan);
        const calls = notes.filter((note) => note.kind === "called");
        const documents = notes.flatMap((note) => (note.kind === "document" ? [note.ordinals] : []));
        expect(calls.length).toBeLessThanOrEqual(2 * flags.length - 1);
        expect(documents).toEqual(flags.flatMap((isPoison, ordinal) => (isPoison ? [[ordinal]] : [])));
        expect(violations(plan, notes)).toEqual([]);
      }),
    );
  });

  test("T-166: in a free lane no record waits longer than one window for its first call", () => {
    fc.assert(
      fc.property(plans, (plan) => {
        const calm = calmed(plan);
        const notes = runShard(calm);
        const firstCallMs = new Map<number, number>();
        for (const note of notes) {
          if (note.kind !== "called") continue;
          for (const ordinal of note.ordinals) firstCallMs.set(ordinal, firstCallMs.get(ordinal) ?? note.atMs);
        }
        const waits = calm.records.map(
          (record, ordinal) => (firstCallMs.get(ordinal) ?? Infinity) - record.arrivedAtMs,
        );
        expect(Math.max(0, ...waits)).toBeLessThanOrEqual(calm.settings.windowMs);
      }),
      { numRuns: 500 },
    );
  });

  test("ten thousand records that all fail under bisect end in ten thousand documents, in bounded memory and depth", () => {
    const flags = new Array<boolean>(10_000).fill(true);
    const plan = planOf(flags, { isBisecting: true, retries: 0, batchSize: 10_000 });
    const notes = runShard(plan);
    expect(notes.filter((note) => note.kind === "called").length).toBe(19_999);
    expect(notes.filter((note) => note.kind === "document").length).toBe(10_000);
  });
});

describe("planted faults", () => {
  const faults: readonly {
    readonly name: string;
    readonly caughtBy: Checker;
    readonly run: (plan: Plan) => ReturnType<typeof runShard>;
  }[] = [
    {
      name: "a watermark that passes a gap",
      caughtBy: commitsBehindEndings,
      run: (plan) => runShard(plan, { ...soundMachine, finished: passingGaps }),
    },
    {
      name: "a commit when the call starts",
      caughtBy: commitsBehindEndings,
      run: (plan) => runShard(plan, { step: finishingEarly, finished: forgiving }),
    },
    {
      name: "a lost right half",
      caughtBy: everythingEndsOnce,
      run: (plan) => runShard(plan, { ...soundMachine, step: losingRight }),
    },
    {
      name: "a lost document",
      caughtBy: everythingEndsOnce,
      run: (plan) => runShard(plan, { ...soundMachine, step: losingDocuments }),
    },
    {
      name: "a lost document, seen by what it should cover",
      caughtBy: documentsCoverTheGivenUp,
      run: (plan) => runShard(plan, { ...soundMachine, step: losingDocuments }),
    },
    {
      name: "a batch sent backwards",
      caughtBy: lanesKeepOrder,
      run: (plan) => runShard(plan, { ...soundMachine, step: reversing }),
    },
    {
      name: "halves in the wrong order",
      caughtBy: lanesKeepOrder,
      run: (plan) => runShard(plan, { ...soundMachine, step: swappingHalves() }),
    },
    { name: "lanes that do not follow the key", caughtBy: lanesKeepOrder, run: (plan) => runShard(withoutKeys(plan)) },
    {
      name: "one retry too many",
      caughtBy: countsAreKept,
      run: (plan) => runShard(changed(plan, { retries: plan.settings.retries + 1 })),
    },
    {
      name: "a half that keeps its parent's counter",
      caughtBy: countsAreKept,
      run: (plan) => runShard(plan, { ...soundMachine, step: keepingCounters }),
    },
    {
      name: "a batch one record too long",
      caughtBy: eventsAreBounded,
      run: (plan) => runShard(changed(plan, { batchSize: plan.settings.batchSize + 1 })),
    },
    {
      name: "an event over its limit",
      caughtBy: eventsAreBounded,
      run: (plan) => runShard(changed(plan, { eventLimitBytes: 10_000 })),
    },
    {
      name: "a document given twice",
      caughtBy: documentsCoverTheGivenUp,
      run: (plan) => runShard(plan, { ...soundMachine, step: doublingDocuments, finished: forgiving }),
    },
  ];

  test.each(faults)("$name is caught", ({ caughtBy, run }) => {
    const plan = richPlan;
    const seen = fc.sample(plans, { numRuns: 400, seed: 7 }).map((drawn) => ({ ...drawn, crashAfter: null }));
    const found = [plan, ...seen].some((drawn) => hasFound(drawn, caughtBy, run));
    expect(found).toBe(true);
  });

  test("and none of them cries where nothing is wrong", () => {
    expect(allCheckers.flatMap((check) => check(richPlan, runShard(richPlan)))).toEqual([]);
  });
});

function hasFound(plan: Plan, checker: Checker, run: (plan: Plan) => ReturnType<typeof runShard>): boolean {
  try {
    return checker(plan, run(plan)).length > 0;
  } catch {
    // An invariant of the core saw it first, which proves nothing about the checker.
    return false;
  }
}

/** Five keys over five lanes, poison, filtered records, bisect: each fault has something to bite on. */
const richPlan: Plan = {
  records: Array.from({ length: 40 }, (_, index) => ({
    key: "abcde"[index % 5] ?? "a",
    arrivedAtMs: index * 10,
    sizeBytes: 300,
    isPoison: index % 7 === 3,
    isFiltered: index % 6 === 5,
  })),
  settings: { ...baseSettings, batchSize: 4, retries: 1, isBisecting: true, eventLimitBytes: EVENT_LIMIT_BYTES },
  factor: 5,
  chunk: 20,
  tookMs: 25,
  reportMs: 40,
  refuseEvery: 0,
  crashAfter: null,
};

function planOf(poison: readonly boolean[], changes: Partial<Plan["settings"]>): Plan {
  return {
    ...richPlan,
    records: poison.map((isPoison) => ({ key: "a", arrivedAtMs: 0, sizeBytes: 20, isPoison, isFiltered: false })),
    settings: { ...baseSettings, ...changes },
    factor: 1,
    chunk: poison.length,
    tookMs: 0,
    reportMs: 0,
  };
}

function changed(plan: Plan, changes: Partial<Plan["settings"]>): Plan {
  return { ...plan, settings: { ...plan.settings, ...changes } };
}

/** Nothing fails, nothing takes time. */
function calmed(plan: Plan): Plan {
  return {
    ...changed(plan, { maxAgeMs: -1, eventLimitBytes: 1_000_000 }),
    records: plan.records.map((record) => ({ ...record, isPoison: false, isFiltered: false })),
    tookMs: 0,
    refuseEvery: 0,
    crashAfter: null,
  };
}

function withoutKeys(plan: Plan): Plan {
  return { ...plan, records: plan.records.map((record, index) => ({ ...record, key: `${index}` })) };
}

const passingGaps: Machine["finished"] = (watermark, ranges) => {
  const last = ranges.at(-1);
  const isFurther = last !== undefined && last.last > watermark.through;
  return isFurther ? { ...watermark, through: last.last, place: last.place } : watermark;
};

const forgiving: Machine["finished"] = (watermark, ranges) => {
  try {
    return soundMachine.finished(watermark, ranges);
  } catch {
    // A second ending is what the fault makes; the checker is to see it, not the watermark.
    return watermark;
  }
};

const finishingEarly: Machine["step"] = (...input) => {
  const { lane, effects } = soundMachine.step(...input);
  return {
    lane,
    effects: effects.flatMap((effect): readonly Effect<PlannedRec>[] => {
      if (effect.kind === "finish") return [];
      if (effect.kind !== "invoke") return [effect];
      return [{ kind: "finish" as const, records: effect.batch.records }, effect];
    }),
  };
};

const losingRight: Machine["step"] = (...input) => {
  const { lane, effects } = soundMachine.step(...input);
  const lost = effects.flatMap((effect) =>
    effect.kind === "decided" && effect.verdict === "halve" ? effect.next.slice(1) : [],
  );
  return { lane: { ...lane, stack: lane.stack.filter((batch) => !lost.includes(batch)) }, effects };
};

const losingDocuments: Machine["step"] = (...input) => {
  const { lane, effects } = soundMachine.step(...input);
  return { lane, effects: effects.filter((effect) => effect.kind !== "giveUp") };
};

const doublingDocuments: Machine["step"] = (...input) => {
  const { lane, effects } = soundMachine.step(...input);
  return {
    lane,
    effects: effects.flatMap((effect): readonly Effect<PlannedRec>[] =>
      effect.kind === "giveUp" ? [effect, effect] : [effect],
    ),
  };
};

const reversing: Machine["step"] = (...input) => {
  const { lane, effects } = soundMachine.step(...input);
  return {
    lane,
    effects: effects.map((effect) => {
      if (effect.kind !== "invoke") return effect;
      return { ...effect, batch: { ...effect.batch, records: effect.batch.records.toReversed() } };
    }),
  };
};

const keepingCounters: Machine["step"] = (...input) => {
  const { lane, effects } = soundMachine.step(...input);
  const parent = effects.find((effect) => effect.kind === "decided" && effect.next.length > 0);
  if (parent?.kind !== "decided") return { lane, effects };
  const stack = lane.stack.map((batch) =>
    parent.next.includes(batch) ? { ...batch, attempts: parent.batch.attempts } : batch,
  );
  return { lane: { ...lane, stack }, effects };
};

function swappingHalves(): Machine["step"] {
  const other = new Map<number, readonly PlannedRec[]>();
  return (...input) => {
    const { lane, effects } = soundMachine.step(...input);
    return {
      lane,
      effects: effects.map((effect) => {
        if (effect.kind === "decided" && effect.verdict === "halve") {
          const [left, right] = effect.next;
          if (left !== undefined && right !== undefined) {
            other.set(left.id, right.records);
            other.set(right.id, left.records);
          }
        }
        if (effect.kind !== "invoke") return effect;
        const records = other.get(effect.batch.id);
        return records === undefined ? effect : { ...effect, batch: { ...effect.batch, records } };
      }),
    };
  };
}
