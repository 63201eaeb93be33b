// The block QUEUE, BROKER, TOPIC or CHANGES: what lies in the source of a mapping that has no shards, who reads it, and what limits how many
// calls run; of a topic with a row a partition.

import { counted, oneLine, shortPosition, shownNumber } from "../shown-forms.ts";
import { type Row, span } from "./cells.ts";
import { readThrough } from "../explain/mapping-story.ts";
import { type SourceFamily, sourceWord } from "../source-family.ts";
import { drawPartitions } from "./draw-partitions.ts";
import type { LiveMapping } from "./live-model.ts";
import type { Tone } from "./look.ts";
import { chosenMapping, isWide, type Scene } from "./scene.ts";

const LABEL_COLUMNS = 12;

/** Of the chosen mapping; none where its source is a stream. */
export function drawSource(scene: Scene, mostPartitions: number): readonly Row[] {
  const mapping = chosenMapping(scene);
  if (mapping === null || mapping.settings.family === "stream") return [];
  const { facts, limit, heading } = toldOf(mapping.settings.family, mapping, scene);
  const label = span(heading.padEnd(LABEL_COLUMNS), "heading");
  const told = span(limit.text, limit.tone);
  const head: readonly Row[] = isWide(scene)
    ? [[label, span(facts), span("   "), told]]
    : [
        [label, span(facts)],
        [span(" ".repeat(LABEL_COLUMNS)), told],
      ];
  return mapping.settings.family === "topic" ? [...head, ...drawPartitions(mapping, scene, mostPartitions)] : head;
}

function toldOf(
  family: Exclude<SourceFamily, "stream">,
  mapping: LiveMapping,
  scene: Scene,
): { readonly heading: string; readonly facts: string; readonly limit: Limit } {
  switch (family) {
    case "queue":
      return { heading: "QUEUE", facts: queueText(mapping), limit: queueLimit(mapping, scene) };
    case "broker":
      return { heading: "BROKER", facts: brokerText(mapping), limit: brokerLimit(mapping) };
    case "topic":
      return { heading: "TOPIC", facts: topicText(mapping), limit: topicLimit(mapping) };
    case "changes":
      return { heading: "CHANGES", facts: changesText(mapping), limit: changesLimit(mapping) };
  }
}

const runningOf = ({ view }: LiveMapping): number => view?.summary?.runningCount ?? 0;

/** `412 visible, 30 in flight, 2 delayed; 12 pollers, 8 running of 10`. */
function queueText(mapping: LiveMapping): string {
  const { queueCounts, story } = mapping;
  const lies =
    queueCounts === null
      ? ""
      : `${shownNumber(queueCounts.visibleCount)} visible, ${shownNumber(queueCounts.hiddenCount)} in flight, ${shownNumber(queueCounts.delayedCount)} delayed; `;
  const pollers = story.lastScaled === null ? "no poller yet" : counted(story.lastScaled.to, "poller");
  const most = mostCalls(mapping);
  return `${lies}${pollers}, ${shownNumber(runningOf(mapping))} running${most === null ? "" : ` of ${shownNumber(most)}`}`;
}

/** Most calls at a time: MaximumConcurrency, or as many as there are pollers, ten each of provisioned ones (P-28). Null: not known yet. */
export function mostCalls({ settings, story }: LiveMapping): number | null {
  const pollers = story.lastScaled?.to ?? null;
  if (settings.mostAtATime !== null) return settings.mostAtATime;
  if (pollers === null) return null;
  return settings.isProvisioned ? pollers * CALLS_A_PROVISIONED_POLLER : pollers;
}

const CALLS_A_PROVISIONED_POLLER = 10;

interface Limit {
  readonly text: string;
  readonly tone: Tone;
}

const warning = (text: string): Limit => ({ text, tone: "warning" });
const quiet = (text: string): Limit => ({ text, tone: "quiet" });

