// What a configuration's errors may not show: the values under `secrets`, and passwords in addresses. They are starred letter by
// letter, so that columns stay.

import { likelyName } from "../core/likely-name.ts";
import type { ConfigDocument, Path, Span } from "./config-document.ts";
import { originOf } from "./secret-text.ts";

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
  const starred = secrets.reduce((text, { path }) => {
    const span = document.spanOf(path, "value");
    return span === null ? text : starSpan(text, { offset: span.offset - offset, length: span.length });
  }, shown);
  return secrets
    .flatMap(({ value }) => leavesOf(value))
    .filter((leaf) => leaf.length >= LEAST_LENGTH)
    .reduce((text, leaf) => text.replaceAll(leaf, "*".repeat(leaf.length)), starred);
}

/** What stands before the last `@` in an address: a password may hold one. */
function withoutPasswords(line: string): string {
  return line.replace(/(?<=\/\/)[^\s/"']+(?=@)/g, (secret) => "*".repeat(secret.length));
}

interface Secret {
  readonly path: Path;
  readonly value: unknown;
}

/** What only says where a value is, is none. */
function secretsOf(value: unknown): readonly Secret[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value)
    .filter(([root]) => isSecretsName(root))
    .flatMap(([root, secrets]): readonly Secret[] => {
      if (typeof secrets !== "object" || secrets === null) return [{ path: [root], value: secrets }];
      return Object.entries(secrets).map(([name, each]) => ({ path: [root, name], value: each }));
    })
    .filter((secret) => originOf(secret.value) === null);
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
