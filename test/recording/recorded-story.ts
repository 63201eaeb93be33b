// Stories of the simulated world, recorded: a recording for each process, from its start or from the middle of its life.

import { createStreamKind } from "../../src/kinds/mapping-kind.ts";
import { createRecorder } from "../../src/recording/recorder.ts";
import type { HeaderLine } from "../../src/recording/recording-line.ts";
import { recordingFrom, type Recording } from "../../src/recording/read-recording.ts";
import type { FaultKind } from "../../src/sim/fault.ts";
import { createSeededRandom } from "../../src/sim/seeded-random.ts";
import { drawStory } from "../../src/sim/story.ts";
import { runStory, type StoryRun } from "../../src/sim/story-runner.ts";

export const header: HeaderLine = {
  k: "recording",
  version: 1,
  millrace: "0.1.0",
  atMs: 0,
  isWithPayloads: true,
  limitBytes: 1_000_000_000,
};

export interface RecordedStory {
  readonly run: StoryRun;
  /** The lines of each process, header included. */
  readonly texts: readonly string[];
}

/** `afterMs`: how long a process has run when its recording begins. `faults`: those that may befall; absent: all. */
export async function recordedStory(seed: number, afterMs = 0, faults?: readonly FaultKind[]): Promise<RecordedStory> {
  const random = createSeededRandom(seed);
  const story = drawStory(seed, random, faults);
  const kind = createStreamKind(story.spec);
  const texts: string[][] = [];
  const run = await runStory(story, random, undefined, ({ runner, isAlive, clock }) => {
    const lines: string[] = [`${JSON.stringify(header)}\n`];
    texts.push(lines);
    const begin = (): void => {
      if (!isAlive()) return;
      runner.record((course) =>
        createRecorder(course, {
          isWithPayloads: true,
          positionOf: (record) => kind.position(record),
          nowMs: () => clock.nowMs(),
          write(line) {
            if (isAlive()) lines.push(line);
          },
        }),
      );
    };
    if (afterMs === 0) begin();
    else clock.wakeAt(clock.nowMs() + afterMs, begin);
  });
  return { run, texts: texts.map((lines) => lines.join("")) };
}

export function recordingOf(text: string): Recording {
  return recordingFrom("test.mrec", () => [text]);
}
