import { expect, test } from "vitest";
import { textTemplate } from "../../src/sim/text-template.ts";

const names = { n: 7, label: 'r"7', key: "k\\1" };

test("a template's text is the JSON of the value with its names filled in, whatever they hold", () => {
  const text = textTemplate({
    number: "${n}",
    told: 'a "${label}" of ${key}, ${n} times, not ${other}',
    list: [1, null, true, "${n}", []],
    "${n}": { inner: {} },
  });

  expect(text(names)).toBe(
    JSON.stringify({
      number: 7,
      told: 'a "r"7" of k\\1, 7 times, not ${other}',
      list: [1, null, true, 7, []],
      "${n}": { inner: {} },
    }),
  );
});
