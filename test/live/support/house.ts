// The house that most live tests begin with: a server with the stream `orders`, told functions, clients and a witness.

import type { KinesisClient } from "@aws-sdk/client-kinesis";
import type { LambdaClient } from "@aws-sdk/client-lambda";
import { kinesisAt, lambdaAt } from "./aws-clients.ts";
import { aServer, type FileMembers, type LiveServer, streamArn, toldBy } from "./live-server.ts";
import { aWitness, type Witness } from "./witness.ts";

export interface House {
  readonly witness: Witness;
  readonly server: LiveServer;
  readonly lambda: LambdaClient;
  readonly kinesis: KinesisClient;
}

export async function aHouse(
  given: {
    /** Default: `f`. */
    readonly names?: readonly string[];
    /** More members of each function, or of each by its name. */
    readonly function?: FileMembers | ((name: string) => FileMembers);
    /** More members of the configuration. */
    readonly members?: FileMembers;
    readonly folder?: string;
  } = {},
): Promise<House> {
  const witness = await aWitness();
  const more = (name: string): FileMembers =>
    typeof given.function === "function" ? given.function(name) : (given.function ?? {});
  const functions = Object.fromEntries((given.names ?? ["f"]).map((name) => [name, toldBy(witness.url, more(name))]));
  const members = { streams: { orders: {} }, functions, ...given.members };
  const server = await aServer(members, given.folder === undefined ? {} : { folder: given.folder });
  return { witness, server, lambda: lambdaAt(server.url), kinesis: kinesisAt(server.url) };
}

/** What creates a mapping of `orders` and `f`. */
export const base = {
  EventSourceArn: streamArn("orders"),
  FunctionName: "f",
  StartingPosition: "TRIM_HORIZON",
} as const;

/** Texts r0, r1, and so on. */
export const numbered = (count: number, from = 0): readonly string[] =>
  Array.from({ length: count }, (_, index) => `r${from + index}`);

/** Resolves once so many records have been seen in all, by one function or by any. */
export const allOf = (witness: Witness, count: number, name?: string): Promise<void> =>
  witness.sees(() => witness.texts(name).length >= count);
