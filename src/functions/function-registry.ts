// The functions that are kept and deployed, on main: builds their code, watches the sources of those of the configuration, and
// tells of each change. Leaves running them to the poller threads, counting them to the permits, of which it gives out the rows,
// and what the API may change to src/control/functions.
//
// R1 What happens to one function happens in order: a definition, a turn of the API, a change of its files, a removal.
// R2 A change is told of only if something differs from before.
// R3 Code that breaks later is a version that fails (E-1) until it is mended; a handler that is not there when the configuration
//    defines it is refused, so that a wrong name is seen at the start.
// R4 Code is on disk before the row that names it is stored, and the row before anybody is told. Whoever can find the function here
//    asks threads that have been told of it.
// R5 What no function names leaves the disk, also after a change that was refused; if it cannot, the next change or start tries again.

import { rmSync } from "node:fs";
import { join } from "node:path";
import { MillraceError } from "../errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { FunctionRecord, FunctionSnapshot, LayerVersion } from "../ports/function-record.ts";
import type { FunctionChange, FunctionStore, KeptFunction, KeptZip } from "../ports/function-store.ts";
import { type DeployedFunction, type FunctionCode, type FunctionVersion, LATEST } from "../ports/functions.ts";
import type { Random } from "../ports/random.ts";
import type { TableChange, Tables } from "../ports/tables.ts";
import { holdBundler } from "./bundler-process.ts";
import { createCodeStore, removeForgotten } from "./code-store.ts";
import { assertExport, assertFile } from "./configured-code.ts";
import { endpointCode } from "./endpoint-invoker.ts";
import { type BuiltFunction, buildFunction } from "./function-builder.ts";
import type { FunctionDefinition } from "./function-definition.ts";
import { compileCacheDir } from "./guest-environment.ts";
import { parseRecord } from "./function-row.ts";
import { createSourceWatch, type SourceWatch } from "./source-watch.ts";
import { checkZip } from "./zip-files.ts";

/** Lambda's rule for a name; it also names a folder of the state directory. */
const NAME = /^[a-zA-Z0-9-_]{1,64}$/;

/** `settings`: its code is what it was; `versions`: only its published versions or its aliases are others. */
export type DeployReason = "created" | "settings" | "code" | "versions";

export interface FunctionRegistryOptions {
  readonly stateDir: string;
  readonly clock: Clock;
  readonly random: Random;
  /** Where definitions are kept over a restart; null: nowhere. */
  readonly tables: Tables | null;
  /** Rows of the shared permits. */
  readonly slotCount: number;
  /** False: files are not watched. */
  readonly isWatching: boolean;
  /** The zip of a layer's version, for a function that begins to use it. */
  readonly readLayer: (layer: LayerVersion) => Promise<Uint8Array>;
  /** A new function or a change of one, in order, a function at a time. */
  readonly onDeployed: (deployed: DeployedFunction, reason: DeployReason) => void;
  readonly onRemoved: (name: string) => void;
  /** For a person: what could not be watched, and why. */
  readonly onNote: (functionName: string, text: string) => void;
}

export interface FunctionRegistry {
  /** What the function API works on. */
  readonly store: FunctionStore;
  /**
   * As the configuration says: builds and deploys; what is there of the name is changed to it, versions and aliases stay. Rejects
   * with `handler-not-found` where the file or the export is not there, and with `bad-argument` past the greatest number of functions.
   */
  define(definition: FunctionDefinition): Promise<DeployedFunction>;
  remove(name: string): Promise<boolean>;
  get(name: string): DeployedFunction | null;
  list(): readonly DeployedFunction[];
  /** Deploys what the tables hold and nobody has defined yet. A function whose file is gone is deployed with a build error. */
  restore(): Promise<readonly DeployedFunction[]>;
  close(): Promise<void>;
}

/** A function that has been defined at least once has both its record and what is deployed of it. */
interface Standing {
  readonly record: FunctionRecord;
  readonly deployed: DeployedFunction;
}

interface Entry {
  standing: Standing | null;
  isConfigured: boolean;
  watch: SourceWatch | null;
  /** End of what is being done to the function (R1). */
  tail: Promise<unknown>;
  readonly slot: number;
  isRemoved: boolean;
}

