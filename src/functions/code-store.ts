// The zips of functions on disk, and what is unpacked from them, under `STATE/functions/<name>/zips/`:
//
//   <sha256>.zip           a zip as it was sent, the function's own or a layer's
//   run-<key>/             what threads load: the layers' Node modules with the function's code inside them
//     nodejs/node_modules              as `/opt/nodejs/node_modules`
//     nodejs/node24/node_modules       as `/opt/nodejs/node24/node_modules`
//     nodejs/node24/task/              as `/var/task`
//
// So Node's own rules find the function's modules first, then those of layers in AWS's order, for `import` and `require` alike.
//
// D1 A file or folder that has its final name is whole: it is made beside it and renamed.
// D2 What a stored record names is there before the record is; nothing that one names is taken away.

import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { MillraceError } from "../errors.ts";
import type { FunctionSnapshot, ZipSource } from "../ports/function-record.ts";
import type { KeptZip } from "../ports/function-store.ts";
import type { FunctionCode } from "../ports/functions.ts";
import { checkZip, emptyZip, MOST_UNZIPPED_BYTES, unpackZip } from "./zip-files.ts";

const KEY_CHARACTERS = 16;
/** How long unpacked code stays that no record names any more: a call that began with it may load more of it until it times out. */
const SPARED_MS = 1_200_000;
const MODULE_ENDS = [".js", ".mjs", ".cjs", "/index.js"] as const;
/** Of a layer, what Node finds under `/opt`: the rest of `nodejs/` (its package.json) has no effect on AWS either. */
const LAYER_MODULES = /^nodejs\/(?:node\d+\/)?node_modules\//;

export interface CodeStore {
  keep(functionName: string, bytes: Uint8Array): Promise<KeptZip>;
  /** Unpacks what is not there yet. Rejects with `bad-argument` for a zip that cannot be used, by itself or with its layers. */
  build(
    name: string,
    snapshot: Pick<FunctionSnapshot, "settings"> & { readonly source: ZipSource },
  ): Promise<FunctionCode>;
  /** Code whose every invocation fails and says why. */
  broken(source: ZipSource, why: string): FunctionCode;
  read(functionName: string, sha256: string): Promise<Uint8Array>;
  /** Removes what none of these needs. `nowMs` infinite: nothing runs yet. */
  prune(functionName: string, needed: readonly FunctionSnapshot[], nowMs: number): Promise<void>;
}

export function createCodeStore(functionsRoot: string): CodeStore {
  const folderOf = (name: string): string => join(functionsRoot, name, "zips");
  const zipOf = (name: string, sha256: string): string => join(folderOf(name), `${hexOf(sha256)}.zip`);
  const unneededSinceMs = new Map<string, number>();
  const read = async (name: string, sha256: string): Promise<Uint8Array> => await readFile(zipOf(name, sha256));

  async function unpack(name: string, runtime: string, source: ZipSource, folder: string): Promise<void> {
    const draft = `${folder}.draft`;
    await rm(draft, { recursive: true, force: true });
    let sumBytes = 0;
    for (const layer of source.layers) {
      const isWanted = (entry: string): boolean => LAYER_MODULES.test(entry);
      sumBytes += (await unpackZip(await read(name, layer.sha256), draft, { isWanted, isOver: true })).sizeBytes;
    }
    const home = join(draft, "nodejs", nodeFolder(runtime));
    await mkdir(join(home, "task"), { recursive: true });
    const whole = { isWanted: () => true, isOver: false };
    const own = await unpackZip(await read(name, source.sha256), join(home, "task"), whole);
    if (own.fileCount === 0) throw emptyZip();
    sumBytes += own.sizeBytes;
    if (sumBytes > MOST_UNZIPPED_BYTES) throw tooLargeTogether(sumBytes);
    // A project that the state directory lies in would say otherwise what a `.js` file is.
    await writeFile(join(home, "package.json"), "{}\n");
    await rename(draft, folder);
  }

  return {
    async keep(name, bytes) {
      const sha256 = createHash("sha256").update(bytes).digest("base64");
      const file = zipOf(name, sha256);
      await writeWhole(file, bytes);
      return { sha256, sizeBytes: bytes.length };
    },
    async build(name, { settings, source }) {
      const folder = join(folderOf(name), runFolder(settings.runtime, source));
      const task = join(folder, "nodejs", nodeFolder(settings.runtime), "task");
      if (!(await isThere(folder))) await unpack(name, settings.runtime, source, folder);
      return await codeIn(task, source);
    },
    broken(source, why) {
      const message = `Error: the function's zip in the state directory cannot be used any more: ${why}`;
      return codeOf(source, "", "", { errorType: "Runtime.ImportModuleError", message });
    },
    read,
    async prune(name, needed, nowMs) {
      const kept = new Set<string>();
      for (const { settings, source } of needed) {
        if (source.kind !== "zip") continue;
        kept.add(runFolder(settings.runtime, source)).add(basename(zipOf(name, source.sha256)));
        for (const { sha256 } of source.layers) kept.add(basename(zipOf(name, sha256)));
      }
      const others = (await namesIn(folderOf(name))).filter((found) => !kept.has(found));
      const paths = others.map((found) => join(folderOf(name), found));
      for (const found of kept) unneededSinceMs.delete(join(folderOf(name), found));
      for (const path of paths) {
        const sinceMs = unneededSinceMs.get(path) ?? nowMs;
        const isRun = /run-[0-9a-f]+$/.test(path);
        if (isRun && nowMs !== Number.POSITIVE_INFINITY && nowMs - sinceMs < SPARED_MS) {
          unneededSinceMs.set(path, sinceMs);
          continue;
        }
        await rm(path, { recursive: true, force: true });
        unneededSinceMs.delete(path);
      }
      for (const folder of [folderOf(name), dirname(folderOf(name))]) await removeEmpty(folder);
    },
  };
}

