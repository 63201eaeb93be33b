// Finds, reads, checks and resolves the configuration. What is wrong with a file is told at once, but for what cannot be judged before
// something else is mended: nothing before its syntax, and nothing of an entry, or of what is compared with it, before its form.
//
// L1  Nothing is dropped: an unknown name is an error (with the likely spelling), never ignored.
// L2  A configuration that was answered is frozen all through.
// L3  A path is relative to where it is written: in the file, to the file's folder; anywhere else, and by default, to the current one.

import { existsSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { MillraceError, type Place } from "../errors.ts";
import type { Config, LoadConfig, LoadOptions } from "./config.ts";
import { type ConfigDocument, type Path, placeAt } from "./config-document.ts";
import { documentByEnding, READ_ENDINGS } from "./document-by-ending.ts";
import { type Flaw, throwAll, throwFlaws } from "./config-errors.ts";
import { type ConfigInput, configJsonSchema, configSchema, redisSchema } from "./config-schema.ts";
import { crossFlaws } from "./cross-checks.ts";
import { type OutsideSettings, outsideSettings } from "./environment-settings.ts";
import { resolveConfig } from "./resolve-config.ts";
import { schemaFlaws, valueAt } from "./schema-flaws.ts";
import { type SoundParts, soundParts } from "./sound-parts.ts";
import { plainIssues } from "./union-issues.ts";

const configFileNames = ["ts", "js", "mjs", "json", "yaml", "yml"].map((each) => `millrace.config.${each}`);

/** The configuration, and where in its file a setting stands, for what is only found wrong later. */
export interface ReadConfig {
  readonly config: Config;
  /** Null without a file, or where the place is not known. */
  placeOf(path: Path, part: "name" | "value", label: string): Place | null;
}

export const loadConfig: LoadConfig = async (options) => (await readConfig(options)).config;

export async function readConfig(options: LoadOptions): Promise<ReadConfig> {
  const outside = outsideSettings(options.env, options.cliOptions);
  throwAll(outside.errors);
  const file = findFile(options);
  const document = file === null ? null : await readDocument(file, options.cwd);
  const { shapeFlaws, sound } = checkedShape(document);
  const input = withOutside(sound.input, outside);
  const fileDir = file === null ? options.cwd : dirname(file);
  const isStateOfFile = outside.values.stateDir === undefined && valueAt(document?.value, ["stateDir"]) !== undefined;
  const { config, flaws } = resolveConfig(input, {
    file,
    baseDir: fileDir,
    stateBaseDir: isStateOfFile ? fileDir : options.cwd,
    env: options.env,
  });
  if (document !== null) {
    const others = [...crossFlaws(input, sound.written), ...flaws].filter((flaw) => sound.isSure(flaw));
    throwFlaws(document, [...shapeFlaws, ...others]);
  } else
    throwAll(flaws.map(({ what, help }) => new MillraceError("bad-argument", what, help === null ? {} : { help })));
  return {
    config: deepFreeze(config),
    placeOf(path, part, label) {
      const span = document?.spanOf(path, part) ?? null;
      return document === null || span === null ? null : placeAt(document, span, label);
    },
  };
}

/** Absolute; null: there is none, and none was asked for. */
function findFile({ file, cwd, env }: LoadOptions): string | null {
  const named = file ?? env["MILLRACE_CONFIG"] ?? null;
  if (named !== null && named !== "") {
    const path = resolve(cwd, named);
    if (existsSync(path)) return path;
    throw new MillraceError("config-not-found", `there is no configuration file ${named}`, {
      help: `millrace start --config FILE    # or ${configFileNames.join(", ")} in the current folder`,
    });
  }
  const found = configFileNames.filter((each) => existsSync(join(cwd, each)));
  const [only] = found;
  if (found.length > 1) {
    throw new MillraceError("config-invalid", `there are several configuration files: ${found.join(", ")}`, {
      help: `millrace start --config ${only}`,
    });
  }
  return only === undefined ? null : join(cwd, only);
}

async function readDocument(file: string, cwd: string): Promise<ConfigDocument> {
  const near = relative(cwd, file);
  const shownFile = near.startsWith("..") ? file : near;
  const document = await documentOf(shownFile, file);
  throwAll(
    document.flaws.map(
      ({ what, span }) => new MillraceError("config-syntax", what, { place: placeAt(document, span, "") }),
    ),
  );
  return document;
}

async function documentOf(shownFile: string, file: string): Promise<ConfigDocument> {
  let text: string;
  try {
    text = readFileSync(file, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new MillraceError("config-not-found", `cannot read ${shownFile}: ${reason}`, { cause: error });
  }
  const document = await documentByEnding(shownFile, file, text);
  if (document !== null) return document;
  throw new MillraceError("config-invalid", `${shownFile} has none of the endings ${READ_ENDINGS}`);
}

interface CheckedShape {
  readonly shapeFlaws: readonly Flaw[];
  /** All of it where it has no such flaws. */
  readonly sound: SoundParts;
}

/** An empty file configures nothing. Throws where what is wrong leaves nothing to judge. */
function checkedShape(document: ConfigDocument | null): CheckedShape {
  const value = document?.value ?? {};
  const parsed = configSchema.safeParse(value);
  if (parsed.success) return { shapeFlaws: [], sound: { input: parsed.data, written: value, isSure: () => true } };
  const issues = plainIssues(parsed.error.issues);
  const shapeFlaws = document === null ? [] : schemaFlaws(issues, document, configJsonSchema());
  const sound = soundParts(value, issues);
  if (sound !== null && shapeFlaws.length > 0) return { shapeFlaws, sound };
  if (document !== null) throwFlaws(document, shapeFlaws);
  throw new Error(`the defaults do not fit their own schema: ${parsed.error.message}`);
}

function withOutside(input: ConfigInput, { values, redisUrl }: OutsideSettings): ConfigInput {
  // Each value has been parsed by the schema of its own name.
  const merged = { ...input, ...(values as Partial<ConfigInput>) };
  if (redisUrl === null) return merged;
  const redis = redisSchema.parse({ ...input.brokers.redis, url: redisUrl });
  return { ...merged, brokers: { ...input.brokers, redis } };
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  Object.freeze(value);
  for (const each of Object.values(value)) deepFreeze(each);
  return value;
}