/** What keeps more from running, the first that holds. */
function queueLimit(mapping: LiveMapping, { look: { signs } }: Scene): Limit {
  const trouble = troubleOf(mapping);
  if (trouble !== null) return trouble;
  const { settings, story, queueCounts } = mapping;
  const [held] = story.held.values();
  if (held !== undefined)
    return warning(
      `limited by the function: ${held.outcome}, ${counted(story.held.size, "batch")} held, no receive used up`,
    );
  const running = runningOf(mapping);
  const most = settings.mostAtATime;
  if (most !== null && running >= most)
    return warning(`limited by MaximumConcurrency: ${shownNumber(running)} of ${shownNumber(most)}`);
  const scaled = story.lastScaled;
  if (scaled?.why === "errors")
    return warning(`limited by back-off after failed calls: ${scaled.from} ${signs.to} ${scaled.to} pollers`);
  const all = mostCalls(mapping);
  if (all !== null && running >= all && (queueCounts?.visibleCount ?? 0) > 0)
    return quiet("limited by scaling: every poller is at work, more come by the minute");
  if ((queueCounts?.visibleCount ?? 0) > 0 && running > 0 && mapping.view?.eventSourceArn?.endsWith(".fifo") === true)
    return quiet("limited by groups: one batch of a group at a time");
  return quiet("nothing limits it");
}

/** `12 unacknowledged of orders; 1 consumer, 1 running`. */
function brokerText(mapping: LiveMapping): string {
  const { settings, view, units } = mapping;
  const of = settings.queueName === null ? "" : ` of ${oneLine(settings.queueName)}`;
  const lag = shownNumber(view?.summary?.lagCount ?? 0);
  return `${lag} unacknowledged${of}; ${counted(units.size, "consumer")}, ${shownNumber(runningOf(mapping))} running`;
}

function brokerLimit(mapping: LiveMapping): Limit {
  const trouble = troubleOf(mapping);
  if (trouble !== null) return trouble;
  const { story, units } = mapping;
  const [held] = story.held.values();
  if (held !== undefined)
    return warning(`held by batch ${held.batch}: ${held.outcome}; its messages stay unacknowledged`);
  if (units.size > 0 && runningOf(mapping) >= units.size) return quiet("limited by its consumers: one call each");
  return quiet("nothing limits it");
}

/** `3 partitions; 1 poller, 2 running of 3`. */
function topicText(mapping: LiveMapping): string {
  const { units, story } = mapping;
  const pollers = story.lastScaled === null ? "no poller yet" : counted(story.lastScaled.to, "poller");
  return `${counted(units.size, "partition")}; ${pollers}, ${shownNumber(runningOf(mapping))} running`;
}

function topicLimit(mapping: LiveMapping): Limit {
  const trouble = troubleOf(mapping);
  if (trouble !== null) return trouble;
  const { story, units } = mapping;
  if (units.size === 0 && story.shares.size > 0)
    return warning("limited by its group: other members have all partitions");
  const [held] = story.held.values();
  if (held !== undefined) return warning(`batch ${held.batch}: ${held.outcome}; its partitions wait, others go on`);
  if (units.size > 0 && runningOf(mapping) >= units.size) return quiet("limited by its partitions: one call each");
  return quiet("nothing limits it");
}

/** `read up to 12:04:31#1; 3 in progress, 1 running`: places go by the cluster's clock. */
function changesText(mapping: LiveMapping): string {
  const [unit] = mapping.story.units.values();
  const through = unit === undefined ? null : readThrough(unit);
  const place = through === null ? "nothing read yet" : `read up to ${shortPosition(through)}`;
  return `${place}; ${shownNumber(mapping.view?.summary?.lagCount ?? 0)} in progress, ${shownNumber(runningOf(mapping))} running`;
}

function changesLimit(mapping: LiveMapping): Limit {
  const trouble = troubleOf(mapping);
  if (trouble !== null) return trouble;
  const [held] = mapping.story.held.values();
  if (held !== undefined) return warning(`held by batch ${held.batch}: ${held.outcome}; it is tried until it succeeds`);
  return runningOf(mapping) > 0 ? quiet("limited by its order: one call at a time") : quiet("nothing limits it");
}

function troubleOf({ settings, story, view }: LiveMapping): Limit | null {
  if (view?.isPaused === true) return warning("paused before its next batch");
  const [problem] = story.problems.values();
  if (problem !== undefined)
    return warning(`the ${sourceWord(settings.family)} cannot be read: ${oneLine(problem.detail)}`);
  const [waiting] = story.noThread.values();
  if (waiting === undefined) return null;
  const busy = counted(waiting.runningCount, "function thread");
  return warning(`limited by maxFunctionThreads: ${busy} ${waiting.runningCount === 1 ? "runs" : "run"}`);
}
