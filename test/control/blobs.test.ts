// Bytes in JSON: base64 as the service reads it, judged without a pattern over the whole text.

import fc from "fast-check";
import { expect, test } from "vitest";
import { parseShape } from "../../src/control/shape.ts";

const shape = { kind: "structure", members: { Data: { kind: "blob" } } } as const;
const parsed = (Data: string) => parseShape({ Data }, shape);

test("bytes come back as they were sent", () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(parsed(Buffer.from(bytes).toString("base64"))).toEqual({
        kind: "value",
        value: { Data: Buffer.from(bytes) },
      });
    }),
  );
});

test("text is base64 exactly if each of its characters is, and padding ends it", () => {
  const characters = fc.constantFrom(..."AQgw059+/=-_ \n\0é*".split(""));
  const texts = fc
    .array(characters, { maxLength: 5 })
    .map((parts) => parts.join("").slice(0, 4).padEnd(4, "A"))
    .chain((odd) => fc.nat(3).map((count) => `${"QUJD".repeat(count)}${odd}`));
  fc.assert(
    fc.property(texts, (text) => {
      const isRight = /^[A-Za-z0-9+/]*={0,2}$/.test(text);
      expect(parsed(text).kind).toBe(isRight ? "value" : "wrongType");
    }),
    { numRuns: 2_000, examples: [["===="], ["A==="], ["AA=A"], ["AB=="], ["QUJD=ABC"], ["AA-_"]] },
  );
});
