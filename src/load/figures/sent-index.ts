// Finds the sent records that the journal speaks of: by their place within a lane's order, or by a message's id.
//
// S1  Records that do not match the filter are in no batch, so they are in no order.
// S2  Where the sender was not told its records' ids, a lane's batches take them in the order in which they were sent.

import { laneOf } from "../../core/lane-key.ts";
import type { BatchPartition, BatchRun } from "../../ports/journal.ts";
import type { LoadObservation, SentRecord } from "../observation.ts";
import type { Root } from "./who.ts";

/** Some records of one order, by their indexes in what was sent. */
export interface Segment {
  readonly order: Int32Array | readonly number[];
  readonly from: number;
  readonly count: number;
}

export interface SentIndex {
  /** In order of closing: batches follow one another within their order. */
  ofBatch(root: Root): readonly Segment[];
  ofPartitions(partitions: readonly BatchPartition[]): readonly Segment[];
  ofIds(ids: readonly string[]): readonly Segment[];
  /** Some were told apart by their order alone. */
  isByOrder(): boolean;
}

interface Order {
  /** In the order of sending, until a batch shows that the source has another. */
  indexes: Int32Array;
  isSorted: boolean;
  /** False: the sender knows no places. */
  isPlaced: boolean;
  /** Where the next batch is expected. */
  next: number;
}

const MOST_KEYS = 100_000;

export function createSentIndex({ sent, family, mapping }: LoadObservation): SentIndex {
  const isOfMessages = family === "queue" || family === "broker";
  const orders = isOfMessages ? new Map<string, Order>() : ordersOf(sent, mapping.factor);
  const byId = isOfMessages ? idsOf(sent) : new Map<string, number>();
  /** Of a broker that gives its messages no ids: its queue's order. */
  const nameless = isOfMessages && byId.size === 0 ? { indexes: matching(sent), next: 0 } : null;
  let isByOrder = false;

  function orderOf(lane: string): Order | null {
    const [, unit = "", index = "0"] = lane.split("/");
    return mapping.factor === 1
      ? (orders.get(unit) ?? orders.get("") ?? null)
      : (orders.get(`${unit}/${index}`) ?? orders.get(`/${index}`) ?? null);
  }

  /** Of an order those from one place to another; where it has no places, the next ones. */
  function taken(order: Order | null, run: Pick<BatchRun, "recordCount"> & Ends): readonly Segment[] {
    if (order === null || run.recordCount === 0) return [];
    const from = order.isPlaced ? placeIn(order, run) : order.next;
    if (from === null) return [];
    if (!order.isPlaced) isByOrder = true;
    const end = Math.min(order.indexes.length, from + run.recordCount);
    order.next = end;
    return [{ order: order.indexes, from, count: end - from }];
  }

  function placeIn(order: Order, { first, last, recordCount }: Pick<BatchRun, "recordCount"> & Ends): number | null {
    const idAt = (place: number): string => sent[order.indexes[place] ?? -1]?.id ?? "";
    const { next } = order;
    if (idAt(next) === first && idAt(next + recordCount - 1) === last) return next;
    if (first === null) return null;
    if (!order.isSorted) sortOrder(sent, order);
    let [low, high] = [0, order.indexes.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (comparePlaces(idAt(middle), first) < 0) low = middle + 1;
      else high = middle;
    }
    return idAt(low) === first ? low : null;
  }

  function ofIds(ids: readonly string[]): readonly Segment[] {
    if (nameless !== null) {
      isByOrder = true;
      const from = nameless.next;
      nameless.next = Math.min(nameless.indexes.length, from + ids.length);
      return [{ order: nameless.indexes, from, count: nameless.next - from }];
    }
    const found = ids.map((id) => byId.get(id)).filter((index) => index !== undefined);
    return [{ order: found, from: 0, count: found.length }];
  }

  const partsOf = (partitions: readonly BatchPartition[]): readonly Segment[] =>
    partitions.flatMap(({ unit, runs, ...whole }) =>
      (runs ?? [whole]).flatMap((run) => taken(orders.get(unit) ?? orders.get("") ?? null, run)),
    );

  return {
    ofBatch(root) {
      if (isOfMessages) return ofIds(root.ids ?? []);
      return root.partitions === undefined
        ? taken(orderOf(root.lane), { first: root.first, last: root.last, recordCount: root.count })
        : partsOf(root.partitions);
    },
    ofPartitions: partsOf,
    ofIds,
    isByOrder: () => isByOrder,
  };
}

interface Ends {
  readonly first: string | null;
  readonly last: string | null;
}

function idsOf(sent: readonly SentRecord[]): Map<string, number> {
  const byId = new Map<string, number>();
  for (let index = 0; index < sent.length; index += 1) {
    const id = sent[index]?.id ?? "";
    if (id !== "") byId.set(id, index);
  }
  return byId;
}

function matching(sent: readonly SentRecord[]): Int32Array {
  const indexes = new Int32Array(sent.length);
  let count = 0;
  for (let index = 0; index < sent.length; index += 1) {
    if (sent[index]?.isMatching !== true) continue;
    indexes[count] = index;
    count += 1;
  }
  return indexes.slice(0, count);
}

/** By unit, or by unit and lane (E-62). Counted first, then filled in: there may be a million. */
function ordersOf(sent: readonly SentRecord[], factor: number): Map<string, Order> {
  const laneOfKey = keyedLanes(factor);
  const numbers = new Map<string, number>();
  const lists: { readonly order: Order; count: number }[] = [];
  const listOf = new Int32Array(sent.length).fill(-1);
  for (let index = 0; index < sent.length; index += 1) {
    const record = sent[index];
    if (record === undefined || !record.isMatching) continue;
    const name = factor === 1 ? record.unit : `${record.unit}/${laneOfKey(record.key ?? "")}`;
    let number = numbers.get(name);
    if (number === undefined) {
      number = lists.length;
      numbers.set(name, number);
      lists.push({ order: { indexes: new Int32Array(0), isSorted: false, isPlaced: true, next: 0 }, count: 0 });
    }
    const list = lists[number];
    if (list === undefined) continue;
    listOf[index] = number;
    list.count += 1;
    if (record.id === "") list.order.isPlaced = false;
  }
  for (const list of lists) {
    list.order.indexes = new Int32Array(list.count);
    list.count = 0;
  }
  for (let index = 0; index < listOf.length; index += 1) {
    const list = lists[listOf[index] ?? -1];
    if (list === undefined) continue;
    list.order.indexes[list.count] = index;
    list.count += 1;
  }
  const orders = new Map<string, Order>();
  for (const [name, number] of numbers) {
    const list = lists[number];
    if (list !== undefined) orders.set(name, list.order);
  }
  return orders;
}

function keyedLanes(factor: number): (key: string) => number {
  const known = new Map<string, number>();
  const encoder = new TextEncoder();
  return (key) => {
    let lane = known.get(key);
    if (lane === undefined) {
      lane = laneOf(encoder.encode(key), factor);
      if (known.size < MOST_KEYS) known.set(key, lane);
    }
    return lane;
  };
}

/** Into the source's own order. What was found before stays as it was found. */
function sortOrder(sent: readonly SentRecord[], order: Order): void {
  const idOf = (index: number): string => sent[index]?.id ?? "";
  order.indexes = order.indexes.slice().sort((one, other) => comparePlaces(idOf(one), idOf(other)));
  order.isSorted = true;
}

/** Offsets grow longer; all other places of a unit are equally long. */
function comparePlaces(one: string, other: string): number {
  if (one.length !== other.length) return one.length - other.length;
  return one < other ? -1 : one === other ? 0 : 1;
}
