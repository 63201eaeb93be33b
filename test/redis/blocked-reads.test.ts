import type { Redis } from "ioredis";
import { expect, test } from "vitest";
import { createBlockedReads, type RawEntry } from "../../workers/redis/blocked-reads.ts";
import type { RedisLine } from "../../workers/redis/redis-line.ts";

interface Question {
  readonly words: readonly string[];
  answer(reply: unknown): void;
}

/** A connection whose questions the test answers. */
function aLine() {
  const questions: Question[] = [];
  const redis = {
    callBuffer: (_name: string, words: readonly string[]) =>
      new Promise((resolve) => questions.push({ words, answer: resolve })),
  };
  const line: RedisLine = {
    address: { url: "redis://localhost", keyPrefix: "", queuePrefix: "bull", caPem: null },
    ask: (work) => work(redis as unknown as Redis),
    close: () => undefined,
  };
  return { line, questions };
}

function aHouse() {
  const blocking = aLine();
  const wakes: unknown[] = [];
  const commands: RedisLine = {
    ...blocking.line,
    ask: (work) => {
      wakes.push(work);
      return new Promise(() => undefined);
    },
  };
  const reads = createBlockedReads({
    commands,
    openBlocking: () => blocking.line,
    wakeKey: "wake",
    changesKey: "changes",
  });
  return { reads, questions: blocking.questions, wakes };
}

const entry = (id: string): RawEntry => [Buffer.from(id), []];
const reply = (key: string, ids: readonly string[]) => [[Buffer.from(key), ids.map(entry)]];
const request = (key: string, after: string) => ({ key, arn: `arn:${key}`, after });
const never = new AbortController().signal;
const idsOf = (awaited: unknown): unknown =>
  (awaited as { readonly entries?: readonly RawEntry[] }).entries?.map(([id]) => String(id));
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("S4, B1: a read that was aborted before it waits asks for nothing", async () => {
  const { reads, questions } = aHouse();
  void reads.wait(request("a", "1-0"), AbortSignal.abort());
  await settled();
  expect(questions).toEqual([]);
});

test("S4, B1: a read that is aborted while it waits is not asked for again, and its connection rests", async () => {
  const { reads, questions } = aHouse();
  const abort = new AbortController();
  let hasAnswered = false;
  void reads.wait(request("a", "1-0"), abort.signal).then(() => {
    hasAnswered = true;
  });
  abort.abort();
  questions[0]?.answer(reply("a", ["2-0"]));
  await settled();
  expect([hasAnswered, questions.length]).toEqual([false, 1]);
});

test("B2: one read asks for the keys of all, each from the place furthest behind; who joins meanwhile ends it", async () => {
  const { reads, questions, wakes } = aHouse();
  void reads.wait(request("a", "10-0"), never);
  await settled();
  void reads.wait(request("b", "9-0"), never);
  void reads.wait(request("b", "2-0"), never);
  void reads.wait(request("b", "10-0"), never);
  expect(wakes.length).toBe(1);
  questions[0]?.answer(reply("wake", ["5-0"]));
  await settled();
  const streams = (index: number) => questions[index]?.words.slice(questions[index].words.indexOf("STREAMS") + 1);
  expect(streams(0)).toEqual(["wake", "changes", "a", "0-0", "0-0", "10-0"]);
  expect(streams(1)).toEqual(["wake", "changes", "a", "b", "5-0", "0-0", "10-0", "2-0"]);
});

/** Waits for several, all of which are in the last question. */
async function allAsked(house: ReturnType<typeof aHouse>, requests: readonly (readonly [string, string])[]) {
  const first = house.reads.wait(request("first", "1-0"), never);
  await settled();
  const waiting = requests.map(([key, after]) => house.reads.wait(request(key, after), never));
  house.questions[0]?.answer(reply("first", ["2-0"]));
  await first;
  await settled();
  return waiting;
}

test("B4: all who wait for a key are served at once, each from its own place on", async () => {
  const house = aHouse();
  const waiting = await allAsked(house, [
    ["a", "2-0"],
    ["a", "1-0"],
    ["a", "3-0"],
    ["a", "4-0"],
  ]);
  house.questions[1]?.answer(reply("a", ["2-0", "3-0", "4-0"]));
  expect((await Promise.all(waiting.slice(0, 3))).map(idsOf)).toEqual([["3-0", "4-0"], ["2-0", "3-0", "4-0"], ["4-0"]]);
  await settled();
  expect(house.questions[2]?.words.slice(-2)).toEqual(["0-0", "4-0"]);
});

test("P-13: a stream that has gone makes all who wait look whether theirs is there, beside those who get entries", async () => {
  const house = aHouse();
  const waiting = await allAsked(house, [
    ["a", "1-0"],
    ["b", "1-0"],
  ]);
  house.questions[1]?.answer([...reply("changes", ["7-0"]), ...reply("b", ["2-0"])]);
  expect((await Promise.all(waiting)).map(({ kind }) => kind)).toEqual(["quiet", "entries"]);
});

test("nothing came: all who were asked for look; who joined meanwhile waits on", async () => {
  const house = aHouse();
  const [asked] = await allAsked(house, [["a", "1-0"]]);
  let hasAnswered = false;
  void house.reads.wait(request("a", "0-1"), never).then(() => {
    hasAnswered = true;
  });
  house.questions[1]?.answer(null);
  expect(await asked).toEqual({ kind: "quiet" });
  await settled();
  expect([hasAnswered, house.questions[2]?.words.at(-1)]).toEqual([false, "0-1"]);
});
