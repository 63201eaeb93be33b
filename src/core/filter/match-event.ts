// Patterns against whole events, no source's rules involved (F-27). What a mapping does to a source's records is the matter of
// record-filter.ts.

import type { Pattern } from "./compile-pattern.ts";
import { scanEvent } from "./field-scanner.ts";
import { FieldSearch, type SlotCondition } from "./field-search.ts";
import { buildFieldTree, type FieldTree } from "./field-tree.ts";
import { walkObject } from "./field-walker.ts";
import { FoundFields } from "./found-fields.ts";

/** One of the pattern's combinations with its paths resolved to slots. */
export interface PreparedCombination {
  readonly patternIndex: number;
  readonly conditions: readonly SlotCondition[];
}

/** Patterns made ready for one event after another. Not reentrant: one event at a time. */
export interface Prepared {
  readonly tree: FieldTree;
  readonly combinations: readonly PreparedCombination[];
  readonly search: FieldSearch;
}

export function preparePatterns(patterns: readonly Pattern[]): Prepared {
  const tree = buildFieldTree(
    patterns.flatMap((pattern) => pattern.combinations.flatMap((combination) => combination.map(({ path }) => path))),
  );
  // A list belongs to one path, so whether a value fits it is asked once an event, however many combinations share it.
  const listIndexes = new Map<object, number>();
  const combinations = patterns.flatMap((pattern, patternIndex) =>
    pattern.combinations.map((combination) => ({
      patternIndex,
      conditions: combination.map(({ path, list }) => {
        const listIndex = listIndexes.get(list) ?? listIndexes.size;
        listIndexes.set(list, listIndex);
        return { slot: tree.slotOf.get(path) ?? -1, list, listIndex };
      }),
    })),
  );
  return { tree, combinations, search: new FieldSearch(new FoundFields(tree.paths.length), listIndexes.size) };
}

/** A matcher of one pattern for the text of many events. A text that is no JSON object matches nothing (F-27). */
export function createTextMatcher(pattern: Pattern): (eventText: string) => boolean {
  const { tree, combinations, search } = preparePatterns([pattern]);
  return (eventText) => {
    search.reset();
    return (
      scanEvent(eventText, tree.root, search.found) === "object" &&
      combinations.some(({ conditions }) => search.holds(conditions))
    );
  };
}

/** Whether a parsed event fits. Numbers have lost their spelling by then (F-31): prefer text where there is any. */
export function matchesEvent(pattern: Pattern, event: unknown): boolean {
  if (typeof event !== "object" || event === null || Array.isArray(event)) {
    return false;
  }
  const { tree, combinations, search } = preparePatterns([pattern]);
  walkObject(event, tree.root, null, search.found);
  return combinations.some(({ conditions }) => search.holds(conditions));
}

/** Whether the text of an event fits, once; for many events see {@link createTextMatcher}. */
export function matchesEventText(pattern: Pattern, eventText: string): boolean {
  return createTextMatcher(pattern)(eventText);
}
