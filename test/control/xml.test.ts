// XML as it goes out, read back by a parser that is not ours: what was written is what is read, whatever the texts hold.

import fc from "fast-check";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { expect, test } from "vitest";
import { type XmlElement, xmlText } from "../../src/control/http/xml.ts";

const parser = new XMLParser({
  parseTagValue: false,
  trimValues: false,
  preserveOrder: true,
  processEntities: { enabled: true, maxTotalExpansions: 1_000_000, maxExpandedLength: 1_000_000 },
  htmlEntities: true,
});

const name = fc.constantFrom("Message", "Body", "Value", "Name", "Id");
const text = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.string({ unit: "grapheme", maxLength: 30 }),
  fc.constantFrom(
    "\r\n",
    "\r",
    "a\r",
    "&amp;",
    "&#13;",
    "<![CDATA[x]]>",
    "]]>",
    "<!-- -->",
    "\u0000",
    "\ud800",
    "\ufffe",
  ),
);
const element: fc.Memo<XmlElement> = fc.memo((depth) =>
  fc.tuple(name, depth <= 1 ? text : fc.oneof(text, fc.array(element(), { minLength: 1, maxLength: 4 }))),
);

/** What XML cannot hold is a question mark in it. */
const held = (given: string): string =>
  given.toWellFormed().replaceAll(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "?");

type Read = { readonly [name: string]: unknown };

function read(nodes: readonly Read[]): unknown {
  const texts = nodes.filter((node) => "#text" in node);
  if (texts.length === nodes.length) return texts.map((node) => String(node["#text"])).join("");
  return nodes.map((node) => {
    const [entry] = Object.entries(node).filter(([key]) => key !== ":@");
    return [entry?.[0], read(entry?.[1] as readonly Read[])];
  });
}

const expected = ([called, content]: XmlElement): unknown => [
  called,
  typeof content === "string" ? held(content) : content.map((each) => expected(each)),
];

test("what is written is what is read: control characters, carriage returns and markup among the texts", () => {
  fc.assert(
    fc.property(element(3), (root) => {
      const xml = xmlText(root, { namespace: "http://queue.amazonaws.com/doc/2012-11-05/" });
      expect(XMLValidator.validate(xml)).toBe(true);
      expect(read(parser.parse(xml) as readonly Read[])).toEqual([expected(root)]);
    }),
    { numRuns: 2_000 },
  );
});

test("S3 writes control characters as references, and what has none stays a question mark", () => {
  expect(xmlText(["Key", "a\u0001&\u001f\r\0\ufffe"], { controls: "references" })).toBe(
    "<Key>a&#x1;&amp;&#x1f;&#13;??</Key>",
  );
});
