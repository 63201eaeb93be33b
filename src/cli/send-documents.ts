// `millrace send documentdb:CLUSTER/DATABASE/COLLECTION`: changes to documents of an embedded DocumentDB cluster of the running server. Documents
// go as they are written: parsed and written again, their numbers would lose digits.

import { MillraceError } from "../errors.ts";
import type { Terminal } from "./command-options.ts";
import type { Fetch } from "./kinesis-endpoint.ts";
import { postLocally } from "./local-call.ts";
import { type DocumentOp, refuseStrangers, type SendFlags } from "./send-flags.ts";
import { counted } from "./shown-forms.ts";

/** A call's worth: no body grows without bound. */
const MOST_OPERATIONS = 1_000;
const MOST_BYTES = 4_000_000;

export interface CollectionTarget {
  readonly cluster: string;
  readonly database: string;
  /** Left out where the whole database is meant. */
  readonly collection: string | null;
}

/** Null: no collection is meant. */
export function parseCollection(target: string): CollectionTarget | null {
  if (!target.startsWith("documentdb:")) return null;
  const [, cluster, database, collection] = /^documentdb:([^/]+)\/([^/]+)(?:\/([^/]+))?$/.exec(target) ?? [];
  if (cluster !== undefined && database !== undefined) return { cluster, database, collection: collection ?? null };
  throw new MillraceError("bad-argument", `${target} names no collection`, {
    help: "millrace send documentdb:CLUSTER/DATABASE/COLLECTION    # the last part of the cluster's ARN",
  });
}

interface World {
  readonly fetchFrom: Fetch;
  readonly nowMs: () => number;
  readonly url: string;
  readonly textsOf: () => readonly string[] | null;
}

export async function sendDocuments(
  target: CollectionTarget,
  flags: SendFlags,
  terminal: Terminal,
  world: World,
): Promise<number> {
  refuseStrangers("documentdb", flags);
  const op = flags.op ?? "insert";
  const collection = collectionOf(target, op);
  const texts = op.startsWith("drop") ? noData(flags, op) : documentsOf(op, flags, world);
  const sent = { changedCount: 0, unchangedCount: 0, lastId: null as unknown };
  let call: string[] = [];
  let bytes = 0;
  const flush = async (): Promise<void> => {
    const body = `{"operations":[${call.join(",")}]}`;
    const path = ["documentdb", target.cluster, target.database, collection];
    const answer = Object(await postLocally(path, body, world)) as object;
    sent.changedCount += Number(Reflect.get(answer, "changedCount"));
    sent.unchangedCount += Number(Reflect.get(answer, "unchangedCount"));
    sent.lastId = Reflect.get(answer, "lastId") ?? sent.lastId;
    call = [];
    bytes = 0;
  };
  for (const text of texts) {
    const operation = operationText(op, text);
    const isFull = call.length === MOST_OPERATIONS || bytes + operation.length > MOST_BYTES;
    if (call.length > 0 && isFull) await flush();
    call.push(operation);
    bytes += operation.length;
  }
  await flush();
  const name = [target.cluster, target.database, ...(target.collection === null ? [] : [target.collection])].join("/");
  terminal.write(flags.json === true ? `${JSON.stringify({ collection: name, op, ...sent })}\n` : said(name, op, sent));
  return 0;
}

function said(
  name: string,
  op: DocumentOp,
  { changedCount, unchangedCount, lastId }: { changedCount: number; unchangedCount: number; lastId: unknown },
): string {
  const last = typeof lastId === "string" ? `; last ${lastId}` : "";
  const rest = unchangedCount === 0 ? "" : `; ${counted(unchangedCount, "operation")} changed nothing`;
  return `${counted(changedCount, "change")} (${op}) in ${name}${last}${rest}\n`;
}

function collectionOf({ cluster, database, collection }: CollectionTarget, op: DocumentOp): string {
  if (op === "drop-database" && collection !== null)
    throw new MillraceError("bad-argument", "--op drop-database takes a database, all its collections with it", {
      help: `millrace send documentdb:${cluster}/${database} --op drop-database`,
    });
  // The path has three parts; of a whole database the third means nothing.
  if (op === "drop-database") return "-";
  if (collection !== null) return collection;
  throw new MillraceError("bad-argument", `documentdb:${cluster}/${database} names no collection`, {
    help: `millrace send documentdb:${cluster}/${database}/COLLECTION`,
  });
}

function noData({ data, file, count }: SendFlags, op: DocumentOp): readonly (string | null)[] {
  if (data === undefined && file === undefined && count === undefined) return [null];
  throw new MillraceError("bad-argument", `--op ${op} takes no data`, {
    help: `millrace send documentdb:CLUSTER/DATABASE/COLLECTION --op ${op}`,
  });
}

function* documentsOf(op: DocumentOp, { count }: SendFlags, world: World): Generator<string> {
  const given = world.textsOf();
  if (given === null && op !== "insert")
    throw new MillraceError("bad-argument", `--op ${op} needs a document: which one, and what becomes of it`, {
      help: `--op ${op} --data '${EXAMPLES[op] ?? ""}'`,
    });
  const total = count ?? given?.length ?? 1;
  for (let index = 0; index < total; index += 1)
    yield given?.[index % given.length] ??
      JSON.stringify({ number: index + 1, sentAt: new Date(world.nowMs()).toISOString() });
}

const EXAMPLES: Readonly<Partial<Record<DocumentOp, string>>> = {
  replace: '{"_id":1,"colour":"red"}',
  update: '{"_id":1,"$set":{"colour":"red"},"$unset":{"size":""}}',
  delete: '{"_id":1}',
};

function operationText(op: DocumentOp, text: string | null): string {
  const name = op === "drop-database" ? "dropDatabase" : op;
  if (text === null) return `{"op":"${name}"}`;
  // A text that is no JSON would make nonsense of the body around it.
  try {
    JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("bad-argument", `a document is JSON: ${reason}`, { cause, help: `--data '{"_id":1}'` });
  }
  return `{"op":"${name}","document":${text}}`;
}
