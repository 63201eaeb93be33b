import { describe, expect, test } from "vitest";
import { arrivalOf, positionPattern } from "../../../src/cli/explain/position-pattern.ts";
import { sequenceNumberFromEntryId } from "../../../src/kinds/kinesis/sequence-number.ts";

const at = (entryId: string): string => sequenceNumberFromEntryId(entryId);
const matches = (text: string, entryId: string): boolean => positionPattern(text)?.matches(at(entryId)) ?? false;
const within = (text: string, first: string, last: string): boolean =>
  positionPattern(text)?.mayLieWithin(at(first), at(last)) ?? false;

describe("how a person names a record", () => {
  test("by the digits that a line shows, with their counter or without", () => {
    expect(matches("...018407", "1795349018407-0")).toBe(true);
    expect(matches("…018407", "1795349018407-3")).toBe(true);
    expect(matches("018407-3", "1795349018407-3")).toBe(true);
    expect(matches("018407-3", "1795349018407-4")).toBe(false);
    expect(matches("018407", "1795349018408-0")).toBe(false);
    expect(matches("1795349018407-3", "1795349018407-3")).toBe(true);
  });

  test("by the whole number, and by no text that is no number or names too much", () => {
    expect(matches(at("1795349018407-3"), "1795349018407-3")).toBe(true);
    expect(matches(at("1795349018407-3"), "1795349018407-4")).toBe(false);
    expect(matches("534901840700000000000000000003", "1795349018407-3")).toBe(true);
    expect(positionPattern("407")).toBe(null);
    expect(positionPattern("order-407")).toBe(null);
  });

  test("a range may hold it: over its ends, at them with the counter, and not beside them", () => {
    expect(within("018407", "1795349018400-0", "1795349018410-0")).toBe(true);
    expect(within("018407", "1795349018408-0", "1795349018410-0")).toBe(false);
    expect(within("018407-2", "1795349018407-3", "1795349018407-9")).toBe(false);
    expect(within("018407-3", "1795349018407-3", "1795349018407-3")).toBe(true);
    expect(within("018407-4", "1795349018407-0", "1795349018407-3")).toBe(false);
    // A range of a million milliseconds and more holds any six digits.
    expect(within("018407", "1795349018408-0", "1795350018408-0")).toBe(true);
    expect(within(at("1795349018407-3"), "1795349018400-0", "1795349018410-0")).toBe(true);
  });

  test("its arrival is in the number; positions of other kinds have none", () => {
    expect(arrivalOf(at("1795349018407-3"))).toBe(1_795_349_018_407);
    expect(arrivalOf("17")).toBe(null);
    expect(positionPattern("1234")?.matches("991234")).toBe(true);
  });
});
