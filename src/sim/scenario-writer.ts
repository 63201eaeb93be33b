// A scenario as the text of a file that means the same: what shrinking and recordings save. A member a line, and of lists an element a
// line, so that people can read it.

import { relative, resolve } from "node:path";
import { isHandlerFile } from "./scenario-handler-schema.ts";
import { isObject, type Scenario, type ScenarioHandler } from "./scenario.ts";

/** `toFolder`: where the file will lie; files of handlers are named from there. */
export function scenarioText(scenario: Scenario, toFolder: string | null = scenario.folder): string {
  const members = Object.entries(membersOf(scenario, toFolder)).filter(([, value]) => value !== undefined);
  const lines = members.map(([name, value]) => ` ${JSON.stringify(name)}: ${valueText(name, value)}`);
  return `{\n${lines.join(",\n")}\n}\n`;
}

function membersOf(scenario: Scenario, toFolder: string | null): Readonly<Record<string, unknown>> {
  const { records, generators, handlers, startsAtMs } = scenario;
  const moved = (handler: ScenarioHandler): ScenarioHandler => movedHandler(handler, scenario.folder, toFolder);
  // A story is run in place of everything else.
  if (scenario.story !== null) {
    const { id, title, seed, faults, story } = scenario;
    return { schema: 1, id, title, seed: seed ?? undefined, story, faults: faults ?? undefined };
  }
  const entries = [...records, ...generators.map((generate) => ({ generate }))];
  return {
    schema: 1,
    id: scenario.id,
    title: scenario.title === "" ? undefined : scenario.title,
    source: scenario.source,
    requires: scenario.requires.length === 0 ? undefined : scenario.requires,
    seed: scenario.seed ?? undefined,
    starts_at: startsAtMs === null ? undefined : new Date(startsAtMs).toISOString(),
    setup: scenario.setup,
    mapping: scenario.mapping,
    extra_mappings: scenario.extra_mappings.length === 0 ? undefined : scenario.extra_mappings,
    handler: scenario.handler === null ? undefined : moved(scenario.handler),
    handlers:
      Object.keys(handlers).length === 0
        ? undefined
        : Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, moved(handler)])),
    records: entries,
    faults: scenario.faults ?? undefined,
    steps: scenario.steps,
    expect: scenario.expect,
  };
}

function movedHandler(handler: ScenarioHandler, from: string | null, to: string | null): ScenarioHandler {
  if (!isHandlerFile(handler) || from === null || to === null || from === to) return handler;
  const file = relative(to, resolve(from, handler.file)).replaceAll("\\", "/");
  return { ...handler, file };
}

const inLines = ["records", "steps", "faults", "extra_mappings"];

function valueText(name: string, value: unknown): string {
  if (name === "story" && isObject(value)) {
    const lines = Object.entries(value).map(
      ([member, each]) => `  ${JSON.stringify(member)}: ${valueText(member, each).replaceAll("\n", "\n ")}`,
    );
    return `{\n${lines.join(",\n")}\n }`;
  }
  if (!inLines.includes(name) || !Array.isArray(value) || value.length === 0) return JSON.stringify(value);
  return `[\n${value.map((each) => `  ${JSON.stringify(each)}`).join(",\n")}\n ]`;
}
