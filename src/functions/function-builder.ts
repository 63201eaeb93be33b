// Makes a code version of a function's source: bundles it with esbuild (or takes the file as it is), writes the result under
// `STATE/functions/<name>/<hash>/`, and says which files it came from. What cannot be built is a version too: one whose every
// invocation fails as AWS would report it (E-1).

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { type BuildFailure, type BuildResult, build, type Message } from "esbuild";
import type { FileSource } from "../ports/function-record.ts";
import type { FunctionCode } from "../ports/functions.ts";
import { sourcePathsPlugin } from "./source-paths-plugin.ts";

/** Outputs that stay: threads of an older version may still be starting. */
const KEPT_OUTPUTS = 3;
const HASH_CHARACTERS = 16;
/** Beside them in the function's folder lie the zips of the API. */
const OUTPUT_FOLDER = /^[0-9a-f]{16}(?:\.draft)?$/;

export interface BuiltFunction {
  readonly code: FunctionCode;
  /** Absolute paths of the files of which a change makes a new version. */
  readonly inputs: readonly string[];
  /** Folders in which a missing file might appear. */
  readonly folders: readonly string[];
  /** Names of the exports where all of them are known, else null. */
  readonly exports: readonly string[] | null;
}

/** `folder`: `STATE/functions/<name>`. Rejects only where the state directory cannot be written. */
export async function buildFunction(source: FileSource, folder: string): Promise<BuiltFunction> {
  return source.isBundled ? await bundle(source, folder) : await takeAsItIs(source);
}

async function takeAsItIs(source: FileSource): Promise<BuiltFunction> {
  const places = { inputs: [source.file], folders: [dirname(source.file)], exports: null };
  try {
    const text = await readFile(source.file);
    return { ...places, code: codeOf(source, source.file, text, null) };
  } catch (error) {
    const buildError = {
      errorType: "Runtime.ImportModuleError",
      message: `Error: Cannot find module '${source.file}': ${textOf(error)}`,
    };
    return { ...places, code: codeOf(source, source.file, buildError.message, buildError) };
  }
}

async function bundle(source: FileSource, folder: string): Promise<BuiltFunction> {
  const name = basename(source.file, extname(source.file));
  try {
    const result = await runEsbuild(source, folder, name);
    const [module, map] = [outputOf(result, ".mjs"), outputOf(result, ".map")];
    const hash = createHash("sha256").update(module).digest("hex").slice(0, HASH_CHARACTERS);
    const directory = join(folder, hash);
    await writeOnce(directory, { [`${name}.mjs`]: module, [`${name}.mjs.map`]: map });
    await prune(folder, hash);
    const inputs = Object.keys(result.metafile.inputs).map((input) => resolve(dirname(source.file), input));
    const exports = exportsOf(result, basename(source.file));
    const modulePath = join(directory, `${name}.mjs`);
    const buildError =
      exports === null || exports.includes(firstPart(source.exportName)) ? null : notExported(name, source);
    return { code: codeOf(source, modulePath, module, buildError), inputs, folders: [], exports };
  } catch (error) {
    if (!isBuildFailure(error)) throw error;
    const buildError = describeFailure(error.errors);
    const code = codeOf(source, join(folder, `${name}.mjs`), buildError.message, buildError);
    return { code, inputs: [source.file], folders: foldersOf(error.errors, source.file), exports: null };
  }
}

async function runEsbuild(source: FileSource, folder: string, name: string) {
  const require = `import { createRequire as __millraceRequire } from "node:module";`;
  const from = JSON.stringify(pathToFileURL(source.file).href);
  return await build({
    entryPoints: { [name]: source.file },
    absWorkingDir: dirname(source.file),
    // As deep as the folder that the output goes to, so that the paths of the source map hold there.
    outdir: join(folder, "build"),
    outExtension: { ".js": ".mjs" },
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    format: "esm",
    target: "node22",
    sourcemap: "linked",
    sourcesContent: false,
    keepNames: true,
    logLevel: "silent",
    // CommonJS packages ask for built-in modules by a `require` that an ES module does not have.
    banner: { js: `${require}const require = __millraceRequire(${from});` },
    plugins: [sourcePathsPlugin],
  });
}

