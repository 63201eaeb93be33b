// A member's own text, beside what JSON.parse and JSON.stringify make of it.

import fc from "fast-check";
import { expect, test } from "vitest";
import { memberText } from "../../../src/core/json/member-text.ts";

test.each<readonly [string, string, string | null]>([
  ["a number over 2^53", '{"state":12345678901234567890.10}', "12345678901234567890.10"],
  ["members that look like numbers stay in order", '{"state":{"2":1,"10":2,"1":3}}', '{"2":1,"10":2,"1":3}'],
  ["escapes stay", String.raw`{"state":"\u00e9\/\ud800 \"}]"}`, String.raw`"\u00e9\/\ud800 \"}]"`],
  ["white space within stays, around it goes", '{ "a" : [ { } ] ,\n "state" :\t{ "b" : [ ] }  }', '{ "b" : [ ] }'],
  ["a word before the end", '{"state":true}', "true"],
  ["a word before white space", '{"state":null ,"a":1}', "null"],
  ["the last of two, as JSON.parse has it", '{"state":1,"state":2,"a":{"state":3}}', "2"],
  ["a name that is written with an escape", String.raw`{"st\u0061te":-1e5}`, "-1e5"],
  ["none", '{"a":{"state":1}}', null],
  ["an empty object", "{}", null],
  ["no object", '["state"]', null],
  ["a text", '"state"', null],
])("%s", (_name, json, expected) => {
  expect(memberText(json, "state")).toBe(expected);
});

test("what nests deeper than any stack is read all the same", () => {
  const deep = `${"[".repeat(200_000)}${"]".repeat(200_000)}`;
  expect(memberText(`{"a":${deep},"state":${deep}}`, "state")).toBe(deep);
});

test("for any object the text is that of the member, whatever the white space", () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.constantFrom(0, 1, 3), (object, indent) => {
      const json = JSON.stringify(object, null, indent);
      for (const [name, value] of Object.entries(JSON.parse(json) as object)) {
        expect(JSON.parse(memberText(json, name) ?? "")).toEqual(value);
      }
    }),
  );
});
