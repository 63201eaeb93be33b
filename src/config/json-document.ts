// A JSON configuration file. Comments and trailing commas are let in, as editors know them from JSON with comments.

import { evaluate, parse, tokenize, type ObjectNode, type ValueNode } from "@humanwhocodes/momoa";
import type { ConfigDocument, Path, Span, TextFlaw } from "./config-document.ts";

export function readJsonDocument(shownFile: string, text: string): ConfigDocument {
  let body: ValueNode;
  try {
    body = parse(text, { mode: "jsonc", ranges: true, allowTrailingCommas: true }).body;
  } catch (error) {
    const flaws = [syntaxFlaw(error, text)];
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

/** Where the parser stops, in words of the file's and not of the parser's own. */
function syntaxFlaw(error: unknown, text: string): TextFlaw {
  const said = error instanceof Error ? error.message.replace(/ \(\d+:\d+\)$/, "") : String(error);
  const [, type = null] = /^Unexpected token (\w+) found\.$/.exec(said) ?? [];
  const isAtEnd = said === "Unexpected end of input found." || (type !== null && isOpenAtEnd(text));
  if (isAtEnd) {
    const end = text.trimEnd().length;
    const what = end === 0 ? "the file is empty" : "the file ends too early: something that was begun is not closed";
    return { what, span: { offset: end, length: 1 } };
  }
  const offset = error instanceof Error && "offset" in error ? Number(error.offset) : text.length;
  return { what: type === null ? said : `${tokenWords[type] ?? type} cannot stand here`, span: { offset, length: 1 } };
}

const tokenWords: Readonly<Record<string, string>> = {
  LBrace: "`{`",
  RBrace: "`}`",
  LBracket: "`[`",
  RBracket: "`]`",
  Colon: "`:`",
  Comma: "`,`",
  String: "a text",
  Number: "a number",
  Boolean: "true or false",
  Null: "null",
};

/** Tokens after which more has to come. */
const openEnds: readonly string[] = ["LBrace", "LBracket", "Colon", "Comma"];

/** The parser names the last token then, or one before it. */
function isOpenAtEnd(text: string): boolean {
  try {
    const tokens = tokenize(text, { mode: "jsonc", ranges: true }).filter(({ type }) => !type.endsWith("Comment"));
    return openEnds.includes(tokens.at(-1)?.type ?? "");
  } catch {
    // What comes later cannot be read either: the first error is the one to tell.
    return false;
  }
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
