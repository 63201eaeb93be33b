// What the handler of `diary.ts` wrote, read back.

import { readFileSync } from "node:fs";

export interface DiaryLine {
  readonly at: "begun" | "ended";
  readonly records: readonly { readonly id: string; readonly text: string }[];
}

export const diaryOf = (file: string): readonly DiaryLine[] =>
  readFileSync(file, "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as DiaryLine);

/** Texts of all records of the lines of one sort, in order. */
export const textsAt = (lines: readonly DiaryLine[], at: DiaryLine["at"]): readonly string[] =>
  lines.filter((line) => line.at === at).flatMap(({ records }) => records.map(({ text }) => text));
