// What a configuration's errors may not show: the values under `secrets`, and passwords in addresses. They are starred letter by
// letter, so that columns stay.

import { likelyName } from "../core/likely-name.ts";
import type { ConfigDocument, Span } from "./config-document.ts";

/** Shorter texts are no secrets, and starring them would blank half a line. */
const LEAST_LENGTH = 3;

type Text = Pick<ConfigDocument, "text" | "value" | "spanOf">;

/** `secrets`, also misspelt. */
export const isSecretsName = (name: unknown): boolean =>
  name === "secrets" || (typeof name === "string" && likelyName(name, ["secrets"]) !== null);

/** One line of the text, which begins at `offset`, without secrets. */
export function withoutSecrets(document: Text, line: string, offset: number): string {
  const shown = withoutPasswords(line);
  // A text that could not be read does not say where its secrets are.
  if (document.value === null) {
    const before = document.text.slice(0, offset + line.length);
    return /\bsecrets?\b["']?\s*:/i.test(before) ? shown.replace(/\S/g, "*") : shown;
  }
  const secrets = secretsOf(document.value);
  const starred = secrets.reduce((text, [root, name]) => {
    const span = document.spanOf([root, name], "value");
    return span === null ? text : starSpan(text, { offset: span.offset - offset, length: span.length });
  }, shown);
  return secrets
    .flatMap(([, , value]) => leavesOf(value))
    .filter((leaf) => leaf.length >= LEAST_LENGTH)
    .reduce((text, leaf) => text.replaceAll(leaf, "*".repeat(leaf.length)), starred);
}

/** What stands before an `@` in an address. */
function withoutPasswords(line: string): string {
  return line.replace(/(?<=\/\/)[^\s/@]+(?=@)/g, (secret) => "*".repeat(secret.length));
}

function secretsOf(value: unknown): readonly (readonly [root: string, name: string, value: unknown])[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([root]) => isSecretsName(root))
    .flatMap(([root, secrets]) =>
      typeof secrets === "object" && secrets !== null
        ? Object.entries(secrets).map(([name, each]) => [root, name, each] as const)
        : [],
    );
}

function starSpan(line: string, { offset, length }: Span): string {
  const start = Math.max(0, offset);
  const end = Math.min(line.length, offset + length);
  return end <= start ? line : line.slice(0, start) + line.slice(start, end).replace(/\S/g, "*") + line.slice(end);
}

function leavesOf(value: unknown): readonly string[] {
  if (typeof value === "string" || typeof value === "number") return [String(value)];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap((each) => leavesOf(each)) : [];
}
