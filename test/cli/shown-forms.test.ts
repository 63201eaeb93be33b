import { expect, test } from "vitest";
import { counted } from "../../src/cli/shown-forms.ts";

test.each([
  [1, "batch", "1 batch"],
  [2, "more batch", "2 more batches"],
  [3, "delivery", "3 deliveries"],
  [0, "day", "0 days"],
  [1_500, "record", "1,500 records"],
])("%i of `%s`: %s", (count, one, text) => {
  expect(counted(count, one)).toBe(text);
});
