// How a mapping stands, as text: `millrace explain MAPPING`. Pure: the same story gives the same bytes.

import { signsOf } from "../screen.ts";
import { settingsText } from "../settings-text.ts";
import { counted, localTime, shortArn, shortId, shownNumber, shownSource } from "../shown-forms.ts";
import { hasPlaces, itemOf, shownPlace, type SourceFamily, sourceFamily, topicOf } from "../source-family.ts";
import { tumblingText } from "../window-text.ts";
import type { Of } from "./batch-story.ts";
import type { TextOptions } from "./batch-text.ts";
import { type MappingStory, readThrough, type UnitStory } from "./mapping-story.ts";
import { lostText, type Why } from "./mapping-why.ts";
import type { QueueFacts } from "./queue-why.ts";
import { familyOfSettings, patternsOf } from "./record-facts.ts";
import { enableCommand } from "../enable-command.ts";
import { closing, headline, labelled, nextLines, positionText } from "./story-forms.ts";

const MOST_UNITS = 8;

/** `queue`: what lies in it now; null: it is none, or nobody could be asked. */
export function mappingText(
  story: MappingStory,
  why: Why,
  options: TextOptions,
  queue: QueueFacts | null = null,
): string {
  const { screen, isFull } = options;
  const { counts, state } = story;
  const name = `mapping ${isFull ? story.uuid : shortId(story.uuid)}  ${endsOf(story)}`;
  const family = sourceFamily(story.settings);
  const units = hasPlaces(family) ? [...story.units.values()] : [];
  const lines = [
    ...headline(name, titleOf(story, why), options),
    ...(state === null ? [] : labelled("state", `${state.name} since ${localTime(state.sinceMs)}`, screen)),
    ...labelled("settings", settingsText(story.settings), screen),
    ...(family === "queue" || family === "topic" ? labelled("pollers", pollersText(story), screen) : []),
    ...(queue === null ? [] : labelled("queue", queueText(queue), screen)),
    ...units
      .slice(0, MOST_UNITS)
      .flatMap((unit) => labelled(unitLabel(unit, family), unitText(unit, story, options), screen)),
    ...(units.length > MOST_UNITS
      ? labelled(
          "",
          `and ${counted(units.length - MOST_UNITS, family === "topic" ? "partition" : "shard")} more`,
          screen,
        )
      : []),
    ...labelled(
      "read",
      `${counted(counts.read, itemOf(family))}${family === "changes" ? "" : `, ${shownNumber(counts.filtered)} of them passed over by the filter`}`,
      screen,
    ),
    ...labelled("batches", batchesText(story), screen),
    ...(story.lastRefused === null || why.code === "destination"
      ? []
      : labelled("lost", lostText(story.lastRefused, story), screen)),
    ...(story.lastSelfFeeding === null ? [] : labelled("feeds", feedsText(story.lastSelfFeeding), screen)),
    ...(story.lastNotice === null ? [] : labelled("config", story.lastNotice.text, screen)),
    ...closing("why", why.text, screen),
    ...nextLines(nextCommands(story, why, options), screen, options),
  ];
  return `${lines.join("\n")}\n`;
}

const feedsText = ({ functionName, atMs }: Of<"self-feeding">): string =>
  `${functionName} feeds its own source: records were put from inside its invocations, last told at ${localTime(atMs)}`;

function titleOf({ counts, state }: MappingStory, { code, isFine }: Why): string {
  if (code === "gone" || code === "stopped" || code === "disabled" || code === "paused") return code.toUpperCase();
  if (code === "destination") return "RECORDS LOST";
  if (isFine) return state?.name.toUpperCase() ?? "";
  return counts.batches === 0 ? "NOTHING ARRIVES" : "NOTHING MORE ARRIVES";
}

export function endsOf({ settings }: MappingStory): string {
  const text = (name: string): string => {
    const value = settings[name];
    return typeof value === "string" ? shortArn(value) : "?";
  };
  return `${shownSource(settings) || "?"} -> ${text("FunctionArn")}`;
}

const unitLabel = ({ unit }: UnitStory, family: SourceFamily): string =>
  family === "changes" ? "stream" : shownPlace(`/${unit}`, family, false);