/** The file appears whole or not at all. One that is there has the same content, as its name is the content's hash or number. */
export async function writeWhole(file: string, bytes: Uint8Array): Promise<void> {
  if (await isThere(file)) return;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.draft`, bytes);
  await rename(`${file}.draft`, file);
}

/** As Node's Lambda runtime looks for a module; what it says where there is none. */
async function codeIn(task: string, source: ZipSource): Promise<FunctionCode> {
  const { handler } = source;
  const name = basename(handler);
  const dot = name.indexOf(".");
  const failed = (errorType: string, message: string): FunctionCode => codeOf(source, task, "", { errorType, message });
  if (handler.split("/").includes("..")) {
    return failed(
      "Runtime.MalformedHandlerName",
      `'${handler}' is not a valid handler name. Use absolute paths when specifying root directories in handler names.`,
    );
  }
  if (dot <= 0 || dot === name.length - 1) return failed("Runtime.MalformedHandlerName", "Bad handler");
  const stem = join(dirname(handler), name.slice(0, dot));
  for (const end of MODULE_ENDS) {
    const file = join(task, `${stem}${end}`);
    if (await isFile(file)) return codeOf(source, task, file, null);
  }
  return failed(
    "Runtime.ImportModuleError",
    `Error: Cannot find module '${stem}'\nRequire stack:\n- /var/runtime/index.mjs`,
  );
}

function codeOf(
  source: ZipSource,
  taskRoot: string,
  modulePath: string,
  buildError: FunctionCode["buildError"],
): FunctionCode {
  const { handler } = source;
  const exportName = basename(handler).slice(basename(handler).indexOf(".") + 1);
  return { codeSha256: source.sha256, modulePath, exportName, handlerText: handler, taskRoot, buildError };
}

function runFolder(runtime: string, source: ZipSource): string {
  const parts = [source.sha256, source.layers.map((layer) => layer.sha256), nodeFolder(runtime)];
  const key = createHash("sha256").update(JSON.stringify(parts)).digest("hex").slice(0, KEY_CHARACTERS);
  return `run-${key}`;
}

/** `nodejs24.x` is `node24`. */
const nodeFolder = (runtime: string): string => `node${/\d+/.exec(runtime)?.[0] ?? ""}`;

const hexOf = (base64: string): string => Buffer.from(base64, "base64").toString("hex");

function tooLargeTogether(sumBytes: number): MillraceError {
  return new MillraceError(
    "bad-argument",
    `Function code combined with layers exceeds the maximum allowed size of ${MOST_UNZIPPED_BYTES} bytes. The actual size is ${sumBytes} bytes.`,
  );
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null)) !== null;
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => null))?.isFile() ?? false;
}

/** A folder that holds something, or is not there, is left as it is. */
async function removeEmpty(folder: string): Promise<void> {
  try {
    await rmdir(folder);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? error.code : "";
    if (code !== "ENOTEMPTY" && code !== "EEXIST" && code !== "ENOENT") throw error;
  }
}

async function namesIn(folder: string): Promise<readonly string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

/** Folders of functions that are no more, which may have been running when they were deleted. */
export async function removeForgotten(functionsRoot: string, kept: ReadonlySet<string>): Promise<void> {
  const names = await namesIn(functionsRoot);
  for (const name of names) if (!kept.has(name)) await rm(join(functionsRoot, name), { recursive: true, force: true });
}

/** What a layer may hold: Node modules, and the files by which npm made them. Rejects with `bad-argument`. */
export async function checkLayer(bytes: Uint8Array): Promise<void> {
  const files = await checkZip(bytes);
  const foreign = files.find(({ name }) => !LAYER_MODULES.test(name) && !/^nodejs\/(?:node\d+\/)?[^/]+$/.test(name));
  if (foreign !== undefined) {
    throw new MillraceError(
      "bad-argument",
      `Millrace carries out layers of Node modules only: the layer holds ${foreign.name}, and all that is in it must lie under ` +
        "nodejs/node_modules or, for one runtime, nodejs/node24/node_modules.",
    );
  }
  if (!files.some(({ name }) => LAYER_MODULES.test(name))) {
    throw new MillraceError(
      "bad-argument",
      "Millrace carries out layers of Node modules only: the layer holds none under nodejs/node_modules.",
    );
  }
}
