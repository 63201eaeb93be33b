// The faults that emulators of event source mappings are known for, by name: each has a test in this folder that says so in its own name.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const classes = [
  "settings stored but not honoured",
  "consume before invoke",
  "fire and forget",
  "bisect that tries one half",
  "redrive that is never reached",
  "any match of a filter over a whole batch",
  "sleeping while work is queued",
  "one failing mapping or shard that slows others",
  "enabled, but polled by nobody after a restart",
  "an update that is accepted while the old behaviour goes on",
  "a second mapping on one stream that never fires",
  "a position that is lost when forwarding throws",
  "a function thread that is killed by a time-out is replaced",
  "two hundred reloads of a changed handler grow neither threads",
  "calls never overlap in one execution environment",
  "a self-feeding handler is detected and said",
  "a retry that is due at the present instant under virtual time",
] as const;

test("each of the 17 bug classes has its test", () => {
  const folder = import.meta.dirname;
  const texts = readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && name !== "classes.test.ts")
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const isNamed = (name: string): boolean =>
    texts.some(
      (text) => text.includes(`describe("${name}`) || text.includes(`test("${name}`) || text.includes(`"${name}`),
    );
  expect(classes.filter((name) => !isNamed(name))).toEqual([]);
  expect(classes).toHaveLength(17);
});
