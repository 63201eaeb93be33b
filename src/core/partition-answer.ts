// Which records of a batch of Kafka stay, by an answer that lists some of them (M-409 to M-412). An identifier is an object with the
// partition, as the event names it, and the offset, whose digits are looked at as they are written where a number has lost some.

import { type Failed, flawed, isObject, shown } from "./answer-flaw.ts";
import { elementTexts, memberText } from "./json/member-text.ts";
import type { PartitionPlace, PartitionsAnswerContext } from "./outcome.ts";

/** `list`: the answer's batchItemFailures, not empty; `json`: the whole answer as it is written. */
export function keptPlaces(list: readonly unknown[], json: string, context: PartitionsAnswerContext): Failed {
  const places = Array.from({ length: context.recordCount }, (_, index) => context.identifierOf(index));
  const find = finder(places, json);
  const listed = new Set<number>();
  for (const [at, entry] of list.entries()) {
    const identifier = identifierOf(entry);
    if ("flaw" in identifier) return identifier;
    const meant = find(identifier, at);
    if (meant.length === 0) return flawed(`${identifier.unit}, offset ${identifier.offset} is not in the batch`);
    for (const index of meant) listed.add(index);
  }
  return context.partialAnswers === "items" ? ascending(listed) : fromLowest(places, listed);
}

interface Identifier {
  readonly unit: string;
  /** A number may have lost digits. */
  readonly offset: string | number;
}

function identifierOf(entry: unknown): Identifier | { readonly flaw: string } {
  if (!isObject(entry)) return flawed(`an item of \`batchItemFailures\` is ${shown(entry)}`);
  const { itemIdentifier } = entry;
  if (itemIdentifier === undefined) return flawed("an `itemIdentifier` is missing");
  if (!isObject(itemIdentifier)) {
    return flawed(`an \`itemIdentifier\` is ${shown(itemIdentifier)}, not an object with \`partition\` and \`offset\``);
  }
  const unit = itemIdentifier["partition"] ?? itemIdentifier["topic-partition"];
  if (typeof unit !== "string") return flawed(`a \`partition\` is ${unit === undefined ? "missing" : shown(unit)}`);
  const { offset } = itemIdentifier;
  const isOffset = typeof offset === "string" ? /^\d+$/.test(offset) : Number.isInteger(offset);
  if (!isOffset || (typeof offset !== "string" && typeof offset !== "number")) {
    return flawed(`an \`offset\` is ${offset === undefined ? "missing" : shown(offset)}`);
  }
  return { unit, offset };
}

/**
 * A number's digits are those that the answer has, where the parsed number cannot be trusted with them. A function in JavaScript has got
 * large offsets rounded, and answers with what it got: then every record of the partition whose offset rounds to that is meant.
 */
function finder(
  places: readonly PartitionPlace[],
  json: string,
): (identifier: Identifier, at: number) => readonly number[] {
  const exact = indexesBy(places, ({ unit, offset }) => keyOf(unit, offset));
  let entries: readonly string[] | null = null;
  let rounded: ReadonlyMap<string, readonly number[]> | null = null;
  return ({ unit, offset }, at) => {
    if (typeof offset === "string" || Number.isSafeInteger(offset)) return exact.get(keyOf(unit, `${offset}`)) ?? [];
    entries ??= elementTexts(memberText(json, "batchItemFailures") ?? "");
    const written = memberText(memberText(entries[at] ?? "", "itemIdentifier") ?? "", "offset") ?? "";
    rounded ??= indexesBy(places, (place) => keyOf(place.unit, Number(place.offset)));
    return exact.get(keyOf(unit, written)) ?? rounded.get(keyOf(unit, offset)) ?? [];
  };
}

function indexesBy(
  places: readonly PartitionPlace[],
  keyed: (place: PartitionPlace) => string,
): ReadonlyMap<string, readonly number[]> {
  const indexes = new Map<string, number[]>();
  for (const [index, place] of places.entries()) {
    const key = keyed(place);
    const known = indexes.get(key);
    if (known === undefined) indexes.set(key, [index]);
    else known.push(index);
  }
  return indexes;
}

/** In each partition all from the lowest listed record on: its records are in order. */
function fromLowest(places: readonly PartitionPlace[], listed: ReadonlySet<number>): readonly number[] {
  const begun = new Set<string>();
  return places.flatMap(({ unit }, index) => {
    if (listed.has(index)) begun.add(unit);
    return begun.has(unit) ? [index] : [];
  });
}

const ascending = (indexes: ReadonlySet<number>): readonly number[] => [...indexes].sort((a, b) => a - b);

const keyOf = (unit: string, offset: string | number): string => `${offset} ${unit}`;
