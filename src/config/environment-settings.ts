// Settings from outside the file: variables of the environment, and flags of the command line. Both are held to the schema.
// A flag wins over a variable, a variable over the file, the file over the default.

import type { z } from "zod";
import { MillraceError } from "../errors.ts";
import type { CliOptions, Environment } from "./config.ts";
import { configJsonSchema, topSettings } from "./config-schema.ts";
import { formOf, membersOf, settingAt } from "./setting-form.ts";

type TopName = keyof typeof topSettings;

export interface OutsideSettings {
  /** Valid values by the names of the schema. */
  readonly values: Readonly<Partial<Record<TopName, unknown>>>;
  readonly redisUrl: string | null;
  readonly errors: readonly MillraceError[];
}

const REDIS_URL_VARIABLE = "MILLRACE_REDIS_URL";

const flagNames = { host: "--host", port: "--port", stateDir: "--state", transitionsMs: "--transitions-ms" } as const;

export function outsideSettings(env: Environment, cliOptions: CliOptions): OutsideSettings {
  const schema = configJsonSchema();
  const values: Partial<Record<TopName, unknown>> = {};
  const errors: MillraceError[] = [];
  const take = (name: TopName, value: unknown, origin: string): void => {
    const parsed = (topSettings[name] as z.ZodType).safeParse(value);
    if (parsed.success) values[name] = parsed.data;
    else {
      const form = formOf(settingAt(schema, [name]) ?? {});
      errors.push(new MillraceError("bad-argument", `${origin} is \`${String(value)}\`, and has to be ${form}`));
    }
  };
  for (const [name, { "x-env": variable, type }] of membersOf(schema)) {
    const text = typeof variable === "string" ? env[variable] : undefined;
    if (text !== undefined && text !== "" && isTopName(name)) take(name, valueOf(text, type), String(variable));
  }
  for (const [name, flag] of Object.entries(flagNames)) {
    const value = cliOptions[name as keyof typeof flagNames];
    if (value !== null && value !== undefined && isTopName(name)) take(name, value, flag);
  }
  const redisUrl = env[REDIS_URL_VARIABLE];
  return { values, redisUrl: redisUrl === undefined || redisUrl === "" ? null : redisUrl, errors };
}

function isTopName(name: string): name is TopName {
  return Object.hasOwn(topSettings, name);
}

function valueOf(text: string, type: unknown): unknown {
  if (type === "integer") return /^-?\d+$/.test(text) ? Number(text) : text;
  if (type === "array") return text.split(",").map((each) => each.trim());
  return text;
}
