// dynalite as an engine: the only file that knows it. Its validations and actions are plain functions of a store and a request; the
// store that they are handed here is a view of the real one, made for one call, in which a write of an item goes to `write`.
//
// Y1  An action reads an item inside its key's lock before it writes it: what it read then is the item's state before the write.
// Y2  Index entries are left to `write` (`indexChanges`), so that they are kept with their item or not at all.
// Y3  dynalite ends a change of a table by a timer; here a change has ended when its call is answered.
// Y4  dynalite's own TableIds are four digits short of a UUID; a table never has one of them for longer than until the next start.

import db from "dynalite/db/index.js";
import validations from "dynalite/validations/index.js";
import batchGetItem from "dynalite/actions/batchGetItem.js";
import batchGetItemRules from "dynalite/validations/batchGetItem.js";
import batchWriteItem from "dynalite/actions/batchWriteItem.js";
import batchWriteItemRules from "dynalite/validations/batchWriteItem.js";
import createTable from "dynalite/actions/createTable.js";
import createTableRules from "dynalite/validations/createTable.js";
import deleteItem from "dynalite/actions/deleteItem.js";
import deleteItemRules from "dynalite/validations/deleteItem.js";
import deleteTable from "dynalite/actions/deleteTable.js";
import deleteTableRules from "dynalite/validations/deleteTable.js";
import describeTable from "dynalite/actions/describeTable.js";
import describeTableRules from "dynalite/validations/describeTable.js";
import getItem from "dynalite/actions/getItem.js";
import getItemRules from "dynalite/validations/getItem.js";
import listTables from "dynalite/actions/listTables.js";
import listTablesRules from "dynalite/validations/listTables.js";
import putItem from "dynalite/actions/putItem.js";
import putItemRules from "dynalite/validations/putItem.js";
import query from "dynalite/actions/query.js";
import queryRules from "dynalite/validations/query.js";
import scan from "dynalite/actions/scan.js";
import scanRules from "dynalite/validations/scan.js";
import updateItem from "dynalite/actions/updateItem.js";
import updateItemRules from "dynalite/validations/updateItem.js";
import updateTable from "dynalite/actions/updateTable.js";
import updateTableRules from "dynalite/validations/updateTable.js";
import type { TableOperation } from "../ports/item-tables.ts";
import { nextTurn } from "../platform/turn.ts";
import { invalid, TableRefusal, tableMissing } from "./table-refusal.ts";
import type { Item } from "../kinds/dynamodb/attribute-value.ts";
import type { KeySchema } from "./item-limits.ts";

/** The engine's own calls. */
export type EngineOperation = Exclude<TableOperation, "TransactWriteItems" | "TransactGetItems">;

const operations: {
  readonly [O in EngineOperation]: { readonly act: DynaliteAction; readonly rules: DynaliteValidation };
} = {
  BatchGetItem: { act: batchGetItem, rules: batchGetItemRules },
  BatchWriteItem: { act: batchWriteItem, rules: batchWriteItemRules },
  CreateTable: { act: createTable, rules: createTableRules },
  DeleteItem: { act: deleteItem, rules: deleteItemRules },
  DeleteTable: { act: deleteTable, rules: deleteTableRules },
  DescribeTable: { act: describeTable, rules: describeTableRules },
  GetItem: { act: getItem, rules: getItemRules },
  ListTables: { act: listTables, rules: listTablesRules },
  PutItem: { act: putItem, rules: putItemRules },
  Query: { act: query, rules: queryRules },
  Scan: { act: scan, rules: scanRules },
  UpdateItem: { act: updateItem, rules: updateItemRules },
  UpdateTable: { act: updateTable, rules: updateTableRules },
};

/** A table as dynalite describes it. */
export interface Table {
  readonly TableName: string;
  readonly TableStatus: string;
  readonly KeySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly LocalSecondaryIndexes?: readonly KeySchema[];
  readonly GlobalSecondaryIndexes?: readonly KeySchema[];
  readonly [member: string]: unknown;
}

