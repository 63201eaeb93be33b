// The plain lines on a mapping's source: from where it is read, what was passed over or lost, and why it cannot be read.

import { assertNever } from "../core/assert-never.ts";
import { isQuiet, type LineState, othersFaults } from "./line-state.ts";
import { factsOf, type Line, line, type Of, shownMapping, where } from "./plain-line.ts";
import { noticeText } from "./notice.ts";
import { counted, oneLine, shortPosition, shownMs } from "./shown-forms.ts";

export function filteredLines(entry: Of<"filtered">, state: LineState): readonly Line[] {
  return isQuiet(state, entry) ? [line("filtered", filteredText(entry, state), "quiet")] : [];
}

function filteredText(entry: Of<"filtered">, state: LineState): string {
  const count = counted((state.filteredCounts.get(entry.mapping ?? "") ?? 0) + entry.filteredCount, "record");
  return `${where(entry, state)} ${count} passed over by the filter, the last ${shortPosition(entry.position)}: ${oneLine(entry.why)}`;
}

/** What a poller is given, its partitions tell; worth a line is what it has no more. */
function shareLines(entry: Of<"share">, state: LineState): readonly Line[] {
  const { partitionCount } = entry;
  if (partitionCount === 0) {
    const text = "has no partition: other members of its group have them";
    return [line("reads", `${where(entry, state)} ${text}`, "warning")];
  }
  if (partitionCount >= (state.shares.get(entry.lane) ?? 0)) return [];
  const names = entry.units.slice(0, MOST_NAMES).join(", ");
  const more = partitionCount > MOST_NAMES ? `, ${names} and more` : ` (${names})`;
  return [line("reads", `${where(entry, state)} has ${counted(partitionCount, "partition")} now${more}`)];
}

const MOST_NAMES = 5;
/** M-821, of ours. */
const FORMER_MEMBER = "a member that was killed counts until its session is over, up to 30 s";

type SourceFact =
  | Of<"unit-placed">
  | Of<"unit-opened">
  | Of<"unit-ended">
  | Of<"share">
  | Of<"group-awaited">
  | Of<"lost">
  | Of<"given-back">
  | Of<"aggregate-dropped">
  | Of<"unsupported">
  | Of<"source-problem">
  | Of<"source-recovered">
  | Of<"checkpoint-problem">;

export function sourceLines(entry: SourceFact, state: LineState): readonly Line[] {
  const place = where(entry, state);
  switch (entry.kind) {
    case "unit-placed": {
      const { earlierCount } = entry;
      const [were, are] = earlierCount === 1 ? ["was", "is"] : ["were", "are"];
      const before = earlierCount === 0 ? "no record was" : `${counted(earlierCount, "record")} ${were}`;
      const skipped = earlierCount === 0 ? "" : `, and ${are} not read`;
      return [line("reads", `${place} starts at LATEST: ${before} there before${skipped}`)];
    }
    case "unit-opened":
      return [line("reads", `${place} ${openedText(entry, state)}`)];
    case "unit-ended":
      return [line("reads", `${place} no more: it is closed or gone, and all its records have ended`)];
    case "share":
      return shareLines(entry, state);
    case "group-awaited":
      return [line("reads", `${place} waits to be let into its group: ${FORMER_MEMBER}`, "warning")];
    case "lost":
      return [line("lost", `${place}: ${lostText(entry, state)}`, "bad")];
    case "given-back": {
      // A partition's records are the group's; a message is its broker's.
      if (isOnTopic(entry, state)) {
        const why = entry.why === "revoked" ? "another member has the partition now" : entry.why;
        return [line("back", `${place}: ${counted(entry.recordCount, "record")} to be read again (${why})`, "quiet")];
      }
      const what = `${counted(entry.recordCount, "message")} unsettled`;
      return [line("back", `${place}: ${what}, the broker hands them out again (${entry.why})`, "quiet")];
    }
    case "aggregate-dropped": {
      const what = `${counted(entry.recordCount, "record")} of the aggregate ${shortPosition(entry.position)}`;
      return [line("dropped", `${place}: ${what}: a hash key in it is outside the shard, so none is delivered`, "bad")];
    }
    case "unsupported":
      return [line("dropped", `${place}: ${shortPosition(entry.position)} to the dead letters: ${entry.why}`, "bad")];
    case "source-problem":
      // A broker's consumers and a topic's pollers meet a fault each by itself: it is said once, and so is its end.
      return isSharedOut(entry, state) && othersFaults(state, entry).includes(entry.detail)
        ? []
        : problemLines(entry, state);
    case "source-recovered":
      if (isSharedOut(entry, state) || isOnChanges(entry, state)) {
        const text = `mapping ${shownMapping(entry)} can be read again`;
        return othersFaults(state, entry).length > 0 ? [] : [line("source", text, "good")];
      }
      return [line("source", entry.isGone ? `${place} is there no more` : `${place} can be read again`, "good")];
    case "checkpoint-problem":
      return [checkpointLine(entry, place)];
    default:
      return assertNever(entry);
  }
}

