// Words and figures of the report's sentences: the same as in the terminal, without what only a terminal needs.

import type { LoadRun } from "./report.ts";

/** `shard 0`, `shard 0 lane 3` where shards have several, `poller 3` of a queue, `poller 0 call 1` of a topic. `lane`: a journal entry's path. */
export function laneWord(lane: string, family: LoadRun["family"], isSplit: boolean): string {
  const [, unit = "", index] = lane.split("/");
  if (family === "queue") return `poller ${index ?? "0"}`;
  if (family === "topic") return `poller ${unit.replace(/^p/, "")} call ${index ?? "0"}`;
  const [, number, end] = /^shardId-(\d+)(?:-([0-9a-f]{8}))?$/.exec(unit) ?? [];
  const word = number === undefined ? unit : `shard ${end ?? Number(number)}`;
  return isSplit && index !== undefined ? `${word} lane ${index}` : word;
}

/** `6,291,456`; at most one decimal below 100. */
export const shownCount = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });

/** `93 %`; under 10 % with one decimal. */
export const shownPercent = (share: number): string =>
  `${(100 * share).toLocaleString("en-US", { maximumFractionDigits: Math.abs(share) < 0.0995 ? 1 : 0 })} %`;

/** `0.52 s`, `51 s`: two decimals below 10 s, one below 100 s; `0 s` and `< 0.01 s` are not the same. */
export function shownSeconds(ms: number): string {
  if (ms === 0) return "0 s";
  if (ms > 0 && ms < 5) return "< 0.01 s";
  const seconds = ms / 1_000;
  const digits = seconds < 10 ? 2 : seconds < 100 ? 1 : 0;
  return `${seconds.toLocaleString("en-US", { minimumFractionDigits: seconds < 10 ? 2 : 0, maximumFractionDigits: digits })} s`;
}

/** `1 record`, `1,204 records`. */
export const counted = (count: number, one: string): string => `${shownCount(count)} ${one}${count === 1 ? "" : "s"}`;
