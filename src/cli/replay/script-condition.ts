// By what a script tells the records that fail from the others of its scenario. Of a Kinesis record it is the data; of a change the first
// path in it, keys before images, whose values no good record shares; where there is none the event id, which counts the changes sent.

import { isObject, type JsonObject, type ScenarioRecord } from "../../sim/scenario.ts";

type Scalar = string | boolean;
type Condition = { readonly path: string; readonly equals?: Scalar; readonly one_of?: Scalar[] };

/** `bad`: some of `records`, in their order, at least one. */
export function conditionFor(records: readonly ScenarioRecord[], bad: readonly ScenarioRecord[]): Condition {
  const isTable = bad.some(({ change }) => isObject(change));
  if (!isTable)
    return conditionAt(
      "kinesis.data",
      bad.map(({ data = "" }) => Buffer.from(data, "utf8").toString("base64")),
    );
  const valuesOf = new Map(records.map((record) => [record, scalarsIn({ dynamodb: imagesOf(record) })]));
  const [first] = bad;
  const good = records.filter((record) => !bad.includes(record));
  for (const path of valuesOf.get(first ?? good[0] ?? { label: "" })?.keys() ?? []) {
    const values = bad.flatMap((record) => valuesOf.get(record)?.get(path) ?? []);
    const theirs = new Set(values);
    const isTelling = good.every((record) => {
      const value = valuesOf.get(record)?.get(path);
      return value === undefined || !theirs.has(value);
    });
    if (isTelling && values.length === bad.length) return conditionAt(path, [...theirs]);
  }
  return conditionAt(
    "eventID",
    bad.map((record) => (records.indexOf(record) + 1).toString(16).padStart(32, "0")),
  );
}

const conditionAt = (path: string, values: readonly Scalar[]): Condition => {
  const [only, ...more] = values;
  return only === undefined || more.length > 0 ? { path, one_of: [...values] } : { path, equals: only };
};

/** Keys first: they are what people know an item by. */
function imagesOf({ change }: ScenarioRecord): JsonObject {
  if (!isObject(change)) return {};
  const { Keys, NewImage, OldImage } = change;
  return { Keys, NewImage, OldImage };
}

/** Texts, numbers as texts, and truths by their paths; names with a dot have none. */
function scalarsIn(value: JsonObject, before = "", found = new Map<string, Scalar>()): ReadonlyMap<string, Scalar> {
  for (const [name, each] of Object.entries(value)) {
    if (name.includes(".") || name === "") continue;
    const path = `${before}${name}`;
    if (typeof each === "string" || typeof each === "boolean") found.set(path, each);
    else if (isObject(each)) scalarsIn(each, `${path}.`, found);
  }
  return found;
}
