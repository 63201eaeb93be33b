// A house of the simulated world whose journal is explained. Times of day are written as TIME: they depend on where the test runs.

import type { Entry } from "../../../src/ports/journal.ts";
import { explain } from "../../../src/cli/explain/explain.ts";
import type { SourceRecord, SourceRecords } from "../../../src/cli/explain/source-records.ts";
import { entryIdFromSequenceNumber } from "../../../src/kinds/kinesis/sequence-number.ts";
import type { ToldHouse } from "../../runtime/told-house.ts";

export interface Asking {
  readonly columns?: number;
  readonly isUnicode?: boolean;
  readonly isFull?: boolean;
  /** Default true. */
  readonly isServerRunning?: boolean;
  /** What the source holds; absent: it cannot be asked. */
  readonly records?: SourceRecords;
  /** A part of the journal instead of all of it. */
  readonly entries?: readonly Entry[];
}

export async function explained(house: ToldHouse, question: string, asking: Asking = {}): Promise<string> {
  const { text } = await answer(house, question, asking);
  return text.replace(/\d\d:\d\d:\d\d\.\d{3}/g, "TIME");
}

export const explainedJson = async (house: ToldHouse, question: string, asking: Asking = {}): Promise<object> =>
  (await answer(house, question, asking)).json;

const answer = ({ house }: ToldHouse, question: string, asking: Asking) =>
  explain(question, {
    entries: () => asking.entries ?? house.entries(),
    isServerRunning: asking.isServerRunning ?? true,
    records: asking.records ?? null,
    screen: { columns: asking.columns ?? 80, isUnicode: asking.isUnicode ?? true },
    isFull: asking.isFull ?? false,
    command: "millrace",
  });

/** The lines of a text that begin with a word, and those that hang from it. */
export function part(text: string, word: string): string {
  const lines = text.split("\n");
  const from = lines.findIndex((line) => line.trimStart().startsWith(word));
  const column = lines[from]?.search(/\S/) ?? 0;
  const end = lines.findIndex((line, index) => index > from && line.search(/\S/) <= column);
  return lines
    .slice(from, end < 0 ? undefined : end)
    .join("\n")
    .trimEnd();
}

/** The table of attempts, without the blank lines around it. */
export const table = (text: string): string => text.split("\n\n")[1] ?? "";

export const shortOf = (position: string): string =>
  entryIdFromSequenceNumber(position)?.split("-")[0]?.slice(-6) ?? "";

/** A source that holds these records, whichever stream and shard is asked for. */
export function holding(
  records: readonly { readonly position: string; readonly key: string; readonly data: object }[],
): SourceRecords {
  const all: readonly SourceRecord[] = records.map(({ position, key, data }) => ({
    position,
    partitionKey: key,
    arrivedAtMs: Number(entryIdFromSequenceNumber(position)?.split("-")[0]),
    data: Buffer.from(JSON.stringify(data)),
  }));
  return {
    silence: () => null,
    page: (_stream, _unit, from) =>
      Promise.resolve(
        all.filter(
          ({ position }) =>
            from === null || position > from.position || (from.isIncluded && position === from.position),
        ),
      ),
  };
}
