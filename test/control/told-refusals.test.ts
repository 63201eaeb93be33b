// What AWS would take and this version does not: the client's answer has AWS's form and nothing more; the journal says it for the
// terminal, with a place in the documents that is there.

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { memberNames } from "../../src/control/mapping/mapping-table.ts";
import { aHouse, anEnabledMapping, firstUuid, minimal, textOf } from "./doubles/house.ts";

const refused = (entries: readonly { readonly kind: string }[]) => entries.filter(({ kind }) => kind === "refused");

test("a setting that is not built is told with its value, on create and on update; other refusals are not", async () => {
  const { control, entries } = await aHouse();
  const created = await control.createMapping({ ...minimal, TumblingWindowInSeconds: 30 });
  expect(Object.keys(created)).toEqual(["status", "errorType", "body"]);
  expect(refused(entries)).toMatchObject([
    {
      operation: "CreateEventSourceMapping",
      answer: textOf(created, "message"),
      what: "TumblingWindowInSeconds `30`",
      page: "docs/honoured.md#tumblingwindowinseconds",
    },
  ]);
  await control.createMapping({ ...minimal, BatchSize: 0 });
  expect(refused(entries)).toHaveLength(1);
  const enabled = await anEnabledMapping();
  await enabled.control.updateMapping(firstUuid, { TumblingWindowInSeconds: 30 });
  expect(refused(enabled.entries)).toMatchObject([{ operation: "UpdateEventSourceMapping" }]);
});

test("every member has its place in docs/honoured.md", () => {
  const page = readFileSync(new URL("../../docs/honoured.md", import.meta.url), "utf8");
  for (const member of memberNames) expect(page).toContain(`<a id="${member.toLowerCase()}"></a>`);
});
