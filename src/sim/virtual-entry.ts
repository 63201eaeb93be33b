// A record as a stream of the world holds it, which is also what is answered to whoever put it there. There may be a million of them:
// what follows from the rest is made where it is asked for.

import { positionFromEntryId, type StreamFamily } from "../kinds/stream-family.ts";
import type { Position, UnitId } from "../ports/source.ts";

export class VirtualEntry {
  readonly entryId: string;
  readonly arrivedAtMs: number;
  /** By the clock that is never set. */
  readonly arrivedSteadyMs: number;
  readonly partitionKey: Uint8Array;
  readonly data: Uint8Array;
  readonly shard: UnitId;
  readonly #family: StreamFamily;

  constructor(
    of: { readonly shard: UnitId; readonly family: StreamFamily },
    entryId: string,
    [arrivedAtMs, arrivedSteadyMs]: readonly [number, number],
    partitionKey: Uint8Array,
    data: Uint8Array,
  ) {
    this.entryId = entryId;
    this.arrivedAtMs = arrivedAtMs;
    this.arrivedSteadyMs = arrivedSteadyMs;
    this.partitionKey = partitionKey;
    this.data = data;
    this.shard = of.shard;
    this.#family = of.family;
  }

  get position(): Position {
    return positionFromEntryId(this.#family, this.entryId);
  }
}
