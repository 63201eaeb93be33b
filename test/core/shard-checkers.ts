// The laws T-160 to T-165 over what went in (the plan) and what came out (the notes). They count deliveries, endings and documents
// themselves and ask nothing of the lanes or the watermark. Each returns what it found wrong, empty if nothing.

import type { Note, Plan } from "./shard-story.ts";

export type Checker = (plan: Plan, notes: readonly Note[]) => readonly string[];

type Called = Extract<Note, { kind: "called" }>;

/** The records of a call that ended well, by what the function said. */
function succeeded(call: Called): readonly number[] {
  if (call.outcome.kind !== "answered") return [];
  const { failed } = call.outcome;
  if (failed === "none") return call.ordinals;
  return typeof failed === "number" ? call.ordinals.slice(0, failed) : [];
}

/** Walks the notes and pairs each return with its call. */
function onEndings(plan: Plan, notes: readonly Note[], visit: (note: Note, ended: readonly number[]) => void): void {
  const out = new Map<number, Called>();
  for (const note of notes) {
    let ended: readonly number[] = [];
    if (note.kind === "called") out.set(note.lane, note);
    if (note.kind === "returned") {
      const call = out.get(note.lane);
      out.delete(note.lane);
      ended = call === undefined ? [] : succeeded(call);
    }
    if (note.kind === "reported") ended = note.ordinals;
    if (note.kind === "crashed") out.clear();
    if (note.kind === "read") {
      const all = Array.from({ length: note.to - note.from + 1 }, (_, index) => note.from + index);
      ended = all.filter((ordinal) => plan.records[ordinal]?.isFiltered);
    }
    visit(note, ended);
  }
}

/** T-160: a commit never passes a record that has not ended. */
export const commitsBehindEndings: Checker = (plan, notes) => {
  const wrong: string[] = [];
  let done = new Set<number>();
  onEndings(plan, notes, (note, ended) => {
    for (const ordinal of ended) done.add(ordinal);
    if (note.kind === "crashed") done = new Set([...done].filter((ordinal) => ordinal <= note.committed));
    if (note.kind !== "committed") return;
    for (let ordinal = 0; ordinal <= note.through; ordinal += 1) {
      if (!done.has(ordinal)) wrong.push(`T-160: committed ${note.through}, but ${ordinal} has not ended`);
    }
  });
  return wrong;
};

/** T-161: every record ends once in a life, and in the end everything is committed. */
export const everythingEndsOnce: Checker = (plan, notes) => {
  const wrong: string[] = [];
  let ends = new Map<number, number>();
  let committed = -1;
  onEndings(plan, notes, (note, ended) => {
    if (note.kind === "committed") committed = note.through;
    if (note.kind === "crashed") ends = new Map([...ends].filter(([ordinal]) => ordinal <= note.committed));
    for (const ordinal of ended) {
      const count = (ends.get(ordinal) ?? 0) + 1;
      ends.set(ordinal, count);
      if (count > 1) wrong.push(`T-161: ${ordinal} ends again`);
    }
  });
  for (const ordinal of plan.records.keys()) if (!ends.has(ordinal)) wrong.push(`T-161: ${ordinal} never ends`);
  if (committed !== plan.records.length - 1) wrong.push(`T-161: in the end ${committed} is committed`);
  return wrong;
};

/** T-162: calls of a lane never overlap, and a key's new batch starts right after what of it is over. */
export const lanesKeepOrder: Checker = (plan, notes) => {
  const wrong: string[] = [];
  const out = new Set<number>();
  let over = new Set<number>();
  for (const note of notes) {
    if (note.kind === "called") {
      if (out.has(note.lane)) wrong.push(`T-162: lane ${note.lane} has two calls out`);
      out.add(note.lane);
      const first = note.ordinals[0] ?? 0;
      const keys = new Set(note.ordinals.map((ordinal) => plan.records[ordinal]?.key));
      for (let before = 0; before < first; before += 1) {
        const record = plan.records[before];
        if (record !== undefined && !record.isFiltered && keys.has(record.key) && !over.has(before)) {
          wrong.push(`T-162: ${first} is called before ${before} is over`);
        }
      }
      if (note.ordinals.some((ordinal, index) => index > 0 && ordinal <= (note.ordinals[index - 1] ?? -1))) {
        wrong.push(`T-162: ${note.ordinals.join(",")} is out of order`);
      }
      for (const ordinal of note.ordinals) if (over.has(ordinal)) wrong.push(`T-162: ${ordinal} is called again`);
    }
    if (note.kind === "returned") out.delete(note.lane);
    if (note.kind === "document") for (const ordinal of note.ordinals) over.add(ordinal);
    if (note.kind === "crashed") {
      out.clear();
      over = new Set([...over].filter((ordinal) => ordinal <= note.committed));
    }
    // A success is over when it returns; nothing of its lane can be called between.
    if (note.kind === "called") for (const ordinal of succeeded(note)) over.add(ordinal);
  }
  return wrong;
};

