// The options of an exploration as a command line gives them.

import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import { wholeNumber } from "../command-options.ts";

export interface ExploreFlags {
  readonly seeds?: Seeds;
  readonly faults?: string;
  /** Absent: as many as the machine can run side by side. */
  readonly threads?: number;
  readonly out?: string;
  readonly lawsOnly?: boolean;
  /** Drawn stories are of mappings on queues. */
  readonly queues?: boolean;
}

export interface Seeds {
  readonly from: number;
  readonly to: number;
}

const LAST_SEED = 4_294_967_295;
const MOST_THREADS = 64;

/** `A..B`, both included, or one seed. */
export function parseSeeds(text: string): Seeds {
  const [, first, last = first] = /^(\d{1,10})(?:\.\.(\d{1,10}))?$/.exec(text) ?? [];
  const [from, to] = [Number(first), Number(last)];
  if (first === undefined || from > to || to > LAST_SEED)
    throw new InvalidArgumentError(
      `It has to be 1..10000, the first seed and the last, or one seed, of 0 to ${LAST_SEED}.`,
    );
  return { from, to };
}

export const defaultThreads = (): number => Math.min(MOST_THREADS, availableParallelism());

export function withExploreFlags(command: Command): Command {
  return command
    .option(
      "--seeds <a..b>",
      "explore these seeds, each with faults drawn from it; one alone is told whole",
      parseSeeds,
    )
    .option("--faults <kinds>", "faults that may be drawn: all, none, or kinds with commas between")
    .option("--laws-only", "hold runs against the checkers' laws alone, not against what the file expects")
    .option("--queues", "without a file: draw stories of mappings on queues, not on streams")
    .option(
      "--threads <n>",
      "threads that explore, by default as many as run side by side here; the answer is the same with any number",
      wholeNumber(1, MOST_THREADS),
    )
    .option("--out <file>", "where the smallest failing story is saved (default: sim/NAME.json)");
}
