// `millrace load [PLAN]`: its options. What carries it out is read only when it is called.

import type { Command } from "commander";
import { type PlaceFlags, type Terminal, withConfigFlag, withStateFlag } from "../command-options.ts";
import type { Screen } from "../start-output.ts";
import { type PlanFlags, withPlanFlags } from "./plan-options.ts";

export const DEFAULT_REPORT = "millrace-load.html";

export interface LoadFlags extends PlaceFlags {
  readonly endpoint?: string;
  readonly mapping?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  readonly plain?: boolean;
  /** False: `--no-report`. */
  readonly report?: string | false;
  readonly save?: string;
  readonly compare?: readonly string[];
}

export interface LoadWorld {
  readonly terminal: Terminal;
  /** Null: standard output is no terminal. */
  readonly screen: Screen | null;
  readonly platform: string;
  readonly columns: number | undefined;
  exit(code: number): void;
}

const addedTo = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function registerLoadCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  world: LoadWorld,
): void {
  const command = program
    .command("load")
    .summary("send what a plan says to a mapping, simulated or live, and see how batching behaves")
    .description(
      "Sends what a plan says to a mapping and tells what its batches were like: under virtual time with a model of the function or your own handler, or live on a server of its own, on embedded stores and real brokers. Ends with 1 where something that was expected does not hold, or a run stalled.",
    )
    .argument("[plan]", "a plan file, YAML, JSON or TypeScript (docs/load.md); flags come before what it says");
  withPlanFlags(command);
  withStateFlag(withConfigFlag(command.optionsGroup("Where it runs:")))
    .option("--endpoint <url>", "live on this running server, instead of one of the run's own")
    .option("--mapping <id>", "drive this mapping of the running server as it is; else one is made for the run")
    .optionsGroup("What comes of it:")
    .option("--report <file>", `where the report goes (default: ${DEFAULT_REPORT})`)
    .option("--no-report", "write no report")
    .option("--save <file>", "keep the figures as JSON, for a later --compare")
    .option("--compare <file>", "show figures that were kept beside these; may be repeated", addedTo)
    .option("--json", "the figures alone, as JSON")
    .option("--plain", "lines instead of the picture, as without a terminal or in CI")
    .option("--quiet", "only what was expected, and where the report is")
    .action((file: string | undefined, flags: LoadFlags & PlanFlags) =>
      run(async () => {
        const { runLoadCommand } = await import("./run-load.ts");
        return runLoadCommand(file ?? null, flags, world);
      }),
    );
}
