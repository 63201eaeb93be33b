// Where the running server is, for commands that speak to it: as they are told, or as the configuration says.

import { loadConfig } from "../config/load-config.ts";
import { MillraceError } from "../errors.ts";
import { loadOptionsOf, type PlaceFlags, type Terminal } from "./command-options.ts";

export interface EndpointFlags extends PlaceFlags {
  readonly endpoint?: string;
}

export async function urlOf(flags: EndpointFlags, terminal: Terminal): Promise<string> {
  if (flags.endpoint !== undefined) {
    if (/^https?:$/.test(URL.parse(flags.endpoint)?.protocol ?? "")) return flags.endpoint;
    throw new MillraceError("bad-argument", `${flags.endpoint} is no address of a server`, {
      help: "--endpoint http://127.0.0.1:4566",
    });
  }
  const { host, port } = await loadConfig(loadOptionsOf(flags, terminal));
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}/`;
}
