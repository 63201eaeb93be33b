// The functions that are deployed, on main: builds their code, watches its sources, and tells of each new version. Leaves running
// them to the poller threads, and counting them to the permits, of which it gives out the rows.
//
// R1 What happens to one function happens in order: a definition, a change of its files, a removal.
// R2 A version is told of only if something differs from the one before.
// R3 Code that breaks later is a version that fails (E-1) until it is mended; a handler that is not there when it is defined is
//    refused, so that a wrong name is seen at the start.

import { rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { basename, join, relative } from "node:path";
import { MillraceError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { DeployedFunction } from "../ports/functions.ts";
import type { Tables } from "../ports/tables.ts";
import { holdBundler } from "./bundler-process.ts";
import { type BuiltFunction, buildFunction } from "./function-builder.ts";
import type { FunctionDefinition } from "./function-definition.ts";
import { compileCacheDir } from "./guest-environment.ts";
import { nearestOf } from "./handler-spec.ts";
import { createSourceWatch, type SourceWatch } from "./source-watch.ts";

/** Lambda's rule for a name; it also names a folder of the state directory. */
const NAME = /^[a-zA-Z0-9-_]{1,64}$/;

export interface FunctionRegistryOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  /** Where definitions are kept over a restart; null: nowhere. */
  readonly tables: Tables | null;
  /** Rows of the shared permits. */
  readonly slotCount: number;
  /** False: files are not watched. */
  readonly isWatching: boolean;
  /** A first or a new version, in order, a function at a time. */
  readonly onDeployed: (deployed: DeployedFunction, reason: "created" | "settings" | "code") => void;
  readonly onRemoved: (name: string) => void;
  /** For a person: what could not be watched, and why. */
  readonly onNote: (functionName: string, text: string) => void;
}

export interface FunctionRegistry {
  /**
   * Builds and deploys; for a name that is deployed, a new version of it. Rejects with `handler-not-found` where the file or the
   * export is not there, and with `bad-argument` past the greatest number of functions.
   */
  define(definition: FunctionDefinition): Promise<DeployedFunction>;
  remove(name: string): Promise<boolean>;
  get(name: string): DeployedFunction | null;
  list(): readonly DeployedFunction[];
  /** Defines what the tables hold and nobody has defined yet. A function whose file is gone is deployed with a build error. */
  restore(): Promise<readonly DeployedFunction[]>;
  close(): Promise<void>;
}

interface Entry {
  definition: FunctionDefinition;
  deployed: DeployedFunction | null;
  watch: SourceWatch | null;
  /** End of what is being done to the function (R1). */
  tail: Promise<unknown>;
  readonly slot: number;
  isRemoved: boolean;
}

export function createFunctionRegistry(options: FunctionRegistryOptions): FunctionRegistry {
  const { tables, clock } = options;
  const giveBundlerBack = holdBundler();
  const entries = new Map<string, Entry>();
  // It grows with each version; a run begins with none.
  rmSync(compileCacheDir(options.stateDir), { recursive: true, force: true });
  /** Longest free first, so that calls of a removed function have ended before its row counts for another. */
  const freeSlots = Array.from({ length: options.slotCount }, (_, slot) => slot);
  let isClosed = false;

  function entryOf(definition: FunctionDefinition): Entry {
    const { name } = definition.settings;
    const found = entries.get(name);
    if (found !== undefined) return found;
    if (!NAME.test(name)) {
      throw new MillraceError(
        "bad-argument",
        `function \`${name}\`: a name has 1 to 64 letters, digits, hyphens and underscores`,
      );
    }
    const slot = freeSlots.shift();
    if (slot === undefined) {
      throw new MillraceError("bad-argument", `function \`${name}\`: there are ${options.slotCount} functions already`);
    }
    const entry: Entry = { definition, deployed: null, watch: null, tail: Promise.resolve(), slot, isRemoved: false };
    entries.set(name, entry);
    return entry;
  }

  function inOrder<T>(entry: Entry, work: () => Promise<T>): Promise<T> {
    const done = entry.tail.then(work);
    // The next in line does not care how this one ended; who asked for it gets the error.
    entry.tail = done.catch(() => {});
    return done;
  }

  function forget(name: string, entry: Entry): void {
    entry.isRemoved = true;
    entry.watch?.close();
    if (entries.get(name) !== entry) return;
    entries.delete(name);
    freeSlots.push(entry.slot);
  }

  async function deploy(entry: Entry, definition: FunctionDefinition, isStrict: boolean): Promise<DeployedFunction> {
    const { settings, source } = definition;
    if (isStrict) await assertFile(definition);
    const built = await buildFunction(source, join(options.stateDir, "functions", settings.name));
    const isNew = entry.deployed === null;
    if (isStrict && isNew) assertExport(definition, built);
    follow(entry, settings.name, built);
    entry.definition = definition;
    const before = entry.deployed;
    const deployed: DeployedFunction = { settings, code: built.code, permitSlot: entry.slot };
    if (before !== null && JSON.stringify(before) === JSON.stringify(deployed)) return before;
    entry.deployed = deployed;
    const isSameCode = before !== null && JSON.stringify(before.code) === JSON.stringify(deployed.code);
    if (!isClosed) options.onDeployed(deployed, before === null ? "created" : isSameCode ? "settings" : "code");
    return deployed;
  }

  function follow(entry: Entry, name: string, built: BuiltFunction): void {
    if (!options.isWatching || entry.isRemoved || isClosed) return;
    entry.watch ??= createSourceWatch(
      clock,
      () => void rebuild(entry),
      (text) => options.onNote(name, text),
    );
    entry.watch.follow(built.inputs, built.folders);
  }

  async function rebuild(entry: Entry): Promise<void> {
    const { name } = entry.definition.settings;
    try {
      await inOrder(entry, async () => {
        if (!entry.isRemoved && !isClosed) await deploy(entry, entry.definition, false);
      });
    } catch (error) {
      options.onNote(
        name,
        `the changed code could not be built: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  async function define(definition: FunctionDefinition, isStrict: boolean): Promise<DeployedFunction> {
    const { name } = definition.settings;
    const entry = entryOf(definition);
    try {
      return await inOrder(entry, async () => {
        const deployed = await deploy(entry, definition, isStrict);
        await tables?.change([{ kind: "put", table: "functions", key: name, value: JSON.stringify(definition) }]);
        return deployed;
      });
    } catch (error) {
      if (entry.deployed === null) forget(name, entry);
      throw error;
    }
  }

  return {
    define: (definition) => define(definition, true),
    async remove(name) {
      const entry = entries.get(name);
      if (entry === undefined) return false;
      return await inOrder(entry, async () => {
        if (entry.isRemoved) return false;
        await tables?.change([{ kind: "delete", table: "functions", key: name }]);
        forget(name, entry);
        options.onRemoved(name);
        return true;
      });
    },
    get: (name) => entries.get(name)?.deployed ?? null,
    list: () => [...entries.values()].flatMap((entry) => (entry.deployed === null ? [] : [entry.deployed])),
    async restore() {
      const rows = tables === null ? [] : await tables.list("functions");
      const missing = rows.filter((row) => !entries.has(row.key));
      return await Promise.all(missing.map((row) => define(parseDefinition(row.value), false)));
    },
    async close() {
      isClosed = true;
      const all = [...entries.values()];
      for (const entry of all) entry.watch?.close();
      await Promise.all(all.map((entry) => entry.tail));
      await giveBundlerBack();
    },
  };
}

/** The tables are our own: what is in them was a definition when it was written. */
function parseDefinition(json: string): FunctionDefinition {
  return JSON.parse(json) as FunctionDefinition;
}

async function assertFile(definition: FunctionDefinition): Promise<void> {
  const { file } = definition.source;
  try {
    await readFile(file);
  } catch (error) {
    const message = `function \`${definition.settings.name}\`: no file ${file}`;
    throw new MillraceError("handler-not-found", message, { cause: error });
  }
}

function assertExport(definition: FunctionDefinition, built: BuiltFunction): void {
  if (built.code.buildError?.errorType !== "Runtime.HandlerNotFound") return;
  const { settings, source } = definition;
  const there = built.exports ?? [];
  const file = relative(process.cwd(), source.file);
  const likely = nearestOf(source.exportName, there);
  const stem = relative(source.root, source.file).replace(/\.[^.]+$/, "");
  const help =
    likely !== null
      ? `Handler: ${stem}.${likely}`
      : there.length === 0
        ? `${basename(file)} exports nothing`
        : `${basename(file)} exports ${there.map((name) => `\`${name}\``).join(", ")}`;
  const message = `function \`${settings.name}\`: ${file} has no export \`${source.exportName}\``;
  throw new MillraceError("handler-not-found", message, { help });
}
