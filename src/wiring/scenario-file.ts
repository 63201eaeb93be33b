// Reads a scenario file, JSON (comments and trailing commas are let in) or YAML. All that is wrong with it is told at once, each with
// line, column and the member's path; nothing before its syntax, and nothing between members before their form.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, relative, resolve } from "node:path";
import { type ConfigDocument, type Path, pathText, placeAt, type Span } from "../config/config-document.ts";
import { throwAll } from "../config/config-errors.ts";
import { readJsonDocument } from "../config/json-document.ts";
import { readYamlDocument } from "../config/yaml-document.ts";
import { MillraceError } from "../errors.ts";
import { likelyName } from "../core/likely-name.ts";
import { type Scenario, scenarioFrom } from "../sim/scenario.ts";
import { isHandlerFile, type ScenarioHandler } from "../sim/scenario-handler-schema.ts";
import { type ScenarioFile, scenarioSchema } from "../sim/scenario-schema.ts";
import { scenarioFlaws } from "./scenario-checks.ts";
import { type ScenarioFlaw, scenarioForm, schemaFlaws } from "./scenario-flaws.ts";

/** Throws MillraceError (several as one) where the file is not there or is no scenario. `cwd`: from which files are named to people. */
export function readScenario(file: string, cwd: string = process.cwd()): Scenario {
  const path = resolve(cwd, file);
  const near = relative(cwd, path);
  const shownFile = near.startsWith("..") ? file : near;
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch (error) {
    const reason = error instanceof Error && "code" in error ? String(error.code) : String(error);
    const what = reason === "ENOENT" ? "there is no file" : `cannot read (${reason})`;
    throw new MillraceError("scenario-not-found", `${what} ${shownFile}`, {
      cause: error,
      help: "millrace simulate FILE    # a scenario file, docs/scenarios.md",
    });
  }
  return parseScenario(text, { shownFile, folder: dirname(path) });
}

/** `shownFile` is named to people, and its ending tells the notation. */
export function parseScenario(
  text: string,
  { shownFile, folder }: { readonly shownFile: string; readonly folder: string | null },
): Scenario {
  const isYaml = /\.ya?ml$/.test(shownFile);
  const document = isYaml ? readYamlDocument(shownFile, text) : readJsonDocument(shownFile, text);
  throwAll(
    document.flaws.map(
      ({ what, span }) => new MillraceError("scenario-syntax", what, { place: placeAt(document, span, "") }),
    ),
  );
  const parsed = scenarioSchema.safeParse(document.value, { reportInput: true });
  if (!parsed.success) throwFlaws(document, schemaFlaws(parsed.error.issues, document, scenarioForm()));
  const file = scenarioSchema.parse(document.value);
  throwFlaws(document, [
    ...scenarioFlaws(file, document.notation),
    ...(folder === null ? [] : fileFlaws(file, folder)),
  ]);
  const id = basename(shownFile, extname(shownFile)).replace(/\.scenario$/, "");
  return scenarioFrom(file, { id, folder });
}

/** Files of handlers that are not there. */
function fileFlaws(file: ScenarioFile, folder: string): readonly ScenarioFlaw[] {
  const named: readonly (readonly [Path, ScenarioHandler | null | undefined])[] = [
    [["handler"], file.handler],
    ...Object.entries(file.handlers ?? {}).map(([name, handler]) => [["handlers", name], handler] as const),
    ...(file.steps ?? []).map(
      (step, index) => [["steps", index, "handler"], step.do === "deploy" ? step.handler : null] as const,
    ),
  ];
  return named.flatMap(([path, handler]) => {
    if (handler === null || handler === undefined || !isHandlerFile(handler)) return [];
    const target = resolve(folder, handler.file);
    if (existsSync(target)) return [];
    const there = existsSync(dirname(target)) ? readdirSync(dirname(target)) : [];
    const likely = likelyName(basename(target), there);
    return [
      {
        code: "handler-not-found" as const,
        what: `there is no file \`${handler.file}\` from this file's folder`,
        path: [...path, "file"],
        part: "value" as const,
        label: likely === null ? "not there" : `perhaps ${likely}`,
        help: likely === null ? null : `"file": "${join(dirname(handler.file), likely).replaceAll("\\", "/")}"`,
      },
    ];
  });
}

function throwFlaws(document: ConfigDocument, flaws: readonly ScenarioFlaw[]): void {
  const placed = flaws
    .map((flaw) => ({ flaw, span: document.spanOf(flaw.path, flaw.part) ?? document.spanOf(flaw.path, "value") }))
    .toSorted((one, other) => (one.span?.offset ?? 0) - (other.span?.offset ?? 0));
  throwAll(placed.map(({ flaw, span }) => errorOf(document, flaw, span)));
}

function errorOf(document: ConfigDocument, flaw: ScenarioFlaw, span: Span | null): MillraceError {
  const { code, what, label, help } = flaw;
  const path = pathText(flaw.path);
  const place = { ...placeAt(document, span ?? { offset: 0, length: 1 }, label), ...(path === "" ? {} : { path }) };
  return new MillraceError(code, what, { place, ...(help === null ? {} : { help }) });
}
