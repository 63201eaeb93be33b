// Where server and state are, as this command was told, for the commands that it offers: each takes over the flags that it knows, so
// that it can be pasted in another terminal.

import type { EndpointFlags } from "./server-url.ts";
import type { Terminal } from "./command-options.ts";

type Place = "config" | "state" | "host" | "port" | "endpoint" | "journal";

/** As they were written, `config` and `state` also in the environment. */
export interface CarriedFlags extends Readonly<Partial<Record<Place, string>>> {
  /** Of the server that has the state directory, for commands that take no `--state`. */
  readonly url?: string;
}

const FILES = ["config", "state"] as const;
const SERVER = ["config", "host", "port", "endpoint"] as const;

const taken: Readonly<Record<string, readonly Place[]>> = {
  start: ["config", "state", "host", "port"],
  send: SERVER,
  shards: SERVER,
  reshard: SERVER,
  pause: SERVER,
  step: SERVER,
  resume: SERVER,
  explain: ["config", "state", "host", "port", "endpoint", "journal"],
  logs: FILES,
  record: ["config", "state", "host", "port", "endpoint"],
  reset: FILES,
  config: FILES,
};

export function carriedFlags(flags: EndpointFlags & { readonly journal?: string }, { env }: Terminal): CarriedFlags {
  // A journal in a file stands in place of a server and of its state.
  if (flags.journal !== undefined) return { journal: forShell(flags.journal) };
  const { config = env["MILLRACE_CONFIG"], state = env["MILLRACE_STATE_DIR"], host, port, endpoint } = flags;
  return Object.fromEntries(
    Object.entries({ config, state, host, port: port?.toString(), endpoint })
      .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== "")
      .map(([name, value]) => [name, forShell(value)]),
  );
}

/** A line of `command`, with the flags that it takes and has not got; they stand before its comment (`    # …`). */
export function withCarried(line: string, command: string, carried: CarriedFlags): string {
  if (!line.startsWith(`${command} `) || line.endsWith(" --help")) return line;
  const [words = "", ...comment] = line.split(/(?= {4}#)/);
  const known = taken[words.slice(command.length + 1).split(" ")[0] ?? ""] ?? [];
  const isTold = carried.host !== undefined || carried.port !== undefined || carried.endpoint !== undefined;
  const all =
    known === SERVER && !isTold && carried.url !== undefined ? { ...carried, endpoint: carried.url } : carried;
  const more = known.flatMap((place) => {
    const value = all[place];
    return value === undefined || new RegExp(` --${place}(?:[ =]|$)`).test(words) ? [] : [` --${place} ${value}`];
  });
  return [words, ...more, ...comment].join("");
}

/** A word as a shell takes it whole. */
export const forShell = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
