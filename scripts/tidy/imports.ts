// Import direction: which ring a file belongs to and what a ring may import (docs/architecture.md, "Rings").
//
// I1. Imports go one way: core <- ports <- kinds <- runtime <- edges <- wiring. Edges do not import one another.
// I2. Broker clients are imported under `workers/` only (tests, benches and scripts are no part of the product).
// I3. `src` never imports `workers/`; their addresses are URLs in `src/threads/entries.ts`. One file of the
//     wiring may, for the doors that run on main.
// I4. A worker does not import the wiring, but for those that do one job of it: simulated worlds, a search in journals, a plan's load, a
//     whole server.
// I5. Pages (`src/page`) run in a browser: they import themselves, their two libraries, and of the product what is pure or a type.

import { posix } from "node:path";
import { codeOf } from "./tree.ts";

const brokerClients = ["ioredis", "bullmq", "kafkajs", "amqplib", "rhea", "mongodb"];

/** What each ring may import of `src`; an edge may also import itself. */
const innerRings: Readonly<Record<string, readonly string[]>> = {
  core: ["core"],
  errors: [],
  ports: ["core", "ports", "errors"],
  kinds: ["core", "ports", "kinds", "errors"],
  runtime: ["core", "ports", "kinds", "runtime", "errors"],
  platform: ["core", "ports", "platform", "errors"],
  page: ["core", "ports", "kinds", "errors", "page", "load", "dashboard"],
};
const belowEdges = ["core", "ports", "kinds", "runtime", "platform", "errors"];
/** Rings that use no other package and none of Node's modules but these: they compute and wait for nothing. */
const pureRings: Readonly<Record<string, readonly string[]>> = {
  core: [],
  errors: [],
  ports: [],
  kinds: ["node:buffer", "pbf"],
  runtime: [],
  page: ["preact", "preact/hooks", "uplot", "uplot/dist/uPlot.min.css"],
};

export interface Import {
  readonly specifier: string;
  readonly line: number;
}

/** `core`, `ports`, …, an edge's folder, `wiring`, `workers`, or null for what is no part of the product. */
function ringOf(path: string): string | null {
  if (path.startsWith("workers/")) return "workers";
  if (path === "src/errors.ts") return "errors";
  if (/^src\/(?:(?:main|index)\.ts$|cli\/|wiring\/|testing\/|dashboard\/(?!frame))/.test(path)) return "wiring";
  // The simulated world joins edges as `src/main.ts` joins the live ones.
  if (/^src\/sim\/(?:[^/]*-)?runner\.ts$/.test(path)) return "wiring";
  return /^src\/([^/]+)\//.exec(path)?.[1] ?? null;
}

function importsOf(text: string): readonly Import[] {
  const code = codeOf(text);
  const forms = [
    /^[ \t]*(?:import|export)\b[^"';]*?\bfrom\s*["']([^"']+)["']/gm,
    /^[ \t]*import\s*["']([^"']+)["']/gm,
    /\bimport\s*\(\s*["']([^"']+)["']/g,
  ];
  return forms
    .flatMap((form) => [...code.matchAll(form)])
    .map((match) => ({ specifier: match[1] ?? "", line: code.slice(0, match.index).split("\n").length }))
    .toSorted((left, right) => left.line - right.line);
}

/** One problem a line, as `path:line: what`. */
export function importProblems(path: string, text: string): readonly string[] {
  const ring = ringOf(path);
  if (ring === null) return [];
  // The doors of a broker run on main: one file of the wiring reaches an adapter under workers/.
  const mayReachWorkers = path === "src/wiring/configured-streams.ts";
  const mayReachWiring = /^workers\/(?:explorer|finder|load-sender|load-server)\.ts$/.test(path);
  return importsOf(text).flatMap(({ specifier, line }) => {
    const problem = specifier.startsWith(".")
      ? relativeProblem(ring, posix.join(posix.dirname(path), specifier), { mayReachWorkers, mayReachWiring })
      : packageProblem(ring, specifier);
    return problem === null ? [] : [`${path}:${line}: ${problem}`];
  });
}

function relativeProblem(
  ring: string,
  target: string,
  { mayReachWorkers, mayReachWiring }: { readonly mayReachWorkers: boolean; readonly mayReachWiring: boolean },
): string | null {
  const targetRing = ringOf(target);
  if (targetRing === null) return `${target} is no part of the product`;
  if (ring === "workers")
    return targetRing === "wiring" && !mayReachWiring ? `a worker does not import ${target} (I4)` : null;
  if (targetRing === "workers")
    return mayReachWorkers ? null : `src does not import ${target}; give its URL in src/threads/entries.ts (I3)`;
  if (ring === "wiring") return null;
  const allowed = innerRings[ring] ?? [...belowEdges, ring];
  return allowed.includes(targetRing) ? null : `${ring} may not import ${targetRing} (${target}) (I1)`;
}

function packageProblem(ring: string, specifier: string): string | null {
  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  if (brokerClients.includes(name) && ring !== "workers") return `${name} is for workers/ only (I2)`;
  const allowed = pureRings[ring];
  if (allowed === undefined || allowed.includes(specifier)) return null;
  return `${ring} may not import ${specifier}`;
}
