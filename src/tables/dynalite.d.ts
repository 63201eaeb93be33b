// The few functions of dynalite 4.0.0 that dynalite-engine.ts uses; it brings no types of its own.

interface DynaliteFailure extends Error {
  readonly statusCode?: number;
  readonly body?: Readonly<Record<string, unknown>>;
}
type DynaliteCallback<T> = (error?: DynaliteFailure | null, value?: T) => void;
type DynaliteItem = Readonly<Record<string, Readonly<Record<string, unknown>>>>;
type DynaliteBatch =
  | { readonly type: "put"; readonly key: string; readonly value: unknown }
  | { readonly type: "del"; readonly key: string };

interface DynaliteLevel {
  open(): Promise<void>;
  get(key: string): Promise<unknown>;
  batch(operations: readonly DynaliteBatch[]): Promise<void>;
  clear(range: { readonly gte: string; readonly lt: string }): Promise<void>;
  iterator(range: { readonly gte: string; readonly lt: string }): AsyncIterable<readonly [string, unknown]>;
}

interface DynaliteSubDb {
  lock(
    key: string,
    exec: (release: (done: (...answer: never[]) => void) => (...answer: never[]) => void) => void,
  ): void;
  get(key: string, done: DynaliteCallback<unknown>): void;
  put(key: string, value: unknown, done: DynaliteCallback<unknown>): void;
  del(key: string, done: DynaliteCallback<unknown>): void;
  createValueStream(options: unknown): unknown;
}

interface DynaliteStore {
  readonly options: object;
  readonly db: DynaliteLevel;
  readonly tableDb: DynaliteSubDb & { awsAccountId: string; awsRegion: string };
  getItemDb(table: string): DynaliteSubDb;
  deleteItemDb(table: string, done: DynaliteCallback<unknown>): void;
  getIndexDb(kind: string, table: string, index: string): DynaliteSubDb;
  deleteIndexDb(kind: string, table: string, index: string, done: DynaliteCallback<unknown>): void;
  getTagDb(table: string): DynaliteSubDb;
  deleteTagDb(table: string, done: DynaliteCallback<unknown>): void;
  getTable(name: string, checkStatus: boolean | DynaliteCallback<unknown>, done?: DynaliteCallback<unknown>): void;
  readonly lifecycleManager: { gracefulClose(done: (error?: Error | null) => void): void };
}

type DynaliteAction = (store: DynaliteStore, data: object, done: DynaliteCallback<unknown>) => void;

interface DynaliteValidation {
  readonly types: Readonly<Record<string, unknown>>;
  readonly custom?: (data: object, store: DynaliteStore) => string | undefined;
}

declare module "dynalite/db/index.js" {
  const db: {
    create(options: {
      readonly path: string;
      readonly createTableMs: number;
      readonly updateTableMs: number;
      readonly deleteTableMs: number;
    }): DynaliteStore;
    createKey(item: DynaliteItem, table: object): string;
    getIndexActions(
      indexes: readonly object[],
      before: DynaliteItem | null,
      after: DynaliteItem | null,
      table: object,
    ): {
      readonly puts: readonly { readonly index: string; readonly key: string; readonly item: object }[];
      readonly deletes: readonly { readonly index: string; readonly key: string }[];
    };
    validateKey(key: DynaliteItem, table: object): DynaliteFailure | null | undefined;
    checkConditional(data: object, item: DynaliteItem | null): DynaliteFailure | null | undefined;
  };
  export default db;
}

declare module "dynalite/validations/index.js" {
  const validations: {
    checkTypes(data: object, types: Readonly<Record<string, unknown>>): object;
    checkValidations(
      data: object,
      types: Readonly<Record<string, unknown>>,
      custom: DynaliteValidation["custom"],
      store: DynaliteStore,
    ): void;
  };
  export default validations;
}

declare module "dynalite/validations/batchGetItem.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/batchWriteItem.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/createTable.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/deleteItem.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/deleteTable.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/describeTable.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/getItem.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/listTables.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/putItem.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/query.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/scan.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/updateItem.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/validations/updateTable.js" {
  const validation: DynaliteValidation;
  export default validation;
}
declare module "dynalite/actions/batchGetItem.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/batchWriteItem.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/createTable.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/deleteItem.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/deleteTable.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/describeTable.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/getItem.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/listTables.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/putItem.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/query.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/scan.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/updateItem.js" {
  const action: DynaliteAction;
  export default action;
}
declare module "dynalite/actions/updateTable.js" {
  const action: DynaliteAction;
  export default action;
}
