// A scenario's script as a function of the world: what it does only now and then, how long it takes, its cold starts and throttles. All
// chance is the seed's, in streams of the function's own name.

import { isObject, type Json, type Script } from "./scenario.ts";
import { type Chance, runScript, type ScriptAnswer } from "./script-handler.ts";
import type { SeededRandom } from "./seeded-random.ts";
import type { Handled } from "./virtual-functions.ts";

/** What a handler takes unless the script says. */
const TOOK_MS = 2;
const MS_PER_S = 1_000;
/** Longer than any time-out. */
const FOR_GOOD_MS = Number.MAX_SAFE_INTEGER;

export interface ScriptFunction {
  /** Whether this call is throttled instead of run. */
  isThrottled(): boolean;
  handle(eventText: () => string): Handled;
  /** Its environments have ended with their process. */
  crash(): void;
}

export interface ScriptWorld {
  readonly functionName: string;
  readonly timeoutMs: number;
  readonly random: SeededRandom;
  /** Since the scenario began, by a clock that nobody sets. */
  readonly elapsedMs: () => number;
}

export function createScriptFunction(script: Script, world: ScriptWorld): ScriptFunction {
  const { random, functionName: name } = world;
  const chance = createChance(script, world);
  /** When each environment that has run before is free again. */
  const environments: number[] = [];

  function delayMs(): number {
    const { delay_s = 0 } = script;
    if (typeof delay_s === "number") return delay_s * MS_PER_S;
    if ("min" in delay_s) return (delay_s.min + random.draw(`${name}/delay`) * (delay_s.max - delay_s.min)) * MS_PER_S;
    return Math.max(0, delay_s.mean + delay_s.deviation * normal(random, `${name}/delay`)) * MS_PER_S;
  }

  function tookMs(event: Json, answer: ScriptAnswer): number {
    if (answer.kind === "hangs") return FOR_GOOD_MS;
    const records = isObject(event) && Array.isArray(event["Records"]) ? event["Records"].length : 0;
    return Math.round(delayMs() + (script.delay_per_record_s ?? 0) * MS_PER_S * records) + TOOK_MS;
  }

  /** Takes the environment that has been free the longest, or a new one; answers what that adds. */
  function coldStartMs(nowMs: number, ownMs: number): number {
    const index = environments.findIndex((freeAtMs) => freeAtMs <= nowMs);
    const addedMs = index < 0 ? Math.round((script.cold_start_s ?? 0) * MS_PER_S) : 0;
    if (index >= 0) environments.splice(index, 1);
    // One that is cut off does not run again.
    if (ownMs + addedMs <= world.timeoutMs) environments.push(nowMs + ownMs + addedMs);
    return addedMs;
  }

  return {
    isThrottled: () => script.throttle !== undefined && random.happens(`${name}/throttle`, script.throttle),
    handle(eventText) {
      const event: unknown = isRead(script) ? JSON.parse(eventText()) : null;
      const answer = runScript(script, event, chance);
      const ownMs = tookMs(event, answer);
      const whole = { tookMs: ownMs + coldStartMs(world.elapsedMs(), ownMs) };
      if (answer.kind === "threw") return { kind: "threw", errorType: "Error", message: answer.message, ...whole };
      return { kind: "returned", json: answer.kind === "hangs" ? "null" : answer.json, ...whole };
    },
    crash() {
      environments.length = 0;
    },
  };
}

/** Whether anything depends on what the event holds: parsing it is most of what a call costs. */
function isRead(script: Script): boolean {
  if (script.delay_per_record_s !== undefined || script.do === "return-event" || script.do === "report") return true;
  return (script.do === "throw" || script.do === "time-out") && script.when !== undefined;
}

function createChance(script: Script, { random, functionName: name, elapsedMs }: ScriptWorld): Chance {
  if (script.do !== "throw" && script.do !== "report" && script.do !== "time-out")
    return { isNow: () => true, isFor: () => true };
  const { share = 1, times = Number.POSITIVE_INFINITY, from_s = 0, until_s = Number.POSITIVE_INFINITY } = script;
  const happens = (): boolean => share >= 1 || random.happens(`${name}/share`, share);
  let count = 0;
  return {
    isNow() {
      const atS = elapsedMs() / MS_PER_S;
      if (count >= times || atS < from_s || atS >= until_s) return false;
      // Of a report the share is that of its records.
      if (script.do !== "report" && !happens()) return false;
      count += 1;
      return true;
    },
    isFor: happens,
  };
}

/** By Box and Muller. */
function normal(random: SeededRandom, name: string): number {
  const radius = Math.sqrt(-2 * Math.log(1 - random.draw(name)));
  return radius * Math.cos(2 * Math.PI * random.draw(name));
}
