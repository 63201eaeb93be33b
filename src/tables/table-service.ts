// The tables behind one function: a call's name and JSON text in, HTTP's status and JSON text out. It joins the engine, the streams
// that tables have, and the outbox between the two.
//
// V1  A write that changes nothing is no write: neither the table nor a stream hears of it (D-7).
// V2  What a table's stream is told is stored with the write itself (O1); a call on several items is that for each of them, and a
//     transaction for all of them at once.
// V3  A change of a table begins when no call on its items runs, and none begins before it has ended.

import type { Clock } from "../ports/clock.ts";
import type { ItemTables, TableOperation, TableReply, TableStream } from "../ports/item-tables.ts";
import type { Random } from "../ports/random.ts";
import type { Streams } from "../ports/streams.ts";
import type { Item } from "../kinds/dynamodb/attribute-value.ts";
import { changeText, laneKeyOfItem } from "../kinds/dynamodb/change-text.ts";
import { type Change, openOutbox } from "./change-outbox.ts";
import {
  type DatabaseChange,
  type EngineOperation,
  type ItemWrite,
  type Members,
  openEngine,
} from "./dynalite-engine.ts";
import { refuseSize, refuseValues } from "./item-limits.ts";
import { refuseLeftOut } from "./left-out.ts";
import { describedTable, type StreamSwitch, streamSwitchOf } from "./stream-switch.ts";
import { createTableGate } from "./table-gate.ts";
import { namesForArns, putItemsOf, requestFrom, tablesOf, tablesOfTransaction } from "./table-request.ts";
import { invalid, refusal, tableMissing, TableRefusal } from "./table-refusal.ts";
import { openTableStreams } from "./table-streams.ts";
import { isOldTold, keysOf, openTransactions } from "./transactions.ts";
import { isSameItem } from "./typed-item.ts";

export interface TableServiceOptions {
  /** The database's folder, which nobody else may have open. */
  readonly folder: string;
  readonly partition: string;
  readonly region: string;
  readonly accountId: string;
  readonly streams: Streams;
  readonly clock: Clock;
  readonly random: Random;
}

export type TableService = ItemTables;

