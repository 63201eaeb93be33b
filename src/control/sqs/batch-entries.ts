// What the calls with up to ten entries share: the request is refused as a whole for what its form is, and each entry by itself for
// what it says.

import type { JsonObject } from "../api-answer.ts";
import { missingParameter, SqsRefusal } from "./sqs-answer.ts";

const MOST_ENTRIES = 10;

/** Ids are there and distinct. Throws SqsRefusal. */
export function checkedEntries<E extends { readonly Id?: string | undefined }>(
  given: readonly (E | null)[] | undefined,
): readonly (E & { readonly Id: string })[] {
  if (given === undefined) throw missingParameter("Entries");
  const entries = given.filter((entry) => entry !== null);
  if (entries.length === 0)
    throw new SqsRefusal("EmptyBatchRequest", "There should be at least one entry in the request.");
  if (entries.length > MOST_ENTRIES) {
    const text = `Maximum number of entries per request are ${MOST_ENTRIES}. You have sent ${entries.length}.`;
    throw new SqsRefusal("TooManyEntriesInBatchRequest", text);
  }
  const seen = new Set<string>();
  return entries.map((entry) => {
    const { Id: id = "" } = entry;
    if (!/^[\w-]{1,80}$/.test(id)) {
      const text =
        "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be at most 80 letters long.";
      throw new SqsRefusal("InvalidBatchEntryId", text);
    }
    if (seen.has(id)) throw new SqsRefusal("BatchEntryIdsNotDistinct", `Id ${id} repeated.`);
    seen.add(id);
    return { ...entry, Id: id };
  });
}

interface Refused {
  readonly kind: "refused";
  readonly id: string;
  readonly code: string;
  readonly text: string;
}

export type Tried<T> = { readonly kind: "good"; readonly id: string; readonly value: T } | Refused;

/** What an answer says of an entry. */
export type EntryResult = Tried<JsonObject>;

/** A refusal is the entry's own; whatever else is thrown is the request's. */
export function triedEntry<T>(id: string, work: () => T): Tried<T> {
  try {
    return { kind: "good", id, value: work() };
  } catch (error) {
    return refusedEntry(id, error);
  }
}

/** Throws what is no SqsRefusal. */
export function refusedEntry(id: string, error: unknown): Refused {
  if (!(error instanceof SqsRefusal)) throw error;
  return { kind: "refused", id, code: error.queryCode, text: error.message };
}

export function entryAnswers(results: readonly EntryResult[]): JsonObject {
  const successful = results.flatMap((each) => (each.kind === "good" ? [{ Id: each.id, ...each.value }] : []));
  const failed = results.flatMap((each) =>
    each.kind === "refused" ? [{ Id: each.id, SenderFault: true, Code: each.code, Message: each.text }] : [],
  );
  return {
    ...(successful.length === 0 ? {} : { Successful: successful }),
    ...(failed.length === 0 ? {} : { Failed: failed }),
  };
}
