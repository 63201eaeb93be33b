// TransactWriteItems and TransactGetItems, which the engine lacks: all keys are locked in one order, every part is tried against the
// items as they are, and only if all hold is anything kept, in one batch with the changes that streams are told.

import { hash } from "node:crypto";
import type { Clock } from "../ports/clock.ts";
import type { DatabaseChange, Engine, EngineOperation, ItemWrite, Members, Table } from "./dynalite-engine.ts";
import type { Item } from "../kinds/dynamodb/attribute-value.ts";
import { refuseValues } from "./item-limits.ts";
import { invalid, refusal, TableRefusal } from "./table-refusal.ts";

const MOST_PARTS = 100;
const MOST_BYTES = 4_194_304;
/** AWS's: a token means the same call for ten minutes. */
const TOKEN_LIFE_MS = 600_000;

export interface TransactionHouse {
  readonly engine: Engine;
  readonly clock: Clock;
  /** Keeps the writes, and `more` with them, all or nothing. */
  readonly keep: (writes: readonly ItemWrite[], more: readonly DatabaseChange[]) => Promise<void>;
}

export interface Transactions {
  write(request: Members): Promise<Members>;
  get(request: Members): Promise<Members>;
}

/** How a part is carried out: by which of the engine's operations, or only looked at. */
const kinds = {
  ConditionCheck: "DeleteItem",
  Put: "PutItem",
  Delete: "DeleteItem",
  Update: "UpdateItem",
} as const satisfies Readonly<Record<string, EngineOperation>>;

type PartKind = keyof typeof kinds;

interface Part {
  readonly kind: PartKind | "Get";
  readonly checked: Members;
  readonly isItemTold: boolean;
  readonly table: Table;
  readonly key: string;
}

type Tried = { readonly answer: Members } | { readonly reason: Members };

interface KnownToken {
  readonly digest: string;
  readonly atMs: number;
}