const isOnTopic = (entry: SourceFact, state: LineState): boolean => factsOf(entry, state)?.family === "topic";
const isOnChanges = (entry: SourceFact, state: LineState): boolean => factsOf(entry, state)?.family === "changes";
/** Several read the same for it. */
const isSharedOut = (entry: SourceFact, state: LineState): boolean =>
  isOnTopic(entry, state) || factsOf(entry, state)?.family === "broker";

/** A starting position is stored as a checkpoint before anything is read (H-2), so this holds for a first start too. */
function openedText(entry: Of<"unit-opened">, state: LineState): string {
  const { after, startedFrom } = entry;
  // A group's places are its cluster's; a partition that appears later begins at its first record (M-504).
  if (isOnTopic(entry, state)) return after === null ? "from its first record on" : `on behind ${after}`;
  if (isOnChanges(entry, state) && after !== null) return `on behind ${shortPosition(after)}`;
  if (after !== null) return `on from its checkpoint, after ${shortPosition(after)}`;
  // The tip of an empty shard is its beginning.
  return startedFrom === "latest" ? "from the first record that comes" : "from its oldest record on";
}

function lostText(entry: Of<"lost">, state: LineState): string {
  const what = entry.count === null ? "records" : counted(entry.count, "record");
  const after = entry.after === null ? "" : ` after ${shortPosition(entry.after)}`;
  const before = entry.before === null ? "" : ` before ${shortPosition(entry.before)}`;
  return `${what}${after}${before} left the ${isOnTopic(entry, state) ? "topic" : "stream"} unread`;
}

/** Whole for the first place of a mapping that has it; the others say only where, as the rest is the same. */
function problemLines(entry: Of<"source-problem">, state: LineState): readonly Line[] {
  const detail = oneLine(entry.detail).replace(/\.$/, "");
  const next = entry.nextTryMs === null ? "tried again until it can" : `next try in ${shownMs(entry.nextTryMs)}`;
  const when = entry.isFinal === true ? "at once" : "if it lasts";
  const disables = entry.disablingReason === undefined ? "" : `; Disabled with ${entry.disablingReason} ${when}`;
  if (entry.code !== "unreachable" || state.troubled.has(entry.mapping ?? "")) {
    const place = `${where(entry, state)} ${entry.code}: ${detail}`;
    const tried = entry.isFinal === true ? "" : `; ${next}, no retry is used up`;
    return [line("problem", `${place}${tried}${disables}`, "bad")];
  }
  const help = remedyOf(detail);
  return [
    line("problem", noticeText({ kind: "warning", code: "source-unreachable", text: detail }), "bad"),
    line("problem", `mapping ${shownMapping(entry)} ${goesOnText(entry, state)}; ${next}`, "bad"),
    ...(help === null ? [] : [line("help", help)]),
  ];
}

function goesOnText(entry: Of<"source-problem">, state: LineState): string {
  switch (factsOf(entry, state)?.family ?? "stream") {
    case "stream":
      // Of a mapping that has not begun to read the problem is not a shard's.
      return entry.lane.includes("/")
        ? "stays Enabled and goes on from its checkpoint by itself; no retry is used up"
        : "begins by itself once it can be read";
    case "topic":
      return "stays Enabled and goes on from what its group has committed; no retry is used up";
    case "changes":
      return "stays Enabled and goes on from its stored place by itself; no retry is used up";
    case "queue":
      return "stays Enabled and receives again by itself once it can; what it had in hand comes again when its visibility timeout is over";
    case "broker":
      return "stays Enabled and consumes again by itself once it can; what it had not acknowledged, the broker hands out again";
  }
}

/** A Redis of this machine may just not have been started. */
function remedyOf(detail: string): string | null {
  const [, host = "", port] = /^Redis at ([^\s:]+|\[[^\]]+\]):(\d+) /.exec(detail) ?? [];
  if (port === undefined) return null;
  return ["127.0.0.1", "localhost", "[::1]"].includes(host)
    ? `redis-server --port ${port}    # or: docker compose up redis`
    : `redis-cli -h ${host} -p ${port} ping`;
}

function checkpointLine(entry: Of<"checkpoint-problem">, place: string): Line {
  if (entry.answer === "fenced")
    return line("problem", `${place} stops: a newer start of this mapping has taken over`, "warning");
  const next =
    entry.nextTryMs === null
      ? "what ended behind the last one is delivered again after the next start"
      : `next try in ${shownMs(entry.nextTryMs)}`;
  return line("problem", `${place} checkpoint not stored; ${next}`, "bad");
}
