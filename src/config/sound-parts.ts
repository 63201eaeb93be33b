// What can be judged of a configuration though some of it is ill formed: the rest, so that a person need not mend a file in rounds.
// A mapping, function, stream, table, topic, secret or source that is ill formed stands there by its name, and nothing more is said of it.

import { likelyName } from "../core/likely-name.ts";
import { type Path, pathText } from "./config-document.ts";
import type { Flaw } from "./config-errors.ts";
import { type ConfigInput, configSchema } from "./config-schema.ts";
import { type Issue, pathOf } from "./schema-flaws.ts";

export interface SoundParts {
  readonly input: ConfigInput;
  /** The file's own value, without what is ill formed. */
  readonly written: unknown;
  /** False: what the flaw is about is ill formed, or what it was compared with. */
  isSure(flaw: Flaw): boolean;
}

/** What stands for an ill-formed entry, so that its name is known; entries of other settings are left out. */
const STAND_INS = new Map<unknown, unknown>([
  ["functions", { Handler: "file.export" }],
  ["streams", {}],
  ["topics", {}],
  ["tables", { key: "k" }],
  ["mappings", { FunctionName: "f" }],
]);
const SETTINGS_OF_ENTRIES: readonly unknown[] = [...STAND_INS.keys(), "secrets", "sources", "schemaRegistries"];

/** Null: nothing of it can be judged. */
export function soundParts(value: unknown, issues: readonly Issue[]): SoundParts | null {
  if (typeof value !== "object" || value === null) return null;
  const written = Object.fromEntries(Object.entries(value).map(([setting, each]) => [setting, copyOf(each)]));
  const illEntries = new Set<string>();
  const illSettings = new Set<unknown>();
  for (const issue of issues) {
    const isName = issue.code === "invalid_key";
    for (const path of pathsOf(issue)) {
      const [setting, entry] = path;
      if (setting === undefined) return null;
      if (entry === undefined || !SETTINGS_OF_ENTRIES.includes(setting)) {
        delete written[setting];
        illSettings.add(likelyName(String(setting), Object.keys(configSchema.shape)) ?? setting);
      } else {
        illEntries.add(pathText([setting, entry]));
        if (isName && path.length === 2) illSettings.add(setting);
        replaceEntry(written[setting], entry, isName && path.length === 2 ? undefined : STAND_INS.get(setting));
      }
    }
  }
  const parsed = configSchema.safeParse(written);
  if (!parsed.success) return null;
  return {
    input: parsed.data,
    written,
    isSure: ({ path, comparedWith = [] }) =>
      !illEntries.has(pathText(path.slice(0, 2))) && !comparedWith.some((setting) => illSettings.has(setting)),
  };
}

/** Of a value with its entries; a module may have values that cannot be cloned. */
function copyOf(value: unknown): unknown {
  if (Array.isArray(value)) return [...value];
  return typeof value === "object" && value !== null ? { ...value } : value;
}

function pathsOf(issue: Issue): readonly Path[] {
  const path = pathOf(issue);
  return issue.code === "unrecognized_keys" ? issue.keys.map((key) => [...path, key]) : [path];
}

function replaceEntry(owner: unknown, entry: string | number, standIn: unknown): void {
  if (typeof owner !== "object" || owner === null) return;
  if (standIn === undefined) Reflect.deleteProperty(owner, entry);
  else Reflect.set(owner, entry, standIn);
}
