// `millrace replay FILE --set NAME=VALUE`: the recorded records under other settings, in the simulated world.

import { MillraceError } from "../../errors.ts";
import type { MappingSpec } from "../../ports/mapping-spec.ts";
import { observe, type ObservedMapping, positionOfKey } from "../../recording/observed.ts";
import type { Recording } from "../../recording/read-recording.ts";
import type { Replayed } from "../../recording/replay.ts";
import { observeHandler } from "../../sim/observed-handler.ts";
import type { OutsideWork } from "../../sim/outside-work.ts";
import type { VirtualFunction } from "../../sim/virtual-functions.ts";
import { asModelled, modelledFunction } from "../../wiring/modelled-function.ts";
import { canGoOn, endedCountOf, heldCountOf, rerun, type RunAgain, runAgainFrom } from "../../wiring/what-if.ts";
import { counted, shortId, shortPosition } from "../shown-forms.ts";
import { changedSpec, parseChanges } from "./changed-settings.ts";
import { courseOf } from "./course.ts";
import type { Compared } from "./what-if-text.ts";

/** A user's own handler in the simulated world. */
export interface RealHandler {
  readonly function: VirtualFunction;
  readonly work: OutsideWork;
  /** What is to be said of it, such as that it did I/O. */
  notes(): readonly string[];
  close(): Promise<void>;
}

export interface WhatIf {
  readonly replayed: Replayed;
  readonly compared: Compared;
}

/** Null: the calls of the recording do not tell what the handler does; `why` says so. */
export async function whatIf(
  file: string,
  recording: Recording,
  words: readonly string[],
  given: {
    readonly mapping: string | undefined;
    readonly openHandler: ((functionName: string) => Promise<RealHandler>) | null;
  },
): Promise<WhatIf | { readonly why: string }> {
  const changes = parseChanges(words);
  const { replayed, mappings } = await observe(recording);
  const mapping = chosenMapping(file, mappings, given.mapping);
  const spec = changedSpec(mapping.spec, changes);
  const entries = replayed.entries.filter((entry) => entry.mapping === mapping.spec.uuid);
  const recorded = courseOf(entries);
  const recordCount = mapping.units.reduce((sum, { arrivals }) => sum + arrivals.length, 0);
  const recordedLeftCount = Math.max(0, recordCount - endedCountOf(entries));
  // What the recording leaves unfinished is left so here, too: both have the same time. A window may be open without a record left.
  const isCut = recordedLeftCount > 0 || mapping.spec.lane.tumblingMs > 0;
  const again = ({ lane, parallelizationFactor }: MappingSpec, of: ObservedMapping): RunAgain => {
    const isSameLanes = parallelizationFactor === mapping.spec.parallelizationFactor;
    const isSameWindow = lane.tumblingMs === mapping.spec.lane.tumblingMs;
    return runAgainFrom(of, { isGoingOn: isSameLanes && isSameWindow && canGoOn(of), isCut });
  };
  const heldCount = heldCountOf(mapping.units);
  const notes = [
    ...(mapping.hasChanged ? ["the mapping changed or began anew while it was recorded; here it runs through"] : []),
    ...(heldCount > 0 ? [heldText(heldCount, again(spec, mapping).from !== undefined)] : []),
    ...(recordedLeftCount > 0
      ? [
          `the recording ends with ${counted(recordedLeftCount, "record")} of ${recordCount} not ended, and so does the other`,
        ]
      : []),
  ];
  const base = { recorded, recordedLeftCount, label: words.join(" ") };
  if (given.openHandler !== null) {
    if (!recording.header.isWithPayloads)
      throw new MillraceError(
        "bad-argument",
        `${file} was recorded without payloads: a handler cannot be given its events`,
      );
    if (recording.header.isWithoutStates === true && mapping.spec.lane.tumblingMs > 0)
      throw new MillraceError(
        "bad-argument",
        `${file} was made from the journal, which has no states of its windows: a handler cannot be given its events`,
        { help: "millrace record    # while the mapping runs" },
      );
    const changed = await withHandler(again(spec, mapping), spec, given.openHandler);
    const same = await withHandler(again(mapping.spec, mapping), mapping.spec, given.openHandler);
    return {
      replayed,
      compared: {
        ...base,
        changed: courseOf(changed.entries),
        modelled: courseOf(same.entries),
        model: null,
        leftCount: changed.leftCount,
        notes: [...notes, "the given handler ran in the simulated world", ...changed.notes],
      },
    };
  }
  const observed = observeHandler(mapping.calls, (record) => shortPosition(positionOfKey(record)));
  if (observed.kind === "unknown") return { why: observed.why };
  const { model } = observed;
  const own = asModelled(mapping);
  const changed = await rerun(again(spec, own), spec, modelledFunction(model, mapping.calls));
  const modelled = await rerun(again(mapping.spec, own), mapping.spec, modelledFunction(model, mapping.calls));
  return {
    replayed,
    compared: {
      ...base,
      changed: courseOf(changed.entries),
      modelled: courseOf(modelled.entries),
      model,
      leftCount: changed.leftCount,
      notes: [
        ...notes,
        ...(spec.lane.tumblingMs > 0
          ? ["the state of a window stays {} where no call was recorded with the same records"]
          : []),
      ],
    },
  };
}

const heldText = (count: number, isGoingOn: boolean): string =>
  isGoingOn
    ? `lanes begin with ${counted(count, "record")} in hand, as recorded`
    : `lanes begin empty; read again: ${counted(count, "record")} that they had in hand`;

async function withHandler(
  again: RunAgain,
  spec: MappingSpec,
  openHandler: (functionName: string) => Promise<RealHandler>,
) {
  const handler = await openHandler(spec.functionName);
  try {
    const run = await rerun(again, spec, handler.function, handler.work);
    return { ...run, notes: handler.notes() };
  } finally {
    await handler.close();
  }
}

export function chosenMapping(
  file: string,
  mappings: readonly ObservedMapping[],
  name: string | undefined,
): ObservedMapping {
  const fitting = mappings.filter(
    ({ spec }) => name === undefined || spec.functionName === name || spec.uuid.startsWith(name),
  );
  const [first, second] = fitting;
  if (first !== undefined && second === undefined) return first;
  const known = mappings.map(({ spec }) => `${shortId(spec.uuid)} (${spec.functionName})`).join(", ");
  throw new MillraceError(
    "bad-argument",
    mappings.length === 0 ? `${file} has no mapping` : `${file} has the mappings ${known}: one of them is to be named`,
    mappings[0] === undefined ? {} : { help: `--mapping ${shortId(mappings[0].spec.uuid)}` },
  );
}
