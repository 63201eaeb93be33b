// Tables of items, as the DynamoDB calls of the endpoint use them. One adapter stands behind it: src/tables, in a thread of its own.

export const tableOperations = [
  "CreateTable",
  "UpdateTable",
  "DescribeTable",
  "ListTables",
  "DeleteTable",
  "PutItem",
  "UpdateItem",
  "DeleteItem",
  "GetItem",
  "BatchWriteItem",
  "BatchGetItem",
  "TransactWriteItems",
  "TransactGetItems",
  "Query",
  "Scan",
] as const;

export type TableOperation = (typeof tableOperations)[number];

export type ViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

/** A stream that a table has or had. */
export interface TableStream {
  /** In the streams' store: `dynamodb/TABLE/LABEL`. */
  readonly name: string;
  readonly table: string;
  readonly label: string;
  readonly viewType: ViewType;
  readonly keySchema: readonly { readonly AttributeName: string; readonly KeyType: string }[];
  readonly createdAtMs: number;
  /** Null: it takes changes. */
  readonly closedAtMs: number | null;
}

/** An answer as it goes to the client: HTTP's status, and JSON text. */
export interface TableReply {
  readonly status: number;
  readonly body: string;
}

export interface ItemTables {
  /** `body`: the call's JSON text in UTF-8. Never rejects: what fails is a reply with InternalServerError. */
  call(operation: TableOperation, body: Uint8Array): Promise<TableReply>;
  /** In order of table and label. Rejects with MillraceError where the tables cannot be opened. */
  streams(): Promise<readonly TableStream[]>;
  /** What was answered is kept when this resolves. */
  close(): Promise<void>;
}
