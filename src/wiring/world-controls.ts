// What a scenario's steps do to the simulated world beyond what a user of the API can do, and what the world knows of a run beyond what a
// user sees.

import type { Position, SourceProblem, UnitId } from "../ports/source.ts";
import { positionsIn } from "../sim/event-positions.ts";
import type { JsonObject, ScenarioRecord } from "../sim/scenario.ts";
import type { SourceName, WorldControls } from "../sim/scenario-target.ts";
import { Stuck } from "../sim/stuck.ts";
import type { SeenFacts } from "../sim/transcript.ts";
import type { OpenShard, VirtualStream } from "../sim/virtual-stream.ts";
import { parseHashKey, shardIdIn } from "../stores/partitioner.ts";
import { mergeTwo, splitAt } from "./reshard-stream.ts";
import type { VirtualHouse } from "./virtual-house.ts";

const unreachable: SourceProblem = {
  code: "unreachable",
  text: "PROBLEM: Connection error. Please check your event source connection configuration.",
  detail: "the simulated source cannot be reached",
};

/** What has been put to `source`, kept by the target. */
export interface PutLog {
  /** By shard: the position of its last record. */
  readonly last: Map<UnitId, Position>;
  /** Records that are still to arrive. */
  comingCount: number;
}

export interface Controlled {
  readonly house: VirtualHouse;
  readonly puts: PutLog;
  readonly put: (record: ScenarioRecord) => JsonObject;
  /** What the world calls each source. */
  readonly nameOf: (source: SourceName) => string;
  readonly sourceArn: string;
  readonly deploy: WorldControls["deploy"];
}

export function createWorldControls({ house, puts, put, nameOf, sourceArn, deploy }: Controlled): WorldControls {
  function streamOf(source: SourceName): VirtualStream {
    const stream = house.stream(nameOf(source));
    if (stream === null) throw new Stuck(`there is no ${source}`);
    return stream;
  }

  /** Id of the shard that would be the stream's n-th, from 0. */
  const idsOf =
    (source: SourceName) =>
    (index: number): UnitId =>
      shardIdIn(nameOf(source), index, house.nowMs());

  return {
    deploy,
    setClock: (byMs) => house.jump(byMs),
    splitShard: (source, shard, hashKey) => split({ ...streamOf(source), nextId: idsOf(source) }, shard, hashKey),
    mergeShards: (source, shards) => merge({ ...streamOf(source), nextId: idsOf(source) }, shards),
    outage(source, forMs) {
      const stream = streamOf(source);
      stream.setProblem(unreachable);
      house.after(forMs, () => stream.setProblem(null));
    },
    throttle(name, concurrency, forMs) {
      const found = house.functions.get(name);
      if (found === undefined) throw new Stuck(`throttle: there is no function ${name}`);
      const before = found.reservedConcurrency;
      const set = (reservedConcurrency: number | null): void => {
        const now = house.functions.get(name);
        if (now !== undefined) house.functions.set(name, { ...now, reservedConcurrency });
      };
      set(concurrency);
      if (forMs !== null) house.after(forMs, () => set(before));
    },
    crash: (downMs) => house.crash(downMs),
    restart: (downMs, graceMs) => house.restart(downMs, graceMs),
    arrive(records, onSent) {
      puts.comingCount += records.length;
      let at = 0;
      let passedMs = 0;
      const putDue = (): void => {
        for (let each = records[at]; each !== undefined && each.afterMs <= passedMs; each = records[++at]) {
          puts.comingCount -= 1;
          onSent(each.record, put(each.record));
        }
        const next = records[at];
        if (next === undefined) return;
        const waitMs = next.afterMs - passedMs;
        passedMs = next.afterMs;
        house.after(waitMs, putDue);
      };
      putDue();
    },
    isDrained: () => puts.comingCount === 0 && isDrained(house, puts, sourceArn),
    facts: () => factsOf(house, house.stream(nameOf("source"))),
  };
}

// --- Shards -------------------------------------------------------------------------------------------------------------

interface Resharded extends VirtualStream {
  readonly nextId: (index: number) => UnitId;
}

/** By its id, or by its number. */
function openShard(
  stream: VirtualStream,
  named: string,
): OpenShard & { readonly hashKeys: { start: string; end: string } } {
  const id = /^\d+$/.test(named) ? stream.shardIds()[Number(named)] : named;
  const found = stream.openShards().find((each) => each.id === id);
  if (found === undefined || found.hashKeys === null) {
    const open = stream.openShards().map((each) => each.id);
    throw new Stuck(`there is no open shard ${named}; open are ${open.join(", ")}`);
  }
  return { id: found.id, hashKeys: found.hashKeys };
}

function split(stream: Resharded, named: string, at: string | null): void {
  const { id, hashKeys } = openShard(stream, named);
  const start = BigInt(`0x${hashKeys.start}`);
  const end = BigInt(`0x${hashKeys.end}`);
  const second = at === null ? start + (end - start + 1n) / 2n : (parseHashKey(at) ?? -1n);
  if (second <= start || second > end) throw new Stuck(`split-shard: ${at ?? "its middle"} is not inside ${id}`);
  splitAt(stream, { shard: id, hashKeys, second }, stream.nextId);
}

function merge(stream: Resharded, [one, other]: readonly [string, string]): void {
  const [lower, upper] = [openShard(stream, one), openShard(stream, other)].sort((a, b) =>
    a.hashKeys.start < b.hashKeys.start ? -1 : 1,
  );
  if (lower === undefined || upper === undefined) return;
  if (BigInt(`0x${lower.hashKeys.end}`) + 1n !== BigInt(`0x${upper.hashKeys.start}`))
    throw new Stuck(`merge-shards: ${lower.id} and ${upper.id} are no neighbours`);
  mergeTwo(stream, [lower.id, upper.id], stream.nextId);
}

// --- What is known of a run ---------------------------------------------------------------------------------------------

function isDrained(house: VirtualHouse, puts: PutLog, sourceArn: string): boolean {
  for (const { uuid, eventSourceArn } of house.control.views()) {
    if (!eventSourceArn.startsWith(sourceArn)) continue; // A consumer's ARN begins so, too.
    for (const [shard, last] of puts.last) {
      const after = house.answered(uuid, shard);
      if (after === null || after < last) return false;
    }
  }
  return true;
}

function factsOf(house: VirtualHouse, stream: VirtualStream | null): SeenFacts {
  const entries = house.entries();
  const calls = new Map(house.calls().map((call) => [call.requestId, call]));
  const [first] = house.control.views();
  return {
    givenUp: entries.flatMap((entry) => {
      if (entry.kind !== "gave-up") return [];
      const call = calls.get(entry.requestId);
      const positions = call === undefined ? null : positionsIn(call.eventText).slice(0, entry.recordCount);
      return [
        {
          condition: entry.condition,
          shard: entry.lane.split("/")[1] ?? "",
          positions,
          first: entry.first,
          last: entry.last,
        },
      ];
    }),
    checkpoints: Object.fromEntries(
      first === undefined
        ? []
        : (stream?.shardIds() ?? []).map((shard) => [shard, house.checkpoint(first.uuid, shard)?.after ?? null]),
    ),
    closedBy: entries.flatMap((entry) =>
      entry.kind === "batch-closed" && /^\d+$/.test(entry.batch) ? [entry.closedBy] : [],
    ),
  };
}
