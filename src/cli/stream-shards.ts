// The shards of a stream of the running server as `millrace shards` and `millrace reshard` read and name them.

import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import { type KinesisEndpoint, textAt } from "./kinesis-endpoint.ts";
import { shownShard } from "./shown-forms.ts";

export interface ShownShard {
  readonly id: string;
  readonly state: "open" | "closed";
  readonly parents: readonly string[];
  readonly startingHashKey: string;
  readonly endingHashKey: string;
  readonly startingSequenceNumber: string;
  /** Null while it is open. */
  readonly endingSequenceNumber: string | null;
}

/** The stream's own name, also where it is given as lines and configuration have it, `kinesis:orders`. Throws `bad-argument` for a table's. */
export function kinesisNameOf(stream: string): string {
  const table = /^dynamodb:(.+)$/.exec(stream)?.[1];
  if (table === undefined) return stream.replace(/^kinesis:/, "");
  throw new MillraceError("bad-argument", `the stream of the table \`${table}\` has one shard, which is never split`, {
    help: `aws dynamodbstreams list-streams --table-name ${table}`,
  });
}

/** In the order of their ids. `command` is what the help line offers for the likely stream. */
export async function shardsOf(
  endpoint: KinesisEndpoint,
  stream: string,
  command: string,
): Promise<readonly ShownShard[]> {
  const shards: ShownShard[] = [];
  let request: object = { StreamName: stream };
  for (;;) {
    let page: Readonly<Record<string, unknown>>;
    try {
      page = await endpoint.call("ListShards", request);
    } catch (error) {
      throw await orNoStream(error, endpoint, { stream, command });
    }
    const found: readonly unknown[] = Array.isArray(page["Shards"]) ? page["Shards"] : [];
    shards.push(...found.map(shardFrom));
    const next = textAt(page, "NextToken");
    if (next === null) return shards;
    request = { NextToken: next };
  }
}

function shardFrom(value: unknown): ShownShard {
  const shard: Readonly<Record<string, unknown>> = { ...Object(value) };
  const hashKeys: Readonly<Record<string, unknown>> = { ...Object(shard["HashKeyRange"]) };
  const numbers: Readonly<Record<string, unknown>> = { ...Object(shard["SequenceNumberRange"]) };
  const endingSequenceNumber = textAt(numbers, "EndingSequenceNumber");
  return {
    id: textAt(shard, "ShardId") ?? "",
    state: endingSequenceNumber === null ? "open" : "closed",
    parents: [textAt(shard, "ParentShardId"), textAt(shard, "AdjacentParentShardId")].filter((each) => each !== null),
    startingHashKey: textAt(hashKeys, "StartingHashKey") ?? "",
    endingHashKey: textAt(hashKeys, "EndingHashKey") ?? "",
    startingSequenceNumber: textAt(numbers, "StartingSequenceNumber") ?? "",
    endingSequenceNumber,
  };
}

async function orNoStream(
  error: unknown,
  endpoint: KinesisEndpoint,
  { stream, command }: { readonly stream: string; readonly command: string },
): Promise<unknown> {
  if (!(error instanceof MillraceError) || error.code !== "bad-argument") return error;
  const { StreamNames } = await endpoint.call("ListStreams", {}).catch(() => ({ StreamNames: [] }));
  const names = Array.isArray(StreamNames) ? StreamNames.map(String) : [];
  if (names.includes(stream)) return error;
  const likely = likelyName(stream, names) ?? names[0];
  const help =
    likely === undefined
      ? `streams: { ${stream}: { shards: 1 } }    # in the configuration file, as millrace.config.yaml`
      : `millrace ${command} ${likely}`;
  return new MillraceError("bad-argument", `there is no stream \`${stream}\``, { help, cause: error });
}

/** By its id, or by its number alone. Throws `bad-argument` with those that there are. */
export function shardNamed(shards: readonly ShownShard[], name: string, stream: string): ShownShard {
  const id = /^\d{1,12}$/.test(name) ? `shardId-${name.padStart(12, "0")}` : name;
  const found = shards.find((each) => each.id === id);
  if (found !== undefined) return found;
  const open = shards.filter(({ state }) => state === "open").map((each) => shownShard(each.id));
  throw new MillraceError("bad-argument", `${stream} has no shard \`${name}\`; open are ${open.join(", ")}`, {
    help: `millrace shards ${stream}`,
  });
}
