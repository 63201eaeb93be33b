// Small durable tables of JSON values: mappings, functions, layers, tags, topics. Main is their only writer; the store thread keeps them.

export type TableName =
  | "mappings"
  | "functions"
  | "layers"
  | "tags"
  | "invocations"
  | "invocation-payloads"
  | "consumers"
  | "topics"
  | "subscriptions"
  | "topic-deliveries"
  | "meta";

export interface Row {
  readonly key: string;
  /** JSON text. */
  readonly value: string;
}

export type TableChange =
  | { readonly kind: "put"; readonly table: TableName; readonly key: string; readonly value: string }
  | { readonly kind: "delete"; readonly table: TableName; readonly key: string };

export interface Tables {
  /** Rows in order of key. */
  list(table: TableName): Promise<readonly Row[]>;
  get(table: TableName, key: string): Promise<string | null>;
  /** All or nothing, durable when the promise resolves. */
  change(changes: readonly TableChange[]): Promise<void>;
}