export async function openTransactions({ engine, clock, keep }: TransactionHouse): Promise<Transactions> {
  const tokens = new Map<string, KnownToken>();
  /** Calls with a token that are under way. */
  const running = new Map<string, Promise<Members>>();
  const kept = (await engine.list("token~")).map(([key, value]) => {
    const { digest, atMs } = { ...Object(value) } as Readonly<Record<string, unknown>>;
    return [key.slice("token~".length), { digest: String(digest), atMs: Number(atMs) }] as const;
  });
  for (const [token, known] of kept.toSorted(([, one], [, other]) => one.atMs - other.atMs)) tokens.set(token, known);

  async function partOf(kind: Part["kind"], value: Members): Promise<Part> {
    const { ReturnValuesOnConditionCheckFailure: told, ...rest } = value;
    const operation = kind === "Get" ? "GetItem" : kinds[kind];
    if (kind === "ConditionCheck" && rest["ConditionExpression"] === undefined) {
      throw invalid("The expression can not be empty: a ConditionCheck needs a ConditionExpression");
    }
    const checked = engine.checked(operation, rest);
    const table = await engine.table(String(checked["TableName"]));
    if (table === null) throw refusal("ResourceNotFoundException", "Requested resource not found");
    const item = { ...Object(checked["Item"] ?? checked["Key"]) } as Item;
    const keys = kind === "Put" ? keysOf(table, item) : item;
    return { kind, checked, isItemTold: isOldTold(told), table, key: engine.keyOf(table, keys) };
  }

  async function partsOf(request: Members, known: readonly Part["kind"][]): Promise<readonly Part[]> {
    const items = request["TransactItems"];
    const count = Array.isArray(items) ? items.length : 0;
    if (!Array.isArray(items) || count < 1 || count > MOST_PARTS) {
      const bound = count < 1 ? "greater than or equal to 1" : `less than or equal to ${MOST_PARTS}`;
      throw invalid(
        "1 validation error detected: Value at 'transactItems' failed to satisfy constraint: " +
          `Member must have length ${bound}`,
      );
    }
    if (JSON.stringify(items).length > MOST_BYTES) throw invalid("Transaction size exceeds the limit of 4 MB");
    const parts: Part[] = [];
    for (const each of items as readonly unknown[]) {
      const given = known.filter((kind) => isThere(Reflect.get(Object(each), kind)));
      const [kind, second] = given;
      if (kind === undefined || second !== undefined) {
        throw invalid(
          `TransactItems can only contain one of ${known.join(", ")}; there ${kind === undefined ? "is none" : `are ${given.join(" and ")}`}`,
        );
      }
      parts.push(await partOf(kind, { ...Object(Reflect.get(Object(each), kind)) }));
    }
    const places = new Set(parts.map(({ table, key }) => `${table.TableName}~${key}`));
    if (places.size < parts.length) {
      throw invalid("Transaction request cannot include multiple operations on one item");
    }
    return parts;
  }

  const withLocks = <T>(parts: readonly Part[], work: () => Promise<T>): Promise<T> =>
    engine.withLocks(
      parts
        .map(({ table, key }) => ({ table: table.TableName, key }))
        .toSorted((one, other) => (`${one.table}~${one.key}` < `${other.table}~${other.key}` ? -1 : 1)),
      work,
    );

  /** One part against the item as it is; what it would write goes to `writes`. */
  async function tried(part: Part, capacity: unknown, writes: ItemWrite[]): Promise<Tried> {
    const before = await engine.read(part.table, part.key);
    const failed = engine.condition(part.checked, before);
    if (failed !== null) {
      return { reason: reasonOf(failed, part.isItemTold ? before : null) };
    }
    if (part.kind === "ConditionCheck" || part.kind === "Get") return { answer: {} };
    try {
      const request = { ...part.checked, ...(capacity === undefined ? {} : { ReturnConsumedCapacity: capacity }) };
      const write = async (each: ItemWrite): Promise<void> => {
        if (each.after !== null) refuseValues(each.after, each.table);
        writes.push(each);
      };
      return { answer: await engine.act(kinds[part.kind], request, { write, isLocked: true }) };
    } catch (error) {
      if (!(error instanceof TableRefusal) || error.status >= 500) throw error;
      return { reason: reasonOf(error, null) };
    }
  }

  async function carryOut(request: Members, token: string | null, digest: string): Promise<Members> {
    const parts = await partsOf(request, ["ConditionCheck", "Put", "Delete", "Update"]);
    return withLocks(parts, async () => {
      const writes: ItemWrite[] = [];
      const outcomes: Tried[] = [];
      for (const part of parts) outcomes.push(await tried(part, request["ReturnConsumedCapacity"], writes));
      if (outcomes.some((each) => "reason" in each)) throw cancelled(outcomes);
      await keepOnce(writes, token, digest);
      const capacities = outcomes.flatMap((each) => ("answer" in each ? [each.answer["ConsumedCapacity"]] : []));
      return consumed(capacities);
    });
  }

  /** The token is known from the instant at which the writes are stored, also where a stream cannot be told of them yet. */
  async function keepOnce(writes: readonly ItemWrite[], token: string | null, digest: string): Promise<void> {
    if (token === null) return keep(writes, []);
    const known: KnownToken = { digest, atMs: clock.nowMs() };
    const key = `token~${token}`;
    try {
      await keep(writes, [...forgotten(), { type: "put", key, value: known }]);
    } finally {
      const stored: unknown = Reflect.get(Object(await engine.get(key)), "atMs");
      if (stored === known.atMs) {
        tokens.delete(token); // One whose time was over goes behind the others.
        tokens.set(token, known);
      }
    }
  }

  /** Tokens whose time is over leave with the next write that has one: SDKs give each transaction one. They lie in order of their time. */
  function forgotten(): readonly DatabaseChange[] {
    const old: string[] = [];
    for (const [token, { atMs }] of tokens) {
      if (clock.nowMs() - atMs < TOKEN_LIFE_MS) break;
      old.push(token);
    }
    for (const token of old) tokens.delete(token);
    return old.map((token) => ({ type: "del", key: `token~${token}` }));
  }

  return {
    async write(request) {
      const token = request["ClientRequestToken"] ?? null;
      const digest = hash("sha256", JSON.stringify(request["TransactItems"] ?? null));
      if (token === null) return carryOut(request, null, digest);
      if (typeof token !== "string" || token.length < 1 || token.length > 36) {
        throw invalid(
          "1 validation error detected: Value at 'clientRequestToken' failed to satisfy constraint: " +
            "Member must have length between 1 and 36",
        );
      }
      // The same call twice at once: the second one sees what the first has left.
      for (let other = running.get(token); other !== undefined; other = running.get(token)) {
        await other.catch(() => undefined);
      }
      const known = tokens.get(token);
      if (known !== undefined && clock.nowMs() - known.atMs < TOKEN_LIFE_MS) {
        if (known.digest === digest) return {};
        throw refusal(
          "IdempotentParameterMismatchException",
          "The request uses the same client token as a previous, but non-identical request.",
        );
      }
      const work = carryOut(request, token, digest);
      running.set(token, work);
      try {
        return await work;
      } finally {
        running.delete(token);
      }
    },
    async get(request) {
      const parts = await partsOf(request, ["Get"]);
      return withLocks(parts, async () => {
        const answers: Members[] = [];
        for (const { checked } of parts) {
          const asked = { ...checked, ReturnConsumedCapacity: request["ReturnConsumedCapacity"] };
          const write = (): Promise<void> => Promise.resolve();
          answers.push(await engine.act("GetItem", asked, { write, isLocked: true }));
        }
        return {
          Responses: answers.map(({ Item: item }) => (item === undefined ? {} : { Item: item })),
          ...consumed(answers.map((each) => each["ConsumedCapacity"])),
        };
      });
    },
  };
}