export async function openTableService(options: TableServiceOptions): Promise<TableService> {
  const { streams, clock, random } = options;
  const engine = await openEngine({ ...options, tableId: () => random.uuid("tables") });
  const tableStreams = await openTableStreams({ engine, streams, clock });
  const outbox = await openOutbox({ engine, streams, clock, makeStream: (name) => tableStreams.make(name) });
  const gate = createTableGate();
  const transactions = await openTransactions({ engine, clock, keep });
  const arnOf = (table: string): string =>
    `arn:${options.partition}:dynamodb:${options.region}:${options.accountId}:table/${table}`;

  // A kill between a table and its stream: what has no table takes no changes.
  for (const { table, closedAtMs } of tableStreams.list()) {
    if (closedAtMs !== null || (await engine.table(table)) !== null) continue;
    await untroubled(table).then(
      () => tableStreams.close(table, { isTableDeleted: true }),
      () => undefined, // Its store is away: the next start, or a table of that name, sees to it.
    );
  }

  /** Rejects with InternalServerError where the table's stream cannot be written now, before anything is done. */
  async function untroubled(table: string): Promise<void> {
    const open = tableStreams.openOf(table);
    if (open === null) return;
    await outbox.ready(open.name);
    await outbox.drained(open.name);
  }

  /** V1, V2. */
  async function keep(writes: readonly ItemWrite[], more: readonly DatabaseChange[]): Promise<void> {
    const real = writes.filter(({ before, after }) =>
      before === null || after === null ? before !== after : !isSameItem(before, after),
    );
    for (const { table, after } of real) {
      if (after === null) continue;
      refuseSize(after);
      refuseValues(after, table);
    }
    const told = new Set(real.flatMap(({ table }) => tableStreams.openOf(table.TableName)?.name ?? []));
    for (const name of told) await outbox.ready(name);
    if (real.length === 0 && more.length === 0) return;
    const changes = [...real.flatMap((write) => engine.changesOf(write)), ...more];
    await outbox.keep(changes, real.flatMap(changeOf));
  }

  function changeOf({ table, before, after }: ItemWrite): readonly Change[] {
    const stream = tableStreams.openOf(table.TableName);
    const item = after ?? before;
    if (stream === null || item === null) return [];
    const keys = keysOf(table, item);
    const eventId = random.uuid("tables").replaceAll("-", "");
    const eventName = before === null ? "INSERT" : after === null ? "REMOVE" : "MODIFY";
    const { viewType } = stream;
    return [
      {
        streamName: stream.name,
        eventId,
        partitionKey: laneKeyOfItem(keys),
        text: changeText({ eventId, eventName, keys, newImage: after, oldImage: before, viewType }),
      },
    ];
  }

  const write = (each: ItemWrite): Promise<void> => keep([each], []);

  /** A call of the engine's own on items. */
  async function act(operation: EngineOperation, request: Members): Promise<Members> {
    const checked = engine.checked(operation, request);
    return gate.shared(tablesOf(checked), () => engine.act(operation, checked, { write }));
  }

  async function writeItem(operation: "PutItem" | "UpdateItem" | "DeleteItem", request: Members): Promise<Members> {
    const { ReturnValuesOnConditionCheckFailure: told, ...rest } = request;
    const isTold = isOldTold(told);
    const checked = engine.checked(operation, rest);
    let before: Item | null = null;
    try {
      return await gate.shared(tablesOf(checked), () =>
        engine.act(operation, checked, { write, onRead: (item) => void (before = item) }),
      );
    } catch (error) {
      const isFailed = error instanceof TableRefusal && error.errorName === "ConditionalCheckFailedException";
      if (!isFailed || !isTold || before === null) throw error;
      throw new TableRefusal(error.status, { ...error.body, Item: before });
    }
  }

  /** Items that a fault of ours keeps from being written are told as not processed, unless none was. */
  async function writeBatch(request: Members): Promise<Members> {
    const checked = engine.checked("BatchWriteItem", request);
    const puts = putItemsOf(checked);
    for (const { item } of puts) refuseSize(item);
    const left = new Map<string, Members[]>();
    const faults: unknown[] = [];
    let doneCount = 0;
    const writeOne = async (each: ItemWrite): Promise<void> => {
      try {
        await write(each);
        doneCount += 1;
      } catch (error) {
        if (error instanceof TableRefusal && error.status < 500) throw error;
        faults.push(error);
        const { TableName: name } = each.table;
        const again =
          each.after === null
            ? { DeleteRequest: { Key: keysOf(each.table, each.before ?? {}) } }
            : { PutRequest: { Item: each.after } };
        left.set(name, [...(left.get(name) ?? []), again]);
      }
    };
    const answer = await gate.shared(tablesOf(checked), async () => {
      // All of them before the first is written.
      for (const { tableName, item } of puts) refuseValues(item, (await engine.table(tableName)) ?? {});
      return engine.act("BatchWriteItem", checked, { write: writeOne });
    });
    if (faults.length > 0 && doneCount === 0) throw faults[0];
    return { ...answer, UnprocessedItems: Object.fromEntries(left) };
  }

  function described(description: unknown): Members {
    const members = { ...Object(description) } as Members;
    const name = String(members["TableName"]);
    const stream = tableStreams.latestOf(name);
    return describedTable(members, stream, arnOf(name));
  }

  async function createTable(request: Members): Promise<Members> {
    const wanted = streamSwitchOf(request);
    const checked = engine.checked("CreateTable", request);
    const name = String(checked["TableName"]);
    return gate.alone(name, async () => {
      if ((await engine.table(name)) !== null) {
        throw refusal("ResourceInUseException", `Table already exists: ${name}`);
      }
      // Of a table that a kill left half deleted.
      if (tableStreams.openOf(name) !== null) await tableStreams.close(name, { isTableDeleted: true });
      // The stream first: where its store is away there is no table either.
      if (wanted?.isOn === true) await openStream(name, wanted, checked["KeySchema"]);
      const answer = await engine.act("CreateTable", checked, { write }).catch(async (error: unknown) => {
        await tableStreams.close(name, { isTableDeleted: true });
        throw error;
      });
      return { TableDescription: described(answer["TableDescription"]) };
    });
  }

  async function openStream(name: string, wanted: StreamSwitch & { isOn: true }, keySchema: unknown): Promise<void> {
    // Checked by the engine before.
    const keys = keySchema as TableStream["keySchema"];
    await tableStreams.open(name, { viewType: wanted.viewType, keySchema: keys });
  }

  async function updateTable(request: Members): Promise<Members> {
    const { StreamSpecification: _switch, ...rest } = request;
    const wanted = streamSwitchOf(request);
    const isMore = ["BillingMode", "ProvisionedThroughput", "GlobalSecondaryIndexUpdates"].some(
      (member) => (rest[member] ?? null) !== null,
    );
    // The engine has no word for a change of the stream alone.
    const checked =
      wanted === null || isMore
        ? engine.checked("UpdateTable", rest)
        : engine.checked("DescribeTable", { TableName: rest["TableName"] });
    const name = String(checked["TableName"]);
    return gate.alone(name, async () => {
      if (wanted !== null) await refuseSwitch(name, wanted);
      const answer =
        wanted === null || isMore ? await engine.act("UpdateTable", checked, { write }) : { TableDescription: null };
      if (wanted === null) return { TableDescription: described(answer["TableDescription"]) };
      const table = await engine.table(name);
      if (wanted.isOn) await openStream(name, wanted, table?.KeySchema);
      else await tableStreams.close(name, { isTableDeleted: false });
      return { TableDescription: { ...described(answer["TableDescription"] ?? table), TableStatus: "UPDATING" } };
    });
  }

  /** Before anything of the call is done. */
  async function refuseSwitch(name: string, wanted: StreamSwitch): Promise<void> {
    if ((await engine.table(name)) === null) throw tableMissing(name);
    const isOpen = tableStreams.openOf(name) !== null;
    if (wanted.isOn && isOpen) throw invalid(`Table already has an enabled stream: TableName: ${name}`);
    if (!wanted.isOn && !isOpen) throw invalid(`Table has no enabled stream to disable: TableName: ${name}`);
    if (!wanted.isOn) await untroubled(name);
  }

  async function deleteTable(request: Members): Promise<Members> {
    const checked = engine.checked("DeleteTable", request);
    const name = String(checked["TableName"]);
    return gate.alone(name, async () => {
      await untroubled(name);
      const answer = await engine.act("DeleteTable", checked, { write });
      const told = described(answer["TableDescription"]);
      await tableStreams.close(name, { isTableDeleted: true });
      return { TableDescription: told };
    });
  }

  async function carryOut(operation: TableOperation, request: Members): Promise<Members> {
    refuseLeftOut(operation, request);
    switch (operation) {
      case "CreateTable":
        return createTable(request);
      case "UpdateTable":
        return updateTable(request);
      case "DeleteTable":
        return deleteTable(request);
      case "DescribeTable":
        return { Table: described((await act(operation, request))["Table"]) };
      case "PutItem":
      case "UpdateItem":
      case "DeleteItem":
        return writeItem(operation, request);
      case "BatchWriteItem":
        return writeBatch(request);
      case "TransactWriteItems":
        return gate.shared(tablesOfTransaction(request), () => transactions.write(request));
      case "TransactGetItems":
        return gate.shared(tablesOfTransaction(request), () => transactions.get(request));
      default:
        return act(operation, request);
    }
  }

  return {
    async call(operation, body) {
      try {
        return replyOf(200, await carryOut(operation, namesForArns(requestFrom(body), arnOf(""))));
      } catch (error) {
        const told = error instanceof TableRefusal ? error : refusal("InternalServerError", String(error));
        return replyOf(told.status, told.body);
      }
    },
    async streams() {
      await tableStreams.sweep();
      return tableStreams.list();
    },
    async close() {
      await outbox.close();
      await engine.close();
    },
  };
}

const replyOf = (status: number, body: Members): TableReply => ({ status, body: JSON.stringify(body) });
