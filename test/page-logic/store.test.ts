// What the dashboard's page keeps of its frames.

import { expect, test } from "vitest";
import type { Frame } from "../../src/dashboard/frame.ts";
import { emptyPicture, type Picture, pictureAfter, seriesOf } from "../../src/page/dashboard/store.ts";
import { aBatch, aFrame, aMapping, aSecond } from "./support/frames.ts";

function after(...frames: readonly Frame[]): Picture {
  return frames.reduce((picture, frame) => {
    const next = pictureAfter(picture, frame);
    if (next === null) throw new Error(`frame ${frame.number} was refused`);
    return next;
  }, emptyPicture);
}

test("a row that comes again takes the place of the one of its id, a new one follows", () => {
  const running = aBatch({ id: 2, outcome: null, verdict: null });
  const picture = after(
    aFrame({ batches: [aBatch({ id: 1 }), running] }),
    aFrame({ number: 2, isWhole: false, batches: [aBatch({ id: 2, outcome: "threw" }), aBatch({ id: 3 })] }),
  );
  expect(picture.batches.map(({ id, outcome }) => [id, outcome])).toEqual([
    [1, "ok"],
    [2, "threw"],
    [3, "ok"],
  ]);
});

test("a frame that is not the next one is refused, a whole one is always taken", () => {
  const picture = after(aFrame({ number: 1 }));
  expect(pictureAfter(picture, aFrame({ number: 3, isWhole: false }))).toBeNull();
  expect(pictureAfter(emptyPicture, aFrame({ number: 1, isWhole: false }))).toBeNull();
  expect(pictureAfter(picture, aFrame({ number: 7 }))?.frame?.number).toBe(7);
});

test("a minute is the sum of its seconds: counts added, means by batches, the highest p99, age and running", () => {
  const seconds = [
    aSecond({ second: 60, records: 30, batches: 3, fill: 1, tookP99Ms: 20, iteratorAgeMs: null, running: 1 }),
    aSecond({ second: 61, records: 10, batches: 1, fill: 0.2, tookP99Ms: 9, iteratorAgeMs: 700, running: 4 }),
  ];
  const [minute] = seriesOf(after(aFrame({ seconds })), null).minutes;
  expect(minute).toMatchObject({ second: 60, records: 40, batches: 4, tookP99Ms: 20, iteratorAgeMs: 700, running: 4 });
  expect(minute?.fill).toBeCloseTo(0.8, 10);
});

test("a connection that comes back keeps the minutes of before; a journal's instant shows its own alone", () => {
  const first = aFrame({ seconds: [aSecond({ second: 60 })] });
  const again = aFrame({ number: 9, seconds: [aSecond({ second: 240 })] });
  expect(seriesOf(after(first, again), null).minutes.map(({ second }) => second)).toEqual([60, 240]);
  const origin = { kind: "file", version: "test", name: "a.mrec", fromMs: 0, toMs: 9, isReadOnly: true } as const;
  const instant = after({ ...first, origin }, { ...again, origin });
  expect(seriesOf(instant, null).minutes.map(({ second }) => second)).toEqual([240]);
});

test("the points of a mapping that is gone go with it", () => {
  const mapping = aMapping();
  const seconds = [aSecond({ mapping: mapping.uuid }), aSecond()];
  const picture = after(aFrame({ mappings: [mapping], seconds }), aFrame({ number: 2, isWhole: false }));
  expect([...picture.series.keys()]).toEqual([""]);
});

test("a page that is open for a day and an hour keeps 2,000 batches, 900 seconds and 1,440 minutes a series", () => {
  const mapping = aMapping();
  const firstSecond = 1_800_000_000;
  const frameCount = (25 * 3_600) / 5;
  let picture: Picture = emptyPicture;
  let most = 0;
  for (let index = 0; index < frameCount; index++) {
    const seconds = Array.from({ length: 5 }, (_, each) => firstSecond + 5 * index + each);
    const frame = aFrame({
      number: index + 1,
      isWhole: index === 0,
      mappings: [mapping],
      batches: seconds.map((_, each) => aBatch({ id: 5 * index + each })),
      seconds: seconds.flatMap((second) => [aSecond({ second }), aSecond({ second, mapping: mapping.uuid })]),
    });
    const next = pictureAfter(picture, frame);
    if (next === null) throw new Error(`frame ${frame.number} was refused`);
    picture = next;
    most = Math.max(most, picture.batches.length);
  }
  expect(most).toBe(2_000);
  expect(picture.batches.at(-1)?.id).toBe(25 * 3_600 - 1);
  expect(picture.series.size).toBe(2);
  for (const key of [null, mapping.uuid]) {
    const { seconds, minutes } = seriesOf(picture, key);
    expect(seconds).toHaveLength(900);
    expect(minutes).toHaveLength(1_440);
    expect(minutes.at(-1)).toMatchObject({ records: 600, batches: 60 });
  }
});
