// Labels of records that a scenario's steps name and its `records` do not have: told before it runs, with the place in the file and a
// record to paste.

import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { pathText, placeAt } from "../config/config-document.ts";
import { readJsonDocument } from "../config/json-document.ts";
import { MillraceError } from "../errors.ts";
import type { Scenario } from "../sim/scenario.ts";

/** Throws scenario-unknown-label for the first. */
export function refuseUnknownLabels(scenario: Scenario, file: string, cwd: string): void {
  const labels = scenario.records.map(({ label }) => label);
  for (const [step, { records = [] }] of scenario.steps.entries()) {
    for (const [index, label] of records.entries()) {
      if (!labels.includes(label))
        throw unknownLabel({ scenario, file, cwd, label, labels, path: ["steps", step, "records", index] });
    }
  }
}

function unknownLabel(given: {
  readonly scenario: Scenario;
  readonly file: string;
  readonly cwd: string;
  readonly label: string;
  readonly labels: readonly string[];
  readonly path: readonly (string | number)[];
}): MillraceError {
  const { scenario, file, cwd, label, labels, path } = given;
  const near = relative(cwd, file);
  const document = readJsonDocument(near.startsWith("..") ? file : near, readFileSync(file, "utf8"));
  const span = document.spanOf(path, "value");
  const place = span === null ? {} : { place: { ...placeAt(document, span, "no such label"), path: pathText(path) } };
  const [first] = scenario.records;
  const like = { label, partitionKey: first?.partitionKey ?? "k", data: first?.data ?? "{}" };
  const help = `${JSON.stringify(like)}    (into \`records\`)`;
  const what = `\`${label}\` is not in \`records\`, which has ${listText(labels)}`;
  return new MillraceError("scenario-unknown-label", what, { ...place, help });
}

/** `r1 to r6` where they are numbered through, else the first few. */
function listText(labels: readonly string[]): string {
  const [first] = labels;
  const last = labels.at(-1);
  if (first === undefined || last === undefined) return "none";
  const numbered = labels.every(
    (label, index) => label === first.replace(/\d+$/, (digits) => String(Number(digits) + index)),
  );
  if (numbered && labels.length > 2) return `${first} to ${last}`;
  return labels.length <= 8 ? labels.join(", ") : `${labels.slice(0, 8).join(", ")} and ${labels.length - 8} more`;
}
