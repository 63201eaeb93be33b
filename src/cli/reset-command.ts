// `millrace reset`: forgets what is kept in the state directory, all of it, or one mapping's checkpoints, so that it starts anew at
// its starting position. Only while no Millrace uses the directory. What is in Redis stays.

import { existsSync } from "node:fs";
import { Argument, type Command } from "commander";
import { loadConfig } from "../config/load-config.ts";
import type { Config } from "../config/config.ts";
import { kafkaAddressOf } from "../control/group-reading.ts";
import type { MappingSettings } from "../control/mapping/mapping-settings.ts";
import { MillraceError } from "../errors.ts";
import type { KafkaAddress } from "../ports/mapping-spec.ts";
import { openStateDirectory, resetStateDirectory, statePaths } from "../platform/state-directory.ts";
import { startStoreThread } from "../stores/start-store-thread.ts";
import { forgetCheckpoints } from "../stores/store-checkpoints.ts";
import { createStoreClient, type StoreClient } from "../stores/store-client.ts";
import { createTables } from "../stores/store-tables.ts";
import { workerEntry } from "../threads/entries.ts";
import {
  loadOptionsOf,
  type PlaceFlags,
  shownFolder,
  type Terminal,
  withConfigFlag,
  withStateFlag,
} from "./command-options.ts";
import { shortArn, shortId, shownSource } from "./shown-forms.ts";
import { sourceFamily } from "./source-family.ts";

export interface ResetFlags extends PlaceFlags {
  readonly json?: boolean;
}

async function runResetCommand(what: string, flags: ResetFlags, terminal: Terminal): Promise<number> {
  const config = await loadConfig(loadOptionsOf(flags, terminal));
  const { stateDir } = config;
  const shownDir = shownFolder(stateDir, terminal);
  const tell = (text: string, facts: object): void =>
    terminal.write(flags.json === true ? `${JSON.stringify(facts)}\n` : `${text}\n`);
  if (!existsSync(statePaths(stateDir).root)) {
    if (what !== "all") throw noSuchMapping(what, [], []);
    tell(`nothing to reset: there is no ${shownDir}`, { reset: "nothing", stateDir });
    return 0;
  }
  if (what === "all") {
    resetStateDirectory(stateDir);
    const redis = config.redis === null ? "" : "; what is in Redis stays";
    tell(`${shownDir} is empty now: streams, tables, queues, mappings, checkpoints and journal are gone${redis}`, {
      reset: "all",
      stateDir,
    });
    return 0;
  }
  const mapping = await inStore(config, (client) => forgetMapping(client, what, config));
  tell(`mapping ${shortId(mapping.uuid)}${mapping.ends} starts anew at its starting position`, {
    reset: "mapping",
    mapping: mapping.uuid,
    stateDir,
  });
  return 0;
}

/** Opens the store for a moment, under the directory's lock. */
async function inStore<T>(config: Config, work: (client: StoreClient) => Promise<T>): Promise<T> {
  const state = openStateDirectory(config.stateDir);
  try {
    const store = await startStoreThread({
      entry: workerEntry("store"),
      storeFile: state.storeFile,
      region: config.region,
      accountId: config.account,
      maxShardBytes: null,
      // What was asked of it is then refused, and that is told. Housekeeping can wait for the next start.
      onFailed: () => undefined,
      onProblem: () => undefined,
    });
    const client = createStoreClient(store.connect());
    try {
      return await work(client);
    } finally {
      client.close();
      await store.close();
    }
  } finally {
    state.close();
  }
}

