import { describe, expect, test } from "vitest";
import {
  createdMapping,
  type MappingCommand,
  type MappingState,
  mappingStateName,
  stepMapping,
} from "../../src/core/mapping-state.ts";

const states: readonly MappingState[] = [
  { kind: "creating", wantsEnabled: true, isHeld: false },
  { kind: "creating", wantsEnabled: true, isHeld: true },
  { kind: "creating", wantsEnabled: false, isHeld: false },
  { kind: "enabling", isHeld: false },
  { kind: "enabling", isHeld: true },
  { kind: "enabled" },
  { kind: "disabling" },
  { kind: "disabled" },
  { kind: "updating", returnsTo: "enabled" },
  { kind: "updating", returnsTo: "disabled" },
  { kind: "deleting" },
  { kind: "gone" },
];

const commands: readonly MappingCommand[] = [
  { kind: "update", isEnabled: null, isQuiet: false },
  { kind: "update", isEnabled: true, isQuiet: false },
  { kind: "update", isEnabled: false, isQuiet: false },
  { kind: "update", isEnabled: null, isQuiet: true },
  { kind: "delete" },
  { kind: "positioned" },
  { kind: "updated" },
  { kind: "stopped" },
  { kind: "settled" },
  { kind: "lost" },
  { kind: "held", isHeld: true },
  { kind: "held", isHeld: false },
  { kind: "restarted" },
];

const label = (state: MappingState): string => {
  const detail = Object.values(state).slice(1).join(",");
  return detail === "" ? state.kind : `${state.kind}(${detail})`;
};
const commandLabel = (command: MappingCommand): string => Object.values(command).join(",");

/** Every pair as one line: state, command → state, answer, effects. */
const table = states
  .flatMap((state) =>
    commands.map((command) => {
      const step = stepMapping(state, command);
      const same = label(step.state) === label(state) ? "=" : label(step.state);
      return `${label(state)} + ${commandLabel(command)} -> ${same} ${step.answer} [${step.effects.join(" ")}]`;
    }),
  )
  .join("\n");

test("S1 to S4: every pair of state and command has its answer, and this is the whole table", () => {
  expect(table).toMatchSnapshot();
});

const pairs = states.flatMap((state) =>
  commands.map((command) => ({ state, command, step: stepMapping(state, command) })),
);
const isWaitingForSource = (state: MappingState): boolean =>
  (state.kind === "creating" || state.kind === "enabling") && state.isHeld;
const isSettledState = (state: MappingState): boolean => state.kind === "enabled" || state.kind === "disabled";

describe("laws over all pairs", () => {
  test("S1: an update is accepted in Enabled and Disabled only", () => {
    const accepted = pairs.filter(({ command, step }) => command.kind === "update" && step.answer === "accepted");
    expect(accepted.every(({ state }) => isSettledState(state))).toBe(true);
    expect(accepted).toHaveLength(8);
  });

  test("S1: a delete is accepted in Enabled, Disabled and where a source that cannot be read is waited for", () => {
    const accepted = pairs.filter(({ command, step }) => command.kind === "delete" && step.answer === "accepted");
    expect(accepted.every(({ state }) => isSettledState(state) || isWaitingForSource(state))).toBe(true);
    expect(accepted).toHaveLength(4);
  });

  test("S2: Enabled is reached by positioned or updated only, Disabled only where nothing runs any more", () => {
    const causes = (kind: MappingState["kind"]): readonly string[] =>
      [
        ...new Set(
          pairs
            .filter(({ state, step }) => state.kind !== kind && step.state.kind === kind)
            .map(({ command }) => command.kind),
        ),
      ].sort();
    expect(causes("enabled")).toEqual(["positioned", "updated"]);
    expect(causes("disabled")).toEqual(["lost", "restarted", "settled", "stopped"]);
  });

  test("S3: gone is never left, and users are told that the mapping is missing", () => {
    const gone = pairs.filter(({ state }) => state.kind === "gone");
    expect(gone.every(({ step }) => step.state.kind === "gone")).toBe(true);
    const users = gone.filter(({ command }) => command.kind === "update" || command.kind === "delete");
    expect(users.every(({ step }) => step.answer === "missing")).toBe(true);
  });

  test("S4: what is refused or ignored changes nothing and causes nothing", () => {
    const idle = pairs.filter(({ step }) => step.answer !== "accepted");
    expect(idle.length).toBeGreaterThan(50);
    expect(idle.every(({ state, step }) => step.effects.length === 0 && label(step.state) === label(state))).toBe(true);
  });
});

describe("H-11: the first state", () => {
  test.each([
    { isEnabled: true, isQuiet: false, name: "Creating", effects: ["start"] },
    { isEnabled: true, isQuiet: true, name: "Creating", effects: ["start"] },
    { isEnabled: false, isQuiet: false, name: "Creating", effects: ["settle"] },
    { isEnabled: false, isQuiet: true, name: "Disabled", effects: [] },
  ])("a mapping created with $isEnabled, quiet $isQuiet, answers $name", ({ name, effects, ...options }) => {
    const step = createdMapping(options);
    expect(mappingStateName(step.state)).toBe(name);
    expect(step.effects).toEqual(effects);
  });
});
