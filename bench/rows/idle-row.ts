// The row "idle": what a server costs whose mappings have nothing to do, each on a stream of its own.

import type { Figure, RowResult } from "../results.ts";
import { spreadOf } from "../spread.ts";
import { mappingBody } from "../whole/start-request.ts";
import { withWhole } from "../whole/with-whole.ts";

interface IdleOptions {
  readonly redisUrl: string;
  readonly isQuick: boolean;
  readonly rounds: number;
}

export async function measureIdle({ redisUrl, isQuick, rounds }: IdleOptions): Promise<RowResult> {
  const mappingCount = isQuick ? 100 : 1_000;
  const overMs = isQuick ? 500 : 2_000;
  return {
    row: "idle",
    measures: `a whole server with ${mappingCount} mappings, each on a stream of its own, one function, and no records`,
    leavesOut: "what Redis spends on one blocking read of so many keys",
    figures: [
      ...(await figuresOf("embedded", null, { mappingCount, overMs, rounds })),
      ...(await figuresOf("Redis", redisUrl, { mappingCount, overMs, rounds })),
    ],
  };
}

async function figuresOf(
  where: string,
  redisUrl: string | null,
  options: { readonly mappingCount: number; readonly overMs: number; readonly rounds: number },
): Promise<readonly Figure[]> {
  const streams = Array.from({ length: options.mappingCount }, (_, index) => `idle-${index}`);
  const share: number[] = [];
  const megabytes: number[] = [];
  await withWhole({ redisUrl, streams }, async (ask) => {
    await ask("start");
    await ask(
      "createMany",
      streams.map((name) => mappingBody(name, "bench", 10)),
    );
    for (let round = 0; round < options.rounds; round += 1) {
      share.push(100 * (await ask<number>("cpuShare", options.overMs)));
      megabytes.push((await ask<number>("rssBytes")) / 1e6);
    }
  });
  return [aFigure(`${where}, share of a core`, "%", share, 5), aFigure(`${where}, memory`, "MB", megabytes, 400)];
}

function aFigure(name: string, unit: string, values: readonly number[], most: number): Figure {
  return { name, unit, spread: spreadOf(values), digits: 1, goal: { bound: most, kind: "most" }, isMoreBetter: false };
}
