// The rights that docs/redis-layout.md tells people to give, taken from the page itself, so that the page is what is tested.

import { readFileSync } from "node:fs";
import { join } from "node:path";

/** The commands of the page's `ACL SETUSER` line, in Redis's own words. */
export function rightsOf(page: string): string {
  const text = readFileSync(join(import.meta.dirname, "..", "..", "..", page), "utf8");
  const [rule = ""] = /^ACL SETUSER [^`]*/m.exec(text) ?? [];
  const rights = rule.split(/\s+/).filter((word) => /^[+-]/.test(word));
  if (rights.length === 0) throw new Error(`${page} names no rights`);
  return rights.join(" ");
}
