import { expect, test } from "vitest";
import { type Candidate, groupReadyMs, pickMessages, sequenceNumberOf } from "../../src/stores/receive-rule.ts";

const aCandidate = (groupId: string | null, more: Partial<Candidate> = {}): Candidate => ({
  groupId,
  ownReceiveCount: 0,
  sizeBytes: 10,
  ...more,
});
const usual = { max: 10, maxBytes: null, isOneGroup: false, maxReceiveCount: null };

test("a receive looks no further than it needs to", () => {
  let lookedAt = 0;
  function* candidates(): Iterable<Candidate> {
    for (;;) {
      lookedAt += 1;
      yield aCandidate(null);
    }
  }
  expect(pickMessages(candidates(), { ...usual, max: 3 }).handedOut.length).toBe(3);
  expect(lookedAt).toBe(3);
  expect(pickMessages(candidates(), { ...usual, max: 0 })).toEqual({ handedOut: [], deadLetters: [] });
});

test("Q-40: at the limit a message is a dead letter, below it is handed out, and without a limit always", () => {
  const below = aCandidate(null, { ownReceiveCount: 1 });
  const at = aCandidate(null, { ownReceiveCount: 2 });
  const above = aCandidate(null, { ownReceiveCount: 3 });
  const picked = pickMessages([above, at, below], { ...usual, maxReceiveCount: 2 });
  expect(picked).toEqual({ handedOut: [below], deadLetters: [above, at] });
  expect(pickMessages([above], usual).handedOut).toEqual([above]);
});

test("one receive moves a thousand dead letters at most", () => {
  const dead = Array.from({ length: 1_500 }, () => aCandidate(null, { ownReceiveCount: 1 }));
  const picked = pickMessages([...dead, aCandidate(null)], { ...usual, maxReceiveCount: 1 });
  expect([picked.handedOut.length, picked.deadLetters.length]).toEqual([0, 1_000]);
});

test("P-32: of one group alone, where that is asked for; dead letters before it count for none", () => {
  const dead = aCandidate("A", { ownReceiveCount: 1 });
  const [b1, b2, c] = [aCandidate("B"), aCandidate("B"), aCandidate("C")];
  const picked = pickMessages([dead, b1, b2, c], { ...usual, isOneGroup: true, maxReceiveCount: 1 });
  expect(picked).toEqual({ handedOut: [b1, b2], deadLetters: [dead] });
});

test("the bytes of what is handed out stay within their bound, but for the first message", () => {
  const sizes = (maxBytes: number) =>
    pickMessages(
      [10, 10, 10, 1].map((sizeBytes) => aCandidate(null, { sizeBytes })),
      { ...usual, maxBytes },
    ).handedOut.length;
  expect([9, 10, 19, 20, 31].map(sizes)).toEqual([1, 1, 1, 2, 4]);
});

test("P-33: a group may go on once its first message is visible and the last of what was received is", () => {
  expect(groupReadyMs(5, null)).toBe(5);
  expect(groupReadyMs(5, 9)).toBe(9);
  expect(groupReadyMs(9, 5)).toBe(9);
});

test("sequence numbers keep 20 digits and their order", () => {
  const numbers = [1, 2, 1_000_000, 2 ** 40].map(sequenceNumberOf);
  expect(numbers.every((number) => number.length === 20)).toBe(true);
  expect(numbers.toSorted()).toEqual(numbers);
});
