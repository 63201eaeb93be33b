// What a terminal in raw mode sends, as keys. Sequences that are no key of ours are passed over.

import type { Key } from "./view-state.ts";

const sequences: Readonly<Record<string, Key["kind"]>> = {
  "\u001b[A": "up",
  "\u001bOA": "up",
  "\u001b[B": "down",
  "\u001bOB": "down",
  "\u001b[5~": "pageUp",
  "\u001b[6~": "pageDown",
  "\u001b": "escape",
  "\r": "enter",
  "\n": "enter",
  "\t": "tab",
  "\u007f": "erase",
  "\b": "erase",
  "\u0003": "interrupt",
  "\u001a": "suspend",
};

// One sequence of a key, or one sign.
// oxlint-disable-next-line no-control-regex -- these are what keys send
const PARTS = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001bO.|\u001b|[\s\S]/gu;

export function keysIn(text: string): readonly Key[] {
  const keys: Key[] = [];
  for (const [part] of text.matchAll(PARTS)) {
    const kind = sequences[part];
    if (kind !== undefined && kind !== "text") keys.push({ kind });
    else if (!/\p{Cc}/u.test(part)) keys.push({ kind: "text", text: part });
  }
  return keys;
}
