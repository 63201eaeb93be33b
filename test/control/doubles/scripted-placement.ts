// A placement that does what a test tells it to. By itself it answers every command at once; `isHeld` lets the test answer.

import type { MappingSpec } from "../../../src/ports/mapping-spec.ts";
import type { Placement, PlacementEvent } from "../../../src/control/placement.ts";

export interface ScriptedPlacement extends Placement {
  isHeld: boolean;
  readonly calls: string[];
  readonly specs: Map<string, MappingSpec>;
  readonly forgotten: string[];
  say(event: PlacementEvent): void;
}

export function scriptedPlacement(): ScriptedPlacement {
  let listener: (event: PlacementEvent) => void = () => undefined;
  const generations = new Map<string, number>();
  const answer = (kind: "positioned" | "updated", spec: MappingSpec): void => {
    generations.set(spec.uuid, spec.generation);
    placement.specs.set(spec.uuid, spec);
    if (!placement.isHeld) placement.say({ kind, uuid: spec.uuid, generation: spec.generation });
  };
  const placement: ScriptedPlacement = {
    isHeld: false,
    calls: [],
    specs: new Map(),
    forgotten: [],
    say: (event) => listener(event),
    start(spec) {
      placement.calls.push(`start ${spec.generation}`);
      answer("positioned", spec);
    },
    update(spec) {
      placement.calls.push(`update ${spec.generation}`);
      answer("updated", spec);
    },
    stop(uuid, options) {
      placement.calls.push(options.isDelete ? "stop for delete" : "stop");
      const generation = generations.get(uuid) ?? 0;
      if (!placement.isHeld) placement.say({ kind: "stopped", uuid, generation, errors: [] });
    },
    steer(uuid, command) {
      placement.calls.push(`${command} ${uuid}`);
    },
    async forget(uuid) {
      placement.forgotten.push(uuid);
    },
    subscribe(given) {
      listener = given;
      return () => {
        listener = () => undefined;
      };
    },
  };
  return placement;
}
