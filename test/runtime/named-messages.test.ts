// Messages by name in the journal: runs of one receive, and no more than so many.

import { expect, test } from "vitest";
import { firstNames, MOST_NAMED, namedMessages } from "../../src/runtime/named-messages.ts";

const message = (id: string, receivedAtMs: number, receiveCount: number | null = 1) => ({
  id,
  receivedAtMs,
  receiveCount,
});

test("messages of one receive, as often received, stand together in the batch's order", () => {
  const records = [message("a", 1), message("b", 1), message("c", 2), message("d", 2, 3), message("e", 1)];
  expect(namedMessages(records, (each) => each)).toEqual([
    { receivedAtMs: 1, receiveCount: 1, ids: ["a", "b"] },
    { receivedAtMs: 2, receiveCount: 1, ids: ["c"] },
    { receivedAtMs: 2, receiveCount: 3, ids: ["d"] },
    { receivedAtMs: 1, receiveCount: 1, ids: ["e"] },
  ]);
  expect(namedMessages([], (each: ReturnType<typeof message>) => each)).toEqual([]);
});

test("N1: of very many the first are named", () => {
  const records = Array.from({ length: MOST_NAMED + 5 }, (_, index) => message(String(index), 1, null));
  const [run] = namedMessages(records, (each) => each);
  expect(run?.ids).toHaveLength(MOST_NAMED);
  expect(firstNames(records, { position: ({ id }) => id })).toHaveLength(MOST_NAMED);
});
