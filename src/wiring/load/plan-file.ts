// Reads a load plan: YAML, JSON (comments and trailing commas are let in) or a module with a default export. All that is wrong with it is
// told at once, each with line and column; what came by a flag is told of the flag.

import { readFileSync } from "node:fs";
import { basename, dirname, extname, relative, resolve } from "node:path";
import { type ConfigDocument, type Path, placeAt } from "../../config/config-document.ts";
import { throwAll, throwFlaws } from "../../config/config-errors.ts";
import { documentByEnding, READ_ENDINGS } from "../../config/document-by-ending.ts";
import { MillraceError } from "../../errors.ts";
import type { LoadPlan } from "../../load/plan/plan.ts";
import { isObject } from "../../sim/scenario.ts";
import { type FileForm, schemaFlaws } from "../scenario-flaws.ts";
import { planFlaws } from "./plan-checks.ts";
import type { PlanFlaw } from "./plan-flaw.ts";
import { planFrom } from "./plan-from.ts";
import { planJsonSchema, planSchema } from "./plan-schema.ts";
import { type PlanValue, withOverrides } from "./plan-overrides.ts";

/** Members that come before a file's, in the file's own form, as flags make them. */
export interface PlanOverrides {
  readonly value: PlanValue;
  /** By which flag a member was given: `--keys`; null: by none. */
  readonly flagOf: (path: Path) => string | null;
}

const NO_OVERRIDES: PlanOverrides = { value: {}, flagOf: () => null };

/**
 * Throws MillraceError (several as one ConfigErrors) where the file is not there, or is no plan. `cwd`: from which files are named to people.
 */
export async function loadPlanFile(
  file: string,
  { cwd, overrides = NO_OVERRIDES }: { readonly cwd: string; readonly overrides?: PlanOverrides },
): Promise<LoadPlan> {
  const path = resolve(cwd, file);
  const near = relative(cwd, path);
  const document = await readDocument(near.startsWith("..") ? file : near, path);
  throwAll(
    document.flaws.map(
      ({ what, span }) => new MillraceError("plan-syntax", what, { place: placeAt(document, span, "") }),
    ),
  );
  const name = basename(path, extname(path)).replace(/\.plan$/, "");
  return checkedPlan(document, overrides, { name, folder: dirname(path), cwd });
}

/** The plan of flags alone. Throws MillraceError bad-argument. `cwd`: what a handler's path is relative to. */
export function planOf(overrides: PlanOverrides, cwd: string): LoadPlan {
  return checkedPlan(null, overrides, { name: "load", folder: cwd, cwd });
}

function checkedPlan(
  document: ConfigDocument | null,
  overrides: PlanOverrides,
  place: { readonly name: string; readonly folder: string; readonly cwd: string },
): LoadPlan {
  const value = document === null ? overrides.value : withOverrides(document.value, overrides.value);
  const notation = document?.notation ?? "yaml";
  const flagsFrom = overrides.flagOf(["function", "handler"]) === null ? null : place.cwd;
  const parsed = planSchema.safeParse(value, { reportInput: true });
  const flaws = parsed.success
    ? planFlaws(parsed.data, { folder: place.folder, flagsFrom })
    : schemaFlaws(parsed.error.issues, { value, notation }, planForm());
  throwPlanFlaws(flaws, document, overrides);
  if (!parsed.success) throw new Error(`flaws that are none: ${parsed.error.message}`);
  return planFrom(parsed.data, place);
}

const planForm = (): FileForm => ({
  root: planJsonSchema(),
  unknownCode: "plan-unknown-key",
  invalidCode: "plan-invalid",
  ownerWords: (path) => (path.length === 0 ? "a load plan" : `\`${path.join(".")}\``),
});

/** What is missing is the file's to say, or, without one, a flag's. */
function throwPlanFlaws(flaws: readonly PlanFlaw[], document: ConfigDocument | null, { flagOf }: PlanOverrides): void {
  const ofFlags = flaws.flatMap((flaw) => {
    const flag = flagOf(flaw.path);
    if (flag === null && document !== null) return [];
    const what = flag === null ? flaw.what : `${flag}: ${flaw.what}`;
    return [new MillraceError("bad-argument", what, flaw.help === null ? {} : { help: flaw.help })];
  });
  throwAll(ofFlags);
  if (document !== null) throwFlaws(document, flaws);
}

async function readDocument(shownFile: string, file: string): Promise<ConfigDocument> {
  const text = readText(shownFile, file);
  const document = await documentByEnding(shownFile, file, text);
  if (document === null)
    throw new MillraceError("plan-invalid", `${shownFile} has none of the endings ${READ_ENDINGS}`, {
      help: "millrace load orders.plan.yaml",
    });
  return document.notation === "module" ? withPlainValue(document) : document;
}

function readText(shownFile: string, file: string): string {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const name = shownFile === "" ? "." : shownFile;
    const what =
      reason === "ENOENT"
        ? `there is no file ${name}`
        : reason === "EISDIR"
          ? `${name} is a folder, and a load plan is a file`
          : `cannot read (${reason}) ${name}`;
    throw new MillraceError("plan-not-found", what, { cause: error, help: PLAN_HELP });
  }
  const text = textOf(bytes);
  if (text !== null) return text;
  throw new MillraceError("plan-syntax", `${shownFile} is no text, and a load plan is YAML, JSON or a module`, {
    help: PLAN_HELP,
  });
}

const PLAN_HELP = "millrace load PLAN    # a load plan, docs/load.md";

/** Without its mark of the order of bytes; null: it is no UTF-8, or has a NUL. */
function textOf(bytes: Uint8Array): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return text.includes("\0") ? null : text;
  } catch {
    return null; // Its bytes are shown to nobody.
  }
}

/** What a module has as undefined is not said. */
const withPlainValue = (document: ConfigDocument): ConfigDocument => ({
  ...document,
  value: isObject(document.value) ? withoutUndefined(document.value) : document.value,
});

function withoutUndefined(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutUndefined);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, each]) => (each === undefined ? [] : [[name, withoutUndefined(each)]])),
  );
}
