// `POST /_millrace/documentdb/CLUSTER/DATABASE/COLLECTION`: changes to documents of an embedded cluster; by GET its oldest documents.
// `POST /_millrace/documentdb/CLUSTER/trim` lets the cluster's log go, `/_millrace/documentdb` lists what there is. Documents are handed on as
// they are written: parsed, their numbers would lose digits.

import type { FastifyInstance, FastifyRequest } from "fastify";
import { type JsonNode, readJson } from "../../core/json/read-json.ts";
import type { CollectionOperation, CollectionPlace } from "../../ports/collections.ts";
import type { EmbeddedCollections } from "../embedded-collections.ts";
import { bodyText, pathText } from "./local-body.ts";
import { queryCount } from "./query.ts";
import { sendRefusal } from "./topic-routes.ts";

const SHAPE =
  'The body is {"operations": [{"op": "insert", "replace", "update" or "delete", "document": {…}}, {"op": "drop" or "dropDatabase"}]}.';

const DEFAULT_DOCUMENTS = 10;
const MOST_DOCUMENTS = 100;

export function addCollectionRoutes(app: FastifyInstance, collections: EmbeddedCollections): void {
  app.get("/_millrace/documentdb", async (_request, reply) => reply.send({ collections: await collections.list() }));
  app.get("/_millrace/documentdb/:cluster/:database/:collection", async (request, reply) => {
    const max = queryCount(request, "max", { otherwise: DEFAULT_DOCUMENTS, most: MOST_DOCUMENTS });
    const seen = await collections.look(placeOf(request), max);
    if (seen.kind === "refused") return sendRefusal(reply, seen);
    return reply.type("application/json").send(`{"documents":[${seen.documents.join(",")}]}`);
  });
  app.post("/_millrace/documentdb/:cluster/:database/:collection", async (request, reply) => {
    const operations = operationsOf(bodyText(request));
    if (operations === null) return reply.code(400).send({ message: SHAPE });
    const applied = await collections.apply(placeOf(request), operations);
    if (applied.kind === "refused") return sendRefusal(reply, applied);
    const { refusal, ...counts } = applied.answer;
    if (refusal === null) return reply.send(counts);
    const which =
      operations.length === 1
        ? ""
        : `Operation ${refusal.index + 1} of ${operations.length} is refused, those before it are done. `;
    return reply.code(409).send({ message: `${which}${refusal.text}`, index: refusal.index, ...counts });
  });
  app.post("/_millrace/documentdb/:cluster/trim", async (request, reply) => {
    const done = await collections.trim(pathText(request, "cluster"));
    return done.kind === "refused" ? sendRefusal(reply, done) : reply.send({});
  });
}

const placeOf = (request: FastifyRequest): CollectionPlace => ({
  cluster: pathText(request, "cluster"),
  database: pathText(request, "database"),
  collection: pathText(request, "collection"),
});

function operationsOf(text: string): readonly CollectionOperation[] | null {
  const read = readJson(text);
  if (read.kind === "broken") return null;
  const [list, ...others] = membersOf(read.value);
  if (list?.[0] !== "operations" || others.length > 0 || list[1].kind !== "array") return null;
  const operations: CollectionOperation[] = [];
  for (const node of list[1].items) {
    const operation = operationOf(text, new Map(membersOf(node)));
    if (operation === null) return null;
    operations.push(operation);
  }
  return operations;
}

function operationOf(text: string, members: ReadonlyMap<string, JsonNode>): CollectionOperation | null {
  const op = members.get("op");
  const document = members.get("document");
  if (op?.kind !== "string") return null;
  switch (op.value) {
    case "drop":
    case "dropDatabase":
      return members.size === 1 ? { op: op.value } : null;
    case "insert":
    case "replace":
    case "update":
    case "delete":
      if (document === undefined || members.size > 2) return null;
      return { op: op.value, document: text.slice(document.start, document.end) };
    default:
      return null;
  }
}

const membersOf = (node: JsonNode): readonly (readonly [string, JsonNode])[] =>
  node.kind === "object" ? node.members.map(({ name, value }) => [name, value] as const) : [];
