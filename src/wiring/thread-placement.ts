// The control plane's placement, carried out by poller threads: translates what the supervisor says into placement events. A
// mapping whose thread died, or whose generation was fenced off, is `lost`; the manager starts it anew.

import type { Placement, PlacementEvent } from "../control/placement.ts";
import type { Entry } from "../ports/journal.ts";
import type { PollerMessage, PollerSupervisor } from "../threads/poller-supervisor.ts";

export interface SupervisorHooks {
  readonly onMessage: (message: PollerMessage) => void;
  readonly onDied: (uuid: string, generation: number) => void;
}

export interface ThreadPlacement {
  readonly placement: Placement;
  /** Starts the threads, once. Before that the placement keeps what it is asked, since threads need the port's address. */
  launch(start: (hooks: SupervisorHooks) => PollerSupervisor): { readonly supervisor: PollerSupervisor };
}

export function createThreadPlacement(options: {
  readonly forget: (uuid: string) => Promise<void>;
  /** How long an invocation in flight may take when its mapping stops. The function's own time-out is usually sooner. */
  readonly graceMs: number;
  readonly onEntries: (entries: readonly Entry[], droppedCount: number) => void;
  readonly onRecorded: (message: Extract<PollerMessage, { kind: "recorded" }>) => void;
}): ThreadPlacement {
  let listener: (event: PlacementEvent) => void = () => undefined;

  function receive(message: PollerMessage): void {
    switch (message.kind) {
      case "entries":
        return options.onEntries(message.entries, message.droppedCount);
      case "recorded":
        return options.onRecorded(message);
      case "fenced":
        return listener({ kind: "lost", uuid: message.uuid, generation: message.generation });
      default:
        return listener(message);
    }
  }

  let supervisor: PollerSupervisor | null = null;
  let waiting: ((ready: PollerSupervisor) => void)[] = [];
  const ask = (work: (ready: PollerSupervisor) => void): void => {
    if (supervisor === null) waiting.push(work);
    else work(supervisor);
  };

  return {
    launch(start) {
      const launched = start({
        onMessage: receive,
        onDied: (uuid, generation) => listener({ kind: "lost", uuid, generation }),
      });
      supervisor = launched;
      for (const work of waiting) work(launched);
      waiting = [];
      return { supervisor: launched };
    },
    placement: {
      start: (spec) => ask((ready) => ready.start(spec)),
      update: (spec) => ask((ready) => ready.update(spec)),
      stop: (uuid, { isDelete }) => ask((ready) => ready.stop(uuid, { isDelete, graceMs: options.graceMs })),
      steer: (uuid, command) => ask((ready) => ready.steer(uuid, command)),
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
