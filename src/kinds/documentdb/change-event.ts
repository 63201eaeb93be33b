// A change event as text: top-level members by name, without what MongoDB has and DocumentDB has not.

import { documentText, extendedJson } from "./extended-json.ts";

/** A change event as its client gives it, or with members that are plain JSON values of Extended JSON already. */
export type ChangeValues = Readonly<Record<string, unknown>>;

export interface ChangeEventOptions {
  readonly isKeepingServerFields: boolean;
}

const SERVER_FIELDS = new Set(["wallTime", "collectionUUID", "lsid", "txnNumber"]);
const SERVER_FIELDS_OF_UPDATES = new Set(["truncatedArrays", "disambiguatedPaths"]);

export function changeEventText(change: ChangeValues, { isKeepingServerFields }: ChangeEventOptions): string {
  const names = Object.keys(change).sort();
  const members: string[] = [];
  for (const name of names) {
    if (!isKeepingServerFields && SERVER_FIELDS.has(name)) continue;
    const value = change[name];
    const text = !isKeepingServerFields && name === "updateDescription" ? updateText(value) : extendedJson(value);
    members.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{${members.join(",")}}`;
}

function updateText(value: unknown): string {
  if (typeof value !== "object" || value === null) return extendedJson(value);
  return documentText(Object.entries(value).filter(([name]) => !SERVER_FIELDS_OF_UPDATES.has(name)));
}
