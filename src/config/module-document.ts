// A configuration file in TypeScript or JavaScript: its default export, or what that function answers. Node runs it, so where a
// name stands is searched for in the text: it is told only where the text has that name once, outside comments and texts.

import { pathToFileURL } from "node:url";
import type { ConfigDocument, Path, Span, TextFlaw } from "./config-document.ts";

export async function readModuleDocument(shownFile: string, file: string, text: string): Promise<ConfigDocument> {
  const { value, flaws } = await load(file);
  const code = withoutComments(text);
  return { shownFile, text, notation: "module", value, flaws, spanOf: (path, part) => spanOf(code, path, part) };
}

async function load(file: string): Promise<{ readonly value: unknown; readonly flaws: readonly TextFlaw[] }> {
  const flawed = (what: string) => ({ value: null, flaws: [{ what, span: { offset: 0, length: 1 } }] });
  try {
    const loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    if (!("default" in loaded)) return flawed("it has no default export; write `export default { … }`");
    const exported = loaded["default"];
    const value: unknown = typeof exported === "function" ? await (exported as () => unknown)() : exported;
    return { value, flaws: [] };
  } catch (error) {
    return flawed(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
  }
}

function spanOf(code: string, path: Path, part: "name" | "value"): Span | null {
  const name = path.findLast((step) => typeof step === "string");
  // The element of a list has no name of its own.
  if (name === undefined || (part === "name" && typeof path.at(-1) === "number")) return null;
  const word = name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
  const found = [...code.matchAll(new RegExp(`(?<=[{,\\s])(?:"${word}"|'${word}'|${word})(?=\\s*[:,}])`, "g"))];
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  if (part === "name") return { offset: only.index, length: only[0].length };
  const value = /^\s*:\s*([^\s,}\]]+)/.exec(code.slice(only.index + only[0].length));
  const shown = value?.[1];
  if (value === null || shown === undefined || typeof path.at(-1) === "number") {
    return { offset: only.index, length: only[0].length };
  }
  return { offset: only.index + only[0].length + value[0].length - shown.length, length: shown.length };
}

/** Same length, comments blank. A `//` in a text, as in an address, is no comment. */
function withoutComments(text: string): string {
  return text.replace(
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (found) => (found.startsWith("/") ? found.replace(/[^\n]/g, " ") : found),
  );
}
