// W-5 to W-18: what a window's state tells, held against what was called before. A story's function counts records into the state, so
// that each windowed call shows which records the runtime says have ended well in its window.
//
// V1  A state counts a record once, and only one that ended well in an earlier call of that window (W-6, W-7, W-14, W-16); whose
//     call is open: a process may have begun from what a newer one has stored.
// V2  It counts every such record, but for those that an earlier end of the window took with it, and those whose ending was not
//     stored before a crash: they are called again (W-18).
// V3  What has been closed is gone: no later call of that process has it in its state (W-12, W-13). Where lanes were made anew in
//     between (E-66), a closing call that was in retry is made again.
// V4  Only a state over the limit ends its window early, and it does so before any other call (W-12).
// V5  In the end each record that ended well in a window is in the state of a call that closes one (W-8).
//
// A window is its unit and its edges; settings may change its length, or switch windows off and on, at any time (H-10).

import type { Happening, PutRecord } from "../history.ts";
import type { Checker } from "./checker.ts";
import { keyOf } from "./endings.ts";

type Called = Extract<Happening, { kind: "called" }>;

/** How a record fared in the last call that held it, by the newest process of those asked for. */
interface Fared {
  readonly call: Called;
  readonly isWell: boolean;
}

interface Facts {
  readonly calls: readonly Called[];
  /** By the record's key. In the order of the calls. */
  readonly callsOf: ReadonlyMap<string, readonly Called[]>;
  readonly recordOf: ReadonlyMap<number, PutRecord>;
  readonly recordAt: ReadonlyMap<string, PutRecord>;
  readonly returned: ReadonlyMap<number, { readonly failedFrom: number; readonly at: number }>;
  /** Where a call stands among all that happened. */
  readonly begun: ReadonlyMap<number, number>;
  /** Given up, perhaps in a document that a crash has swallowed: told by the document, or lost with the source's records. */
  readonly excused: ReadonlySet<string>;
  readonly trimmed: ReadonlyMap<string, string>;
  /** Where lanes were made anew, among all that happened, by process. */
  readonly relaned: ReadonlyMap<number, readonly number[]>;
  /** Units in which the source handed something out twice: not judged. */
  readonly repeated: ReadonlySet<string>;
  readonly stateLimitBytes: number;
}

export const windowsExact: Checker = {
  name: "windows exact",
  law: { text: "state and position are kept as one, so a window counts each record once", rule: "W-18" },
  check({ happenings, limits }) {
    const facts = factsOf(happenings, limits.stateLimitBytes);
    const problems = facts.calls.flatMap((call) =>
      call.window === null || !call.window.isCounted || facts.repeated.has(call.unit)
        ? []
        : [
            ...strangersIn(facts, call),
            ...missingIn(facts, call),
            ...outlived(facts, call),
            ...endsAtLimit(facts, call),
          ],
    );
    return [...problems, ...neverClosed(facts)];
  },
};

function factsOf(happenings: readonly Happening[], stateLimitBytes: number): Facts {
  const calls: Called[] = [];
  const callsOf = new Map<string, Called[]>();
  const recordOf = new Map<number, PutRecord>();
  const recordAt = new Map<string, PutRecord>();
  const returned = new Map<number, { readonly failedFrom: number; readonly at: number }>();
  const begun = new Map<number, number>();
  const excused = new Set<string>();
  const trimmed = new Map<string, string>();
  const relaned = new Map<number, readonly number[]>();
  const repeated = new Set<string>();
  for (const [at, each] of happenings.entries()) {
    switch (each.kind) {
      case "put":
        recordOf.set(each.record.number, each.record);
        recordAt.set(keyOf(each.record.unit, each.record.position), each.record);
        break;
      case "called":
        calls.push(each);
        begun.set(each.call, at);
        for (const position of each.positions) {
          const key = keyOf(each.unit, position);
          const known = callsOf.get(key) ?? [];
          known.push(each);
          callsOf.set(key, known);
        }
        break;
      case "returned":
        returned.set(each.call, { failedFrom: each.failedFrom, at });
        break;
      case "reported":
        for (const position of each.positions) excused.add(keyOf(each.unit, position));
        break;
      case "relaned":
        relaned.set(each.life, [...(relaned.get(each.life) ?? []), at]);
        break;
      case "repeated":
        repeated.add(each.unit);
        break;
      case "trimmed":
        trimmed.set(each.unit, each.through);
        break;
      default:
    }
  }
  return { calls, callsOf, recordOf, recordAt, returned, begun, excused, trimmed, relaned, repeated, stateLimitBytes };
}

const windowKey = ({ unit, window }: Called): string => `${unit}/${window?.startMs}-${window?.endMs}`;

const isEnd = ({ window }: Called): boolean => window?.isFinal === true;

/** Whether `earlier` had returned when `call` began, and `key` was among what ended well. */
function endedWell(facts: Facts, earlier: Called, key: string, call: Called | null): boolean {
  const answer = facts.returned.get(earlier.call);
  if (answer === undefined) return false;
  if (call !== null && answer.at > (facts.begun.get(call.call) ?? 0)) return false;
  return earlier.positions.slice(0, answer.failedFrom).some((position) => keyOf(earlier.unit, position) === key);
}

