// Batches that were in hand when a recording began: explain tells of them what the file knows.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { endOf, partNamed, partsOf } from "../../src/cli/explain/batch-story.ts";
import { recordedCourse } from "../../src/cli/explain/recorded-journal.ts";
import { readBook } from "../../src/cli/explain/story-book.ts";
import { isRefusal } from "../../src/cli/explain/verdict.ts";
import { runCommand } from "../cli/run-command.ts";
import { aFolder } from "../live/support/live-server.ts";
import { recordedStory, recordingOf } from "./recorded-story.ts";
import { type Handler, poisonedBy, recordedRun } from "./recorded-world.ts";

test("E-1, E-12: of what was in hand the attempts so far and the end are those of the whole journal's story", async () => {
  const counts = { pieces: 0, tried: 0, running: 0, split: 0 };
  for (let seed = 1; seed <= 300; seed++) {
    const { run, texts } = await recordedStory(seed, (seed % 97) * 613 + 1, []);
    const [text = ""] = texts;
    if (run.lifeCount !== 1 || !text.includes('"k":"mapping"')) continue;
    const whole = readBook(run.entries, { isWanted: () => true }).stories();
    const told = readBook(recordedCourse(recordingOf(text)), { isWanted: ({ met }) => met !== null }).stories();
    for (const { met, root, lane } of told) {
      if (met === null) throw new Error("not asked for");
      const full = whole.find((story) => story.root.name === met.number && story.lane === lane);
      for (const piece of met.pieces) {
        const name = `seed ${seed}, ${piece.name}`;
        const [before, after] = [partNamed(full?.root ?? root, piece.name), partNamed(root, piece.name)];
        if (before === null || after === null) throw new Error(`${name} is not told of`);
        const ended = before.attempts.filter(
          ({ ended: end }) => end !== null && end.atMs <= met.atMs && !isRefusal(end),
        );
        expect(piece.attempts, name).toBe(ended.length);
        expect(endOf(after, null), name).toBe(endOf(before, null));
        expect(
          [...partsOf(after)].map((part) => part.name),
          name,
        ).toEqual([...partsOf(before)].map((part) => part.name));
        counts.pieces += 1;
        if (piece.attempts > 0) counts.tried += 1;
        if (piece.runningId !== null) counts.running += 1;
        if (met.pieces.length > 1) counts.split += 1;
      }
    }
  }
  for (const [what, count] of Object.entries(counts)) expect(count, what).toBeGreaterThan(0);
});

test("E-20: a record whose batch was in hand is told with its attempts so far, its retry clock, and that what came before is not in the file", async () => {
  const lane = { retries: 5, isBisecting: false };
  const out = await explained("text 7", { lane, afterMs: 900 });
  expect(out).toMatch(
    /1, place 7 of 10; in hand when the recording began at \S+00\.900, after 3 attempts, the next at \S+01\.406; what came before is not in the file settings/,
  );
  expect(out).toMatch(/✗ wait 1\.6 s \S+ 4 of 6 .* ■ given up \S+ 6 of 6/);
  expect(out).toContain("no batch of the mapping succeeded in that minute, as far as the file goes");
});

test("E-15: of a batch that was split before, pieces are told by name, and a record by its place in what was left", async () => {
  const given = { lane: { retries: 5, isBisecting: true }, afterMs: 300 };
  const out = await explained("text 7", given);
  expect(out).toMatch(
    /1, place 1 of 4; in hand when the recording began at \S+: 1\.2\.1\.2 after 2 attempts, the next at \S+; 1\.2\.2 not tried yet; what/,
  );
  expect(out).toContain("the record: it failed alone 6 times of 6 with one error in the file, and the other 3 each");
  expect(await explained("text 9", given)).toContain("fine in the end: succeeded in batch 1.2.2 at its first attempt");
});

test("a call that was out when the recording began is told as that, and what it came to with it", async () => {
  const slow: Handler = () => ({ kind: "returned", json: "", tookMs: 500 });
  const out = await explained("text 7", { afterMs: 100 }, slow);
  expect(out).toMatch(/in hand when the recording began at \S+, attempt 1 under way; what came before/);
  expect(out).toMatch(/1–10 before 500 ms ✓ \S/);
  expect(out).toContain("fine: batch 1 succeeded at its first attempt");
});

test("a batch that goes on when the recording ends is not said to have ended with its process", async () => {
  const lane = { retries: 5, isBisecting: false };
  const whole = await recordedRun(texts, poisonedBy("text 7"), { lane, afterMs: 900 });
  const begun = whole.slice(0, whole.indexOf('"verdict":"retry"'));
  const out = await explained("text 7", {}, undefined, begun.slice(0, begun.lastIndexOf("\n") + 1));
  expect(out).toContain("not decided: the recording ended before the batch did");
  expect(out).not.toContain("process ended");
});

const texts = Array.from({ length: 10 }, (_, index) => `text ${index + 1}`);

/** What explain says of a record, on one line. */
async function explained(
  record: string,
  how: NonNullable<Parameters<typeof recordedRun>[2]>,
  handler = poisonedBy("text 7"),
  recording?: string,
): Promise<string> {
  const cwd = aFolder();
  writeFileSync(join(cwd, "late.mrec"), recording ?? (await recordedRun(texts, handler, how)));
  const { out, code, error } = await runCommand(cwd, ["explain", record, "--journal", "late.mrec"]);
  expect({ code, error }).toEqual({ code: 0, error: "" });
  return out.replaceAll(/\s+/g, " ");
}
