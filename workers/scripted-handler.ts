// The handler of a live scenario run: a function thread's own code, like a user's. It behaves as its script says, and notes each call
// down as it begins and as it ends, so that a call that was cut off has no end. Handler files that src/wiring/live-target.ts
// generates import nothing but this.

import { appendFileSync } from "node:fs";
import { setTimeout as delay } from "node:timers/promises";
import { isObject, type Json, type Script } from "../src/sim/scenario.ts";
import { runScript } from "../src/sim/script-handler.ts";

const LONG_MS = 1_000;

export interface ScriptedHandlerOptions {
  readonly functionName: string;
  readonly script: Script;
  /** JSON lines: `{call, function, start_ms, event}` and `{call, end_ms}`. */
  readonly callsFile: string;
}

export function scriptedHandler({ functionName, script, callsFile }: ScriptedHandlerOptions) {
  const note = (line: object): void => appendFileSync(callsFile, `${JSON.stringify(line)}\n`);
  return async (event: Json, { functionVersion }: { readonly functionVersion: string }): Promise<Json> => {
    if (isObject(event) && event["isWarmUp"] === true) return null;
    const call = crypto.randomUUID();
    const called = functionVersion === "$LATEST" ? functionName : `${functionName}:${functionVersion}`;
    note({ call, function: called, start_ms: Date.now(), event });
    if (typeof script.delay_s === "number") await delay(script.delay_s * 1000);
    note({ call, end_ms: Date.now() });
    const answer = runScript(script, event);
    if (answer.kind === "threw") throw new Error(answer.message);
    // Until the function's time is over.
    if (answer.kind === "hangs") return new Promise(() => setInterval(() => undefined, LONG_MS));
    return answer.json === "" ? "" : JSON.parse(answer.json);
  };
}
