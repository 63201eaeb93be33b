// What a member of a group has to say, until it is read: in order, each once. A problem is told when it comes and when it is another one.

import type { Rec } from "../../src/core/record.ts";
import type { MemberEvent } from "../../src/ports/group-source.ts";
import type { SourceProblem } from "../../src/ports/source.ts";
import { createBell } from "./bell.ts";

export interface MemberEvents<R extends Rec> {
  add(events: readonly MemberEvent<R>[]): void;
  fault(problem: SourceProblem): void;
  /** It can be read again; says so only behind a problem. */
  recovered(): void;
  /** Everything that has been added; waits until there is something. */
  read(signal: AbortSignal): Promise<readonly MemberEvent<R>[]>;
  /** Nothing is left to be read, so that more may be fetched. */
  readonly isTaken: boolean;
}

export function createMemberEvents<R extends Rec>(onTaken: () => void): MemberEvents<R> {
  const bell = createBell();
  let waiting: MemberEvent<R>[] = [];
  let told: string | null = null;

  function add(events: readonly MemberEvent<R>[]): void {
    waiting.push(...events);
    if (events.length > 0) bell.ring();
  }

  return {
    add,
    fault(problem) {
      // The words for a broker that is away change with each try.
      const words = problem.code === "unreachable" ? problem.code : JSON.stringify(problem);
      if (words === told) return;
      told = words;
      add([{ kind: "problem", problem }]);
    },
    recovered() {
      if (told === null) return;
      told = null;
      add([{ kind: "recovered" }]);
    },
    async read(signal) {
      while (waiting.length === 0 && !signal.aborted) await bell.wait(signal);
      // An aborted read has been let go of: what there is stays for the next one.
      if (signal.aborted) return [];
      const events = waiting;
      waiting = [];
      onTaken();
      return events;
    },
    get isTaken() {
      return waiting.length === 0;
    },
  };
}
