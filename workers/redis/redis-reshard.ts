// Resharding a laid-out stream: the plan is made here from the list as it is, and one script carries it out if the list is still the same.
// The places at which shards close and open are known only within the script, so they go as `@E3@` (end of step 3) and `@S3@` (start).

import type {
  ReshardChange,
  Resharded,
  ReshardRefusal,
  ShardDescription,
  StreamsProblem,
} from "../../src/ports/streams.ts";
import { familyOf, positionFromEntryId } from "../../src/kinds/stream-family.ts";
import { planReshard, type ReshardPlan } from "../../src/stores/reshard.ts";
import { parseStream, shardsField, type StreamKeys } from "./redis-layout.ts";
import type { RedisLine } from "./redis-line.ts";
import { RESHARD } from "./redis-scripts.ts";

/** A list that somebody else changes meanwhile is planned for again: so often it is not changed. */
const MOST_TRIES = 10;

export async function reshardLaidOut(
  commands: RedisLine,
  keys: StreamKeys,
  name: string,
  change: ReshardChange,
): Promise<Resharded | { readonly kind: "refused"; readonly refusal: ReshardRefusal } | StreamsProblem> {
  for (let tries = 0; tries < MOST_TRIES; tries += 1) {
    const fields = await commands.ask((redis) => redis.hgetall(keys.meta(name)), { isRepeatable: true });
    const stream = parseStream(name, fields);
    if (stream === null) return { kind: "missing" };
    const plan = planReshard(stream.shards, change);
    if (plan.kind === "refused") return plan;
    const staying = plan.opened.filter((child) => child.closedAtStep === null);
    const touched = [...plan.closed, ...staying].map(({ id }) => keys.shard(name, id));
    const words = [
      name,
      fields[shardsField] ?? "",
      JSON.stringify(shardsAfter(stream.shards, plan)),
      String(plan.closed.length),
      positionFromEntryId(familyOf(name), "0-0"),
      ...staying.map((child) => String(child.openedAtStep)),
    ];
    const allKeys = [keys.meta(name), keys.changes, ...touched];
    const answer = await commands.ask((redis) => redis.eval(RESHARD, allKeys.length, ...allKeys, ...words));
    if (answer === "missing") return { kind: "missing" };
    if (answer === "changed") continue;
    return {
      kind: "resharded",
      openCount: plan.openCount,
      closed: plan.closed.map(({ id }) => id),
      opened: plan.opened.map(({ id }) => id),
    };
  }
  throw new Error(`the shards of ${name} change all the time`);
}

function shardsAfter(shards: readonly ShardDescription[], plan: ReshardPlan): readonly ShardDescription[] {
  const stepOf = new Map(plan.closed.map(({ id, atStep }) => [id, atStep]));
  const kept = shards.map((shard) => {
    const step = stepOf.get(shard.id);
    return step === undefined ? shard : { ...shard, endingSequenceNumber: `@E${step}@` };
  });
  const children = plan.opened.map((child) => ({
    id: child.id,
    parentId: child.parentId,
    adjacentParentId: child.adjacentParentId,
    startingHashKey: child.start.toString(),
    endingHashKey: child.end.toString(),
    startingSequenceNumber: `@S${child.openedAtStep}@`,
    endingSequenceNumber: child.closedAtStep === null ? null : `@E${child.closedAtStep}@`,
  }));
  return [...kept, ...children];
}
