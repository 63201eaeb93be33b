// A YAML configuration file (YAML 1.2, where `yes` is text). An account's digits are taken as they are written: as a number
// 012345678901 would lose its zero.

import {
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  type Node,
  type Pair,
  parseDocument,
  type Document,
  visit,
} from "yaml";
import type { ConfigDocument, Path, Span, TextFlaw } from "./config-document.ts";

export function readYamlDocument(shownFile: string, text: string): ConfigDocument {
  const document = parseDocument(text, { prettyErrors: false, merge: true });
  const flaws = document.errors.map((error) => ({
    what:
      error.code === "DUPLICATE_KEY" ? `\`${wordAt(text, error.pos[0])}\` is there twice` : firstLine(error.message),
    span: { offset: error.pos[0], length: Math.max(1, error.pos[1] - error.pos[0]) },
  }));
  if (flaws.length === 0) flaws.push(...loneAliases(document));
  const account = document.get("account", true);
  if (isScalar(account) && typeof account.value === "number") account.value = account.source ?? String(account.value);
  const value = flaws.length > 0 ? null : valueOf(document);
  if (value instanceof ReferenceError) flaws.push({ what: value.message, span: { offset: 0, length: 1 } });
  return {
    shownFile,
    text,
    notation: "yaml",
    value,
    flaws,
    spanOf: (path, part) => spanOf(document, path, part),
  };
}

/** Without its name, which may be a secret that begins with a star. */
function loneAliases(document: Document): readonly TextFlaw[] {
  const found: TextFlaw[] = [];
  visit(document, {
    Alias(_key, alias) {
      const span = alias.resolve(document) === undefined ? spanOfNode(alias) : null;
      if (span !== null)
        found.push({ what: "an alias has no anchor before it; a text that begins with * is quoted", span });
    },
  });
  return found;
}

/** A ReferenceError: its aliases stand for more than a file can mean. */
function valueOf(document: Document): unknown {
  try {
    return document.toJS();
  } catch (error) {
    if (error instanceof ReferenceError) return error;
    throw error;
  }
}

function spanOf(document: Document, path: Path, part: "name" | "value"): Span | null {
  let node: unknown = document.contents;
  let name: unknown = null;
  for (const step of path) {
    const container = isAlias(node) ? node.resolve(document) : node;
    name = null;
    if (isMap(container)) {
      const pair: Pair | undefined = container.items.find(
        ({ key }) => (isScalar(key) ? String(key.value) : key) === step,
      );
      if (pair === undefined) return null;
      name = pair.key;
      node = pair.value;
    } else if (isSeq(container)) {
      node = container.items[Number(step)];
    } else return null;
  }
  if (part === "name") return isNode(name) ? spanOfNode(name) : null;
  return isNode(node) ? spanOfNode(node) : null;
}

function spanOfNode(node: Node): Span | null {
  const range = node.range;
  return range === null || range === undefined ? null : { offset: range[0], length: range[1] - range[0] };
}

function firstLine(message: string): string {
  return message.split("\n")[0] ?? message;
}

function wordAt(text: string, offset: number): string {
  return /^["']?([^\s:"']+)/.exec(text.slice(offset))?.[1] ?? "a name";
}
