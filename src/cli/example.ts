// The example of the checkout: where its configuration is, and its producer, which runs in a thread of its own for as long as the
// server runs and speaks to it as any Kinesis client does.

import { existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { Worker } from "node:worker_threads";
import { MillraceError } from "../errors.ts";

const EXAMPLE = join("examples", "orders", "millrace.config.yaml");

/** Above the command's own file, or in the current folder. Throws `bad-argument` where there is no checkout. */
export function exampleConfigFile(options: { readonly cwd: string; readonly commandFile: string }): string {
  const folders = [options.cwd, ...above(realpathSync(options.commandFile))];
  const found = folders.map((folder) => join(folder, EXAMPLE)).find((file) => existsSync(file));
  if (found !== undefined) return found;
  throw new MillraceError("bad-argument", "the example is part of a checkout of Millrace, and is not here", {
    help: "millrace start --config millrace.config.yaml",
  });
}

function above(file: string): readonly string[] {
  const folder = dirname(file);
  return folder === file ? [] : [folder, ...above(folder)];
}

export interface Producer {
  /** Sends one record that the example's handler cannot take. */
  poison(): void;
  stop(): Promise<void>;
}

export function startProducer(options: {
  readonly configFile: string;
  /** Where its records go. */
  readonly endpointUrl: string;
  readonly onFailed: (text: string) => void;
}): Producer {
  const worker = new Worker(join(dirname(options.configFile), "producer.ts"), {
    name: "example producer",
    env: { ...process.env, AWS_ENDPOINT_URL: options.endpointUrl },
  });
  worker.on("error", (error) => options.onFailed(error instanceof Error ? error.message : String(error)));
  return {
    poison: () => worker.postMessage("poison"),
    async stop() {
      await worker.terminate();
    },
  };
}
