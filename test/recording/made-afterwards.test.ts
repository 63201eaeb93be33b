import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readBook } from "../../src/cli/explain/story-book.ts";
import { recordedEntries, recordedRecords } from "../../src/cli/explain/recorded-journal.ts";
import { batchRecording } from "../../src/cli/record/batch-recording.ts";
import { runReplayCommand } from "../../src/cli/replay-command.ts";
import { MillraceError } from "../../src/errors.ts";
import { replay } from "../../src/recording/replay.ts";
import { aFolder } from "../live/support/live-server.ts";
import { recordedStory, recordingOf } from "./recorded-story.ts";

/** How a story began. */
const nameOf = ({ closed }: ReturnType<ReturnType<typeof readBook>["stories"]>[number]): string =>
  closed === null
    ? "age"
    : `${closed.closedBy}${closed.tumbling === undefined ? "" : ` ${closed.tumbling.end ?? "records"}`}`;

test("E-13, W-6, W-8, W-9, W-17: each batch of a run is made again from journal and source, and replays to the same entries", async () => {
  const counts = new Map<string, number>();
  const refused: string[] = [];
  for (let seed = 1; seed <= 150; seed++) {
    const { texts } = await recordedStory(seed, 0, ["split", "merge"]);
    for (const text of texts) {
      if (!text.includes('"k":"mapping"')) continue;
      const recording = recordingOf(text);
      const entries = [...recordedEntries(recording)];
      const records = recordedRecords(recording);
      const [mapping] = [...recording.lines()].flatMap((line) => (line.k === "mapping" ? [line] : []));
      if (mapping === undefined) throw new Error("the recording has no mapping");
      const { lane: limits } = mapping.spec;
      for (const story of readBook(entries, { isWanted: () => true }).stories()) {
        const name = nameOf(story);
        try {
          const { lines } = await batchRecording({
            story,
            entries,
            records,
            isWithPayloads: true,
            limitBytes: 1e9,
            limits,
          });
          const made = recordingOf(lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
          const { difference } = await replay(made);
          expect(difference, `seed ${seed}, batch ${story.root.name}, ${name}`).toBeNull();
          counts.set(name, (counts.get(name) ?? 0) + 1);
        } catch (error) {
          if (!(error instanceof MillraceError) || error.code !== "recording-incomplete") throw error;
          refused.push(error.message);
        }
      }
    }
  }
  expect([...counts.keys()].toSorted()).toEqual([
    "age",
    "caught up",
    "caught up records",
    "payload",
    "payload records",
    "payload stateTooLarge",
    "size",
    "size records",
    "tumbling edge laterRecord",
    "tumbling edge records",
    "tumbling edge silence",
    "tumbling edge unitEnded",
    "window",
    "window records",
  ]);
  // The one story that cannot be told without the next batch.
  expect([...new Set(refused)]).toEqual([
    "it cannot be replayed: what was left of it was too old in the end, and of the record behind it more would follow",
  ]);
  expect(refused.length).toBeLessThan(5);
}, 120_000);

test("W-7: of a window whose state is not in the journal the batch replays, and its event is refused", async () => {
  const { texts } = await recordedStory(29, 0, []);
  const recording = recordingOf(texts[0] ?? "");
  const entries = [...recordedEntries(recording)];
  const story = readBook(entries, { isWanted: ({ closed }) => closed?.tumbling?.end === null }).stories()[0];
  if (story === undefined) throw new Error("this story has no batch in a window");
  const given = { story, entries, records: recordedRecords(recording), isWithPayloads: true, limitBytes: 1e9 };
  const { lines, missing } = await batchRecording(given);
  expect(missing.join()).toContain("what state its window carried");
  const cwd = aFolder();
  writeFileSync(join(cwd, "made.mrec"), lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  let out = "";
  const write = (text: string): void => {
    out += text;
  };
  const world = { terminal: { cwd, env: {}, write, writeError: write }, columns: 80 };
  const until = story.root.name;
  expect(await runReplayCommand("made.mrec", { until }, world)).toBe(0);
  expect(out).toContain("as recorded: same journal");
  const asked = runReplayCommand("made.mrec", { until, event: "event.json" }, world);
  await expect(asked).rejects.toThrow("has the size of its window's state and not the state");
});
