// `millrace send dynamodb:TABLE`: puts items into a table of the running server, through PutItem. An item is given as plain JSON, or in
// DynamoDB's typed form, which is told by each of its members being one: `{"id":{"S":"1"}}`.

import { likelyName } from "../core/likely-name.ts";
import { MillraceError } from "../errors.ts";
import type { Terminal } from "./command-options.ts";
import { createTableEndpoint, type Fetch, type KinesisEndpoint } from "./kinesis-endpoint.ts";
import type { SendFlags } from "./send-flags.ts";
import { counted } from "./shown-forms.ts";

type Typed = Readonly<Record<string, unknown>>;

export async function sendItems(
  table: string,
  flags: SendFlags,
  terminal: Terminal,
  world: {
    readonly fetchFrom: Fetch;
    readonly uuid: () => string;
    readonly nowMs: () => number;
    readonly url: string;
    readonly textsOf: () => readonly string[] | null;
  },
): Promise<number> {
  if (flags.partitionKey !== undefined) {
    throw new MillraceError("bad-argument", "an item's key is in the item: --partition-key is for streams", {
      help: `millrace send dynamodb:${table} --data '{"id":"${flags.partitionKey}"}'`,
    });
  }
  const endpoint = createTableEndpoint(world.url, world.fetchFrom);
  const given = world.textsOf();
  const keys = given === null ? await keysOf(endpoint, table) : [];
  const count = flags.count ?? given?.length ?? 1;
  for (let index = 0; index < count; index += 1) {
    const Item = given === null ? madeItem(keys, index + 1, world) : typedItem(given[index % given.length] ?? "");
    await endpoint.call("PutItem", { TableName: table, Item }).catch(async (error: unknown) => {
      throw await explained(error, endpoint, table);
    });
  }
  terminal.write(
    flags.json === true
      ? `${JSON.stringify({ table, itemCount: count })}\n`
      : `put ${counted(count, "item")} into dynamodb:${table}\n`,
  );
  return 0;
}

interface Key {
  readonly name: string;
  readonly type: string;
}

async function keysOf(endpoint: KinesisEndpoint, table: string): Promise<readonly Key[]> {
  const answer = await endpoint.call("DescribeTable", { TableName: table }).catch(async (error: unknown) => {
    throw await explained(error, endpoint, table);
  });
  const described = { ...Object(answer["Table"]) } as Readonly<Record<string, unknown>>;
  const listed = (name: string): readonly unknown[] => {
    const list = described[name];
    return Array.isArray(list) ? list : [];
  };
  const textIn = (of: unknown, name: string): string => String(Reflect.get(Object(of), name));
  return listed("KeySchema").map((each) => {
    const name = textIn(each, "AttributeName");
    const definition = listed("AttributeDefinitions").find((one) => textIn(one, "AttributeName") === name);
    return { name, type: textIn(definition, "AttributeType") };
  });
}

/** A small item that tells its number, under a key of its own. */
function madeItem(
  keys: readonly Key[],
  number: number,
  world: { readonly uuid: () => string; readonly nowMs: () => number },
): Typed {
  const valueOf = ({ type }: Key): Typed => {
    if (type === "N") return { N: String(number) };
    return type === "B" ? { B: Buffer.from(world.uuid()).toString("base64") } : { S: world.uuid() };
  };
  return {
    number: { N: String(number) },
    sentAt: { S: new Date(world.nowMs()).toISOString() },
    ...Object.fromEntries(keys.map((key) => [key.name, valueOf(key)])),
  };
}

export function typedItem(text: string): Typed {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MillraceError("bad-argument", `an item is JSON, and this is none: ${text.slice(0, 60)}`, { cause });
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new MillraceError("bad-argument", "an item is a JSON object", { help: `--data '{"id":"1"}'` });
  }
  const members = Object.entries(value);
  if (members.length > 0 && members.every(([, each]) => isTyped(each))) return { ...value };
  return Object.fromEntries(members.map(([name, each]) => [name, typedValue(each)]));
}

const types = {
  S: isText,
  N: isText,
  B: isText,
  BOOL: (held: unknown) => typeof held === "boolean",
  NULL: (held: unknown) => held === true,
  SS: isTexts,
  NS: isTexts,
  BS: isTexts,
  L: (held: unknown) => Array.isArray(held) && held.every((each) => isTyped(each)),
  M: (held: unknown) => isMap(held) && Object.values(held).every((each) => isTyped(each)),
} as const satisfies Readonly<Record<string, (held: unknown) => boolean>>;

function isText(held: unknown): boolean {
  return typeof held === "string";
}

function isTexts(held: unknown): boolean {
  return Array.isArray(held) && held.every((each) => typeof each === "string");
}

function isMap(held: unknown): held is Typed {
  return typeof held === "object" && held !== null && !Array.isArray(held);
}

function isTyped(value: unknown): boolean {
  const [only, ...others] = isMap(value) ? Object.entries(value) : [];
  if (only === undefined || others.length > 0) return false;
  const [type, held] = only;
  return Object.entries(types).some(([name, fits]) => name === type && fits(held));
}

function typedValue(value: unknown): Typed {
  if (typeof value === "string") return { S: value };
  if (typeof value === "boolean") return { BOOL: value };
  if (value === null) return { NULL: true };
  if (Array.isArray(value)) return { L: value.map((each: unknown) => typedValue(each)) };
  if (isMap(value)) {
    return { M: Object.fromEntries(Object.entries(value).map(([name, each]) => [name, typedValue(each)])) };
  }
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new MillraceError(
      "bad-argument",
      "a whole number beyond 2^53 loses digits in plain JSON: give the item typed",
      {
        help: `--data '{"id":{"S":"1"},"n":{"N":"12345678901234567890"}}'`,
      },
    );
  }
  return { N: JSON.stringify(value) };
}

/** A table that is not there: the likely one, or how to make one. */
async function explained(error: unknown, endpoint: KinesisEndpoint, table: string): Promise<unknown> {
  if (!(error instanceof MillraceError) || !error.message.includes("ResourceNotFoundException")) return error;
  const { TableNames } = await endpoint.call("ListTables", {}).catch(() => ({ TableNames: [] }));
  const names = Array.isArray(TableNames) ? TableNames.map(String) : [];
  const likely = likelyName(table, names) ?? names[0];
  const help =
    likely === undefined
      ? `tables: { ${table}: { key: id, stream: NEW_AND_OLD_IMAGES } }    # in the configuration file, as millrace.config.yaml`
      : `millrace send dynamodb:${likely}`;
  return new MillraceError("bad-argument", `there is no table \`${table}\``, { help, cause: error });
}
