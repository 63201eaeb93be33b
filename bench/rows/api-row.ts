// The row "API": calls of the mapping API over HTTP by a client in another process, with 1,000 mappings stored, and a start on them.

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Child, startChild } from "../child.ts";
import type { Figure, RowResult } from "../results.ts";
import { monotonicMs } from "../road/marks.ts";
import { percentile, spreadOf } from "../spread.ts";
import { deleteMapping, untilEnabled } from "../whole/mapping-calls.ts";
import { mappingBody, type StartRequest } from "../whole/start-request.ts";

const PATH = "/2015-03-31/event-source-mappings";
const FUNCTION = "bench";
/** Calls that are out at one time. */
const AT_ONCE = 8;

interface Call {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
}

interface Measured {
  readonly perSecond: number[];
  readonly p50Ms: number[];
  readonly p99Ms: number[];
}

export async function measureApi(world: { readonly isQuick: boolean; readonly rounds: number }): Promise<RowResult> {
  const mappingCount = world.isQuick ? 200 : 1_000;
  const callCount = world.isQuick ? 200 : 1_000;
  const stateDir = mkdtempSync(join(tmpdir(), "millrace-bench-"));
  const names = Array.from({ length: mappingCount + 1 }, (_, index) => `api-${index}`);
  const request: StartRequest = {
    stateDir,
    redisUrl: null,
    functions: [{ name: FUNCTION, handler: "road/handler.handle" }],
    streams: names.map((name) => ({ name, shardCount: 1 })),
    mappings: [],
  };
  const measured = { create: newMeasured(), get: newMeasured(), list: newMeasured() };
  const readyMs: number[] = [];
  let child = startWhole();
  try {
    let { url } = await child.ask<{ url: string }>("start", request);
    // The last stream's mappings are made and deleted round by round; the others stay.
    const uuids = await child.ask<readonly string[]>(
      "createMany",
      names.slice(0, -1).map((name) => mappingBody(name, FUNCTION, 10)),
    );
    const spare = names.at(-1) ?? "";
    for (let round = 0; round < world.rounds; round += 1) {
      const gets = Array.from({ length: callCount }, (_, index) => getOf(uuids[index % uuids.length] ?? ""));
      await measure(url, gets, AT_ONCE, measured.get);
      const pages = Array.from({ length: Math.ceil(callCount / 10) }, () => ({ method: "GET", path: PATH }));
      await measure(url, pages, AT_ONCE, measured.list);
      await measureCreates({ url, stream: spare, count: Math.ceil(callCount / 20) }, measured.create);
      await child.kill();
      child = startWhole();
      const started = await child.ask<{ url: string; readyMs: number }>("start", request);
      url = started.url;
      readyMs.push(started.readyMs);
    }
  } finally {
    await child.end();
    rmSync(stateDir, { recursive: true, force: true });
  }
  return {
    row: "API",
    measures: `calls of the mapping API over HTTP with ${mappingCount} mappings stored, ${AT_ONCE} at once (create: one after another), and a start on those mappings after kill -9`,
    leavesOut: "the client's own work is in it: fetch in the bench's process",
    figures: [
      ...figuresOf("get", measured.get),
      ...figuresOf("list, a page of 100", measured.list),
      ...figuresOf("create", measured.create),
      aFigure(`start to ready with ${mappingCount} mappings`, "ms", readyMs, 0),
    ],
  };
}

const startWhole = (): Child => startChild(new URL("../whole/whole.ts", import.meta.url));
const newMeasured = (): Measured => ({ perSecond: [], p50Ms: [], p99Ms: [] });
const getOf = (uuid: string): Call => ({ method: "GET", path: `${PATH}/${uuid}` });

async function measure(url: string, calls: readonly Call[], atOnce: number, into: Measured): Promise<void> {
  const tookMs: number[] = [];
  let next = 0;
  const startedAtMs = monotonicMs();
  async function work(): Promise<void> {
    for (let call = calls[next++]; call !== undefined; call = calls[next++]) {
      const beganAtMs = monotonicMs();
      await send(url, call);
      tookMs.push(monotonicMs() - beganAtMs);
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work));
  into.perSecond.push((calls.length * 1_000) / (monotonicMs() - startedAtMs));
  into.p50Ms.push(percentile(tookMs, 0.5));
  into.p99Ms.push(percentile(tookMs, 0.99));
}

/** A mapping is unique by source and function, so each is deleted, and gone, before the next is made; that is not counted. */
async function measureCreates(
  { url, stream, count }: { readonly url: string; readonly stream: string; readonly count: number },
  into: Measured,
): Promise<void> {
  const tookMs: number[] = [];
  for (let index = 0; index < count; index += 1) {
    const beganAtMs = monotonicMs();
    const { UUID } = await send(url, { method: "POST", path: PATH, body: mappingBody(stream, FUNCTION, 10) });
    tookMs.push(monotonicMs() - beganAtMs);
    await untilEnabled(url, String(UUID));
    await deleteMapping(url, String(UUID));
  }
  into.perSecond.push((count * 1_000) / tookMs.reduce((sum, each) => sum + each, 0));
  into.p50Ms.push(percentile(tookMs, 0.5));
  into.p99Ms.push(percentile(tookMs, 0.99));
}

async function send(url: string, { method, path, body }: Call): Promise<Record<string, unknown>> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
  return answer;
}

function figuresOf(what: string, { perSecond, p50Ms, p99Ms }: Measured): readonly Figure[] {
  return [
    { ...aFigure(`${what}, calls`, "calls/s", perSecond, 0), isMoreBetter: true },
    aFigure(`${what}, p50`, "ms", p50Ms, 2),
    aFigure(`${what}, p99`, "ms", p99Ms, 2),
  ];
}

function aFigure(name: string, unit: string, values: readonly number[], digits: number): Figure {
  return { name, unit, spread: spreadOf(values), digits, goal: null, isMoreBetter: false };
}
