// Protobuf by protobufjs, from the text of a .proto file and of those it imports. Which message a record is stands in front of its data.

import type protobufjs from "protobufjs";
import type { ReflectionObject, Root, Type } from "protobufjs";
import { messageIndexes } from "./confluent-bytes.ts";
import { protobufJson } from "./protobuf-json.ts";
import type { ReadySchema, RegistrySchema } from "./schema.ts";

/** Names as the file has them: the parser would make `orderId` of `order_id` (M-113). */
const options = { keepCase: true };

/** Throws where the schema is of no use. */
export async function protobufSchema({ text, references }: RegistrySchema): Promise<ReadySchema> {
  const { default: library } = await import("protobufjs");
  const root = new library.Root();
  const file = library.parse(text, root, options);
  // Before other files of the same package add theirs.
  const messages = messagesOf(library, file.package === undefined ? root : root.lookup(file.package));
  const imports = [...(file.imports ?? [])];
  for (const reference of references) imports.push(...(library.parse(reference.text, root, options).imports ?? []));
  const given = new Set(references.map(({ name }) => name));
  addWellKnown(library, root, new Set(imports.filter((name) => !given.has(name))));
  root.resolveAll();
  return {
    dataFormat: "PROTOBUF",
    jsonOf: (data) => {
      const { indexes, message } = messageIndexes(data);
      const type = messageAt(library, messages, indexes);
      return protobufJson(library, type, type.decode(message));
    },
  };
}

/** Files of Google's that a registry does not tell, as each parser has them. */
function addWellKnown(library: typeof protobufjs, root: Root, imports: ReadonlySet<string>): void {
  for (const name of imports) {
    const known = library.common.get(name);
    const isThere = name.startsWith("google/protobuf/") && known !== null;
    if (isThere && known.nested !== undefined) root.addJSON(known.nested);
  }
}

function messagesOf(library: typeof protobufjs, parent: ReflectionObject | null): readonly Type[] {
  if (!(parent instanceof library.Namespace)) return [];
  return parent.nestedArray.filter((nested) => nested instanceof library.Type);
}

function messageAt(library: typeof protobufjs, messages: readonly Type[], [index, ...within]: readonly number[]): Type {
  const type = messages[index ?? 0];
  if (type === undefined) throw new Error(`the schema has no message at index ${index}`);
  return within.length === 0 ? type : messageAt(library, messagesOf(library, type), within);
}
