// Where the running server is, for commands that speak to it: as they are told, as the server of the same state directory says, or as
// the configuration says.

import { readFileSync } from "node:fs";
import { loadConfig } from "../config/load-config.ts";
import { MillraceError } from "../errors.ts";
import { statePaths } from "../platform/state-directory.ts";
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
  const { host, port, stateDir } = await loadConfig(loadOptionsOf(flags, terminal));
  // The server of the same state directory may have any port.
  const announced = flags.host === undefined && flags.port === undefined ? announcedUrl(stateDir) : null;
  if (announced !== null) return announced.replace(/\/\/(?:0\.0\.0\.0|\[::\])(?=:)/, "//127.0.0.1");
  const reachable = host === "0.0.0.0" || host === "::" ? "127.0.0.1" : host;
  return `http://${reachable.includes(":") ? `[${reachable}]` : reachable}:${port}/`;
}

function announcedUrl(stateDir: string): string | null {
  try {
    return readFileSync(statePaths(stateDir).urlFile, "utf8").trim();
  } catch {
    return null; // No server has it, or it is not ours to read: the configuration says where one would be.
  }
}