/** T-163: an identity is called at most 1 + retries times, and a document says how often. */
export const countsAreKept: Checker = (plan, notes) => {
  const wrong: string[] = [];
  const counted = new Map<number, number>();
  const members = new Map<number, string>();
  const { retries } = plan.settings;
  for (const note of notes) {
    if (note.kind === "called") {
      const names = note.ordinals.join(",");
      if ((members.get(note.identity) ?? names) !== names) wrong.push(`T-163: ${note.identity} changed its members`);
      members.set(note.identity, names);
      const count = (counted.get(note.identity) ?? 0) + (note.outcome.kind === "refused" ? 0 : 1);
      counted.set(note.identity, count);
      if (retries >= 0 && count > retries + 1) wrong.push(`T-163: ${names} is tried ${count} times`);
    }
    if (note.kind === "document") {
      const count = counted.get(note.identity) ?? 0;
      if (note.attempts !== count) wrong.push(`T-163: a document says ${note.attempts} for ${count} calls`);
      const isExhausted = note.condition === "RetryAttemptsExhausted";
      if (isExhausted && count !== retries + 1) wrong.push(`T-163: given up after ${count} calls`);
    }
  }
  return wrong;
};

/** T-164: no event passes BatchSize or its bytes, which are counted here. */
export const eventsAreBounded: Checker = (plan, notes) => {
  const wrong: string[] = [];
  const { settings } = plan;
  for (const note of notes) {
    if (note.kind !== "called") continue;
    if (note.ordinals.length > settings.batchSize) wrong.push(`T-164: ${note.ordinals.length} records in a call`);
    let bytes = settings.envelopeBytes + note.ordinals.length - 1;
    for (const ordinal of note.ordinals) bytes += plan.records[ordinal]?.sizeBytes ?? 0;
    if (bytes !== note.eventBytes) wrong.push(`T-164: ${note.eventBytes} bytes said, ${bytes} counted`);
    const isOver = bytes > settings.eventLimitBytes;
    if (isOver !== note.isTooLarge) wrong.push(`T-164: a call of ${bytes} bytes`);
    if (isOver && note.ordinals.length > 1) wrong.push("T-164: too large with more than one record");
  }
  return wrong;
};

/** T-165: documents cover what was given up, each record once, never what succeeded or is fine by itself. */
export const documentsCoverTheGivenUp: Checker = (plan, notes) => {
  const wrong: string[] = [];
  let covered = new Set<number>();
  let good = new Set<number>();
  for (const note of notes) {
    if (note.kind === "called") for (const ordinal of succeeded(note)) good.add(ordinal);
    if (note.kind === "crashed") {
      covered = new Set([...covered].filter((ordinal) => ordinal <= note.committed));
      good = new Set([...good].filter((ordinal) => ordinal <= note.committed));
    }
    if (note.kind !== "document") continue;
    for (const ordinal of note.ordinals) {
      if (covered.has(ordinal)) wrong.push(`T-165: ${ordinal} is in two documents`);
      if (good.has(ordinal)) wrong.push(`T-165: ${ordinal} succeeded and is in a document`);
      covered.add(ordinal);
    }
    if (note.ordinals.length > plan.settings.batchSize) wrong.push("O-12: a document of more than BatchSize records");
  }
  for (const [ordinal, record] of plan.records.entries()) {
    const isOver = covered.has(ordinal) || good.has(ordinal) || record.isFiltered;
    if (!isOver) wrong.push(`T-165: ${ordinal} was given up without a document`);
  }
  return wrong;
};

export const allCheckers: readonly Checker[] = [
  commitsBehindEndings,
  everythingEndsOnce,
  lanesKeepOrder,
  countsAreKept,
  eventsAreBounded,
  documentsCoverTheGivenUp,
];

export function violations(plan: Plan, notes: readonly Note[]): readonly string[] {
  return allCheckers.flatMap((check) => check(plan, notes));
}
