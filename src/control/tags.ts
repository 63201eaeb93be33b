// Tags of mappings and functions (section 1.6): listed under their ARN, never part of a mapping. One row of the tags table an ARN.

import { isDeepStrictEqual } from "node:util";
import type { Tables } from "../ports/tables.ts";
import { type ApiAnswer, failure, success } from "./api-answer.ts";
import type { FunctionLookup, Surroundings } from "./lookups.ts";
import { parseArn } from "./mapping/source-kinds.ts";
import { memberShapes } from "./mapping/mapping-members.ts";
import type { MappingManager } from "./mapping-manager.ts";
import { readRequest } from "./read-request.ts";
import { createSerialQueue } from "./serial-queue.ts";
import { parseShape, wholePattern } from "./shape.ts";

const MOST_TAGS = 50;

/** As the service prints it. */
const taggableArn = wholePattern(
  String.raw`arn:(aws[a-zA-Z-]*):lambda:(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d{1}:\d{12}:(function:[a-zA-Z0-9-_]+(:(\$LATEST|[a-zA-Z0-9-_]+))?|layer:([a-zA-Z0-9-_]+)|code-signing-config:csc-[a-z0-9]{17}|event-source-mapping:[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}|capacity-provider:[a-zA-Z0-9-_]+)`,
);

type TagMap = ReadonlyMap<string, string | null>;

export const tagsText = (tags: TagMap): string => JSON.stringify(Object.fromEntries(tags));

/** More tags than a resource may have, or a key with other characters than AWS allows. */
export function tagsFault(tags: TagMap | undefined): ApiAnswer | null {
  if (tags === undefined) return null;
  const foreign = [...tags.keys()].find((key) => !/^[\p{L}\p{N}\p{Z}_.:/=+\-@]+$/u.test(key));
  if (foreign !== undefined) return failure("InvalidParameterValueException", `Invalid tag key: ${foreign}`);
  if (tags.size <= MOST_TAGS) return null;
  return failure("InvalidParameterValueException", "Number of tags exceeds resource tag limit.");
}

export interface TagOptions {
  readonly tables: Tables;
  readonly manager: MappingManager;
  readonly functions: FunctionLookup;
  readonly settings: Surroundings;
}

export interface TagOperations {
  tag(arn: string, body: unknown): Promise<ApiAnswer>;
  untag(arn: string, tagKeys: unknown): Promise<ApiAnswer>;
  list(arn: string): Promise<ApiAnswer>;
  /** The configuration says what a mapping's tags are: these and no others. Rejects where they cannot be stored. */
  replace(arn: string, tags: TagMap): Promise<void>;
}

const Resource = { kind: "string", pattern: taggableArn } as const;
const tagShape = { kind: "structure", members: { Resource, Tags: memberShapes.Tags }, required: ["Tags"] } as const;
const untagShape = {
  kind: "structure",
  members: { Resource, TagKeys: { kind: "list", item: { kind: "string", min: 1, max: 128 } } },
  required: ["TagKeys"],
} as const;
const listShape = { kind: "structure", members: { Resource } } as const;

/** The path's label beside the members of the body; a body that is no object is told so. */
const withResource = (resource: string, body: unknown): unknown =>
  typeof body === "object" && body !== null && !Array.isArray(body) ? { ...body, Resource: resource } : body;

export function createTagOperations(options: TagOptions): TagOperations {
  const { tables } = options;
  const queue = createSerialQueue();

  /** Reads, changes and writes the tags of one ARN in its turn. */
  const change = (arn: string, edit: (tags: Map<string, string | null>) => ApiAnswer | null): Promise<ApiAnswer> =>
    queue.run(async () => {
      const tags = parseTags(await tables.get("tags", arn));
      // At its turn the resource may be gone.
      const refused = resourceFault(arn, options) ?? edit(tags);
      if (refused !== null) return refused;
      await tables.change([{ kind: "put", table: "tags", key: arn, value: tagsText(tags) }]);
      return success(204, null);
    });

  return {
    async tag(arn, body) {
      const read = readRequest(withResource(arn, body), tagShape);
      if (read.kind === "refused") return read.answer;
      const given = read.request.Tags ?? new Map<string, string | null>();
      const refused = resourceFault(arn, options);
      if (refused !== null) return refused;
      if (given.size === 0) {
        return failure("InvalidParameterValueException", "An error occurred and the request cannot be processed.");
      }
      return change(arn, (tags) => {
        for (const [key, value] of given) tags.set(key, value);
        return tagsFault(tags);
      });
    },
    async untag(arn, tagKeys) {
      const read = readRequest({ Resource: arn, TagKeys: tagKeys }, untagShape);
      if (read.kind === "refused") return read.answer;
      const keys = read.request.TagKeys ?? [];
      const refused = resourceFault(arn, options);
      if (refused !== null) return refused;
      return change(arn, (tags) => {
        for (const key of keys) if (key !== null) tags.delete(key);
        return null;
      });
    },
    async list(arn) {
      const read = readRequest({ Resource: arn }, listShape);
      if (read.kind === "refused") return read.answer;
      const refused = resourceFault(arn, options);
      if (refused !== null) return refused;
      const tags = parseTags(await tables.get("tags", arn));
      return success(200, { Tags: Object.fromEntries(tags) });
    },
    replace: (arn, wanted) =>
      queue.run(async () => {
        const tags = parseTags(await tables.get("tags", arn));
        if (isDeepStrictEqual(tags, new Map(wanted))) return;
        await tables.change([{ kind: "put", table: "tags", key: arn, value: tagsText(wanted) }]);
      }),
  };
}

export function parseTags(text: string | null): Map<string, string | null> {
  if (text === null) return new Map();
  const parsed = parseShape(JSON.parse(text), memberShapes.Tags);
  return parsed.kind === "value" ? new Map(parsed.value) : new Map();
}

/** Null: the ARN is that of a mapping or a function that is here. */
function resourceFault(arn: string, options: TagOptions): ApiAnswer | null {
  const { partition, region, accountId } = options.settings;
  const parsed = parseArn(arn);
  const [kind, name = "", qualifier] = parsed?.resource.split(":") ?? [];
  const isHere = parsed?.partition === partition && parsed.region === region && parsed.accountId === accountId;
  switch (kind) {
    case "event-source-mapping":
      if (isHere && options.manager.get(name) !== null) return null;
      return failure("ResourceNotFoundException", `Event source mapping not found: ${arn}`);
    case "function":
      if (qualifier !== undefined) {
        return failure(
          "InvalidParameterValueException",
          "Tags on function aliases and versions are not supported. Please specify a function ARN.",
        );
      }
      if (isHere && options.functions.find(name) !== null) return null;
      return failure("ResourceNotFoundException", `Function not found: ${arn}`);
    default:
      return failure("ResourceNotFoundException", "The resource you requested does not exist.");
  }
}
