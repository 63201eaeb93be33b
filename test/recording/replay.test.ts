import { describe, expect, test } from "vitest";
import type { KinesisRecord } from "../../src/kinds/kinesis/kinesis-record.ts";
import type { Entry } from "../../src/ports/journal.ts";
import { openRecording } from "../../src/recording/read-recording.ts";
import { recordForm, recordFrom } from "../../src/recording/record-form.ts";
import { replay } from "../../src/recording/replay.ts";
import { poisonedBy, recordedRun } from "./recorded-world.ts";
import { header, recordedStory, recordingOf } from "./recorded-story.ts";

/** What is wrong with the replays of a seed's processes; and how much was compared. */
async function replayed(seed: number, afterMs: number): Promise<{ problems: string[]; entryCount: number }> {
  const { texts } = await recordedStory(seed, afterMs);
  const problems: string[] = [];
  let entryCount = 0;
  for (const [index, text] of texts.entries()) {
    if (!text.includes('"k":"mapping"')) continue;
    const { difference, digest, recordedDigest, entries } = await replay(recordingOf(text));
    entryCount += entries.length;
    if (difference !== null) problems.push(`seed ${seed}, process ${index}: ${JSON.stringify(difference)}`);
    else if (digest !== recordedDigest) problems.push(`seed ${seed}, process ${index}: the digests differ`);
  }
  return { problems, entryCount };
}

async function replayedSeeds(from: number, to: number, afterMs: (seed: number) => number): Promise<string[]> {
  const problems: string[] = [];
  let entryCount = 0;
  for (let seed = from; seed <= to; seed++) {
    const one = await replayed(seed, afterMs(seed));
    problems.push(...one.problems);
    entryCount += one.entryCount;
  }
  expect(entryCount).toBeGreaterThan(0);
  return problems;
}

/** What the world's own journal says of its lanes, an entry a line, sorted. */
function laneLines(entries: readonly Entry[]): readonly string[] {
  return entries
    .filter(({ lane }) => lane.split("/").length === 3)
    .map(({ seq: _seq, mapping: _mapping, ...entry }) => JSON.stringify(entry))
    .toSorted();
}

describe("a recording of what is fed to a lane is an exact replay", () => {
  test("1,000 seeds recorded from each process's start", async () => {
    expect(await replayedSeeds(1, 1_000, () => 0)).toEqual([]);
  }, 300_000);

  test("1,000 seeds recorded from the middle: batches in hand, calls under way, windows open", async () => {
    expect(await replayedSeeds(1_001, 2_000, (seed) => (seed % 97) * 613 + 1)).toEqual([]);
  }, 300_000);

  test("the recorded entries are those of the world's own journal", async () => {
    for (let seed = 1; seed <= 100; seed++) {
      const { run, texts } = await recordedStory(seed);
      const recorded: Entry[] = [];
      for (const text of texts) recorded.push(...(await replay(recordingOf(text))).recordedEntries);
      expect(laneLines(recorded), `seed ${seed}`).toEqual(laneLines(run.entries));
    }
  });

  test("a recording in which a call is said to have failed is told apart at its first entry that differs", async () => {
    const { texts } = await recordedStory(1);
    const changed = texts
      .map((text) => text.replace('"name":"ok"', '"name":"threw"'))
      .find((text) => !texts.includes(text));
    if (changed === undefined) throw new Error("no call of this story ended well");
    const { difference, digest, recordedDigest } = await replay(recordingOf(changed));
    expect(difference?.recorded).toContain('"outcome":"ok"');
    expect(difference?.replayed).toContain('"outcome":"threw"');
    expect(digest).not.toBe(recordedDigest);
  });

  test("a file that was cut off in mid-line is replayed up to there, and said to be cut", async () => {
    const { texts } = await recordedStory(1);
    const [text = ""] = texts;
    const { end, difference, eventCount } = await replay(recordingOf(text.slice(0, text.length - 25)));
    expect({ end, difference }).toEqual({ end: "cut", difference: null });
    expect(eventCount).toBeGreaterThan(0);
  });

  test("a recording of another version is refused with the command that reads it", () => {
    const other = `${JSON.stringify({ ...header, version: 7, millrace: "9.1.0" })}\n`;
    expect(() => recordingOf(other)).toThrow(
      expect.objectContaining({ code: "recording-version", help: "npx millrace@9.1.0 replay test.mrec" }),
    );
  });

  test("a file that is not there, or is a folder, is told as that", () => {
    const folder = import.meta.dirname;
    expect(() => openRecording(`${folder}/none.mrec`, "none.mrec")).toThrow(/^there is no file none\.mrec$/);
    expect(() => openRecording(folder, "folder")).toThrow(/^folder cannot be read \(EISDIR\)$/);
  });

  test("what is no recording is refused, and a broken line is named by its number", () => {
    expect(() => recordingOf("{}\n")).toThrow(expect.objectContaining({ code: "recording-invalid" }));
    const broken = recordingOf(`${JSON.stringify(header)}\nnonsense\n`);
    expect(() => [...broken.lines()]).toThrow("line 2 of test.mrec");
  });
});

test("B-12, E-3: an event over the limit is not called, and its attempts replay as they were recorded", async () => {
  const text = await recordedRun(["small", "x".repeat(3_000), "small too"], poisonedBy(), {
    lane: { eventLimitBytes: 2_000 },
  });
  const { difference, entries } = await replay(recordingOf(text));
  expect(difference).toBeNull();
  const outcomes = entries.flatMap((entry) => (entry.kind === "decided" ? [entry.outcome] : []));
  expect(outcomes).toEqual(["ok", "too large", "too large", "too large", "ok"]);
});

test("P-10: a record comes back with every field that it had; of an aggregate it is known that others follow", () => {
  const record = {
    ordinal: 3,
    arrivedAtMs: 1_790_000_040_000,
    sizeBytes: 500,
    entryId: "1790000040000-0",
    partitionKey: Buffer.from("k"),
    data: Buffer.from([0xff, 0x00]),
    isFollowed: true,
    // All there are, but for the one that follows from another: a new field does not compile before it is tested here.
  } satisfies Required<Omit<KinesisRecord, "entryIdBytes" | "expiresAtMs" | "failedBefore" | "partition">>;
  expect(recordFrom(recordForm(record, true))).toEqual(record);
  const { isFollowed: _isFollowed, ...last } = record;
  expect(recordFrom(recordForm(last, true))).toEqual(last);
});
