import { describe, expect, test } from "vitest";
import { parseFromPoller, parseToPoller } from "../../src/threads/parse-message.ts";

describe("messages between threads", () => {
  test("a known kind with its members arrives as it was sent", () => {
    const message = { kind: "stop", uuid: "u", isDelete: false, graceMs: 1 };
    expect(parseToPoller(message)).toBe(message);
  });

  test("an unknown kind is an error with a code", () => {
    expect(() => parseFromPoller({ kind: "hello" })).toThrow(expect.objectContaining({ code: "protocol-broken" }));
    expect(() => parseFromPoller({ kind: "toString" })).toThrow(expect.objectContaining({ code: "protocol-broken" }));
  });

  test("a missing member is named", () => {
    expect(() => parseFromPoller({ kind: "positioned", uuid: "u" })).toThrow(/generation/);
  });

  test("what is no message at all is refused", () => {
    expect(() => parseToPoller("start")).toThrow(/no kind/);
    expect(() => parseToPoller(null)).toThrow(/no kind/);
  });
});
