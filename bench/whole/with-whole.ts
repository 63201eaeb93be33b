// A whole server for as long as some work takes: its process, its folder, its first function.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startChild } from "../child.ts";
import type { StartRequest } from "./start-request.ts";

export type Ask = <T>(kind: string, request?: unknown) => Promise<T>;

/** `start` starts it with the function `bench` and a stream of one shard for each name. */
export async function withWhole(
  what: { readonly redisUrl: string | null; readonly streams: readonly string[] },
  work: (ask: Ask) => Promise<void>,
): Promise<void> {
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const child = startChild(new URL("whole.ts", import.meta.url));
  const request: StartRequest = {
    stateDir,
    redisUrl: what.redisUrl,
    functions: [{ name: "bench", handler: "road/handler.handle" }],
    streams: what.streams.map((name) => ({ name, shardCount: 1 })),
    mappings: [],
  };
  try {
    await work((kind, given) => child.ask(kind, kind === "start" ? request : given));
  } finally {
    await child.end();
    rmSync(stateDir, { recursive: true, force: true });
  }
}
