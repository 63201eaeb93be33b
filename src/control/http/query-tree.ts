// The members of a call in AWS's query protocol, as the tree that their names tell: `Tags.member.2.Key` is the Key of the second of Tags.
// What they mean is each service's matter.
//
// G1  Work is bounded by what was sent: a name has at most MOST_LEVELS parts, and what has more is passed over.

const MOST_LEVELS = 12;

export interface QueryNode {
  /** Null: it has only members. */
  readonly value: string | null;
  readonly members: ReadonlyMap<string, QueryNode>;
}

interface GrowingNode {
  value: string | null;
  readonly members: Map<string, GrowingNode>;
}

/** A name that is given twice counts once, the last time. */
export function queryTree(given: URLSearchParams): QueryNode {
  const root: GrowingNode = { value: null, members: new Map() };
  for (const [name, value] of given) {
    const parts = name.split(".", MOST_LEVELS + 1);
    if (parts.length > MOST_LEVELS) continue;
    let node = root;
    for (const part of parts) {
      const next = node.members.get(part) ?? { value: null, members: new Map<string, GrowingNode>() };
      node.members.set(part, next);
      node = next;
    }
    node.value = value;
  }
  return root;
}

/** Undefined: it was not sent. */
export function queryText(node: QueryNode, name: string): string | undefined {
  return nodeAt(node, name)?.value ?? undefined;
}

/** `path` by dots; undefined: nothing of it was sent. */
export function nodeAt(node: QueryNode, path: string): QueryNode | undefined {
  return path.split(".").reduce<QueryNode | undefined>((at, part) => at?.members.get(part), node);
}

/** Members that are numbered, in the order of their numbers: of `Tags.member.1`, those at `Tags.member`. */
export function queryList(node: QueryNode, path: string): readonly QueryNode[] {
  return [...(nodeAt(node, path)?.members ?? [])]
    .filter(([name]) => /^\d{1,6}$/.test(name))
    .toSorted(([one], [other]) => Number(one) - Number(other))
    .map(([, member]) => member);
}

/** Texts of a list. */
export function queryTexts(node: QueryNode, path: string): readonly string[] {
  return queryList(node, path).map(({ value }) => value ?? "");
}

/** Entries of a map of texts, whose names and values stand under these names. */
export function queryMap(
  node: QueryNode,
  path: string,
  [key, value]: readonly [string, string],
): ReadonlyMap<string, string> {
  return new Map(queryList(node, path).map((entry) => [queryText(entry, key) ?? "", queryText(entry, value) ?? ""]));
}
