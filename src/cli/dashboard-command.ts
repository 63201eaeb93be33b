// `millrace dashboard FILE`: the dashboard for a recording, a journal, a state directory or a scenario, until Ctrl-C. It only shows.

import type { Command } from "commander";
import { Option } from "commander";
import type { Clock } from "../ports/clock.ts";
import type { Random } from "../ports/random.ts";
import { parsePort, type Terminal } from "./command-options.ts";

export const DEFAULT_HOST = "127.0.0.1";
/** Beside a server's own, so that an address of the page can be kept. */
export const DEFAULT_PORT = 4567;

export interface DashboardFlags {
  readonly host?: string;
  readonly port?: number;
  readonly open?: boolean;
  readonly json?: boolean;
}

export interface DashboardWorld {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
  readonly platform: string;
  /** What is called when the process is asked to end. */
  readonly onStop: (stop: () => void) => void;
  readonly exit: (code: number) => void;
}

export function registerDashboardCommand(
  program: Command,
  run: (work: () => Promise<null>) => Promise<void>,
  world: DashboardWorld,
): void {
  program
    .command("dashboard")
    .description("show a recording, a journal, a state directory or a scenario in the browser; at any instant of it")
    .argument(
      "<file>",
      "a recording (*.mrec), a journal of start --json or simulate --journal, a state directory, or a scenario file",
    )
    .addOption(
      new Option(
        "--port <n>",
        `port; 0 takes any free one (default: ${DEFAULT_PORT}, or any if that is taken)`,
      ).argParser(parsePort),
    )
    .option("--host <host>", `address to listen on (default: ${DEFAULT_HOST})`)
    .option("--open", "open the page in the browser")
    .option("--json", "say in JSON where it is")
    .action((file: string, flags: DashboardFlags) =>
      run(async () => {
        // What reads and serves it is no part of any other command's start.
        const { showDashboard } = await import("./show-dashboard.ts");
        await showDashboard(file, flags, world);
        return null;
      }),
    );
}
