// A scenario's functions that have versions and aliases: made in a live server by the calls that a user would make, as functions of a
// configuration have no versions.

import { crc32 } from "node:zlib";
import type { JsonObject, Scenario, ScenarioFunction } from "../sim/scenario.ts";
import { Stuck } from "../sim/stuck.ts";

/** One call of the function API; null body: none. */
type Call = (
  method: string,
  path: string,
  body: JsonObject | null,
) => Promise<{ readonly status: number; readonly body: unknown }>;

/** What a configuration cannot say, or names for good: functions with versions or aliases, and those that a step deletes. */
export const isMadeByCalls = ({ name, versions = [], aliases = [] }: ScenarioFunction, { steps }: Scenario): boolean =>
  versions.length + aliases.length > 0 ||
  steps.some((step) => step.do === "delete-function" && (step.function ?? "function") === name);

/** `code`: the text of an ES module that exports `handler`. */
export async function makeWithVersions(
  call: Call,
  setup: ScenarioFunction,
  given: { readonly code: string; readonly role: string },
): Promise<void> {
  const path = `/2015-03-31/functions/${setup.name}`;
  async function done(method: string, at: string, body: JsonObject): Promise<void> {
    const answer = await call(method, at, body);
    if (answer.status >= 300) throw new Stuck(`${method} ${at} answered ${JSON.stringify(answer.body)}`);
  }
  await done("POST", "/2015-03-31/functions", {
    FunctionName: setup.name,
    Runtime: "nodejs24.x",
    Handler: "index.handler",
    Role: given.role,
    Timeout: setup.timeout_s,
    Code: { ZipFile: zipOf("index.mjs", given.code).toString("base64") },
  });
  for (const { version } of setup.versions ?? []) {
    // Of what has not changed no version is made.
    await done("PUT", `${path}/configuration`, { Description: `version ${version}` });
    await done("POST", `${path}/versions`, {});
  }
  for (const { name, version } of setup.aliases ?? []) {
    await done("POST", `${path}/aliases`, { Name: name, FunctionVersion: version });
  }
  const { reserved_concurrency: reserved } = setup;
  if (reserved !== undefined) {
    const at = `/2017-10-31/functions/${setup.name}/concurrency`;
    await done("PUT", at, { ReservedConcurrentExecutions: reserved });
  }
}

/** A zip of one file, uncompressed: its own header, that of the directory, and the directory's end. */
export function zipOf(name: string, text: string): Buffer {
  const content = Buffer.from(text);
  const title = Buffer.from(name);
  // Version 2.0, no flags, stored, no time, 1980-01-01; CRC-32, both sizes, length of the name, no extra field.
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(33, 8);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(content.length, 14);
  common.writeUInt32LE(content.length, 18);
  common.writeUInt16LE(title.length, 22);
  const file = Buffer.concat([Buffer.from("PK\x03\x04", "latin1"), common, title, content]);
  const entry = Buffer.concat([Buffer.from("PK\x01\x02\x14\x00", "latin1"), common, Buffer.alloc(14), title]);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length, 12);
  end.writeUInt32LE(file.length, 16);
  return Buffer.concat([file, entry, end]);
}
