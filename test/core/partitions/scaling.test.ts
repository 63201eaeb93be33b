// How many members a group needs, at and around each bound.

import { expect, test } from "vitest";
import { type GroupBounds, type GroupLoad, memberBounds, nextMembers } from "../../../src/core/partitions/scaling.ts";

const load: GroupLoad = {
  memberCount: 2,
  partitionCount: 12,
  unreadCount: 0,
  busyCount: 0,
  wasThrottled: false,
  batchSize: 100,
  callsAMember: 5,
};
const bounds: GroupBounds = { least: 1, most: 4 };

test.each<[Partial<GroupLoad>, number]>([
  [{ unreadCount: 1_000 }, 2],
  [{ unreadCount: 1_001 }, 3],
  [{ unreadCount: 1_001, memberCount: 4 }, 4],
  [{ unreadCount: 100 }, 1],
  [{ unreadCount: 101 }, 2],
  [{ unreadCount: 100, busyCount: 3 }, 2],
  [{ unreadCount: 100_000, wasThrottled: true }, 1],
  [{ memberCount: 1, wasThrottled: true }, 1],
  [{ unreadCount: null }, 2],
  [{ unreadCount: 1_000_000, partitionCount: 2 }, 2],
])("M-204, M-205: %j makes %i members", (changed, memberCount) => {
  expect(nextMembers({ ...load, ...changed }, bounds).memberCount).toBe(memberCount);
});

test("M-204: why is said with it", () => {
  const why = (changed: Partial<GroupLoad>): string => nextMembers({ ...load, ...changed }, bounds).why;
  expect([why({ unreadCount: 1_001 }), why({}), why({ wasThrottled: true })]).toEqual(["work", "idle", "errors"]);
});

test("M-203: never more than partitions, and one at least", () => {
  expect(memberBounds({ least: 5, most: 8 }, 3)).toEqual({ least: 3, most: 3 });
  expect(memberBounds({ least: 5, most: 8 }, 0)).toEqual({ least: 1, most: 1 });
  expect(memberBounds({ least: 5, most: 8 }, null)).toEqual({ least: 5, most: 8 });
  expect(nextMembers({ ...load, memberCount: 4, partitionCount: 3 }, bounds).memberCount).toBe(3);
});

test("M-205: equal bounds switch scaling off", () => {
  const fixed = { least: 2, most: 2 };
  for (const changed of [{ unreadCount: 1e9 }, { unreadCount: 0 }, { wasThrottled: true }])
    expect(nextMembers({ ...load, ...changed }, fixed).memberCount).toBe(2);
});