export function createFunctionRegistry(options: FunctionRegistryOptions): FunctionRegistry {
  const { tables, clock, random } = options;
  const functionsRoot = join(options.stateDir, "functions");
  const codes = createCodeStore(functionsRoot);
  const giveBundlerBack = holdBundler();
  const entries = new Map<string, Entry>();
  // It grows with each version; a run begins with none.
  rmSync(compileCacheDir(options.stateDir), { recursive: true, force: true });
  /** Longest free first, so that calls of a removed function have ended before its row counts for another. */
  const freeSlots = Array.from({ length: options.slotCount }, (_, slot) => slot);
  let isClosed = false;

  function entryOf(name: string): Entry {
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
    const entry: Entry = {
      standing: null,
      isConfigured: false,
      watch: null,
      tail: Promise.resolve(),
      slot,
      isRemoved: false,
    };
    entries.set(name, entry);
    return entry;
  }

  /** In the function's turn; what has left no function behind leaves no entry either. */
  async function inOrder<T>(name: string, work: (entry: Entry) => Promise<T>): Promise<T> {
    const entry = entryOf(name);
    const done = entry.tail.then(async () => {
      // Removed while this waited: what follows a removal begins anew.
      if (entry.isRemoved) return await inOrder(name, work);
      try {
        return await work(entry);
      } finally {
        if (entry.standing === null) forget(name, entry);
      }
    });
    // The next in line does not care how this one ended; who asked for it gets the error.
    entry.tail = done.catch(() => {});
    return await done;
  }

  function forget(name: string, entry: Entry): void {
    entry.isRemoved = true;
    entry.watch?.close();
    if (entries.get(name) !== entry) return;
    entries.delete(name);
    freeSlots.push(entry.slot);
  }

  /** `isStored`: the row is there already, so what is wrong with its code is a version that fails (R3). */
  async function codeOf(
    snapshot: FunctionSnapshot,
    isStored: boolean,
  ): Promise<{ readonly code: FunctionCode; readonly built: BuiltFunction | null }> {
    const { settings, source } = snapshot;
    if (source.kind === "zip") {
      try {
        return { code: await codes.build(settings.name, { settings, source }), built: null };
      } catch (error) {
        if (!isStored) throw error;
        return { code: codes.broken(source, error instanceof Error ? error.message : String(error)), built: null };
      }
    }
    if (source.kind === "endpoint") return { code: endpointCode(source), built: null };
    const built = await buildFunction(source, join(functionsRoot, settings.name));
    return { code: built.code, built };
  }

  async function publishedOf(entry: Entry, record: FunctionRecord): Promise<readonly FunctionVersion[]> {
    const before = entry.standing?.deployed.published ?? [];
    const versions: FunctionVersion[] = [];
    // One after another, as several may have the same code to unpack.
    for (const each of record.published) {
      const { version, settings } = each;
      // A version's content never changes.
      const same = before.find((other) => other.version === version);
      versions.push(same ?? { version, settings, code: (await codeOf(each, true)).code });
    }
    return versions;
  }

  /** R4. `isStrict`: what the configuration names must be there. `stored`: what the function's row says already. */
  async function deploy(
    entry: Entry,
    record: FunctionRecord,
    how: {
      readonly isStrict: boolean;
      readonly stored: FunctionRecord | null;
      readonly also: readonly TableChange[];
    },
  ): Promise<DeployedFunction> {
    const { settings, source } = record;
    if (how.isStrict && source.kind === "file") await assertFile(settings.name, source);
    const { code, built } = await codeOf(record, record === how.stored);
    const before = entry.standing;
    if (how.isStrict && before === null && source.kind === "file" && built !== null) {
      assertExport(settings.name, source, built);
    }
    const deployed: DeployedFunction = {
      version: LATEST,
      settings,
      code,
      permitSlot: entry.slot,
      published: await publishedOf(entry, record),
      aliases: record.aliases.map(({ name, version, weights }) => {
        const [other] = Object.entries(weights).map(([to, weight]) => ({ version: to, weight }));
        return { name, version, other: other ?? null };
      }),
    };
    if (record !== how.stored) {
      const value = JSON.stringify(record);
      await tables?.change([{ kind: "put", table: "functions", key: settings.name, value }, ...how.also]);
    }
    entry.standing = { record, deployed };
    follow(entry, settings.name, built);
    if (!isClosed && JSON.stringify(before?.deployed) !== JSON.stringify(deployed)) {
      options.onDeployed(deployed, before === null ? "created" : differenceOf(before.deployed, deployed));
    }
    const isStart = before === null && how.stored !== null;
    await tidyUp(settings.name, entry, isStart ? Number.POSITIVE_INFINITY : clock.nowMs());
    return deployed;
  }

  /** R5. In the function's turn. */
  async function tidyUp(name: string, { standing }: Entry, nowMs: number): Promise<void> {
    try {
      await codes.prune(name, standing === null ? [] : [standing.record, ...standing.record.published], nowMs);
    } catch (error) {
      options.onNote(name, `files that it no longer needs cannot be removed: ${String(error)}`);
    }
  }

  function follow(entry: Entry, name: string, built: BuiltFunction | null): void {
    if (built === null) {
      entry.watch?.close();
      entry.watch = null;
      return;
    }
    if (!options.isWatching || entry.isRemoved || isClosed) return;
    entry.watch ??= createSourceWatch(
      clock,
      () => void rebuild(name, entry),
      (text) => options.onNote(name, text),
    );
    entry.watch.follow(built.inputs, built.folders);
  }

  async function rebuild(name: string, watched: Entry): Promise<void> {
    try {
      if (entries.get(name) !== watched) return;
      await inOrder(name, async (entry) => {
        const { standing } = entry;
        if (standing === null || standing.record.source.kind !== "file" || isClosed) return;
        await deploy(entry, standing.record, { isStrict: false, stored: standing.record, also: [] });
      });
    } catch (error) {
      options.onNote(
        name,
        `the changed code could not be built: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  function recordOf(definition: FunctionDefinition, before: FunctionRecord | null): FunctionRecord {
    const { settings, source } = definition;
    const isSame =
      before !== null && JSON.stringify([settings, source]) === JSON.stringify([before.settings, before.source]);
    if (isSame) return before;
    return {
      settings,
      source,
      description: "",
      revisionId: random.uuid("revision"),
      lastModifiedAtMs: clock.nowMs(),
      lastVersion: before?.lastVersion ?? 0,
      published: before?.published ?? [],
      aliases: before?.aliases ?? [],
    };
  }

  async function remove(name: string, entry: Entry, also: readonly TableChange[]): Promise<void> {
    await tables?.change([{ kind: "delete", table: "functions", key: name }, ...also]);
    entry.standing = null;
    options.onRemoved(name);
    await tidyUp(name, entry, clock.nowMs());
  }

  const keptOf = ({ standing, isConfigured }: Entry): KeptFunction | null =>
    standing === null ? null : { record: standing.record, isConfigured, codeSha256: standing.deployed.code.codeSha256 };

  async function carryOut(name: string, entry: Entry, change: FunctionChange): Promise<void> {
    switch (change.kind) {
      case "none":
        return;
      case "remove":
        return await remove(name, entry, change.also);
      case "put":
        await deploy(entry, change.record, { isStrict: false, also: change.also, stored: null });
    }
  }

  const store: FunctionStore = {
    get(name) {
      const entry = entries.get(name);
      return entry === undefined ? null : keptOf(entry);
    },
    list: () =>
      [...entries].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, entry]) => keptOf(entry) ?? []),
    turn: (name, work) =>
      inOrder(name, async (entry) => {
        let hasKept = false;
        let isRefused = false;
        const keep = async (bytes: Uint8Array): Promise<KeptZip> => {
          hasKept = true;
          return await codes.keep(name, bytes);
        };
        try {
          const { answer, change } = await work({
            kept: keptOf(entry),
            keepZip: keep,
            async keepLayer(layer) {
              const { sha256, sizeBytes } = await keep(await options.readLayer(layer));
              return { arn: layer.arn, sha256, sizeBytes };
            },
          });
          isRefused = change.kind === "none";
          await carryOut(name, entry, change);
          return answer;
        } catch (error) {
          // Of any other failure it is not known whether the row was stored.
          isRefused = error instanceof MillraceError && error.code === "bad-argument";
          throw error;
        } finally {
          if (hasKept && isRefused) await tidyUp(name, entry, clock.nowMs());
        }
      }),
    async checkZip(bytes) {
      await checkZip(bytes);
    },
    readZip: (name, sha256) => codes.read(name, sha256),
  };

  return {
    store,
    define: (definition) =>
      inOrder(definition.settings.name, async (entry) => {
        const stored = entry.standing?.record ?? (await storedRecord(definition.settings.name));
        const deployed = await deploy(entry, recordOf(definition, stored), { isStrict: true, stored, also: [] });
        entry.isConfigured = true;
        return deployed;
      }),
    async remove(name) {
      if (!entries.has(name)) return false;
      return await inOrder(name, async (entry) => {
        if (entry.standing === null) return false;
        await remove(name, entry, []);
        return true;
      });
    },
    get: (name) => entries.get(name)?.standing?.deployed ?? null,
    list: () => [...entries.values()].flatMap(({ standing }) => (standing === null ? [] : [standing.deployed])),
    async restore() {
      const rows = tables === null ? [] : await tables.list("functions");
      const missing = rows.filter((row) => !entries.has(row.key));
      const restored = await Promise.all(
        missing.map(({ key, value }) => {
          const stored = parseRecord(value);
          return inOrder(key, (entry) => deploy(entry, stored, { isStrict: false, stored, also: [] }));
        }),
      );
      await removeForgotten(functionsRoot, new Set(entries.keys()));
      return restored;
    },
    async close() {
      isClosed = true;
      const all = [...entries.values()];
      for (const entry of all) entry.watch?.close();
      await Promise.all(all.map((entry) => entry.tail));
      await giveBundlerBack();
    },
  };

  async function storedRecord(name: string): Promise<FunctionRecord | null> {
    const row = (await tables?.get("functions", name)) ?? null;
    return row === null ? null : parseRecord(row);
  }
}

function differenceOf(before: DeployedFunction, after: DeployedFunction): DeployReason {
  const isSame = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);
  if (!isSame(before.code, after.code)) return "code";
  return isSame(before.settings, after.settings) ? "versions" : "settings";
}