/** V1. */
function strangersIn(facts: Facts, call: Called): readonly string[] {
  const { counted = [], startMs = 0, endMs = 0 } = call.window ?? {};
  const name = `call ${call.call}`;
  const problems: string[] = [];
  if (new Set(counted).size !== counted.length) problems.push(`${name} has a state that counts a record twice`);
  if (startMs % (endMs - startMs) !== 0) problems.push(`${name} has a window that is not aligned`);
  for (const number of counted) {
    const record = facts.recordOf.get(number);
    const key = record === undefined ? "" : keyOf(record.unit, record.position);
    const isOwn =
      record?.unit === call.unit &&
      (facts.callsOf.get(key) ?? []).some(
        (each) => each.call < call.call && windowKey(each) === windowKey(call) && endedWell(facts, each, key, call),
      );
    if (!isOwn)
      problems.push(`${name} has a state that counts record ${number}, which has not ended well in its window`);
  }
  for (const position of call.positions) {
    const record = facts.recordAt.get(keyOf(call.unit, position));
    if (record !== undefined && (record.atMs < startMs || record.atMs >= endMs))
      problems.push(`${name} holds record ${record.number} of another window`);
  }
  return problems;
}

/** V2. */
function missingIn(facts: Facts, call: Called): readonly string[] {
  const counted = new Set(call.window?.counted);
  const problems: string[] = [];
  for (const [key, calls] of facts.callsOf) {
    const record = facts.recordAt.get(key);
    if (record === undefined || record.unit !== call.unit || counted.has(record.number)) continue;
    const fared = lastFared(facts, calls, key, call);
    const isOfWindow = fared !== null && fared.isWell && windowKey(fared.call) === windowKey(call);
    if (!isOfWindow || isExcused(facts, record) || calls.some((each) => each.call >= call.call)) continue;
    const isClosed = facts.calls.some(
      (each) => each.call < call.call && isEnd(each) && isOther(each, call) && takesWith(each, record, call),
    );
    if (!isClosed) problems.push(`call ${call.call} has a state that does not count record ${record.number}`);
  }
  return problems;
}

const isOther = (one: Called, other: Called): boolean => one.requestId !== other.requestId;

const takesWith = (end: Called, record: PutRecord, call: Called): boolean =>
  windowKey(end) === windowKey(call) && end.window?.counted.includes(record.number) === true;

/** Of the calls before `call`, by its own process or an earlier one, what the newest process's last made of the record. */
function lastFared(facts: Facts, calls: readonly Called[], key: string, call: Called): Fared | null {
  let last: Called | null = null;
  for (const each of calls)
    if (each.call < call.call && each.life <= call.life && (last === null || each.life >= last.life)) last = each;
  return last === null ? null : { call: last, isWell: endedWell(facts, last, key, call) };
}

const isExcused = ({ excused, trimmed }: Facts, { unit, position }: PutRecord): boolean =>
  excused.has(keyOf(unit, position)) || (trimmed.get(unit) ?? "") >= position;

/** V3. */
function outlived(facts: Facts, call: Called): readonly string[] {
  const counted = new Set(call.window?.counted);
  const before = facts.calls.filter(
    (each) =>
      each.call < call.call &&
      each.life === call.life &&
      isEnd(each) &&
      isOther(each, call) &&
      windowKey(each) === windowKey(call) &&
      !isRelaned(facts, each, call),
  );
  const kept = new Set(before.flatMap((each) => each.window?.counted.filter((number) => counted.has(number)) ?? []));
  return [...kept].map((number) => `call ${call.call} still counts record ${number} of a window that has been closed`);
}

function isRelaned({ relaned, begun }: Facts, one: Called, other: Called): boolean {
  const [from, to] = [begun.get(one.call) ?? 0, begun.get(other.call) ?? 0];
  return (relaned.get(one.life) ?? []).some((at) => at > from && at < to);
}

/** V4. */
function endsAtLimit({ stateLimitBytes }: Facts, { call, window }: Called): readonly string[] {
  if (window === null || window.stateBytes > stateLimitBytes === window.isEarly) return [];
  const how = window.isEarly ? "ends its window early" : "is no early end";
  return [`call ${call} ${how} with a state of ${window.stateBytes} bytes of ${stateLimitBytes}`];
}

/** V5. */
function neverClosed(facts: Facts): readonly string[] {
  const closed = new Set<string>();
  for (const call of facts.calls)
    if (isEnd(call)) for (const number of call.window?.counted ?? []) closed.add(`${windowKey(call)}/${number}`);
  const problems: string[] = [];
  for (const [key, calls] of facts.callsOf) {
    const record = facts.recordAt.get(key);
    if (record === undefined || facts.repeated.has(record.unit) || isExcused(facts, record)) continue;
    const last = calls.reduce((one, each) => (each.life >= one.life ? each : one));
    if (last.window?.isCounted !== true || !endedWell(facts, last, key, null)) continue;
    if (!closed.has(`${windowKey(last)}/${record.number}`))
      problems.push(`record ${record.number} is in the state of no call that closes its window`);
  }
  return problems;
}
