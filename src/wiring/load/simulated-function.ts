// A plan's model of a function, as a function of the simulated world. All chance is the plan's seed's, in streams of the function's own
// name; times are whole ms, at least one.

import type { HandlerModel, Latency, PlannedFunction } from "../../load/plan/plan.ts";
import type { SeededRandom } from "../../sim/seeded-random.ts";
import type { Handled, VirtualFunction } from "../../sim/virtual-functions.ts";
import type { ModelEvent } from "./simulated-source.ts";

/** Of a normal distribution, how many deviations its 99th percentile is above its middle. */
const P99_DEVIATIONS = 2.326_347_874;

export interface ModelFunction {
  readonly function: VirtualFunction;
  /** Environments that were started. */
  coldStarts(): number;
}

export function createModelFunction(
  { name, timeoutMs, reservedConcurrency }: PlannedFunction,
  model: HandlerModel,
  world: { readonly random: SeededRandom; readonly isTumbling: boolean; readonly nowMs: () => number },
): ModelFunction {
  const { random } = world;
  const { errorShare, throttleShare, perRecordMs, coldStartMs } = model;
  const latencyMs = drawer(model.took, random, name);
  /** When each environment that has run before is free again. */
  const environments: number[] = [];
  let coldStarts = 0;

  /** Takes one that is free, or a new one; answers how long the call takes in it. */
  function tookIn(ownMs: number): number {
    const nowMs = world.nowMs();
    const free = environments.findIndex((freeAtMs) => freeAtMs <= nowMs);
    if (free < 0) coldStarts += 1;
    const tookMs = Math.max(1, Math.round(ownMs + (free < 0 ? coldStartMs : 0)));
    const isCutOff = tookMs > timeoutMs;
    // One that is cut off does not run again.
    if (free < 0) environments.push(...(isCutOff ? [] : [nowMs + tookMs]));
    else if (isCutOff) environments.splice(free, 1);
    else environments[free] = nowMs + tookMs;
    return tookMs;
  }

  function answer(event: ModelEvent | null): { readonly json: string } | { readonly message: string } {
    if (errorShare > 0 && random.happens(`${name}/error`, errorShare))
      return { message: "an error of the plan's share" };
    const poison = event?.poison ?? [];
    if (poison.length > 0 && model.onPoison === "throw") return { message: "a poisoned record" };
    const batchItemFailures = poison.map((itemIdentifier) => ({ itemIdentifier }));
    // A call within a tumbling window must answer a state (W-7).
    const state = world.isTumbling ? { state: {} } : {};
    return {
      json: JSON.stringify(poison.length > 0 ? { ...state, batchItemFailures } : world.isTumbling ? state : null),
    };
  }

  return {
    coldStarts: () => coldStarts,
    function: {
      timeoutMs,
      reservedConcurrency,
      ...(throttleShare > 0 ? { isThrottled: () => random.happens(`${name}/throttle`, throttleShare) } : {}),
      handle(eventText): Handled {
        const event = JSON.parse(eventText()) as ModelEvent;
        const tookMs = tookIn(latencyMs() + perRecordMs * event.records);
        const given = answer(event);
        if ("json" in given) return { kind: "returned", json: given.json, tookMs };
        return { kind: "threw", errorType: "Error", message: given.message, tookMs };
      },
    },
  };
}

function drawer(took: Latency, random: SeededRandom, name: string): () => number {
  const draw = (): number => random.draw(`${name}/took`);
  /** Normally distributed, middle 0 and deviation 1 (Box and Muller). */
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - draw())) * Math.cos(2 * Math.PI * draw());
  switch (took.kind) {
    case "fixed":
      return () => took.ms;
    case "between":
      return () => took.minMs + draw() * (took.maxMs - took.minMs);
    case "normal":
      return () => Math.max(0, took.meanMs + took.deviationMs * normal());
    case "lognormal": {
      const middle = Math.log(took.p50Ms);
      const deviation = Math.max(0, Math.log(took.p99Ms) - middle) / P99_DEVIATIONS;
      return () => Math.exp(middle + deviation * normal());
    }
  }
}
