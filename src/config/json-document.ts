// A JSON configuration file. Comments and trailing commas are let in, as editors know them from JSON with comments.

import { evaluate, parse, type ObjectNode, type ValueNode } from "@humanwhocodes/momoa";
import type { ConfigDocument, Path, Span, TextFlaw } from "./config-document.ts";

export function readJsonDocument(shownFile: string, text: string): ConfigDocument {
  let body: ValueNode;
  try {
    body = parse(text, { mode: "jsonc", ranges: true, allowTrailingCommas: true }).body;
  } catch (error) {
    const offset = error instanceof Error && "offset" in error ? Number(error.offset) : text.length;
    const what = error instanceof Error ? error.message.replace(/ \(\d+:\d+\)$/, "") : String(error);
    const flaws = [{ what, span: { offset, length: 1 } }];
    return { shownFile, text, notation: "json", value: null, flaws, spanOf: () => null };
  }
  return {
    shownFile,
    text,
    notation: "json",
    value: evaluate(body),
    flaws: [...twins(body)],
    spanOf: (path, part) => spanOf(body, path, part),
  };
}

function spanOf(body: ValueNode, path: Path, part: "name" | "value"): Span | null {
  let node: ValueNode = body;
  let name: Span | null = null;
  for (const step of path) {
    name = null;
    if (node.type === "Object") {
      const member = node.members.find((each) => nameOf(each) === step);
      if (member === undefined) return null;
      name = spanOfNode(member.name);
      node = member.value;
    } else if (node.type === "Array") {
      const element: { readonly value: ValueNode } | undefined = node.elements[Number(step)];
      if (element === undefined) return null;
      node = element.value;
    } else return null;
  }
  return part === "name" ? name : spanOfNode(node);
}

function* twins(node: ValueNode): Generator<TextFlaw> {
  if (node.type === "Array") for (const { value } of node.elements) yield* twins(value);
  if (node.type !== "Object") return;
  const seen = new Set<string>();
  for (const member of node.members) {
    const name = nameOf(member);
    if (seen.has(name)) yield { what: `\`${name}\` is there twice`, span: spanOfNode(member.name) };
    seen.add(name);
    yield* twins(member.value);
  }
}

function nameOf(member: ObjectNode["members"][number]): string {
  return member.name.type === "String" ? member.name.value : member.name.name;
}

function spanOfNode(node: {
  readonly loc: { readonly start: { offset: number }; readonly end: { offset: number } };
}): Span {
  return { offset: node.loc.start.offset, length: node.loc.end.offset - node.loc.start.offset };
}
