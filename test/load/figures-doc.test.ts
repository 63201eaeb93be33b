// The document names each figure that may be expected, and each finding.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { metrics } from "../../src/load/expect/metrics.ts";

const text = readFileSync(new URL("../../docs/load-figures.md", import.meta.url), "utf8");

test("docs/load-figures.md names each figure that may be expected", () => {
  const isNamed = (name: string): boolean => {
    const [group = "", rank = ""] = name.split(".");
    return text.includes(`\`${name}\``) || (text.includes(`\`${group}.\``) && text.includes(`\`${rank}\``));
  };
  expect(metrics.map(({ name }) => name).filter((name) => !isNamed(name))).toEqual([]);
});
