// The layers that were published through the API, on main: one row of the layers table a layer, one zip a version under
// `STATE/layers/<name>/`. A version's number is given once, and its content never changes.

import { createHash } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { LayerVersion } from "../ports/function-record.ts";
import type { LayerStore } from "../ports/function-store.ts";
import type { Tables } from "../ports/tables.ts";
import { checkLayer, writeWhole } from "./code-store.ts";

interface Row {
  readonly lastVersion: number;
  readonly versions: readonly LayerVersion[];
}

export interface RestoredLayerStore extends LayerStore {
  /** Reads what earlier starts have kept. */
  restore(): Promise<void>;
}

export function createLayerStore(options: { readonly root: string; readonly tables: Tables }): RestoredLayerStore {
  const { root, tables } = options;
  const rows = new Map<string, Row>();
  /** Changes happen one after another. */
  let tail: Promise<unknown> = Promise.resolve();

  const fileOf = (name: string, version: number): string => join(root, name, `${version}.zip`);

  function inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = tail.then(work);
    // The next in line does not care how this one ended; who asked for it gets the error.
    tail = done.catch(() => {});
    return done;
  }

  async function store(name: string, row: Row): Promise<void> {
    await tables.change([{ kind: "put", table: "layers", key: name, value: JSON.stringify(row) }]);
    rows.set(name, row);
  }

  return {
    publish: (draft, bytes) =>
      inOrder(async () => {
        await checkLayer(bytes);
        const { name, layerArn } = draft;
        const row = rows.get(name) ?? { lastVersion: 0, versions: [] };
        const version = row.lastVersion + 1;
        const sha256 = createHash("sha256").update(bytes).digest("base64");
        const made = { ...draft, version, arn: `${layerArn}:${version}`, sha256, sizeBytes: bytes.length };
        // Of a publication that was cut short before its row there may be a zip of this number.
        await rm(fileOf(name, version), { force: true });
        await writeWhole(fileOf(name, version), bytes);
        await store(name, { lastVersion: version, versions: [...row.versions, made] });
        return made;
      }),
    get: (name, version) => rows.get(name)?.versions.find((each) => each.version === version) ?? null,
    list: () => [...rows].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, row]) => row.versions),
    delete: (name, version) =>
      inOrder(async () => {
        const row = rows.get(name);
        if (row === undefined || !row.versions.some((each) => each.version === version)) return;
        await store(name, { ...row, versions: row.versions.filter((each) => each.version !== version) });
        await rm(fileOf(name, version), { force: true });
      }),
    readZip: async (name, version) => await readFile(fileOf(name, version)),
    async restore() {
      // The tables are our own: what is in them was a row when it was written.
      for (const { key, value } of await tables.list("layers")) rows.set(key, JSON.parse(value) as Row);
    },
  };
}
