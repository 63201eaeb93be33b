// A told house whose mapping has ten-second windows: calls as lines of labels and state, records that arrive when a story says so,
// and a function that collects labels into the state.

import type { Told, ToldCall, ToldHouse } from "./told-house.ts";
import { aHouse, shard } from "./told-house.ts";

/** The world's first whole ten seconds. */
export const T0_MS = 1_790_000_040_000;
export const WINDOW_S = 10;

export interface WindowedEvent {
  readonly shardId: string;
  readonly window: { readonly start: string; readonly end: string };
  readonly state: { readonly seen?: readonly string[] };
  readonly isFinalInvokeForWindow: boolean;
  readonly isWindowTerminatedEarly: boolean;
}

export interface WindowedHouse extends ToldHouse {
  /** Puts a record as if it had arrived so many seconds after T0. */
  arrive(label: string, seconds: number, shardId?: string): void;
  /** A call a line: labels, state, and `final` or `early`; without windows the labels alone. `short`: states are cut to it. */
  lines(short?: number): readonly string[];
  /** Seconds after T0 at which each call began. */
  instants(): readonly number[];
}

export const eventOf = (call: ToldCall): WindowedEvent => {
  const { event }: { readonly event: unknown } = call;
  return event as WindowedEvent;
};

/** Adds the labels of the call to those that the state holds. */
export const collecting = (call: ToldCall): Told => {
  const { state } = eventOf(call);
  return { answer: { state: { seen: [...(state?.seen ?? []), ...call.labels] } } };
};

/** Does as told for some calls, and collects in all others. */
export const but =
  (exception: (call: ToldCall) => Told | null) =>
  (call: ToldCall): Told =>
    exception(call) ?? collecting(call);

export const isFinal = (call: ToldCall): boolean => eventOf(call).isFinalInvokeForWindow;

export async function aWindowedHouse(
  behave: (call: ToldCall) => Told = collecting,
  options: { readonly shards?: number } = {},
): Promise<WindowedHouse> {
  const told = await aHouse(behave, options);
  const labelsOf = (records: readonly { readonly kinesis: { readonly data: string } }[]): string =>
    records.map(({ kinesis }) => JSON.parse(Buffer.from(kinesis.data, "base64").toString()).label).join(",");
  return {
    ...told,
    arrive(label, seconds, shardId = shard(0)) {
      const data = Buffer.from(JSON.stringify({ label }));
      told.name(told.stream.put(shardId, { key: label, data, arrivedAtMs: T0_MS + seconds * 1_000 }).position, label);
    },
    lines: (short = 60) =>
      told.house.calls().map(({ eventText }) => {
        const {
          Records,
          state,
          isFinalInvokeForWindow: isFinal,
          isWindowTerminatedEarly: isEarly,
        } = JSON.parse(eventText);
        const members = `[${labelsOf(Records)}]`;
        if (state === undefined) return members;
        return `${members} ${stateText(state).slice(0, short)}${isEarly ? " early" : isFinal ? " final" : ""}`;
      }),
    instants: () => told.house.calls().map(({ startedAtMs }) => Math.floor((startedAtMs - T0_MS) / 1_000)),
  };
}

const stateText = (state: { readonly seen?: readonly string[] }): string =>
  state.seen === undefined ? JSON.stringify(state) : `{${state.seen.join(",")}}`;
