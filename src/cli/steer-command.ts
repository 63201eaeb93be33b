// `millrace pause|step|resume MAPPING`: holds a mapping of the running server before its next call, lets one call through, or lets it go
// on. A mapping is named by any part of its UUID that only it has, or by its function's name where only one mapping calls it.

import type { Command } from "commander";
import { MillraceError } from "../errors.ts";
import type { Steer } from "../ports/steer.ts";
import { parsePort, type Terminal, withConfigFlag } from "./command-options.ts";
import { enableCommand } from "./enable-command.ts";
import { type Fetch, textAt } from "./kinesis-endpoint.ts";
import { ask, type Named, namedMapping } from "./named-mapping.ts";
import { type EndpointFlags, urlOf } from "./server-url.ts";
import { shortArn, shortId } from "./shown-forms.ts";

export interface SteerFlags extends EndpointFlags {
  readonly json?: boolean;
}

const descriptions = {
  pause: "hold a mapping of the running server before its next call; AWS's State stays Enabled",
  step: "let one call of a paused mapping through",
  resume: "let a paused mapping go on",
} as const satisfies Record<Steer, string>;

async function runSteerCommand(
  command: Steer,
  mapping: string,
  flags: SteerFlags,
  terminal: Terminal,
  fetchFrom: Fetch,
): Promise<number> {
  const url = await urlOf(flags, terminal);
  const found = await namedMapping(mapping, { url, fetchFrom, command });
  const { ok, body: answer } = await ask(fetchFrom, url, "POST", `mappings/${found.uuid}/${command}`);
  if (!ok) {
    const help = helpFor(command, found, url);
    throw new MillraceError("bad-argument", textAt(answer, "message") ?? "the server refuses it", { help });
  }
  if (flags.json === true) terminal.write(`${JSON.stringify(answer)}\n`);
  else terminal.write(`${saidOf(command, found, answer)}\n`);
  return 0;
}

/** What is in the way: the mapping does not run, or a step finds it not paused. */
function helpFor(command: Steer, { uuid, state }: Named, url: string): string {
  if (state === "Disabled" || state === "Disabling") return enableCommand(uuid, url);
  return command === "step" && state === "Enabled"
    ? `millrace pause ${shortId(uuid)}`
    : `millrace explain ${shortId(uuid)}`;
}

function saidOf(command: Steer, found: Named, answer: Readonly<Record<string, unknown>>): string {
  const state = `${textAt(answer, "state") ?? ""}${answer["isPaused"] === true ? ", paused" : ""}`;
  const what = command === "step" ? "; its next call goes through" : "";
  return `${shortId(found.uuid)} ${shortArn(found.eventSourceArn)} -> ${found.functionName} ${state}${what}`;
}

export function registerSteerCommands(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  terminal: Terminal,
  fetchFrom: Fetch,
): void {
  for (const command of ["pause", "step", "resume"] as const) {
    withConfigFlag(program.command(command))
      .description(descriptions[command])
      .argument("<mapping>", "part of its UUID, or its function's name")
      .option("--host <host>", "where the server is")
      .option("--port <n>", "where the server is", parsePort)
      .option("--endpoint <url>", "where the server is, in one")
      .option("--json", "answer in JSON")
      .action((mapping: string, flags: SteerFlags) =>
        run(() => runSteerCommand(command, mapping, flags, terminal, fetchFrom)),
      );
  }
}
