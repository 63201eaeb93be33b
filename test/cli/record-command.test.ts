import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { MillraceError } from "../../src/errors.ts";
import { batchRecording } from "../../src/cli/record/batch-recording.ts";
import { readBook } from "../../src/cli/explain/story-book.ts";
import { recordedEntries, recordedRecords } from "../../src/cli/explain/recorded-journal.ts";
import type { SourceRecords } from "../../src/cli/explain/source-records.ts";
import { recordingFrom } from "../../src/recording/read-recording.ts";
import { replay } from "../../src/recording/replay.ts";
import { aFolder } from "../live/support/live-server.ts";
import { poisonedBy, recordedRun } from "../recording/recorded-world.ts";
import { runCommand } from "./run-command.ts";

const texts = Array.from({ length: 20 }, (_, index) => `r${index + 1}`);

/** A run's own journal and records, as a server would have kept them. */
async function keptRun(lane: Parameters<typeof recordedRun>[2] = {}) {
  const text = await recordedRun(texts, poisonedBy("r7"), lane);
  const recording = recordingFrom("run.mrec", () => [text]);
  const entries = [...recordedEntries(recording)];
  const stories = readBook(entries, { isWanted: () => true }).stories();
  return { entries, stories, records: recordedRecords(recording) };
}

const none: SourceRecords = { silence: () => null, page: () => Promise.resolve([]) };
const limits = { isWithPayloads: true, limitBytes: 1_000_000 };

describe("a recording made afterwards", () => {
  test("E-15, E-18: each batch of a run is made again from journal and records, and replays to the same entries", async () => {
    const { entries, stories, records } = await keptRun();
    expect(stories.length).toBe(2);
    for (const story of stories) {
      const { lines } = await batchRecording({ story, entries, records, ...limits });
      const text = lines.map((line) => `${JSON.stringify(line)}\n`).join("");
      const { difference, recordedEntries: told } = await replay(recordingFrom("made.mrec", () => [text]));
      expect(difference).toBeNull();
      expect(told.length).toBe(
        entries.filter((entry) => "batch" in entry && entry.batch?.startsWith(story.root.name)).length,
      );
    }
  });

  test("records that the source has no more are named, and nothing is made", async () => {
    const { entries, stories } = await keptRun();
    const [story] = stories;
    if (story === undefined) throw new Error("no batch");
    const made = batchRecording({ story, entries, records: none, ...limits });
    await expect(made).rejects.toMatchObject({
      code: "recording-incomplete",
      message: expect.stringContaining("the source has none of its 10 records") as string,
    } satisfies Partial<MillraceError>);
  });

  test("some of them left: how many, and from where on", async () => {
    const { entries, stories, records } = await keptRun();
    const [story] = stories;
    if (story === undefined) throw new Error("no batch");
    const trimmed: SourceRecords = {
      silence: () => null,
      page: async (stream, unit, from) =>
        (await records.page(stream, unit, from)).filter(({ position }) => !position.endsWith("0")),
    };
    await expect(batchRecording({ story, entries, records: trimmed, ...limits })).rejects.toThrow(
      /the source has 9 of its 10 records \(.*\), from \S+ on/,
    );
  });
});

describe("what the command line refuses", () => {
  test.each([
    [["record", "--batch", "29", "--for", "5s"], "--for is about what is to come"],
    [["record", "--since", "5m"], "none is named"],
    [["record", "orders", "--batch", "29"], "--batch names its mapping itself"],
    [["record", "orders", "file.json"], "`file.json` is neither a mapping nor a file that ends in .mrec"],
    [["replay", "there-is-none.mrec"], "there is no file there-is-none.mrec"],
    [["replay", "other.mrec"], "is no recording"],
    [["replay", "other.mrec", "--after"], "is no recording"],
  ])("%j", async (words, text) => {
    const folder = aFolder();
    writeFileSync(join(folder, "other.mrec"), "{}\n");
    const { code, error } = await runCommand(folder, words);
    expect({ code, error: error.replaceAll(/\s+/g, " ") }).toEqual({
      code: 2,
      error: expect.stringContaining(text) as string,
    });
  });

  test("a time or a handler without what it is for is told", async () => {
    const folder = aFolder();
    writeFileSync(join(folder, "run.mrec"), await recordedRun(["r1"], poisonedBy()));
    const told = async (...words: string[]) => (await runCommand(folder, ["replay", "run.mrec", ...words])).error;
    expect(await told("--attempt", "2")).toContain("it needs --until");
    expect(await told("--until", "xyz")).toContain("names neither a batch nor the beginning of a request id");
    expect(await told("--until", "9")).toContain("has no invocation called `9`");
    expect(await told("--timeout", "5s")).toContain("--timeout is about a handler, and there is none");
    expect(await told("--handler", "none.ts", "--set", "BatchSize=5")).toContain("there is no file none.ts");
  });
});
