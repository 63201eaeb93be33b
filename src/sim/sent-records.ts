// What the source gave each record of a scenario, by its label. Many are added and few are looked for, so that they are put in order
// only when somebody asks.

import type { JsonObject } from "./scenario.ts";

export interface SentRecords {
  /** A label that is sent again has what it was given last. */
  add(label: string, given: JsonObject): void;
  byLabel(): ReadonlyMap<string, JsonObject>;
}

export function createSentRecords(): SentRecords {
  const sorted = new Map<string, JsonObject>();
  let labels: string[] = [];
  let givens: JsonObject[] = [];
  return {
    add(label, given) {
      labels.push(label);
      givens.push(given);
    },
    byLabel() {
      for (const [index, label] of labels.entries()) sorted.set(label, givens[index] ?? {});
      labels = [];
      givens = [];
      return sorted;
    },
  };
}