export function keysOf(table: Table, item: Item): Item {
  return Object.fromEntries(
    table.KeySchema.flatMap(({ AttributeName: name }) => {
      const value = item[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}

const isThere = (value: unknown): boolean => value !== undefined && value !== null;

/** Of ReturnValuesOnConditionCheckFailure. */
export function isOldTold(told: unknown): boolean {
  if (told === undefined || told === null || told === "NONE") return false;
  if (told === "ALL_OLD") return true;
  throw invalid(
    `1 validation error detected: Value ${JSON.stringify(told)} at 'returnValuesOnConditionCheckFailure' failed to satisfy ` +
      "constraint: Member must satisfy enum value set: [ALL_OLD, NONE]",
  );
}

function reasonOf(failed: TableRefusal, item: Item | null): Members {
  const isCondition = failed.errorName === "ConditionalCheckFailedException";
  return {
    Code: isCondition ? "ConditionalCheckFailed" : "ValidationError",
    Message: failed.message,
    ...(item === null ? {} : { Item: item }),
  };
}

function cancelled(outcomes: readonly Tried[]): TableRefusal {
  const reasons = outcomes.map((each) => ("reason" in each ? each.reason : { Code: "None" }));
  const codes = reasons.map(({ Code: code }) => String(code)).join(", ");
  return refusal(
    "TransactionCanceledException",
    `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`,
    { CancellationReasons: reasons },
  );
}

/** A transaction takes twice the units of its parts. */
function consumed(capacities: readonly unknown[]): Members {
  const units = new Map<string, number>();
  for (const each of capacities) {
    const { TableName: table, CapacityUnits: count } = { ...Object(each) } as Members;
    if (typeof table === "string") units.set(table, (units.get(table) ?? 0) + 2 * Number(count));
  }
  if (units.size === 0) return {};
  return { ConsumedCapacity: [...units].map(([TableName, CapacityUnits]) => ({ TableName, CapacityUnits })) };
}