function unitText(unit: UnitStory, story: MappingStory, { screen, isFull }: TextOptions): string {
  if (unit.isEnded) return "is closed, and all its records have ended";
  const { placed, lastRead, isReopened } = unit;
  const parts: string[] = [];
  if (placed !== null) {
    const { earlierCount } = placed;
    const before = earlierCount === 1 ? "1 record was" : `${shownNumber(earlierCount)} records were`;
    const starts = isReopened ? "started" : "starts";
    parts.push(
      earlierCount === 0 ? `${starts} at LATEST: it was empty` : `${starts} at LATEST: ${before} there before`,
    );
  }
  const through = readThrough(unit);
  if (lastRead !== null && through !== null) {
    const shown = isFull ? through : positionText(through, signsOf(screen));
    parts.push(`read up to ${shown} at ${localTime(lastRead.atMs)}${howFar(unit, lastRead, story)}`);
  } else if ((placed === null || isReopened) && through !== null) {
    parts.push(`goes on behind ${isFull ? through : positionText(through, signsOf(screen))}; nothing came since`);
  } else {
    parts.push("nothing came since");
  }
  const window = [...story.windows].find(([lane]) => lane.split("/")[1] === unit.unit)?.[1];
  if (window !== undefined) parts.push(`the ${tumblingText(window)} at its last call, is open`);
  return parts.join("; ");
}

/** What was all there was is not for long where nothing more is read: a shard reads only so far ahead of its lanes. */
function howFar(unit: UnitStory, { isCaughtUp }: Of<"read">, story: MappingStory): string {
  const isOfUnit = (lane: string): boolean => lane.split("/")[1] === unit.unit;
  const isHeld = [...story.held.keys()].some(isOfUnit);
  const isBusy = isHeld || story.isPaused || [...story.running.keys(), ...story.closed.keys()].some(isOfUnit);
  if (!isBusy || unit.waitingCount === 0) return isCaughtUp ? ", all there was" : ", and there was more";
  const more = isCaughtUp ? ", all there was then; more may wait in the stream" : ", and there was more";
  return `${more}: reading goes only so far ahead of a lane that ${isHeld ? "is held" : story.isPaused ? "is paused" : "runs"}`;
}

function pollersText({ lastScaled, shares, settings }: MappingStory): string {
  if (lastScaled === null) return "none yet";
  const { from, to, why, atMs } = lastScaled;
  const reason = {
    started: "as it starts",
    work: "there is work",
    idle: "nothing came",
    errors: "calls failed",
    settings: "new settings",
  };
  const before = why === "started" ? "" : `, ${shownNumber(from)} before`;
  const since = `${shownNumber(to)} since ${localTime(atMs)} (${reason[why]}${before})`;
  if (topicOf(settings) === null) return since;
  const all = [...shares.values()].reduce((sum, { partitionCount }) => sum + partitionCount, 0);
  return `${since}; ${shares.size === 0 ? "not in the group yet" : `with ${counted(all, "partition")}`}`;
}

const queueText = ({ visibleCount, hiddenCount, delayedCount }: QueueFacts): string =>
  `${shownNumber(visibleCount)} visible, ${shownNumber(hiddenCount)} in flight, ${shownNumber(delayedCount)} delayed`;

function batchesText({ counts, settings }: MappingStory): string {
  if (counts.batches === 0) return "none";
  const failed = counts.failed === 0 ? "" : `, ${shownNumber(counts.failed)} of them failed`;
  const poison = sourceFamily(settings) === "broker" ? "settled as poison" : "given up";
  const gaveUp = counts.gaveUp === 0 ? "" : `; ${counted(counts.gaveUp, "record")} ${poison}`;
  const dead = counts.deadLetters === 0 ? "" : `; ${counted(counts.deadLetters, "dead letter")}`;
  const windows = counts.windows === 0 ? "" : `; ${counted(counts.windows, "tumbling window")} closed`;
  return `${shownNumber(counts.batches)} closed, ${counted(counts.invocations, "invocation")}${failed}${gaveUp}${dead}${windows}`;
}