function outputOf(result: BuildResult<{ write: false }>, extension: string): Uint8Array {
  const found = result.outputFiles.find((file) => file.path.endsWith(extension));
  if (found === undefined) throw new Error(`esbuild made no ${extension}`);
  return found.contents;
}

/** Null where the module is CommonJS or passes on what is not known before it runs. */
function exportsOf(result: BuildResult<{ metafile: true }>, entry: string): readonly string[] | null {
  const { inputs, outputs } = result.metafile;
  if (inputs[entry]?.format !== "esm") return null;
  const output = Object.values(outputs).find((each) => each.entryPoint !== undefined);
  const hasOthers = output?.imports.some((each) => each.external === true && each.kind === "import-statement") ?? false;
  const names = output?.exports ?? null;
  return hasOthers && names?.length === 0 ? null : names;
}

function firstPart(exportName: string): string {
  return exportName.split(".")[0] ?? exportName;
}

function notExported(name: string, source: FileSource): FunctionCode["buildError"] {
  return { errorType: "Runtime.HandlerNotFound", message: `${name}.${source.exportName} is undefined or not exported` };
}

function codeOf(
  source: FileSource,
  modulePath: string,
  content: string | Uint8Array,
  buildError: FunctionCode["buildError"],
): FunctionCode {
  const codeSha256 = createHash("sha256").update(content).digest("base64");
  const { exportName } = source;
  const handlerText = `${basename(modulePath, extname(modulePath))}.${exportName}`;
  return { codeSha256, modulePath, exportName, handlerText, taskRoot: dirname(modulePath), buildError };
}

function isBuildFailure(error: unknown): error is BuildFailure {
  return error instanceof Error && "errors" in error && Array.isArray(error.errors);
}

const UNRESOLVED = /^Could not resolve "(.*)"/;

/** A module that is missing and a text that is no program have error types of their own, as on AWS. */
function describeFailure(errors: readonly Message[]): { readonly errorType: string; readonly message: string } {
  const [first] = errors;
  const missing = UNRESOLVED.exec(first?.text ?? "")?.[1];
  const at = first?.location;
  const place =
    at === undefined || at === null ? "" : `\n    at ${at.file}:${at.line}:${at.column + 1}\n    ${at.lineText.trim()}`;
  const more = errors.length > 1 ? `\n(and ${errors.length - 1} more)` : "";
  return missing === undefined
    ? { errorType: "Runtime.UserCodeSyntaxError", message: `SyntaxError: ${first?.text ?? "unknown"}${place}${more}` }
    : { errorType: "Runtime.ImportModuleError", message: `Error: Cannot find module '${missing}'${place}${more}` };
}

function foldersOf(errors: readonly Message[], entry: string): readonly string[] {
  const folders = new Set([dirname(entry)]);
  for (const error of errors) {
    const importer = error.location === null ? entry : resolve(dirname(entry), error.location.file);
    folders.add(dirname(importer));
    const missing = UNRESOLVED.exec(error.text)?.[1];
    if (missing?.startsWith(".") === true) folders.add(dirname(resolve(dirname(importer), missing)));
  }
  return [...folders];
}

/** The folder's name is the content's hash: what is there is right, as it is put there in one step. */
async function writeOnce(directory: string, files: Readonly<Record<string, Uint8Array>>): Promise<void> {
  if (await isThere(directory)) return;
  const draft = `${directory}.draft`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  for (const [name, content] of Object.entries(files)) await writeFile(join(draft, name), content);
  await rename(draft, directory);
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch {
    // Not there, or not to be read: then writing it says why.
    return false;
  }
}

async function prune(folder: string, kept: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name !== kept && OUTPUT_FOLDER.test(name));
  const aged = await Promise.all(names.map(async (name) => ({ name, atMs: (await stat(join(folder, name))).mtimeMs })));
  aged.sort((a, b) => b.atMs - a.atMs);
  for (const { name } of aged.slice(KEPT_OUTPUTS - 1)) await rm(join(folder, name), { recursive: true, force: true });
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
