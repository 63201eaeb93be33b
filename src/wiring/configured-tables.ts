// The tables of the configuration, made at the start where they are not there; and the ARN that a mapping's `dynamodb:TABLE` stands for.

import { LATEST_LABEL } from "../config/expand-names.ts";
import type { ConfiguredTable, MappingBody } from "../config/config.ts";
import { MillraceError } from "../errors.ts";
import type { ItemTables, TableOperation } from "../ports/item-tables.ts";

type Members = Readonly<Record<string, unknown>>;

/**
 * A table that is there keeps its keys, and its stream what it shows; a stream is switched on where it has none. `onOtherwise` is told of
 * each that stays other than configured. Rejects with MillraceError.
 */
export async function makeConfiguredTables(
  tables: readonly ConfiguredTable[],
  items: ItemTables,
  onOtherwise: (text: string) => void,
): Promise<void> {
  for (const table of tables) {
    const { name: TableName } = table;
    const stream =
      table.stream === null ? {} : { StreamSpecification: { StreamEnabled: true, StreamViewType: table.stream } };
    const found = await call(items, "DescribeTable", { TableName });
    if (found.errorName === "ResourceNotFoundException") {
      const keys = [table.key, ...(table.sortKey === null ? [] : [table.sortKey])];
      const created = await call(items, "CreateTable", {
        TableName,
        AttributeDefinitions: keys.map(({ name, type }) => ({ AttributeName: name, AttributeType: type })),
        KeySchema: keys.map(({ name }, index) => ({ AttributeName: name, KeyType: index === 0 ? "HASH" : "RANGE" })),
        BillingMode: "PAY_PER_REQUEST",
        ...stream,
      });
      refuseFailure(TableName, created);
      continue;
    }
    refuseFailure(TableName, found);
    const description = Object(found.body["Table"]) as TableDescription;
    const [isKey, wantedKey] = [keyTextOf(description), configuredKeyText(table)];
    if (isKey !== wantedKey) {
      onOtherwise(
        `the table ${TableName} has the key ${isKey}, not ${wantedKey} as configured, and keeps it: where its items may go, delete it ` +
          "(DeleteTable), and the next start makes it as configured",
      );
    }
    if (table.stream === null) continue;
    const view = description.StreamSpecification?.StreamViewType;
    if (view === undefined) refuseFailure(TableName, await call(items, "UpdateTable", { TableName, ...stream }));
    else if (view !== table.stream) {
      onOtherwise(
        `the stream of the table ${TableName} shows ${view}, not ${table.stream} as configured, and stays: switch it off ` +
          "(UpdateTable, StreamEnabled: false), and the next start makes one as configured",
      );
    }
  }
}

/** As DescribeTable has it, as far as it is compared. */
interface TableDescription {
  readonly AttributeDefinitions?: readonly { readonly AttributeName: string; readonly AttributeType: string }[];
  readonly KeySchema?: readonly { readonly AttributeName: string }[];
  readonly StreamSpecification?: { readonly StreamViewType?: string };
}

/** `id (S), at (N)`: partition key first. */
function keyTextOf({ KeySchema = [], AttributeDefinitions = [] }: TableDescription): string {
  const typeOf = (name: string): string =>
    AttributeDefinitions.find(({ AttributeName }) => AttributeName === name)?.AttributeType ?? "";
  return KeySchema.map(({ AttributeName }) => `${AttributeName} (${typeOf(AttributeName)})`).join(", ");
}

const configuredKeyText = ({ key, sortKey }: ConfiguredTable): string =>
  [key, ...(sortKey === null ? [] : [sortKey])].map(({ name, type }) => `${name} (${type})`).join(", ");

interface Answer {
  /** Null: a success. */
  readonly errorName: string | null;
  readonly body: Members;
}

async function call(items: ItemTables, operation: TableOperation, request: Members): Promise<Answer> {
  const { status, body: text } = await items.call(operation, Buffer.from(JSON.stringify(request)));
  const body = { ...Object(JSON.parse(text)) } as Members;
  return { errorName: status < 400 ? null : String(body["__type"]).replace(/^.*#/, ""), body };
}

function refuseFailure(table: string, { errorName, body }: Answer): void {
  if (errorName === null) return;
  const code = errorName === "InternalServerError" ? "source-unreachable" : "config-invalid";
  throw new MillraceError(code, `the configured table \`${table}\` cannot be made: ${String(body["message"])}`);
}

const LATEST = new RegExp(`:table/([^/]+)/stream/${LATEST_LABEL}$`);

/** The body with the ARN of the stream that its table has now; as it is where that cannot be told. */
export async function withLatestStream(body: MappingBody, items: ItemTables): Promise<MappingBody> {
  const { EventSourceArn: arn } = body;
  const table = typeof arn === "string" ? LATEST.exec(arn)?.[1] : undefined;
  if (typeof arn !== "string" || table === undefined) return body;
  const open = (await items.streams()).find((stream) => stream.table === table && stream.closedAtMs === null);
  return open === undefined ? body : { ...body, EventSourceArn: arn.slice(0, -LATEST_LABEL.length) + open.label };
}
