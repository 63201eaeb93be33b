// A scenario's target under virtual time: a house of the simulated world, with the scripted handler as its functions.

import type { Operation } from "../control/control-plane.ts";
import { changeText, laneKeyOfItem, viewTypes } from "../kinds/dynamodb/change-text.ts";
import type { Report, ReportAnswer } from "../ports/reporter.ts";
import {
  isObject,
  type JsonObject,
  type Scenario,
  type ScenarioFunction,
  type ScenarioRecord,
} from "../sim/scenario.ts";
import type { ScenarioTarget } from "../sim/scenario-target.ts";
import { runScript } from "../sim/script-handler.ts";
import { WORLD_STARTS_AT_MS } from "../sim/story.ts";
import type { Handled, VirtualFunction } from "../sim/virtual-functions.ts";
import { placeholdersOf, SETTINGS, storedNameOf } from "./scenario-names.ts";
import { createVirtualHouse, type VirtualHouse } from "./virtual-house.ts";

/** What a handler takes unless the script says. */
const TOOK_MS = 2;
/** Arrivals of real records are not on whole seconds, where their text has no fraction (O-4). */
const OFF_THE_SECOND_MS = 137;
const DEFAULT_TIMEOUT_S = 3;

/** A target whose world can be looked into: its journal, its digest, its time. */
export interface VirtualTarget extends ScenarioTarget {
  readonly house: VirtualHouse;
}

export async function createVirtualTarget(scenario: Scenario, seed = 1): Promise<VirtualTarget> {
  const vars = placeholdersOf(scenario, SETTINGS);
  const received: JsonObject[] = [];
  const sourceName = storedNameOf(scenario.setup.source, "source");
  let sentCount = 0;
  const functions = new Map<string, VirtualFunction>();
  for (const each of scenario.setup.functions ?? []) functions.set(each.name, functionOf(scenario, each));

  const house = await createVirtualHouse({
    seed,
    startsAtMs: WORLD_STARTS_AT_MS + OFF_THE_SECOND_MS,
    settings: SETTINGS,
    functions,
    reporter: { send: (report) => Promise.resolve(receive(report)) },
    roleArnOf: (name) => vars[`${name}.role`] ?? "",
  });
  for (const source of ["source", "other_source"] as const) {
    const setup = scenario.setup[source];
    if (setup !== undefined && setup.exists !== false) house.addStream(storedNameOf(setup, source), setup.shards ?? 1);
  }

  function receive(report: Report): ReportAnswer {
    const body: unknown = JSON.parse(report.body);
    const type = scenario.setup.destination?.type ?? "";
    if (type === "s3") received.push({ type, key: report.objectKey, body });
    else if (type === "sns") received.push({ type, message: report.body });
    else received.push({ type, body });
    return { kind: "delivered" };
  }

  return {
    house,
    vars,
    async call(operation: Operation, params) {
      const { status, errorType, body } = await house.settled(house.control.call(operation, params));
      return { status, error: errorType, body };
    },
    // In one instant, however many calls it takes: as between two reads of a poller that looks once a second.
    send: (records) =>
      Promise.resolve(
        records.map((record) => {
          const content = contentOf(scenario, record, (sentCount += 1));
          if (content === null) return {};
          const { shard, position } = house.put(sourceName, content);
          return { sequenceNumber: position, shardId: shard };
        }),
      ),
    deleteFunction(name) {
      house.functions.delete(name);
      return Promise.resolve();
    },
    deleteSource() {
      house.deleteStream(sourceName);
      return Promise.resolve();
    },
    waitUntil: (isTrue, withinMs) => house.waitUntil(isTrue, withinMs),
    pass: (ms) => house.pass(ms),
    invocations: () => invocationsOf(house),
    destination: () => Promise.resolve(received),
    close: () => house.close(),
  };
}

/** What a record is in its stream; null: a write that changes nothing (D-7). `number` is unlike that of any other record. */
function contentOf(
  { setup }: Scenario,
  { partitionKey = "", data = "", change }: ScenarioRecord,
  number: number,
): { readonly key: string; readonly data: string } | null {
  if (change === undefined) return { key: partitionKey, data };
  if (change === null) return null;
  const { eventName, Keys: keys, NewImage: newImage = null, OldImage: oldImage = null } = change;
  const viewType = viewTypes.find((each) => each === setup.source?.view) ?? "NEW_AND_OLD_IMAGES";
  const eventId = number.toString(16).padStart(32, "0");
  return {
    key: laneKeyOfItem(keys),
    data: changeText({ eventId, eventName, keys, newImage, oldImage, viewType }),
  };
}

function functionOf(scenario: Scenario, setup: ScenarioFunction): VirtualFunction {
  const script = scenario.handlers?.[setup.name] ?? scenario.handler;
  const tookMs = (script?.delay_s ?? 0) * 1000 + TOOK_MS;
  return {
    timeoutMs: (setup.timeout_s ?? DEFAULT_TIMEOUT_S) * 1000,
    reservedConcurrency: setup.reserved_concurrency ?? null,
    qualifiers: [
      ...(setup.versions ?? []).map((each) => each.version),
      ...(setup.aliases ?? []).map((each) => each.name),
    ],
    handle(eventText): Handled {
      const answer = script === null ? null : runScript(script, JSON.parse(eventText));
      if (answer?.kind === "threw") return { kind: "threw", errorType: "Error", message: answer.message, tookMs };
      return { kind: "returned", json: answer?.json ?? "null", tookMs };
    },
  };
}

const invocationsOf = (house: VirtualHouse) =>
  house.calls().map((call) => {
    const event: unknown = JSON.parse(call.eventText);
    return {
      function: call.functionName,
      start_ms: call.startedAtMs,
      end_ms: call.endedAtMs,
      event: isObject(event) ? event : {},
    };
  });