function nextCommands(
  story: MappingStory,
  why: Why,
  { command, url }: TextOptions,
): readonly (readonly [string, string])[] {
  const { settings } = story;
  const id = shortId(story.uuid);
  const [held] = [...story.held.values(), ...story.running.values()];
  switch (why.code) {
    case "gone":
      return [];
    case "stopped":
      return [[`${command} start`, ""]];
    case "disabled":
      return [
        ...(isPlaceLost(story) ? ([[`${command} reset ${id}`, "while no server runs; then"]] as const) : []),
        [enableCommand(story.uuid, url), ""],
      ];
    case "paused":
      return [[`${command} resume ${id}`, "lets it go on"]];
    case "held":
    case "throttled":
    case "at-limit":
    case "running":
      return held === undefined ? [] : [[`${command} explain ${id}/${held.batch}`, "that batch's story"]];
    case "filtered":
      return story.lastFiltered === null
        ? []
        : [
            [`${command} explain ${filteredName(story.lastFiltered, settings)}`, "that record"],
            ...filterCommand(settings, command),
          ];
    case "latest":
    case "no-records":
    case "nothing-new":
    case "receiving":
      return [[sendCommand(settings, command), "sends one"], ...filterCommand(settings, command)];
    case "hidden":
    case "group-held": {
      const batch = story.lastReturned?.batch ?? null;
      return batch === null ? [] : [[`${command} explain ${id}/${batch}`, "that batch's story"]];
    }
    case "dead-letter":
      return story.lastDeadLetter === null
        ? []
        : [[`${command} explain ${shortId(story.lastDeadLetter.messageId)}`, "that message's story"]];
    case "delayed":
      return [];
    case "source-ended":
      return [[describeTable(settings, url), "LatestStreamArn, for a mapping of its own"]];
    case "destination": {
      const { lastRefused: refused } = story;
      if (refused === null) return [];
      const [, queue] = /^there is no queue ([\w-]+)$/.exec(refused.detail) ?? [];
      const where = url === undefined ? "" : ` --endpoint-url ${url.replace(/\/$/, "")}`;
      return [
        ...(queue === undefined ? [] : ([[`aws sqs create-queue --queue-name ${queue}${where}`, ""]] as const)),
        [`${command} explain ${id}/${refused.batch}`, "what was lost"],
      ];
    }
    case "no-thread": {
      const [waiting] = story.noThread.values();
      return [[`maxFunctionThreads: ${2 * (waiting?.runningCount ?? 1)}    # in the configuration`, ""]];
    }
    case "group-taken":
    case "group-awaited":
      return [];
    case "source-unreachable":
    case "no-poller":
    case "function-missing":
    case "assembling":
      return [[`${command} logs ${shortSetting(settings, "FunctionArn")}`, "what the function wrote"]];
  }
}

/** Enabled with its place it would be disabled again (X-701). */
const isPlaceLost = ({ state }: MappingStory): boolean => state?.reason.startsWith("CHANGE_STREAM_") ?? false;

/** Of a topic an offset says nothing without its partition. */
const filteredName = ({ lane, position }: Of<"filtered">, settings: MappingStory["settings"]): string =>
  topicOf(settings) === null ? position : `${lane.split("/")[1] ?? ""}:${position}`;

/** What a consumer reads is put into its stream. Which engine a broker has, its ARN does not say. */
function sendCommand(settings: MappingStory["settings"], command: string): string {
  const source = shortSetting(settings, "EventSourceArn").replace(/\/consumer\/.*$/, "");
  const family = sourceFamily(settings);
  if (family === "broker") return `${command} send --help`;
  if (family === "topic" || family === "changes") {
    const place = shownSource(settings);
    // A database's stream needs a collection to write to, which its mapping does not name.
    const whole = family === "changes" && place.split("/").length < 3 ? `${place}/COLLECTION` : place;
    return `${command} send ${whole} --data '{"id": 1}'`;
  }
  return `${command} send ${source.replace(/^kinesis:/, "")} --count 1`;
}

function describeTable(settings: MappingStory["settings"], url: string | undefined): string {
  const table = shortSetting(settings, "EventSourceArn").replace(/^dynamodb:/, "");
  const where = url === undefined ? "" : ` --endpoint-url ${url.replace(/\/$/, "")}`;
  return `aws dynamodb describe-table --table-name ${table}${where}`;
}

/** One filter fits on a line; its text is quoted for a shell. */
function filterCommand(settings: MappingStory["settings"], command: string): readonly (readonly [string, string])[] {
  const [pattern, ...more] = patternsOf(settings);
  if (pattern === undefined || more.length > 0 || pattern.includes("'")) return [];
  return [[`${command} filter --source ${familyOfSettings(settings)} --pattern '${pattern}' --event @FILE`, ""]];
}

function shortSetting(settings: MappingStory["settings"], name: string): string {
  const value = settings[name];
  return typeof value === "string" ? shortArn(value) : "";
}