async function forgetMapping(
  client: StoreClient,
  wanted: string,
  { kafkaClusters }: Pick<Config, "kafkaClusters">,
): Promise<{ readonly uuid: string; readonly ends: string }> {
  const rows = await createTables(client).list("mappings");
  const all = rows.map(({ key, value }): StoredMapping => ({ uuid: key, ...endsOf(value) }));
  const called = all.filter(({ functionName }) => functionName === wanted);
  const found = called.length > 0 ? called : all.filter(({ uuid }) => wanted !== "" && uuid.startsWith(wanted));
  const [mapping] = found;
  if (mapping === undefined || found.length > 1) throw noSuchMapping(wanted, found, all);
  if (mapping.source?.startsWith("sqs:") === true)
    throw new MillraceError(
      "bad-argument",
      `mapping ${shortId(mapping.uuid)}${endsText(mapping)} polls a queue: it keeps no checkpoint, so there is nothing to reset`,
    );
  if (sourceFamily(mapping.settings) === "topic") {
    const address = kafkaAddressOf(mapping.settings, kafkaClusters);
    if (address.kind === "kafka") throw placesElsewhere(mapping, address);
    await client.ask("topic-group-forget", { name: address.storedName, groupId: address.groupId });
  }
  await forgetCheckpoints(client, mapping.uuid, { isDeleted: false });
  return { uuid: mapping.uuid, ends: endsText(mapping) };
}

/** What a group has committed wins over a starting position (M-502), and is its cluster's. */
function placesElsewhere(
  mapping: StoredMapping,
  { servers, groupId, topic }: Extract<KafkaAddress, { kind: "kafka" }>,
): MillraceError {
  const where = `--bootstrap-server ${servers.join(",")} --group ${groupId} --topic ${topic}`;
  return new MillraceError(
    "bad-argument",
    `mapping ${shortId(mapping.uuid)}${endsText(mapping)} goes on from what its group has committed at the cluster, which is not reset from here`,
    { help: `kafka-consumer-groups.sh ${where} --reset-offsets --to-earliest --execute` },
  );
}

interface StoredMapping {
  readonly uuid: string;
  readonly settings: MappingSettings;
  /** `kinesis:orders`; null: the row does not say. */
  readonly source: string | null;
  readonly functionName: string | null;
}

/** From the stored row as far as it says so. */
function endsOf(text: string): Omit<StoredMapping, "uuid"> {
  const row: unknown = JSON.parse(text);
  const settings = { ...Object(Reflect.get(Object(row), "settings")) } as MappingSettings;
  const source = shownSource({ ...settings });
  const functionArn: unknown = Reflect.get(Object(row), "functionArn");
  return {
    settings,
    source: source === "" ? null : source,
    functionName: typeof functionArn === "string" ? shortArn(functionArn) : null,
  };
}

/** ` (kinesis:orders -> orders-process)`. */
const endsText = ({ source, functionName }: StoredMapping): string =>
  source === null || functionName === null ? "" : ` (${source} -> ${functionName})`;

/** No help: what forgets is never offered for a mapping that nobody named. */
function noSuchMapping(wanted: string, found: readonly StoredMapping[], all: readonly StoredMapping[]): MillraceError {
  const listed = (mappings: readonly StoredMapping[]): string =>
    mappings.map((each) => `${shortId(each.uuid)}${endsText(each)}`).join(", ");
  if (found.length > 1)
    return new MillraceError("bad-argument", `\`${wanted}\` names ${found.length} mappings: ${listed(found)}`);
  const known = all.length === 0 ? "none is stored" : `there are ${listed(all)}`;
  return new MillraceError("bad-argument", `there is no mapping \`${wanted}\`; ${known}`);
}

export function registerResetCommand(
  program: Command,
  run: (work: () => Promise<number>) => Promise<void>,
  terminal: Terminal,
): void {
  withStateFlag(withConfigFlag(program.command("reset")))
    .description("forget all that is kept in the state directory, or the checkpoints of one mapping")
    .addArgument(
      new Argument("[mapping|all]", "the beginning of a mapping's id, or its function's name; all: everything").default(
        "all",
      ),
    )
    .option("--json", "answer in JSON")
    .action((what: string, flags: ResetFlags) => run(() => runResetCommand(what, flags, terminal)));
}
