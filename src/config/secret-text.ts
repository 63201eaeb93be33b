// A secret's value: as it is written, as JSON, or read from a variable or a file when the configuration is read; the file also
// later, whenever the secret is asked for.

import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Environment } from "./config.ts";
import type { Path } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";

export interface SecretOrigins {
  /** Absolute: what a file's path is relative to. */
  readonly baseDir: string;
  readonly env: Environment;
  readonly flaws: Flaw[];
}

export interface SecretOrigin {
  readonly kind: "env" | "file";
  /** The variable, or the path. */
  readonly name: string;
}

/** An object whose one member is `env` or `file`, with a text, says where the value is. Null: it is the value. */
export function originOf(value: unknown): SecretOrigin | null {
  if (typeof value !== "object" || value === null) return null;
  const [[kind, name] = [], ...rest] = Object.entries(value) as [string, unknown][];
  return rest.length === 0 && typeof name === "string" && (kind === "env" || kind === "file") ? { kind, name } : null;
}

/** Of a file without its last line break; null: it cannot be read. */
export function secretFileText(file: string): string | null {
  try {
    return textIn(file);
  } catch {
    return null;
  }
}

const textIn = (file: string): string => readFileSync(file, "utf8").replace(/\r?\n$/, "");

export function secretText(
  value: string | Readonly<Record<string, unknown>>,
  path: Path,
  { baseDir, env, flaws }: SecretOrigins,
): string {
  const origin = originOf(value);
  if (origin === null) return typeof value === "string" ? value : JSON.stringify(value);
  const complain = (what: string, help: string): string => {
    const flaw = `the secret \`${String(path.at(-1))}\`: ${what}`;
    flaws.push({ code: "config-invalid", what: flaw, path, part: "name", label: "", help });
    return "";
  };
  const { kind, name } = origin;
  if (kind === "env") return env[name] ?? complain(`the variable \`${name}\` is not set`, `${name}=…`);
  try {
    return textIn(resolve(baseDir, name));
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    return complain(
      `its file \`${name}\` cannot be read: ${reason}`,
      "{ file: PATH }    (from the configuration file's folder)",
    );
  }
}
