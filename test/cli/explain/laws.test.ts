// Over random stories with faults: whatever a journal holds can be told, in 80 columns and in ASCII, and what is told agrees with what
// the world saw.

import { expect, test } from "vitest";
import { explain } from "../../../src/cli/explain/explain.ts";
import { MillraceError } from "../../../src/errors.ts";
import type { Entry } from "../../../src/ports/journal.ts";
import { createSeededRandom } from "../../../src/sim/seeded-random.ts";
import { drawStory } from "../../../src/sim/story.ts";
import { runStory } from "../../../src/sim/story-runner.ts";

const ask = (question: string, entries: readonly Entry[]) =>
  explain(question, {
    entries: () => entries,
    isServerRunning: true,
    records: null,
    screen: { columns: 80, isUnicode: false },
    isFull: false,
    command: "millrace",
  });

interface Told {
  readonly attempts: readonly { readonly requestId: string; readonly outcome: string | null }[];
  readonly parts: readonly Told[];
}

const attemptsOf = (part: Told): Told["attempts"] => [...part.attempts, ...part.parts.flatMap(attemptsOf)];

const uncounted = new Set(["throttled", "fault", "too large", "function missing"]);

function problemsOfText(text: string): readonly string[] {
  return text
    .split("\n")
    .filter((line) => !/^next|^ {9}millrace/.test(line))
    .filter((line) => line.length > 80 || /[^\x20-\x7e]/.test(line));
}

test("200 stories: every invocation is told, whole, with as many attempts as the world saw", async () => {
  const problems: string[] = [];
  let toldCount = 0;
  for (let seed = 1; seed <= 200; seed++) {
    const random = createSeededRandom(seed);
    const story = drawStory(seed, random);
    // Two processes at once give their batches the same names: which one a part is of cannot be told for sure.
    if (story.drawn.has("zombie")) continue;
    const { history, entries } = await runStory(story, random);
    const calls = history.happenings.flatMap((each) => (each.kind === "called" ? [each.requestId] : []));
    for (const requestId of new Set(calls.slice(0, 40))) {
      const { text, json } = await ask(requestId, entries);
      problems.push(...problemsOfText(text).map((line) => `seed ${seed}: ${line}`));
      const tree = attemptsOf(Reflect.get(json, "tree") as Told).filter((each) => each.requestId === requestId);
      const seen = calls.filter((each) => each === requestId).length;
      const notCalled = tree.filter(({ outcome }) => outcome === null || uncounted.has(outcome)).length;
      // What is refused, or cut off by a crash, may or may not have come as far as the function.
      if (tree.length < seen || tree.length - notCalled > seen)
        problems.push(`seed ${seed}: ${requestId}: ${tree.length} told, ${seen} seen`);
      toldCount += 1;
    }
  }
  expect(problems).toEqual([]);
  expect(toldCount).toBeGreaterThan(500);
});

test("100 stories: every record that was called is told as what became of it, or said to be in one of several batches", async () => {
  const problems: string[] = [];
  for (let seed = 101; seed <= 200; seed++) {
    const random = createSeededRandom(seed);
    const { history, entries } = await runStory(drawStory(seed, random), random);
    const positions = new Set(history.happenings.flatMap((each) => (each.kind === "called" ? each.positions : [])));
    for (const position of [...positions].slice(0, 20)) {
      try {
        const { text } = await ask(position, entries);
        problems.push(...problemsOfText(text).map((line) => `seed ${seed}: ${line}`));
        if (!text.startsWith("record ")) problems.push(`seed ${seed}: ${text}`);
      } catch (error) {
        if (
          !(error instanceof MillraceError) ||
          !/^(?:a record|records) of that number (?:may be|are) in /.test(error.message)
        )
          throw error;
      }
    }
  }
  expect(problems).toEqual([]);
});
