// The control plane's placement, carried out by poller threads: translates what the supervisor says into placement events. A
// mapping whose thread died, or whose generation was fenced off, is `lost`; the manager starts it anew.

import type { Placement, PlacementEvent } from "../control/placement.ts";
import type { Entry } from "../ports/journal.ts";
import type { PollerMessage, PollerSupervisor } from "../threads/poller-supervisor.ts";

export interface ThreadPlacement {
  readonly placement: Placement;
  readonly supervisor: PollerSupervisor;
}

export function createThreadPlacement(options: {
  readonly launch: (hooks: {
    readonly onMessage: (message: PollerMessage) => void;
    readonly onDied: (uuid: string, generation: number) => void;
  }) => PollerSupervisor;
  readonly forget: (uuid: string) => Promise<void>;
  /** How long an invocation in flight may take when its mapping stops. The function's own time-out is usually sooner. */
  readonly graceMs: number;
  readonly onEntries: (entries: readonly Entry[], droppedCount: number) => void;
}): ThreadPlacement {
  let listener: (event: PlacementEvent) => void = () => undefined;

  function receive(message: PollerMessage): void {
    switch (message.kind) {
      case "entries":
        return options.onEntries(message.entries, message.droppedCount);
      case "fenced":
        return listener({ kind: "lost", uuid: message.uuid, generation: message.generation });
      default:
        return listener(message);
    }
  }

  const supervisor = options.launch({
    onMessage: receive,
    onDied: (uuid, generation) => listener({ kind: "lost", uuid, generation }),
  });
  return {
    supervisor,
    placement: {
      start: (spec) => supervisor.start(spec),
      update: (spec) => supervisor.update(spec),
      stop: (uuid, { isDelete }) => supervisor.stop(uuid, { isDelete, graceMs: options.graceMs }),
      forget: options.forget,
      subscribe(next) {
        listener = next;
        return () => {
          listener = () => undefined;
        };
      },
    },
  };
}
