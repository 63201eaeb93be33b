// Which of the flags that say where server and state are go into a command that is offered.

import { expect, test } from "vitest";
import { carriedFlags, withCarried } from "../../src/cli/carried-flags.ts";

const url = "http://127.0.0.1:14901";

test.each([
  ["a command that takes none", "millrace --help", { port: "1" }, "millrace --help"],
  ["its flags, and no other", "millrace pause f", { port: "1", state: "s" }, "millrace pause f --port 1"],
  [
    "what is there already stays",
    "millrace start --port 2",
    { port: "1", state: "s" },
    "millrace start --port 2 --state s",
  ],
  [
    "before a comment",
    "millrace start --port 0    # any",
    { state: "s" },
    "millrace start --port 0 --state s    # any",
  ],
  ["the state directory", "millrace logs f", { state: "s", url }, "millrace logs f --state s"],
  [
    "its server, where a command takes no state",
    "millrace send s",
    { state: "s", url },
    `millrace send s --endpoint ${url}`,
  ],
  ["unless another is given", "millrace send s", { endpoint: "http://x", url }, "millrace send s --endpoint http://x"],
  ["no command of ours", "aws lambda list-functions", { port: "1" }, "aws lambda list-functions"],
])("%s", (_what, line, carried, expected) => {
  expect(withCarried(line, "millrace", carried)).toBe(expected);
});

test("flags go before the environment, and are written as a shell takes them", () => {
  const env = { MILLRACE_STATE_DIR: "of the environment", MILLRACE_CONFIG: "c.yaml" };
  const terminal = { cwd: "/", env, write: () => undefined, writeError: () => undefined };

  expect(carriedFlags({ port: 4_567 }, terminal)).toEqual({
    config: "c.yaml",
    state: "'of the environment'",
    port: "4567",
  });
  expect(carriedFlags({ state: "s" }, terminal)).toMatchObject({ state: "s" });
  expect(carriedFlags({ journal: "a b.jsonl" }, terminal)).toEqual({ journal: "'a b.jsonl'" });
});
