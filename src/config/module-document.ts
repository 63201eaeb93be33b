// A configuration file in TypeScript or JavaScript: its default export, or what that function answers. Node runs it, so where a
// name stands is searched for in the text: it is told only where the text has that name once, outside comments and texts.

import { pathToFileURL } from "node:url";
import { createSystemClock } from "../platform/system-clock.ts";
import type { ConfigDocument, Path, Span, TextFlaw } from "./config-document.ts";

/** For a default export that is a function. */
const LIMIT_MS = 10_000;

export async function readModuleDocument(shownFile: string, file: string, text: string): Promise<ConfigDocument> {
  const { value, flaws } = await load(file, text);
  const code = withoutComments(text);
  return { shownFile, text, notation: "module", value, flaws, spanOf: (path, part) => spanOf(code, path, part) };
}

async function load(
  file: string,
  text: string,
): Promise<{ readonly value: unknown; readonly flaws: readonly TextFlaw[] }> {
  const flawed = (what: string, offset = 0) => ({ value: null, flaws: [{ what, span: { offset, length: 1 } }] });
  try {
    const loaded = (await import(pathToFileURL(file).href)) as Readonly<Record<string, unknown>>;
    if (!("default" in loaded)) return flawed("it has no default export; write `export default { … }`");
    const exported = loaded["default"];
    const value: unknown = typeof exported === "function" ? await inTime((exported as () => unknown)()) : exported;
    return { value, flaws: [] };
  } catch (error) {
    if (!(error instanceof Error)) return flawed(String(error));
    return flawed(`${error.name}: ${(error.message.split("\n")[0] ?? "").trim()}`, offsetOf(error, file, text));
  }
}

/** A promise that is never kept would end the process without a word, since nothing else keeps it running. */
async function inTime(answer: unknown): Promise<unknown> {
  const clock = createSystemClock();
  const late = Promise.withResolvers<never>();
  const cancel = clock.wakeAt(clock.nowMs() + LIMIT_MS, () =>
    late.reject(new Error(`its default export did not answer in ${LIMIT_MS / 1_000} s`)),
  );
  try {
    return await Promise.race([answer, late.promise]);
  } finally {
    cancel();
  }
}

/** Where the error's stack, or Node's note above it, has the file: `file:///…/millrace.config.ts:4:9`. Else the file's beginning. */
function offsetOf({ stack = "" }: Error, file: string, text: string): number {
  for (const name of [pathToFileURL(file).href, file]) {
    const at = stack.indexOf(`${name}:`);
    const [, line, column] = at < 0 ? [] : (/^:(\d+)(?::(\d+))?/.exec(stack.slice(at + name.length)) ?? []);
    if (line === undefined) continue;
    const before = text.split("\n").slice(0, Number(line) - 1);
    return before.reduce((sum, each) => sum + each.length + 1, 0) + Number(column ?? 1) - 1;
  }
  return 0;
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
