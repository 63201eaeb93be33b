import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  assign,
  assignmentBytes,
  assignmentOf,
  type GroupMemberSeen,
  subscriptionBytes,
  subscriptionOf,
} from "../../workers/kafka/group-protocol.ts";

const member = (
  memberId: string,
  owned: readonly number[] = [],
  topics: readonly string[] = ["t"],
): GroupMemberSeen => ({
  memberId,
  subscription: { topics, owned: new Map([["t", owned]]) },
});
const sharesOf = (members: readonly GroupMemberSeen[], partitions: readonly number[]) =>
  Object.fromEntries([...assign(members, new Map([["t", partitions]]))].map(([id, share]) => [id, share.get("t")]));

describe("what a leader gives its members", () => {
  test("M-807, TM-45: who has some keeps its share of them", () => {
    expect(sharesOf([member("b", [0, 1, 2, 3]), member("a")], [0, 1, 2, 3])).toEqual({ b: [0, 1], a: [2, 3] });
    expect(sharesOf([member("b", [1]), member("a", [0])], [0, 1, 2])).toEqual({ a: [0, 2], b: [1] });
  });

  test("M-202: members of other topics get none of this one", () => {
    const foreign = member("a", [], ["u"]);
    const shares = assign(
      [foreign, member("b")],
      new Map([
        ["t", [0, 1]],
        ["u", [0]],
      ]),
    );
    expect(shares).toEqual(
      new Map([
        ["a", new Map([["u", [0]]])],
        ["b", new Map([["t", [0, 1]]])],
      ]),
    );
  });

  test("M-203: each partition goes to one member, and shares differ by one at most", () => {
    const members = fc.uniqueArray(fc.record({ id: fc.string({ minLength: 1 }), owned: fc.uniqueArray(fc.nat(20)) }), {
      selector: ({ id }) => id,
      minLength: 1,
      maxLength: 8,
    });
    fc.assert(
      fc.property(members, fc.nat(20), (given, count) => {
        const partitions = Array.from({ length: count }, (_, index) => index);
        const shares = [
          ...assign(
            given.map(({ id, owned }) => member(id, owned)),
            new Map([["t", partitions]]),
          ).values(),
        ];
        const given2 = shares.map((share) => share.get("t") ?? []);
        expect(given2.flat().sort((a, b) => a - b)).toEqual(partitions);
        const sizes = given2.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test("what is told is what was meant; older clients do not say what they have, and a leader may give nothing", () => {
    const subscription = { topics: ["t", "ü"], owned: new Map([["t", [0, 3]]]) };
    expect(subscriptionOf(subscriptionBytes(subscription))).toEqual(subscription);
    const older = subscriptionBytes({ topics: ["t"], owned: new Map() });
    older.writeInt16BE(0, 0);
    expect(subscriptionOf(older)).toEqual({ topics: ["t"], owned: new Map() });
    expect(assignmentOf(assignmentBytes(new Map([["t", [1, 2]]])))).toEqual(new Map([["t", [1, 2]]]));
    expect(assignmentOf(Buffer.alloc(0))).toEqual(new Map());
  });
});
