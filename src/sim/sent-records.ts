// What the source gave each record of a scenario, by its label. Many are added and few are looked for, so that they are put in order
// only when somebody asks.

import type { JsonObject } from "./scenario.ts";

export class SentRecords {
  readonly #sorted = new Map<string, JsonObject>();
  #labels: string[] = [];
  #givens: JsonObject[] = [];

  /** A label that is sent again has what it was given last. */
  add(label: string, given: JsonObject): void {
    this.#labels.push(label);
    this.#givens.push(given);
  }

  byLabel(): ReadonlyMap<string, JsonObject> {
    for (const [index, label] of this.#labels.entries()) this.#sorted.set(label, this.#givens[index] ?? {});
    this.#labels = [];
    this.#givens = [];
    return this.#sorted;
  }
}
