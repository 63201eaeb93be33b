// `millrace shards STREAM`: the shards of a stream of the running server; `millrace reshard STREAM`: splits one, merges two, or changes how
// many there are, by the same Kinesis calls that any client makes.

import type { Command } from "commander";
import { MillraceError } from "../errors.ts";
import { MOST_SHARDS } from "../ports/streams.ts";
import { parsePort, type Terminal, wholeNumber, withConfigFlag } from "./command-options.ts";
import { createKinesisEndpoint, type Fetch } from "./kinesis-endpoint.ts";
import { type EndpointFlags, urlOf } from "./server-url.ts";
import { counted, shownNumber, shownShard } from "./shown-forms.ts";
import { kinesisNameOf, shardNamed, shardsOf, type ShownShard } from "./stream-shards.ts";

interface ShardsFlags extends EndpointFlags {
  readonly json?: boolean;
}

interface ReshardFlags extends ShardsFlags {
  readonly split?: string;
  readonly at?: string;
  readonly merge?: readonly string[];
  readonly count?: number;
}

async function runShardsCommand(
  stream: string,
  flags: ShardsFlags,
  terminal: Terminal,
  fetchFrom: Fetch,
): Promise<number> {
  const endpoint = createKinesisEndpoint(await urlOf(flags, terminal), fetchFrom);
  const shards = await shardsOf(endpoint, stream, "shards");
  if (flags.json === true) terminal.write(`${JSON.stringify({ stream, shards })}\n`);
  else terminal.write(`${[countsText(stream, shards), ...shardLines(shards)].join("\n")}\n`);
  return 0;
}

function countsText(stream: string, shards: readonly ShownShard[]): string {
  const openCount = shards.filter(({ state }) => state === "open").length;
  const closedCount = shards.length - openCount;
  return `${stream}: ${counted(openCount, "open shard")}${closedCount === 0 ? "" : `, ${shownNumber(closedCount)} closed`}`;
}

function shardLines(shards: readonly ShownShard[]): readonly string[] {
  const rows = shards.map((shard) => [
    shard.id,
    shard.state,
    `${shard.startingHashKey} to ${shard.endingHashKey}`,
    shard.parents.length === 0 ? "" : `from ${shard.parents.map(shownShard).join(" and ")}`,
  ]);
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join("  ")}`.trimEnd());
}

async function runReshardCommand(
  stream: string,
  flags: ReshardFlags,
  terminal: Terminal,
  fetchFrom: Fetch,
): Promise<number> {
  refuseFlags(stream, flags);
  const endpoint = createKinesisEndpoint(await urlOf(flags, terminal), fetchFrom);
  const before = await shardsOf(endpoint, stream, "reshard");
  const { operation, members } = callOf(stream, flags, before);
  await endpoint.call(operation, { StreamName: stream, ...members });
  const after = await shardsOf(endpoint, stream, "reshard");
  const known = new Map(before.map((shard) => [shard.id, shard.state]));
  const closed = after.filter(({ id, state }) => state === "closed" && known.get(id) === "open");
  const opened = after.filter(({ id, state }) => state === "open" && !known.has(id));
  const openCount = after.filter(({ state }) => state === "open").length;
  if (flags.json === true) {
    const ids = (shards: readonly ShownShard[]): readonly string[] => shards.map(({ id }) => id);
    terminal.write(`${JSON.stringify({ stream, closed: ids(closed), opened: ids(opened), openCount })}\n`);
    return 0;
  }
  const named = (shards: readonly ShownShard[]): string => shards.map(({ id }) => shownShard(id)).join(", ");
  terminal.write(
    closed.length === 0
      ? `${stream}: ${counted(openCount, "open shard")} of one size already; nothing is changed\n`
      : `resharded ${stream}: closed ${named(closed)}; opened ${named(opened)}; ${counted(openCount, "open shard")}\n`,
  );
  return 0;
}

function refuseFlags(stream: string, { split, at, merge, count }: ReshardFlags): void {
  const help = `millrace reshard ${stream} --count 2`;
  if ([split, merge, count].filter((each) => each !== undefined).length !== 1) {
    throw new MillraceError("bad-argument", "one of --split, --merge and --count says what to do", { help });
  }
  if (at !== undefined && split === undefined) {
    throw new MillraceError("bad-argument", "--at goes with --split: it is where the second half begins", { help });
  }
  if (at !== undefined && !/^\d{1,39}$/.test(at)) {
    throw new MillraceError("bad-argument", `--at ${at} is no hash key: a whole number below 2^128`, { help });
  }
  if (merge !== undefined && merge.length !== 2) {
    throw new MillraceError("bad-argument", `--merge takes two shards, not ${merge.length}`, {
      help: `millrace reshard ${stream} --merge 0 1`,
    });
  }
}

function callOf(
  stream: string,
  { split, at, merge, count }: ReshardFlags,
  shards: readonly ShownShard[],
): { readonly operation: string; readonly members: object } {
  if (split !== undefined) {
    const shard = shardNamed(shards, split, stream);
    const NewStartingHashKey = at ?? middleOf(shard);
    return { operation: "SplitShard", members: { ShardToSplit: shard.id, NewStartingHashKey } };
  }
  if (merge !== undefined) {
    // A person says which two; which of them comes first follows from their hash keys.
    const [first, second] = merge
      .map((name) => shardNamed(shards, name, stream))
      .toSorted((one, other) => (BigInt(one.startingHashKey) < BigInt(other.startingHashKey) ? -1 : 1));
    return { operation: "MergeShards", members: { ShardToMerge: first?.id, AdjacentShardToMerge: second?.id } };
  }
  return { operation: "UpdateShardCount", members: { TargetShardCount: count, ScalingType: "UNIFORM_SCALING" } };
}

const middleOf = ({ startingHashKey, endingHashKey }: ShownShard): string =>
  ((BigInt(startingHashKey) + BigInt(endingHashKey) + 1n) / 2n).toString();

export function registerShardCommands(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  terminal: Terminal,
  fetchFrom: Fetch,
): void {
  const command = (name: string): Command =>
    withConfigFlag(program.command(name))
      .argument("<stream>", "name of the stream")
      .option("--host <host>", "where the server is")
      .option("--port <n>", "where the server is", parsePort)
      .option("--endpoint <url>", "where the server is, in one")
      .option("--json", "answer in JSON");
  command("shards")
    .description("the shards of a stream of the running server: state, hash keys, parents")
    .action((stream: string, flags: ShardsFlags) =>
      run(async () => runShardsCommand(kinesisNameOf(stream), flags, terminal, fetchFrom)),
    );
  command("reshard")
    .description("split a shard of a stream of the running server, merge two, or change how many there are")
    .option("--split <shard>", "shard to split, by its id or number")
    .option("--at <hashkey>", "where the second half begins; else in the middle")
    .option("--merge <shards...>", "two neighbouring shards to merge")
    .option("--count <n>", "open shards there shall be, of one size", wholeNumber(1, MOST_SHARDS))
    .action((stream: string, flags: ReshardFlags) =>
      run(async () => runReshardCommand(kinesisNameOf(stream), flags, terminal, fetchFrom)),
    );
}
