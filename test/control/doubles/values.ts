// Values that a member of a request might be sent with: right ones at its bounds, wrong ones beyond, of other types, empty and null.

import type { Shape, Structure } from "../../../src/control/shape.ts";

/** Of every type that JSON has. */
const ofAnyType: readonly unknown[] = [null, true, 0, -1, 1.5, 2 ** 31, 1e300, "", "x", [], [null], [[]], {}, { a: 1 }];

const long = (length: number): string => "a".repeat(length);

export function valuesFor(shape: Shape): readonly unknown[] {
  return [...ofAnyType, ...atBounds(shape)];
}

function atBounds(shape: Shape): readonly unknown[] {
  switch (shape.kind) {
    case "string":
      return [
        ...(shape.oneOf ?? []),
        ...(shape.oneOf ?? []).map((each) => each.toLowerCase()),
        ...(shape.min === undefined ? [] : [long(shape.min), long(Math.max(0, shape.min - 1))]),
        ...(shape.max === undefined || shape.max > 1_000 ? [] : [long(shape.max), long(shape.max + 1)]),
        "\u0000",
        "é",
        "\ud800",
        "a b/c:d",
        "${x}",
        "arn:aws:sqs:us-east-1:123456789012:queue",
      ];
    case "integer":
    case "number":
      return [shape.min, shape.max, (shape.min ?? 0) - 1, (shape.max ?? 0) + 1, "7"].filter(
        (each) => each !== undefined,
      );
    case "boolean":
      return [false, "true"];
    case "timestamp":
      return [-1e12, 1_700_000_000.123, 4e12, "2025-01-01T00:00:00Z"];
    case "blob":
      return ["eA==", "eA", "*"];
    case "list":
      return [
        ...valuesFor(shape.item).map((each) => [each]),
        ...(shape.max === undefined ? [] : [filled(shape.item, shape.max), filled(shape.item, shape.max + 1)]),
      ];
    case "map":
      return [
        ...valuesFor(shape.value).map((each) => ({ key: each })),
        { "": "x" },
        { [long(129)]: "x" },
        { "\u0007": "x" },
        Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`k${index}`, ""])),
      ];
    case "structure":
      return insideOf(shape);
  }
}

const filled = (item: Shape, length: number): readonly unknown[] =>
  Array.from({ length }, () => (item.kind === "string" ? (item.oneOf?.[0] ?? "a") : {}));

/** Each member in turn, alone and beside others that are right. */
function insideOf(shape: Structure): readonly unknown[] {
  return Object.entries(shape.members).flatMap(([name, member]) =>
    valuesFor(member).map((value) => ({ [name]: value })),
  );
}
