// The filter language's rules written down without any thought of speed, for tests to compare with: flatten the event into
// (path, value, elements) and try every choice of values (F-16, F-19, F-22 to F-24, F-50, F-51). No $or, no duplicate members,
// and only the operators that the laws generate.

interface Leaf {
  readonly path: string;
  readonly value: unknown;
  /** Array number to element index. */
  readonly elements: ReadonlyMap<number, number>;
}

export function naiveMatch(pattern: unknown, event: unknown): boolean {
  const leaves: Leaf[] = [];
  let arrayCount = 0;
  flatten(event, null, new Map());
  const conditions = new Map<string, readonly unknown[]>();
  collect(pattern, null);
  const sorted = [...conditions].sort(([one], [other]) => (one < other ? -1 : 1));
  return search(0, new Map());

  function flatten(value: unknown, path: string | null, elements: ReadonlyMap<number, number>): void {
    if (Array.isArray(value)) {
      const id = arrayCount;
      arrayCount += 1;
      for (const [index, item] of value.entries()) {
        const isScalar = typeof item !== "object" || item === null;
        flatten(item, path, isScalar ? elements : new Map(elements).set(id, index));
      }
    } else if (typeof value === "object" && value !== null) {
      for (const [name, member] of Object.entries(value)) {
        flatten(member, path === null ? name : `${path}.${name}`, elements);
      }
    } else {
      leaves.push({ path: path ?? "", value, elements });
    }
  }

  function collect(node: unknown, path: string | null): void {
    for (const [name, member] of Object.entries(node as Record<string, unknown>)) {
      const below = path === null ? name : `${path}.${name}`;
      if (Array.isArray(member)) {
        conditions.set(below, member);
      } else {
        collect(member, below);
      }
    }
  }

  function search(index: number, chosen: ReadonlyMap<number, number>): boolean {
    const condition = sorted[index];
    if (condition === undefined) {
      return true;
    }
    const [path, alternatives] = condition;
    const consistent = leaves.filter(
      (leaf) => leaf.path === path && [...leaf.elements].every(([id, at]) => (chosen.get(id) ?? at) === at),
    );
    if (
      consistent.length === 0 &&
      alternatives.some((one) => operator(one)?.[0] === "exists" && operator(one)?.[1] === false)
    ) {
      if (search(index + 1, chosen)) {
        return true;
      }
    }
    return consistent.some(
      (leaf) =>
        alternatives.some((one) => fits(one, leaf.value)) && search(index + 1, new Map([...chosen, ...leaf.elements])),
    );
  }
}

function operator(alternative: unknown): readonly [string, unknown] | null {
  return typeof alternative === "object" && alternative !== null ? (Object.entries(alternative)[0] ?? null) : null;
}

function fits(alternative: unknown, value: unknown): boolean {
  const found = operator(alternative);
  if (found === null) {
    return alternative === value;
  }
  const [name, operand] = found;
  switch (name) {
    case "exists":
      return operand === true;
    case "prefix":
      return typeof value === "string" && value.startsWith(String(operand));
    case "anything-but":
      return !(Array.isArray(operand) ? operand : [operand]).includes(value);
    case "numeric":
      return typeof value === "number" && value > Number((operand as readonly unknown[])[1]);
    default:
      throw new Error(`the naive matcher knows no ${name}`);
  }
}
