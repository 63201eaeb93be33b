// Laws of a mapping on a topic, judged by what went in and what came out alone. Each returns what is wrong; none: all is well.

import type { GroupNotes } from "./group-story.ts";

/** So long a member may not have heard yet that a partition is no longer its own: words take their time. */
const UNHEARD_MS = 200;

export type GroupChecker = (notes: GroupNotes) => readonly string[];

/** M-401: every record ends well in some call. */
export const nothingIsLost: GroupChecker = ({ calls, wanted }) => {
  const done = new Set(calls.flatMap((call) => placesOf(call.done)));
  return placesOf(wanted)
    .filter((place) => !done.has(place))
    .map((place) => `M-401: ${place} was never delivered`);
};

/** M-402, M-428: what is committed has ended before, all of it. */
export const commitsBehindEndings: GroupChecker = ({ calls, commits, wanted }) => {
  const endedAtMs = new Map<string, number>();
  for (const { done, endsAtMs } of calls)
    for (const place of placesOf(done)) endedAtMs.set(place, Math.min(endedAtMs.get(place) ?? Infinity, endsAtMs));
  return commits.flatMap(({ atMs, unit, offset }) =>
    (wanted[unit] ?? [])
      .filter((each) => each < offset && (endedAtMs.get(`${unit}/${each}`) ?? Infinity) > atMs)
      .map((each) => `M-402: ${unit} is committed at ${offset}, and ${each} had not ended`),
  );
};

/** K5, M-806: what is committed of a partition never goes back. */
export const commitsGoForward: GroupChecker = ({ commits }) => {
  const last = new Map<string, number>();
  return commits.flatMap(({ unit, offset }) => {
    const before = last.get(unit) ?? 0;
    last.set(unit, offset);
    return offset < before ? [`M-806: ${unit} goes back from ${before} to ${offset}`] : [];
  });
};

/** M-401: in a partition, what ends well first comes in order; in an event offsets ascend. */
export const orderIsKept: GroupChecker = ({ calls }) => {
  const wrong: string[] = [];
  const highest = new Map<string, number>();
  const seen = new Set<string>();
  for (const { offsets } of calls) {
    for (const [unit, list] of Object.entries(offsets)) {
      for (const [index, offset] of list.entries()) {
        if (index > 0 && offset <= (list[index - 1] ?? -1)) wrong.push(`M-105: ${unit} has ${offset} out of order`);
        if (seen.has(`${unit}/${offset}`)) continue;
        seen.add(`${unit}/${offset}`);
        const before = highest.get(unit) ?? -1;
        if (offset < before) wrong.push(`M-401: ${unit} has ${offset} for the first time behind ${before}`);
        highest.set(unit, offset);
      }
    }
  }
  return wrong;
};

/** M-401: nothing of a partition is called with before what precedes it has ended well once. */
export const nothingOvertakes: GroupChecker = ({ calls, wanted }) => {
  const wrong: string[] = [];
  const endedAtMs = new Map<string, number>();
  for (const { done, endsAtMs } of calls)
    for (const place of placesOf(done)) endedAtMs.set(place, Math.min(endedAtMs.get(place) ?? Infinity, endsAtMs));
  for (const { offsets, atMs } of calls) {
    for (const [unit, list] of Object.entries(offsets)) {
      const first = list[0] ?? 0;
      const before = (wanted[unit] ?? []).filter((each) => each < first);
      for (const each of before)
        if ((endedAtMs.get(`${unit}/${each}`) ?? Infinity) > atMs)
          wrong.push(`M-401: ${unit}/${first} is called with at ${atMs}, before ${each} has ended`);
    }
  }
  return wrong;
};

/** M-207, M-809: no two calls of a partition at once. */
export const oneAtATime: GroupChecker = ({ calls }) => {
  const wrong: string[] = [];
  const busyUntilMs = new Map<string, number>();
  for (const { offsets, atMs, endsAtMs, shown } of calls) {
    for (const unit of Object.keys(offsets)) {
      if (atMs < (busyUntilMs.get(unit) ?? 0)) wrong.push(`M-207: [${shown}] at ${atMs} while ${unit} is out`);
      busyUntilMs.set(unit, Math.max(endsAtMs, busyUntilMs.get(unit) ?? 0));
    }
  }
  return wrong;
};

/** M-406, M-808: what has ended well comes again only where something has disturbed the group since it was called with. */
export const duplicatesHaveReasons: GroupChecker = ({ calls, disturbedAtMs }) => {
  const wrong: string[] = [];
  const doneFromMs = new Map<string, number>();
  for (const { offsets, done, atMs, shown } of calls) {
    for (const place of placesOf(offsets)) {
      const fromMs = doneFromMs.get(place);
      if (fromMs === undefined || disturbedAtMs.some((each) => each >= fromMs - UNHEARD_MS && each <= atMs)) continue;
      wrong.push(`M-406: ${place} is in [${shown}] at ${atMs}, and ended well in a call at ${fromMs}`);
    }
    for (const place of placesOf(done)) doneFromMs.set(place, atMs);
  }
  return wrong;
};

/** M-301, M-304, M-103: no event has more than it may, or what the filter passed over. */
export const eventsAreBounded: GroupChecker = ({ calls, batchSize, isMixing, wanted }) => {
  const isWanted = new Set(placesOf(wanted));
  return calls.flatMap(({ offsets, shown }) => {
    const places = placesOf(offsets);
    const wrong: string[] = places
      .filter((place) => !isWanted.has(place))
      .map((place) => `M-317: ${place} is called with`);
    if (places.length > batchSize) wrong.push(`M-301: [${shown}] has more than ${batchSize}`);
    if (!isMixing && Object.keys(offsets).length > 1) wrong.push(`M-304: [${shown}] has several partitions`);
    return wrong;
  });
};

/** M-402, M-317, M-823: once all is well everything is committed, and a stop comes to its end. */
export const allComesToItsEnd: GroupChecker = ({ commits, ends, hasStopped, violations }) => {
  const last = new Map(commits.map(({ unit, offset }) => [unit, offset]));
  const behind = Object.entries(ends)
    .filter(([unit, end]) => last.get(unit) !== end)
    .map(([unit, end]) => `M-402: ${unit} ends at ${end} and is committed at ${last.get(unit)}`);
  return [...behind, ...(hasStopped ? [] : ["M-823: the stop has no end"]), ...violations];
};

export const groupCheckers = {
  nothingIsLost,
  commitsBehindEndings,
  commitsGoForward,
  orderIsKept,
  nothingOvertakes,
  oneAtATime,
  duplicatesHaveReasons,
  eventsAreBounded,
  allComesToItsEnd,
} as const satisfies Record<string, GroupChecker>;

export const wrongsOf = (notes: GroupNotes): readonly string[] =>
  Object.values(groupCheckers).flatMap((check) => check(notes));

function placesOf(offsets: Readonly<Record<string, readonly number[]>>): readonly string[] {
  return Object.entries(offsets).flatMap(([unit, list]) => list.map((offset) => `${unit}/${offset}`));
}
