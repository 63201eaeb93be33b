// Tells when one of a set of files may have changed. Watches their folders, because editors replace files rather than write into
// them, and gathers what happens within a moment into one call. Packages under node_modules are not watched: they are many, and
// change by installing, after which a save of any source does it.

import { type FSWatcher, watch } from "node:fs";
import { basename, dirname, sep } from "node:path";
import type { Cancel, Clock } from "../ports/clock.ts";

const SETTLE_MS = 30;
/** Files that change how sources are built. */
const SETTINGS_FILES: readonly string[] = ["package.json", "tsconfig.json"];

export interface SourceWatch {
  /** `folders`: any file that appears in them counts. */
  follow(files: readonly string[], folders: readonly string[]): void;
  close(): void;
}

export function createSourceWatch(clock: Clock, onChange: () => void, onNote: (text: string) => void): SourceWatch {
  const watchers = new Map<string, FSWatcher>();
  let wanted = new Map<string, Set<string> | null>();
  let cancel: Cancel | null = null;

  function onEvent(folder: string, file: string | null): void {
    const names = wanted.get(folder);
    if (names === undefined) return;
    if (file !== null && names !== null && !names.has(file) && !SETTINGS_FILES.includes(file)) return;
    cancel?.();
    cancel = clock.wakeAt(clock.nowMs() + SETTLE_MS, () => {
      cancel = null;
      onChange();
    });
  }

  function open(folder: string): void {
    try {
      const watcher = watch(folder, { persistent: false }, (_event, file) => onEvent(folder, file));
      watcher.on("error", (error) => {
        watcher.close();
        watchers.delete(folder);
        onNote(`${folder} is no longer watched: ${error.message}`);
      });
      watchers.set(folder, watcher);
    } catch (error) {
      onNote(`${folder} cannot be watched: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  return {
    follow(files, folders) {
      wanted = new Map();
      for (const file of files) {
        const folder = dirname(file);
        if (folder.split(sep).includes("node_modules")) continue;
        const names = wanted.get(folder) ?? new Set<string>();
        wanted.set(folder, names.add(basename(file)));
      }
      for (const folder of folders) wanted.set(folder, null);
      for (const [folder, watcher] of watchers) {
        if (wanted.has(folder)) continue;
        watcher.close();
        watchers.delete(folder);
      }
      for (const folder of wanted.keys()) if (!watchers.has(folder)) open(folder);
    },
    close() {
      cancel?.();
      for (const watcher of watchers.values()) watcher.close();
      watchers.clear();
      wanted = new Map();
    },
  };
}
