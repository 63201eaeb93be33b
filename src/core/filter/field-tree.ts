// Which paths a set of patterns names, as a tree of names, so that an event is looked at only where a pattern looks (F-19, F-20).
// Each path has a slot; slots are numbered in the paths' alphabetical order, in which field-search.ts goes through them (F-51).

export interface FieldNode {
  /** By one name without a dot. A Map: no name is special, `__proto__` included (F-20). */
  readonly children: ReadonlyMap<string, FieldNode>;
  /** The slot of the path that ends here, or -1. */
  readonly slot: number;
}

export interface FieldTree {
  readonly root: FieldNode;
  /** Sorted; the index is the slot. */
  readonly paths: readonly string[];
  readonly slotOf: ReadonlyMap<string, number>;
}

interface OpenNode extends FieldNode {
  readonly children: Map<string, OpenNode>;
  slot: number;
}

export function buildFieldTree(named: Iterable<string>): FieldTree {
  const paths = [...new Set(named)].sort();
  const root: OpenNode = { children: new Map(), slot: -1 };
  const slotOf = new Map<string, number>();
  for (const [slot, path] of paths.entries()) {
    let node = root;
    for (const name of path.split(".")) {
      let child = node.children.get(name);
      if (child === undefined) {
        child = { children: new Map(), slot: -1 };
        node.children.set(name, child);
      }
      node = child;
    }
    node.slot = slot;
    slotOf.set(path, slot);
  }
  return { root, paths, slotOf };
}

/** The node below `node` for an event's member, whose name may itself hold dots (F-19). */
export function childOf(node: FieldNode, name: string): FieldNode | undefined {
  const child = node.children.get(name);
  return child === undefined && name.includes(".") ? dottedChildOf(node, name) : child;
}

function dottedChildOf(node: FieldNode, name: string): FieldNode | undefined {
  let current: FieldNode | undefined = node;
  for (const part of name.split(".")) {
    current = current?.children.get(part);
  }
  return current;
}
