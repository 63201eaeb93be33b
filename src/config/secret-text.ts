// A secret's value: as it is written, as JSON, or read from a variable or a file when the configuration is read.

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

/** An object whose one member is `env` or `file`, with a text, says where the value is. Without the file's last line break. */
export function secretText(
  value: string | Readonly<Record<string, unknown>>,
  path: Path,
  { baseDir, env, flaws }: SecretOrigins,
): string {
  if (typeof value === "string") return value;
  const [[member, origin] = [], ...rest] = Object.entries(value);
  if (rest.length > 0 || typeof origin !== "string") return JSON.stringify(value);
  const complain = (what: string, help: string): string => {
    flaws.push({ code: "config-invalid", what, path, part: "name", label: "", help });
    return "";
  };
  const name = `the secret \`${String(path.at(-1))}\``;
  switch (member) {
    case "env":
      return env[origin] ?? complain(`${name}: the variable \`${origin}\` is not set`, `${origin}=…`);
    case "file":
      try {
        return readFileSync(resolve(baseDir, origin), "utf8").replace(/\r?\n$/, "");
      } catch (error) {
        const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
        return complain(
          `${name}: its file \`${origin}\` cannot be read: ${reason}`,
          "{ file: PATH }    (from the configuration file's folder)",
        );
      }
    default:
      return JSON.stringify(value);
  }
}