export type Members = Readonly<Record<string, unknown>>;

export interface ItemWrite {
  readonly table: Table;
  /** Of the item within its table, as the engine keeps it. */
  readonly key: string;
  readonly before: Item | null;
  readonly after: Item | null;
}

export type DatabaseChange =
  | { readonly type: "put"; readonly key: string; readonly value: unknown }
  | { readonly type: "del"; readonly key: string };

export interface CallOptions {
  /** Keeps an item's write; what it rejects with is the call's answer. */
  readonly write: (write: ItemWrite) => Promise<void>;
  /** Told of an item as it is inside its lock, before it is judged. Default: nobody is. */
  readonly onRead?: (item: Item | null) => void;
  /** The caller holds the locks of all keys already. Default false. */
  readonly isLocked?: boolean;
}

export interface Engine {
  /** The request as the engine takes it, in its own form. Throws a TableRefusal. */
  checked(operation: EngineOperation, request: Members): Members;
  /** Rejects with a TableRefusal where DynamoDB would refuse. */
  act(operation: EngineOperation, checked: Members, options: CallOptions): Promise<Members>;
  /** Null: there is no such table, or it is on its way out. */
  table(name: string): Promise<Table | null>;
  /** Throws a TableRefusal for a key that does not fit the table. */
  keyOf(table: Table, item: Item): string;
  read(table: Table, key: string): Promise<Item | null>;
  /** A condition's refusal, or null: it holds. */
  condition(checked: Members, item: Item | null): TableRefusal | null;
  /** Runs `work` while nobody else writes these keys, which are in an order that all callers share. */
  withLocks<T>(keys: readonly { readonly table: string; readonly key: string }[], work: () => Promise<T>): Promise<T>;
  /** An item's own changes of the database: the item and its index entries. */
  changesOf(write: ItemWrite): readonly DatabaseChange[];
  get(key: string): Promise<unknown>;
  /** All or nothing; survives a kill of the process. */
  batch(changes: readonly DatabaseChange[]): Promise<void>;
  /** Values by key, in order, of the keys that begin with `prefix`. */
  list(prefix: string): Promise<readonly (readonly [key: string, value: unknown])[]>;
  close(): Promise<void>;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Opens the folder, which nobody else may have open. */
export async function openEngine(options: {
  readonly folder: string;
  readonly region: string;
  readonly accountId: string;
  /** A new UUID with each call. */
  readonly tableId: () => string;
}): Promise<Engine> {
  const store = db.create({ path: options.folder, createTableMs: 0, updateTableMs: 0, deleteTableMs: 0 });
  store.tableDb.awsRegion = options.region;
  store.tableDb.awsAccountId = options.accountId;
  // Whole folders of keys go in one step; dynalite's own way reads every key of the database.
  store.deleteItemDb = (table, done) => clear(store, `item-${table}~`, done);
  store.deleteTagDb = (table, done) => clear(store, `tag-${table}~`, done);
  store.deleteIndexDb = (kind, table, index, done) =>
    clear(store, `index-${kind.toLowerCase()}~${table}~${index}~`, done);
  await store.db.open();

  async function act(operation: EngineOperation, checked: Members, callOptions: CallOptions): Promise<Members> {
    const answer = await run(operations[operation].act, viewOf(store, callOptions, options.tableId), checked);
    // Described as it is now: the timer that ends a change writes the same object.
    const told: Members = structuredClone({ ...Object(answer) });
    const name = checked["TableName"];
    if (operation === "CreateTable" || operation === "UpdateTable") await settled(String(name), "ACTIVE");
    if (operation === "DeleteTable") await settled(String(name), null);
    return told;
  }

  /** Y3. */
  async function settled(name: string, status: string | null): Promise<void> {
    for (;;) {
      const table = await rawTable(name);
      if ((table?.TableStatus ?? null) === status) return;
      await nextTurn();
    }
  }

  async function rawTable(name: string): Promise<Table | null> {
    const value = await store.db.get(`table~${name}`);
    return isTable(value) ? value : null;
  }

  const engine: Engine = {
    checked(operation, request) {
      const { rules } = operations[operation];
      try {
        const data = validations.checkTypes(structuredClone(request), rules.types);
        validations.checkValidations(data, rules.types, rules.custom, store);
        return { ...data };
      } catch (error) {
        const told = refusalOr(error);
        // Its checks trip over what they do not foresee, as null for a value; nothing but the request can be the reason.
        throw told instanceof TableRefusal
          ? told
          : invalid("One or more parameter values were invalid: a part of the request is empty or of the wrong kind");
      }
    },
    act,
    async table(name) {
      const table = await rawTable(name);
      return table === null || table.TableStatus === "DELETING" ? null : table;
    },
    keyOf(table, item) {
      const wrong = db.validateKey(item, table);
      if (wrong) throw refusalOr(wrong);
      return db.createKey(item, table);
    },
    async read(table, key) {
      return itemFrom(await store.db.get(`item-${table.TableName}~${key}`));
    },
    condition(checked, item) {
      const failed = db.checkConditional(checked, item);
      const told = failed ? refusalOr(failed) : null;
      if (told === null || told instanceof TableRefusal) return told;
      throw told;
    },
    async withLocks(keys, work) {
      const [first, ...rest] = keys;
      if (first === undefined) return work();
      const release = await lockOf(store, first);
      try {
        return await engine.withLocks(rest, work);
      } finally {
        release();
      }
    },
    changesOf: ({ table, key, before, after }) => [
      after === null
        ? { type: "del", key: `item-${table.TableName}~${key}` }
        : { type: "put", key: `item-${table.TableName}~${key}`, value: after },
      ...indexChanges({ table, key, before, after }),
    ],
    get: (key) => store.db.get(key),
    batch: (changes) => store.db.batch(changes),
    async list(prefix) {
      const found: (readonly [string, unknown])[] = [];
      for await (const each of store.db.iterator({ gte: prefix, lt: `${prefix}\uffff` })) found.push(each);
      return found;
    },
    close: () =>
      new Promise((resolve, reject) => {
        store.lifecycleManager.gracefulClose((error) => (error ? reject(error) : resolve()));
      }),
  };
  await endInterruptedChanges(store, engine);
  for (const [key, value] of await engine.list("table~")) {
    if (withTableId(value, options.tableId)) await engine.batch([{ type: "put", key, value }]);
  }
  return engine;
}

/** A process that ended in the middle of a change of a table left it in a state that passes. */
async function endInterruptedChanges(store: DynaliteStore, engine: Engine): Promise<void> {
  for (const [key, value] of await engine.list("table~")) {
    if (!isTable(value) || value.TableStatus === "ACTIVE") continue;
    if (value.TableStatus === "DELETING") {
      await run(deleteTable, store, { TableName: value.TableName });
      await engine.batch([{ type: "del", key }]);
    } else {
      const indexes = value.GlobalSecondaryIndexes?.map((index) => ({ ...index, IndexStatus: "ACTIVE" }));
      const active = { ...value, TableStatus: "ACTIVE", ...(indexes && { GlobalSecondaryIndexes: indexes }) };
      await engine.batch([{ type: "put", key, value: active }]);
    }
  }
}

/** Y4: gives a table an id where it has none that is a UUID; whether it did. */
function withTableId(table: unknown, tableId: () => string): boolean {
  if (!isTable(table) || UUID.test(String(table["TableId"]))) return false;
  Object.assign(table, { TableId: tableId() });
  return true;
}

/** The store as one call sees it. */
function viewOf(
  store: DynaliteStore,
  { write, onRead, isLocked = false }: CallOptions,
  tableId: () => string,
): DynaliteStore {
  const tables = new Map<string, Table>();
  const keep: DynaliteStore["getTable"] = (name, checkStatus, done) => {
    const told = typeof checkStatus === "function" ? checkStatus : done;
    const tell: DynaliteCallback<unknown> = (error, value) => {
      if (isTable(value)) tables.set(name, value);
      told?.(error, value);
    };
    if (typeof checkStatus === "function") store.getTable(name, tell);
    else store.getTable(name, checkStatus, tell);
  };
  return {
    ...store,
    tableDb: {
      ...store.tableDb,
      put(key, value, done) {
        withTableId(value, tableId); // In the object that dynalite goes on with: its answer and its timer have the same id.
        store.tableDb.put(key, value, done);
      },
    },
    getTable: keep,
    getItemDb(name) {
      const items = store.getItemDb(name);
      const seen = new Map<string, Item | null>();
      const change = (key: string, after: Item | null, done: DynaliteCallback<unknown>): void => {
        const table = tables.get(name);
        if (table === undefined) return done(tableMissing(name));
        settle(write({ table, key, before: seen.get(key) ?? null, after }), done);
      };
      return {
        lock: (key, exec) => (isLocked ? exec((done) => done) : items.lock(key, exec)),
        get: (key, done) =>
          items.get(key, (error, value) => {
            seen.set(key, itemFrom(value)); // Y1
            onRead?.(itemFrom(value));
            done(error, value);
          }),
        put: (key, value, done) => change(key, itemFrom(value), done),
        del: (key, done) => change(key, null, done),
        createValueStream: (range) => items.createValueStream(range),
      };
    },
    getIndexDb: (kind, table, index) => ({
      ...store.getIndexDb(kind, table, index),
      put: (_key, _value, done) => done(null), // Y2
      del: (_key, done) => done(null),
    }),
  };
}

/** Y2. */
function indexChanges({ table, before, after }: ItemWrite): readonly DatabaseChange[] {
  return (["Local", "Global"] as const).flatMap((kind) => {
    const indexes = table[`${kind}SecondaryIndexes`] ?? [];
    const at = (index: string, key: string): string => `index-${kind.toLowerCase()}~${table.TableName}~${index}~${key}`;
    const { puts, deletes } = db.getIndexActions(indexes, before, after, table);
    return [
      ...deletes.map(({ index, key }): DatabaseChange => ({ type: "del", key: at(index, key) })),
      ...puts.map(({ index, key, item }): DatabaseChange => ({ type: "put", key: at(index, key), value: item })),
    ];
  });
}

function run(action: DynaliteAction, store: DynaliteStore, request: object): Promise<unknown> {
  return new Promise((resolve, reject) => {
    action(store, request, (error, value) => (error ? reject(refusalOr(error)) : resolve(value)));
  });
}

function lockOf(
  store: DynaliteStore,
  { table, key }: { readonly table: string; readonly key: string },
): Promise<() => void> {
  return new Promise((resolve) => {
    store.getItemDb(table).lock(key, (release) => resolve(release(() => undefined)));
  });
}

function clear(store: DynaliteStore, prefix: string, done: DynaliteCallback<unknown>): void {
  settle(store.db.clear({ gte: prefix, lt: `${prefix}\uffff` }), done);
}

/** dynalite's way of hearing of an end. */
function settle(work: Promise<void>, done: DynaliteCallback<unknown>): void {
  void (async () => {
    let failure: DynaliteFailure | null = null;
    try {
      await work;
    } catch (error) {
      failure = refusalOr(error);
    }
    done(failure);
  })();
}

/** What is none of DynamoDB's own refusals stays what it is: a fault of ours. */
function refusalOr(error: unknown): TableRefusal | Error {
  if (error instanceof TableRefusal) return error;
  const { statusCode, body } = Object(error) as { readonly statusCode?: unknown; readonly body?: Members };
  if (typeof statusCode === "number" && body !== undefined) return new TableRefusal(statusCode, body);
  return error instanceof Error ? error : new Error(String(error));
}

function isTable(value: unknown): value is Table {
  return typeof value === "object" && value !== null && "TableStatus" in value && "KeySchema" in value;
}

function itemFrom(value: unknown): Item | null {
  return typeof value === "object" && value !== null ? { ...(value as Item) } : null;
}
