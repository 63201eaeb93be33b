// A mapping of an app under test: AWS's own members, judged by the rules of production. What they refuse is thrown with AWS's text.

import type { Operation } from "../control/control-plane.ts";
import { memberNames } from "../control/mapping/mapping-table.ts";
import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import { isObject } from "../sim/scenario.ts";
import type { VirtualHouse } from "../wiring/virtual-house.ts";

/** Members of CreateEventSourceMapping for streams and queues; defaults are AWS's (B-8). */
export interface MappingSettings {
  /** Name of a stream, table or queue of the app, instead of EventSourceArn. */
  readonly source?: string;
  readonly EventSourceArn?: string;
  readonly FunctionName?: string;
  readonly Enabled?: boolean;
  /** 1 to 10,000; default 100, of a queue 10. */
  readonly BatchSize?: number;
  /** 0 to 300; default 0. */
  readonly MaximumBatchingWindowInSeconds?: number;
  /** Default TRIM_HORIZON here: a test mostly puts its records and then looks. */
  readonly StartingPosition?: "TRIM_HORIZON" | "LATEST" | "AT_TIMESTAMP";
  /** Epoch seconds. */
  readonly StartingPositionTimestamp?: number;
  /** 1 to 10; default 1. */
  readonly ParallelizationFactor?: number;
  /** Default false. */
  readonly BisectBatchOnFunctionError?: boolean;
  /** -1 (no limit, the default), or 60 to 604,800. */
  readonly MaximumRecordAgeInSeconds?: number;
  /** -1 (no limit, the default), or 0 to 10,000. */
  readonly MaximumRetryAttempts?: number;
  /** 0 (off, the default) to 900. */
  readonly TumblingWindowInSeconds?: number;
  /** Of queues: MaximumConcurrency 2 to 1,000 (P-25). */
  readonly ScalingConfig?: { readonly MaximumConcurrency?: number };
  /** Of queues (P-28). */
  readonly ProvisionedPollerConfig?: { readonly MinimumPollers?: number; readonly MaximumPollers?: number };
  readonly FunctionResponseTypes?: readonly "ReportBatchItemFailures"[];
  readonly DestinationConfig?: { readonly OnFailure?: { readonly Destination?: string } };
  readonly FilterCriteria?: { readonly Filters: readonly { readonly Pattern: string }[] };
  readonly MetricsConfig?: { readonly Metrics: readonly "EventCount"[] };
  readonly Tags?: Readonly<Record<string, string>>;
}

export interface TestMapping {
  readonly uuid: string;
  /** As GetEventSourceMapping answers it now. */
  get(): Promise<Readonly<Record<string, unknown>>>;
  /** Resolves when the change is in force. */
  update(settings: Omit<MappingSettings, "source" | "EventSourceArn">): Promise<void>;
  disable(): Promise<void>;
  enable(): Promise<void>;
  /** Resolves when it is gone. */
  delete(): Promise<void>;
}

/** How long a change of state may take in the world. */
const WITHIN_MS = 3_600_000;

export async function createTestMapping(
  running: () => VirtualHouse,
  settings: Readonly<Record<string, unknown>>,
): Promise<TestMapping> {
  refuseUnknown(settings);
  const uuid = String((await call(running(), "CreateEventSourceMapping", settings))["UUID"]);
  const get = () => call(running(), "GetEventSourceMapping", { UUID: uuid });
  const isAt = async (...states: readonly string[]): Promise<boolean> =>
    states.includes(String((await get())["State"]));

  async function come(...states: readonly string[]): Promise<void> {
    if (await running().waitUntil(() => isAt(...states), WITHIN_MS)) return;
    const { State: state, StateTransitionReason: reason } = await get();
    throw new MillraceError(
      "never-came",
      `the mapping is ${String(state)} (${String(reason)}), not ${states.join(" or ")}`,
    );
  }

  await come("Enabled", "Disabled");
  return {
    uuid,
    get,
    async update(changes) {
      refuseUnknown(changes);
      await call(running(), "UpdateEventSourceMapping", { UUID: uuid, ...changes });
      await come("Enabled", "Disabled");
    },
    async disable() {
      await call(running(), "UpdateEventSourceMapping", { UUID: uuid, Enabled: false });
      await come("Disabled");
    },
    async enable() {
      await call(running(), "UpdateEventSourceMapping", { UUID: uuid, Enabled: true });
      await come("Enabled");
    },
    async delete() {
      await call(running(), "DeleteEventSourceMapping", { UUID: uuid });
      const isGone = async (): Promise<boolean> =>
        (await answer(running(), "GetEventSourceMapping", { UUID: uuid })).status === 404;
      if (!(await running().waitUntil(isGone, WITHIN_MS)))
        throw new MillraceError("never-came", "the mapping is still there");
    },
  };
}

/** AWS passes over members that it does not know; in a test such a one is a slip. */
function refuseUnknown(settings: object): void {
  const unknown = Object.keys(settings).find((name) => !memberNames.some((each) => each === name));
  if (unknown === undefined) return;
  const likely = likelyName(unknown, memberNames);
  throw new MillraceError("bad-argument", `\`${unknown}\` is no setting of a mapping`, {
    help: likely ?? `settings are ${memberNames.join(", ")}`,
  });
}

const answer = (house: VirtualHouse, operation: Operation, params: Readonly<Record<string, unknown>>) =>
  house.settled(house.control.call(operation, params));

/** The answer's body; throws what the service refuses, with its own text. */
async function call(
  house: VirtualHouse,
  operation: Operation,
  params: Readonly<Record<string, unknown>>,
): Promise<Readonly<Record<string, unknown>>> {
  const { errorType, body } = await answer(house, operation, params);
  const members = isObject(body) ? body : {};
  if (errorType === null) return members;
  const { message = members["Message"] } = members;
  throw new MillraceError("bad-argument", `${errorType}: ${typeof message === "string" ? message : ""}`);
}
