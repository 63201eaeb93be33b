// The example app of the checkout in this process, for the pages: its own configuration, a temporary state directory, and, if asked for, its
// producer.

import { join } from "node:path";
import { onTestFinished } from "vitest";
import { startProducer, type Producer } from "../../../src/cli/example.ts";
import { loadConfig } from "../../../src/config/load-config.ts";
import { startMillrace } from "../../../src/main.ts";
import { aFolder } from "../../live/support/live-server.ts";

const configFile = join(import.meta.dirname, "..", "..", "..", "examples", "orders", "millrace.config.yaml");

export interface RunningExample {
  readonly url: string;
  /** Where the journal is. */
  readonly stateDir: string;
  /** Orders and baskets, a few a second. */
  produce(): Producer;
  stop(): Promise<void>;
}

export async function aRunningExample(): Promise<RunningExample> {
  const folder = aFolder();
  const stateDir = join(folder, "state");
  const cliOptions = { host: null, port: 0, stateDir };
  const config = await loadConfig({ file: configFile, cwd: folder, env: {}, cliOptions });
  const running = await startMillrace({ config, version: "page-test", onEntries: () => {}, onFatal: () => {} });
  let stopping: Promise<unknown> | null = null;
  const stop = async (): Promise<void> => {
    stopping ??= running.stop(0);
    await stopping;
  };
  onTestFinished(stop);
  return {
    url: running.url,
    stateDir,
    produce() {
      const producer = startProducer({ configFile, endpointUrl: running.url, onFailed: () => {} });
      onTestFinished(() => producer.stop());
      return producer;
    },
    stop,
  };
}
