import { describe, expect, test } from "vitest";
import { debugLines } from "../../src/cli/debug-flags.ts";
import { parseInspectPlace } from "../../src/cli/inspector.ts";

describe("--inspect takes what Node takes", () => {
  test.each([
    ["9230", "127.0.0.1", 9_230],
    ["0", "127.0.0.1", 0],
    ["localhost", "localhost", 9_229],
    ["0.0.0.0:9230", "0.0.0.0", 9_230],
    ["my-host.example:1", "my-host.example", 1],
    ["[::1]:9230", "::1", 9_230],
    ["[::1]", "::1", 9_229],
  ])("%s", (text, host, port) => {
    expect(parseInspectPlace(text)).toEqual({ host, port });
  });

  test.each(["", "65536", "99999", "host:", "host:x", ":9230", "::1", "a b"])("and not %j", (text) => {
    expect(() => parseInspectPlace(text)).toThrow("It has to be a port, a host or host:port");
  });
});

test("the terminal says what is open and what is off, and nothing where nothing is", () => {
  const words = (flags: object, url: string | null): readonly string[] =>
    debugLines(flags, url).map(({ word }) => word);
  expect(words({}, null)).toEqual([]);
  expect(words({ inspect: true, debug: true }, "ws://x")).toEqual(["inspect", "debug"]);
  expect(debugLines({ inspect: true }, "ws://x")[0]?.text).toContain("without --debug a pause counts against Timeout");
  expect(words({ debug: true }, null)).toEqual(["debug"]);
});
