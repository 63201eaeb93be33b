// What a scenario's steps do to the simulated world beyond what a user of the API can do, and what the world knows of a run beyond what a
// user sees.

import type { UnitId } from "../ports/source.ts";
import { recordsSeenIn } from "../sim/seen-event.ts";
import type { JsonObject, ScenarioRecord } from "../sim/scenario.ts";
import type { Arrivals, SourceName, WorldControls } from "../sim/scenario-target.ts";
import { Stuck } from "../sim/stuck.ts";
import type { SeenFacts } from "../sim/transcript.ts";
import type { VirtualStream } from "../sim/virtual-stream.ts";
import { parseHashKey } from "../stores/partitioner.ts";
import type { VirtualHouse } from "./virtual-house.ts";

export interface Controlled {
  readonly house: VirtualHouse;
  /** Answers what its source gave it; a queue does so a little later in the same instant. */
  readonly put: (record: ScenarioRecord) => JsonObject | Promise<JsonObject>;
  /** Null: the source is no queue. */
  readonly queueName: string | null;
  /** What the world calls each source. */
  readonly nameOf: (source: SourceName) => string;
  readonly sourceArn: string;
  readonly deploy: WorldControls["deploy"];
}

export function createWorldControls({ house, put, nameOf, queueName, sourceArn, deploy }: Controlled): WorldControls {
  /** Records that are still to arrive. */
  let comingCount = 0;

  function streamOf(source: SourceName): VirtualStream {
    const stream = house.stream(nameOf(source));
    if (stream === null) throw new Stuck(`there is no ${source}`);
    return stream;
  }

  function takeIn(record: ScenarioRecord, given: JsonObject | Promise<JsonObject>, told: Arrivals): void {
    const taken = (its: JsonObject): void => {
      comingCount -= 1;
      told.onSent(record, its);
    };
    function refused(error: unknown): void {
      if (!(error instanceof Stuck)) throw error;
      comingCount -= 1;
      told.onRefused(error);
    }
    if (given instanceof Promise) void given.then(taken, refused);
    else taken(given);
  }

  return {
    deploy,
    setClock: (byMs) => house.jump(byMs),
    splitShard(source, named, hashKey) {
      const shard = openShard(streamOf(source), named);
      const second = hashKey === null ? null : (parseHashKey(hashKey) ?? -1n);
      if (house.split(nameOf(source), shard, second).length === 0)
        throw new Stuck(`split-shard: ${hashKey ?? "its middle"} is not inside ${shard}`);
    },
    mergeShards(source, [one, other]) {
      const stream = streamOf(source);
      const pair = [openShard(stream, one), openShard(stream, other)] as const;
      if (house.merge(nameOf(source), pair).length === 0)
        throw new Stuck(`merge-shards: ${pair.join(" and ")} are no neighbours`);
    },
    outage(source, forMs) {
      if (queueName === null) streamOf(source).outage(forMs);
      else house.queues.queueOutage(nameOf(source), forMs);
    },
    throttle(name, concurrency, forMs) {
      if (!house.throttle(name, concurrency, forMs)) throw new Stuck(`throttle: there is no function ${name}`);
    },
    crash: (downMs) => house.crash(downMs),
    restart: (downMs, graceMs) => house.restart(downMs, graceMs),
    arrive(records, told) {
      comingCount += records.length;
      let at = 0;
      let passedMs = 0;
      const putDue = (): void => {
        for (let each = records[at]; each !== undefined && each.afterMs <= passedMs; each = records[++at]) {
          takeIn(each.record, put(each.record), told);
        }
        const next = records[at];
        if (next === undefined) return;
        const waitMs = next.afterMs - passedMs;
        passedMs = next.afterMs;
        house.after(waitMs, putDue);
      };
      putDue();
    },
    isDrained() {
      if (comingCount > 0) return false;
      return queueName === null ? isDrained(house, nameOf("source"), sourceArn) : house.queues.isEmpty(queueName);
    },
    facts: () => factsOf(house, house.stream(nameOf("source"))),
  };
}

// --- Shards -------------------------------------------------------------------------------------------------------------

/** Id of the open shard of this id, or of this number. */
function openShard(stream: VirtualStream, named: string): UnitId {
  const id = /^\d+$/.test(named) ? stream.shardIds()[Number(named)] : named;
  const open = stream.openShards().map((each) => each.id);
  if (id !== undefined && open.includes(id)) return id;
  throw new Stuck(`there is no open shard ${named}; open are ${open.join(", ")}`);
}

// --- What is known of a run ---------------------------------------------------------------------------------------------

/** For every mapping on it, by its own ARN or by a consumer's, which begins so, too. */
const isDrained = (house: VirtualHouse, streamName: string, sourceArn: string): boolean =>
  house.control
    .views()
    .every(({ uuid, eventSourceArn }) => !eventSourceArn.startsWith(sourceArn) || house.isDrained(uuid, streamName));

function factsOf(house: VirtualHouse, stream: VirtualStream | null): SeenFacts {
  const entries = house.entries();
  const calls = new Map(house.calls().map((call) => [call.requestId, call]));
  const [first] = house.control.views();
  return {
    givenUp: entries.flatMap((entry) => {
      if (entry.kind !== "gave-up") return [];
      const call = calls.get(entry.requestId);
      const positions = call === undefined ? null : recordsSeenIn(call.eventText).positions.slice(0, entry.recordCount);
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
