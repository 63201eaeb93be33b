// Whether a record's key is what somebody asks for: the key itself, or of an item's key, which is the typed JSON of its attributes, the
// value of one of them as it stands there.

export function isKeyCalled(partitionKey: string, asked: string): boolean {
  return partitionKey === asked || (partitionKey.startsWith("{") && itemKeyValues(partitionKey).includes(asked));
}

/** `{"id":{"S":"order-1"},"at":{"N":"5"}}`: `order-1` and `5`; none where it is no item's key. */
function itemKeyValues(text: string): readonly unknown[] {
  try {
    const attributes: unknown = JSON.parse(text);
    return membersOf(attributes).flatMap((attribute) => {
      const [value, ...more] = membersOf(attribute);
      return more.length === 0 ? [value] : [];
    });
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}

const membersOf = (value: unknown): readonly unknown[] =>
  typeof value === "object" && value !== null ? Object.values(value) : [];
