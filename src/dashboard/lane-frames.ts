// The lanes of a mapping as a page shows them: a row a shard, partition or change stream, with where it stands and what it assembles; of a
// queue or a broker a row a poller in use. Where a shard has several lanes, those with something in hand have rows of their own.

import { currentNode, type Family } from "../cli/live/families.ts";
import { limitsOf } from "../cli/live/limits.ts";
import type { LiveMapping } from "../cli/live/live-model.ts";
import { hasPlaces, shownPlace } from "../cli/source-family.ts";
import type { LaneReport, PartitionReport } from "../runtime/lane-report.ts";
import type { LaneFrame } from "./frame.ts";

const MOST_LANES = 50;

export interface LaneFacts {
  readonly mapping: LiveMapping;
  /** By unit: the newest committed position that was heard of. */
  readonly checkpoints: ReadonlyMap<string, string>;
  readonly nowMs: number;
  /** False: from a journal, which tells no bytes of what is being assembled. */
  readonly areBytesKnown: boolean;
}

/** At most 50, in the order of their names; where there are more, those with most to tell, the most urgent first. */
export function laneFrames(facts: LaneFacts): { readonly lanes: readonly LaneFrame[]; readonly moreLanes: number } {
  const { mapping } = facts;
  const reports = new Map<string, LaneReport>();
  const units = new Map<string, PartitionReport>();
  for (const report of mapping.view?.summary?.lanes ?? []) {
    reports.set(report.lane, report);
    for (const unit of report.partitions ?? []) units.set(unit.unit, unit);
  }
  for (const unit of mapping.view?.summary?.units ?? []) units.set(unit.unit, unit);
  const all = lanePaths(mapping, reports, units)
    .map((lane) => frameOf(lane, { ...facts, reports, units }))
    .sort(byName);
  const chosen =
    all.length <= MOST_LANES ? all : all.toSorted((one, other) => byUrgency(one, other)).slice(0, MOST_LANES);
  return { lanes: chosen, moreLanes: all.length - chosen.length };
}

const byName = (one: LaneFrame, other: LaneFrame): number =>
  one.label.localeCompare(other.label, "en", { numeric: true });

function lanePaths(
  mapping: LiveMapping,
  reports: ReadonlyMap<string, LaneReport>,
  units: ReadonlyMap<string, PartitionReport>,
): readonly string[] {
  const { uuid, settings, inHand } = mapping;
  const busy = new Set<string>();
  for (const [lane, report] of reports) if (report.waitingCount > 0 || report.tumbling !== null) busy.add(lane);
  for (const lane of inHand.keys()) busy.add(lane);
  if (!hasPlaces(settings.family)) return [...busy];
  const named = new Set([...mapping.units, ...units.keys()]);
  // A topic's batches have members of the group for lanes; its partitions have no lane of their own.
  if (settings.family === "topic") return [...[...named].map((unit) => `${uuid}/${unit}`), ...busy];
  const isSplit = settings.factor > 1;
  const whole = [...named].filter((unit) => unit !== "").map((unit) => `${uuid}/${unit}${isSplit ? "" : "/0"}`);
  return [...new Set([...whole, ...busy])];
}

function frameOf(
  lane: string,
  facts: LaneFacts & {
    readonly reports: ReadonlyMap<string, LaneReport>;
    readonly units: ReadonlyMap<string, PartitionReport>;
  },
): LaneFrame {
  const { mapping, checkpoints, reports, units, areBytesKnown } = facts;
  const { settings } = mapping;
  const [, unitName = "", index] = lane.split("/");
  const isShared = settings.factor > 1 && index !== undefined;
  const unit = isShared ? null : (units.get(unitName) ?? null);
  const report = reports.get(lane) ?? null;
  const family = holderOf(lane, mapping);
  const own = mapping.inHand.get(lane);
  const inHandCount = own !== undefined && own.endedAtMs === null ? own.root.places.to : 0;
  const isHeld = family?.hasFailed === true;
  const isAssembling = report !== null && report.waitingCount > 0 && !isHeld && !report.isHeld;
  const lagCount = unit?.lagCount ?? (report?.waitingCount ?? 0) + inHandCount;
  // What is read and neither waits nor has ended is in a batch, though its closing was not heard.
  const isUnheard = settings.family !== "topic" && (report === null ? lagCount > 0 : report.isHeld);
  const hasBatch = !isHeld && !isAssembling && (family !== null || isUnheard);
  const { tumbling = null } = report ?? {};
  return {
    lane,
    label: labelOf(lane, mapping),
    checkpoint: unit?.through ?? checkpoints.get(unitName) ?? null,
    lagCount,
    oldestAtMs: unit?.oldestArrivedAtMs ?? null,
    batch: hasBatch ? ((mapping.view?.summary?.runningCount ?? 0) > 0 ? "runs" : "waits") : null,
    assembling: isAssembling
      ? {
          recordCount: report.recordCount,
          eventBytes: areBytesKnown ? report.eventBytes : null,
          eventLimitBytes: report.eventLimitBytes,
          windowFromMs: report.windowFromMs,
          ...closing(report, facts),
        }
      : null,
    heldBy: isHeld ? { batch: currentNode(family.root)?.name ?? family.number, sinceMs: family.closedAtMs } : null,
    tumbling,
  };
}

/** The limit that will close it first, and when: by its own pace; of a journal, as it came. */
function closing(
  report: LaneReport,
  { mapping, nowMs, areBytesKnown }: LaneFacts,
): { readonly closedBy: string; readonly closesAtMs: number | null } {
  const { closedBy, closesAtMs } = report;
  if (!areBytesKnown) return { closedBy, closesAtMs };
  const { first, inMs } = limitsOf(report, mapping.settings.batchSize, nowMs);
  return {
    closedBy: first === "read" || first === null ? closedBy : first,
    closesAtMs: inMs === null ? null : nowMs + inMs,
  };
}

/** The batch that is in the lane's way; of a partition, the one that has records of it (M-207). */
function holderOf(lane: string, { inHand, story, settings }: LiveMapping): Family | null {
  const own = inHand.get(lane);
  if (own !== undefined && own.endedAtMs === null) return own;
  if (settings.family !== "topic") return null;
  const unit = lane.split("/")[1];
  for (const [path, family] of inHand) {
    const batch = story.batches.get(path);
    const isOfIt = batch?.batch === family.number && batch.partitions?.some((each) => each.unit === unit) === true;
    if (isOfIt && family.endedAtMs === null) return family;
  }
  return null;
}

function labelOf(lane: string, { settings }: LiveMapping): string {
  const [, unit = "", index] = lane.split("/");
  return shownPlace(index === undefined ? `/${unit}` : lane, settings.family, settings.factor > 1);
}

/** Held ones, then those that close first, then those that are furthest behind. */
function byUrgency(one: LaneFrame, other: LaneFrame): number {
  const held = Number(other.heldBy !== null) - Number(one.heldBy !== null);
  if (held !== 0) return held;
  const closes = (lane: LaneFrame): number => lane.assembling?.closesAtMs ?? Number.MAX_SAFE_INTEGER;
  return closes(one) - closes(other) || other.lagCount - one.lagCount;
}
