// `millrace config`: what the configuration comes to, once file, environment and defaults are put together; or only whether it is
// right (`--check`); or its JSON Schema, for editors (`schema`). Nothing starts and nothing is stored.

import { basename } from "node:path";
import { Argument, type Command } from "commander";
import type { Config } from "../config/config.ts";
import { readConfig } from "../config/load-config.ts";
import { createSystemClock } from "../platform/system-clock.ts";
import { refuseUnusable } from "./checked-config.ts";
import { loadOptionsOf, type PlaceFlags, type Terminal, withConfigFlag, withStateFlag } from "./command-options.ts";
import { editorSchemaText } from "./editor-schema.ts";
import { counted } from "./shown-forms.ts";

export interface ConfigFlags extends PlaceFlags {
  readonly check?: boolean;
  readonly json?: boolean;
}

async function runConfigCommand(what: "schema" | undefined, flags: ConfigFlags, terminal: Terminal): Promise<number> {
  if (what === "schema") {
    terminal.write(editorSchemaText());
    return 0;
  }
  const read = await readConfig(loadOptionsOf(flags, terminal));
  refuseUnusable(read, createSystemClock().nowMs());
  const { config } = read;
  if (flags.check !== true) terminal.write(`${JSON.stringify(withoutSecrets(config), null, 2)}\n`);
  else if (flags.json === true) terminal.write(`${JSON.stringify({ file: config.file, isRight: true })}\n`);
  else terminal.write(`${summary(config)}\n`);
  return 0;
}

function summary(config: Config): string {
  if (config.file === null) return "no configuration file: the server starts with nothing configured";
  const streamCount = config.streams.length + config.plainStreams.length;
  const parts = [
    counted(config.functions.length, "function"),
    counted(streamCount, "stream"),
    counted(config.tables.length, "table"),
    counted(config.mappings.length, "mapping"),
    counted(config.queues.length, "queue"),
    counted(config.topics.length, "topic"),
    counted(config.buckets.length, "bucket"),
  ];
  return `${basename(config.file)} is right: ${parts.join(", ")}`;
}

function withoutSecrets(config: Config): object {
  const { redis } = config;
  return {
    ...config,
    functions: config.functions.map((each) => {
      const { endpoint } = each;
      return endpoint === null ? each : { ...each, endpoint: { ...endpoint, url: withoutPassword(endpoint.url) } };
    }),
    destinations: Object.fromEntries(
      Object.entries(config.destinations).map(([service, each]) => [
        service,
        each === null ? null : { ...each, accessKeyId: "***", secretAccessKey: "***", sessionToken: null },
      ]),
    ),
    secrets: config.secrets.map((secret) => ({ ...secret, text: "***" })),
    redis: redis === null ? null : { ...redis, url: withoutPassword(redis.url) },
  };
}

/** A password may hold an `@`, as an address's host does not. */
const withoutPassword = (url: string): string => url.replace(/\/\/[^/]*@/, "//***@");

export function registerConfigCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  terminal: Terminal,
): void {
  withStateFlag(withConfigFlag(program.command("config")))
    .description("show the configuration in full, check it, or print its JSON Schema")
    .addArgument(new Argument("[what]", "schema: the JSON Schema, for editors").choices(["schema"]))
    .option("--check", "only say whether it is right")
    .option("--json", "answer in JSON")
    .action((what: "schema" | undefined, flags: ConfigFlags) => run(() => runConfigCommand(what, flags, terminal)));
}
